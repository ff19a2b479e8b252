"""Answers reviewed side by side: marked by keys, sent in one request, and what is left goes back."""

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from labeling import queue
from labeling.models import Slot
from quality.models import Review
from tests.browser.hands import Hand
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import DOCUMENT, payload
from tests.quality.test_review import submit
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def test_marked_by_keys_and_sent_at_once(cast: Cast, site: Site, signed_in: SignIn, shots: Path) -> None:
    line = make_street(cast, rows=8, review_share=100, document={"features": DOCUMENT["features"][1:]})
    for number in range(7):
        slot = queue.lease_next_rows(cast.lena, line.project).slots[0]
        submit(cast.lena, slot, payload(light="night" if number % 3 else "day"))
    rita = signed_in(cast.rita)
    rita.go("/")
    rita.page.get_by_role("link", name="7 answers wait: review as a grid").click()
    cards, page = rita.page.locator(".grid-card"), rita.page
    expect(cards).to_have_count(7)
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("a")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("f")
    page.get_by_role("radio", name="Day").check()
    page.keyboard.press("Enter")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    page.get_by_role("checkbox", name="An answer is wrong").check()
    page.locator("textarea").fill("The lamps are off.")
    page.locator("[data-reason-send]").click()
    expect(cards.nth(2)).to_contain_text("Send back: An answer is wrong")
    expect(cards.nth(2)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("u")
    rita.look("grid-marked", shots)
    assert not Review.objects.exists(), "nothing is decided before it is sent"
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-toast]")).to_contain_text("3 sent.")
    assert sorted(Review.objects.values_list("decision", flat=True)) == ["approve", "fix", "reject"]
    page.locator("[data-part=group]").select_option(label="Light")
    expect(page.locator(".grid-cards h2")).to_have_count(2)
    rita.look("grid-grouped", shots)
    page.get_by_role("button", name="Approve all 4 and send").click()
    expect(page.locator(".grid-cards")).to_contain_text("Nothing waits for review now.")
    assert Review.objects.count() == 7

    slot = queue.lease_next_rows(cast.lena, line.project).slots[0]
    submit(cast.lena, slot, payload(light="day"))
    rita.go(f"/review-grid/{line.project.uid}/")
    expect(cards).to_have_count(1)
    assert Slot.objects.filter(kind="review", state="leased").count() == 1
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_role("link", name="1 answer waits: review as a grid")).to_be_visible()
    until = time.monotonic() + 10
    while Slot.objects.filter(kind="review", state="leased").exists():
        assert time.monotonic() < until, "what was not decided goes back when the page is left"
        page.wait_for_timeout(100)
