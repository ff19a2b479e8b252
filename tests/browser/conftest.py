"""Real processes and a real Chromium. A missing Chromium fails: nobody may believe that pages were looked at."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.browser.hands import Faults, Hand, session_cookie
from tests.browser.lines import make_street
from tests.browser.site import Site, environment_for
from tests.cast import Cast
from tests.line import Line
from workforce.models import Event, Person

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


# Of the folder, not of the session: while Playwright runs, its loop stands in the way of tests that start their own.
@pytest.fixture(scope="package")
def site(django_db_setup: None, assets_of_this_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    database = connections["default"].settings_dict["NAME"]
    running = Site(home, environment_for(home, database, os.environ.get("PYTEST_XDIST_WORKER", "")))
    earlier, settings.MEDIA_ROOT = settings.MEDIA_ROOT, home / "assets"
    try:
        running.start()
        with emptied_calmly(running):
            yield running
    finally:
        running.stop_all()
        settings.MEDIA_ROOT = earlier


@contextmanager
def emptied_calmly(site: Site) -> Iterator[None]:
    """The tables are emptied after each test while the processes run on: they are held still for that moment."""
    earlier = TransactionTestCase._fixture_teardown

    def flush(self: TransactionTestCase) -> None:
        with site.hold_still():
            earlier(self)

    TransactionTestCase._fixture_teardown = flush
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = earlier


@pytest.fixture(scope="package")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "The browser tests need Chromium: install the package chromium."
    return found


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def signed_in(site: Site, browser: Browser, cast: Cast, quiet_line: None) -> Iterator[Callable[[Person], Hand]]:
    """``signed_in(person)`` is that person at a browser of their own. Anything in a console that the test has not
    announced by ``expect_noise`` fails it."""
    hands: list[Hand] = []

    def sign_in(person: Person) -> Hand:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
        context.add_cookies([session_cookie(site, person)])
        faults = Faults()
        faults.watch(context)
        hands.append(Hand(site, person, context, context.new_page(), faults))
        return hands[-1]

    yield sign_in
    for hand in hands:
        hand.context.close()
    faults = {hand.person.name: hand.faults.unexpected() for hand in hands if hand.faults.unexpected()}
    assert not faults, f"The consoles said: {faults}\n{site.log_lines()}"


@pytest.fixture
def quiet_line(cast: Cast) -> Iterator[None]:
    """At the end nothing is under way: emptying the tables under a running job would be a fault of the test."""
    yield
    until = time.monotonic() + 5
    open_jobs = Event.objects.filter(done_at=None, is_quarantined=False).exclude(task="")
    unnumbered = Event.objects.filter(seq=None).exclude(stream="")
    while time.monotonic() < until and (open_jobs.exists() or unnumbered.exists()):
        time.sleep(0.05)


@pytest.fixture
def street(cast: Cast, site: Site) -> Line:
    """Four rows of a street, one label each, no review."""
    return make_street(cast)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where pictures of pages go; ``BROWSER_SHOTS`` names a folder that is kept."""
    kept = os.environ.get("BROWSER_SHOTS")
    folder = Path(kept) if kept else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder
