"""The bell: it counts while the page is open, over the page's own socket, and opening the thing reads the notice."""

from collections.abc import Callable

from playwright.sync_api import expect

from quality import issues
from tests.browser.hands import Hand
from tests.line import Line
from tests.quality.test_issues import ask, row_of
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def test_the_bell_counts_up_and_down_while_pages_are_open(street: Line, signed_in: SignIn) -> None:
    cast = street.cast
    first, second = (ask(cast.lena, row_of(cast.lena, street), text) for text in ("A mirror?", "A shadow?"))
    lena = signed_in(cast.lena)
    lena.go("/")
    bell = lena.page.locator("[data-bell]")
    expect(bell).to_have_attribute("aria-label", "Notices")
    # The editor beside it, whose socket was there before the bell.
    editor = lena.page.context.new_page()
    sockets: list[str] = []
    editor.on("websocket", lambda socket: sockets.append(socket.url))
    editor.goto(f"{lena.site.address}/projects/{street.project.uid}/label/")
    editor.locator("[data-part=stage]").wait_for()
    dot = editor.locator("[data-bell-count]")
    expect(dot).to_be_hidden()
    issues.comment(cast.rita, first, "It counts.")
    expect(bell).to_have_attribute("aria-label", "Notices, 1 unread")
    expect(dot).to_be_visible()
    assert len(sockets) == 1
    expect(editor.locator("[data-toast]")).to_have_count(0)
    issues.comment(cast.rita, second, "It does not.")
    expect(bell).to_have_attribute("aria-label", "Notices, 2 unread")
    bell.click()
    lena.page.get_by_role("link", name="answered issue 2").click()
    expect(lena.page.locator("h1")).to_have_text("Issue 2")
    expect(lena.page.locator("[data-bell]")).to_have_attribute("aria-label", "Notices, 1 unread")
    lena.go("/notices/")
    lena.page.get_by_role("button", name="Mark all as read").click()
    expect(dot).to_be_hidden()
