"""A vendor manager's day: accepts the invitation, adds two people, gives them a skill, sees their work and figures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from quality import skills
from tests.browser.hands import Editor, Hand
from tests.browser.site import Site
from tests.line import Line
from workforce import invitations
from workforce.models import Invitation, Membership, Person

SignIn = Callable[[Person], Hand]
PASSWORD = "a long walk along the river"


@pytest.fixture
def outside(site: Site, browser: Browser) -> Iterator[Callable[[], Page]]:
    """Pages of people who have no session yet."""
    contexts = []

    def open_page() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light"))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


def accept(page: Page, site: Site, email: str, name: str) -> None:
    """As the one who got the message: open the link, make a login, sign in with it."""
    page.goto(f"{site.address}/invitations/{invitations.signed_link(Invitation.objects.get(email=email))}/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Accept and make my login").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def look(page: Page, name: str, shots: Path) -> None:
    for width in (1440, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.evaluate("(dark) => document.documentElement.classList.toggle('dark', dark)", theme == "dark")
            page.wait_for_timeout(250)
            page.screenshot(path=shots / f"{name}-{width}-{theme}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("() => document.documentElement.classList.remove('dark')")


def test_a_day_of_a_vendors_manager(
    street: Line, site: Site, signed_in: SignIn, outside: Callable[[], Page], shots: Path
) -> None:
    cast = street.cast
    word = skills.add_skill_name(cast.max, cast.home, "Damage")
    skills.require_skill(cast.pia, street.project, word, value=50)
    invitations.invite_person(
        cast.max, cast.home, email="vanda@brightfield.example", role="vendor_manager", vendor=cast.vendor
    )
    page = outside()
    accept(page, site, "vanda@brightfield.example", "Vanda Voss")
    expect(page.get_by_role("heading", name="Brightfield")).to_be_visible()
    expect(page.locator("table")).to_contain_text("Cars in the street")

    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("E-mail addresses").fill("nia@brightfield.example\nnuno@brightfield.example")
    page.get_by_role("button", name="Send the invitations").click()
    expect(page.get_by_role("status").first).to_contain_text("2 people invited")
    accept(outside(), site, "nia@brightfield.example", "Nia Nunes")
    accept(outside(), site, "nuno@brightfield.example", "Nuno Nery")
    page.reload()
    for name in ("Nia Nunes", "Nuno Nery"):
        line = page.locator("li", has_text=name)
        line.locator("summary").click()
        line.get_by_label("Value, 0 to 100").fill("70")
        line.get_by_label("What shows it").fill("Our entry test, 28 of 40.")
        line.get_by_role("button", name="Note the skill").click()
        expect(page.locator("li", has_text=name)).to_contain_text("Damage 70")
    page.locator("li", has_text="Nia Nunes").locator("summary").click()
    look(page, "vendor-people", shots)

    nia = signed_in(Membership.objects.get(person__email="nia@brightfield.example").person)
    editor: Editor = nia.label(street.project)
    editor.box((90, 190), (275, 330))
    editor.press("Escape", "q")
    editor.wait_saved()
    editor.submit()

    page.get_by_role("link", name="Projects", exact=True).click()
    cells = page.locator("tbody tr").first.locator("td")
    expect(cells.nth(3)).to_have_text("1")
    look(page, "vendor-projects", shots)
    for tab in ("Labels", "Performance"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("tbody")).to_contain_text("Nia Nunes")
        look(page, f"vendor-{tab.lower()}", shots)
    page.get_by_role("link", name="Questions", exact=True).click()
    expect(page.get_by_role("heading", name="Questions of your people")).to_be_visible()
    look(page, "vendor-questions", shots)
