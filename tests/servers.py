"""A pytest plugin that starts one throw-away PostgreSQL and Valkey before the settings are read.

It stands on the command line (``-p tests.servers``), so it is imported before pytest-django. The process that pytest
runs in starts the servers; the workers of pytest-xdist inherit the variables and use them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from config import embedded

IS_STARTER = "CREWLINE_TEST_HOME" not in os.environ
if IS_STARTER and not os.environ.get("DATABASE_URL"):
    # Not pytest's own temporary folder: as root the server runs as another user, who cannot reach that.
    home = Path(tempfile.mkdtemp(prefix="crewline-tests-", dir="/tmp"))
    home.chmod(0o755)
    (home / "static").mkdir()
    os.environ["CREWLINE_TEST_HOME"] = os.environ["CREWLINE_HOME"] = str(home)
    os.environ["DATABASE_OWNER_URL"] = embedded.database_url(home, "owner")
    os.environ["DATABASE_URL"] = embedded.database_url(home)
    os.environ["REDIS_URL"] = embedded.redis_url(home)
if "CREWLINE_TEST_HOME" in os.environ and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # A broker of its own for each worker; the first eight are the browser sites'.
    number = 8 + int(worker.removeprefix("gw")) % 8
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].partition('?')[0]}?db={number}"
# The browser tests use the synchronous driver inside a running loop, where Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "for-tests-only-" + "0123456789" * 5)

_running: list[embedded.Running] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if IS_STARTER and "CREWLINE_TEST_HOME" in os.environ:
        _running.append(embedded.start(Path(os.environ["CREWLINE_TEST_HOME"]), throwaway=True))


def pytest_unconfigure(config: pytest.Config) -> None:
    while _running:
        embedded.stop(_running.pop())
        shutil.rmtree(os.environ["CREWLINE_TEST_HOME"], ignore_errors=True)
