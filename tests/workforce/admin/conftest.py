"""Pages without collected static files, and a browser for each of the cast."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast

Enter = Callable[[str], Client]


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    """The manifest is made by collectstatic, which a test run does not need."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def enter(cast: Cast) -> Enter:
    def client_of(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name))
        return client

    return client_of
