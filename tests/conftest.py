"""Real servers, one database made by the owner's role, and the cast that every test knows."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import DatabaseError, connections
from django.test import Client, TransactionTestCase

from tests.cast import Cast, find_cast, make_cast
from tests.described import misfit_of
from tests.flush import flush_over_owner
from tests.line import Line, make_line

REFERENCE = "REFERENCE_DATA"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the reference data its tests are left out, and the last lines say how many and why."""
    if os.environ.get(REFERENCE):
        return
    left_out = [item for item in items if item.get_closest_marker("reference_data")]
    if left_out:
        config.stash[LEFT_OUT] = len(left_out)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not os.environ.get(REFERENCE):
        count = config.stash.get(LEFT_OUT, 0)
        many = f"{count} tests" if count else "The tests"
        terminalreporter.write_line(f"{many} that read the reference data were left out: {REFERENCE} is not set.")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = Path(os.environ[REFERENCE])
    assert folder.is_dir(), f"{REFERENCE}={folder} is no folder"
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """The owner makes and migrates the test database; the application's connection then points at it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    with django_db_blocker.unblock():
        owner = connections["owner"]
        owner.settings_dict.setdefault("TEST", {})["NAME"] = f"test_crewline_{worker or 'main'}"
        original = owner.settings_dict["NAME"]
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = owner.settings_dict["NAME"]
        settings.DATABASES["default"]["NAME"] = owner.settings_dict["NAME"]
        # Transactional tests are emptied over the owner: the application's role may not truncate audit tables.
        TransactionTestCase._fixture_teardown = lambda self: flush_over_owner()  # type: ignore[method-assign]
        make_cast()
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].close_pool()
        try:
            owner.creation.destroy_test_db(original, verbosity=0)
        except DatabaseError:
            # A thread that a test left behind may still hold a connection; the throw-away server goes anyway.
            owner.settings_dict["NAME"] = original


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    request.getfixturevalue("db" if "transactional_db" not in request.fixturenames else "transactional_db")
    return find_cast() or make_cast()


@pytest.fixture
def line(cast: Cast) -> Line:
    """Four rows, one label each, no review: what most rules of the queue need."""
    return make_line(cast, review_share=0)


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed once instead of a million times, for tests that are not about how long that takes."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


@pytest.fixture(autouse=True, scope="session")
def assets_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("assets")


@pytest.fixture(autouse=True, scope="session")
def static_names_without_a_manifest() -> None:
    """Pages rendered inside the test process need no collected files; the browser tests collect and serve them."""
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(autouse=True)
def _answers_are_as_described(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every answer of the API that a test's client gets is held to the schema that integrators read."""
    misfits: set[str] = set()
    ask = Client.request

    def ask_and_compare(client: Client, **request: Any) -> Any:
        response = ask(client, **request)
        misfits.add(misfit_of(request["REQUEST_METHOD"], request["PATH_INFO"], response))
        return response

    monkeypatch.setattr(Client, "request", ask_and_compare)
    yield
    assert not misfits - {""}, "\n".join(sorted(misfits))
