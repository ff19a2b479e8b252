"""One world for all tests of a module: making it costs as much as fifty cells. Each test goes back to its beginning."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from tests.access.judge import rolled_back
from tests.access.stages import World, make_world
from tests.cast import find_cast, make_cast


@pytest.fixture(scope="module")
def world_of_module(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), rolled_back():
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield make_world(find_cast() or make_cast())


@pytest.fixture
def world(world_of_module: World) -> Iterator[World]:
    with rolled_back():
        yield world_of_module
