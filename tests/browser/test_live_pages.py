"""Pages of the admin that follow the line: never stale under the word Live, never in the way of who uses them."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from labeling.models import ProjectRow
from quality import issues
from quality.models import Issue
from tests.browser.hands import Hand
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import Line
from tests.quality.test_review import label_row
from workforce.models import Person

SignIn = Callable[[Person], Hand]
CATCH_UP_MS = 10_000
LIVE = re.compile(r"^Live · \d\d:\d\d$")


def ask_about_a_row(line: Line) -> Issue:
    row = ProjectRow.objects.filter(project=line.project).order_by("pk")[0]
    return issues.open_issue(line.cast.pia, row, category="feedback", text="Does the blue one count?")


def open_thread(hand: Hand, issue: Issue) -> Page:
    hand.go(f"/admin/issues/{issue.uid}/")
    expect(hand.page.locator("[data-live-badge]")).to_have_text(LIVE)
    # The look after connecting is over before the test begins.
    hand.page.wait_for_timeout(500)
    return hand.page


def test_a_page_whose_fetch_fails_says_so_and_catches_up_by_itself(street: Line, signed_in: SignIn) -> None:
    max_, issue = signed_in(street.cast.max), ask_about_a_row(street)
    max_.expect_noise("503")
    page = open_thread(max_, issue)
    failed: list[str] = []

    def refuse(route: Route) -> None:
        failed.append(route.request.url)
        route.fulfill(status=503, body="busy")

    address = f"**/admin/issues/{issue.uid}/"
    page.route(address, refuse)
    issues.comment(street.cast.rita, issue, "Yes, from half on.")
    badge = page.locator("[data-live-badge]")
    expect(badge).to_have_text(re.compile(r"^Figures of \d\d:\d\d$"))
    expect(badge).to_have_attribute("data-state", "behind")
    page.wait_for_timeout(2500)
    assert len(failed) >= 2
    # Nothing happens any more, and still it catches up.
    page.unroute(address)
    expect(page.locator('[data-region="thread"]')).to_contain_text("Yes, from half on.", timeout=CATCH_UP_MS)
    expect(badge).to_have_text(LIVE)


def test_a_region_in_use_is_left_alone_and_looked_at_again_afterwards(
    cast: Cast, site: Site, signed_in: SignIn, shots: Path
) -> None:
    line = make_street(cast, rows=1, consensus_share=100, consensus_labels=2)
    label = label_row(cast.lena, line)
    max_ = signed_in(cast.max)
    max_.go(f"/admin/rows/{label.project_row.uid}/")
    badge, opinions = max_.page.locator("[data-live-badge]"), max_.page.locator('[data-region="opinions"]')
    expect(badge).to_have_text(LIVE)
    max_.page.wait_for_timeout(500)
    form = opinions.locator("details[data-form]").first
    form.locator("summary").click()
    label_row(cast.leo, line)
    expect(badge).to_have_text(re.compile("^Figures of"))
    expect(opinions).not_to_contain_text("Leo Lang")
    assert form.evaluate("(details) => details.open")
    form.locator("summary").click()
    expect(opinions).to_contain_text("Leo Lang", timeout=CATCH_UP_MS)
    expect(badge).to_have_text(LIVE)
    # The keyboard stands where it stood.
    assert max_.page.evaluate("() => document.activeElement.localName") == "summary"
    max_.look("live-row", shots)


def test_a_region_that_says_the_same_is_not_touched(street: Line, signed_in: SignIn) -> None:
    """Each page has a token of its own in its forms; that is no news, and the button keeps the focus."""
    max_, issue = signed_in(street.cast.max), ask_about_a_row(street)
    page = open_thread(max_, issue)
    page.locator('[data-region="about"] button').focus()
    issues.comment(street.cast.rita, issue, "Yes, from half on.")
    expect(page.locator('[data-region="thread"]')).to_contain_text("Yes, from half on.", timeout=CATCH_UP_MS)
    page.wait_for_timeout(300)
    assert page.evaluate("() => document.activeElement.localName") == "button"
