"""What others do reaches an open page by itself, to those who may know it and to nobody else."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.faulty_line import FaultyLine
from labeling.models import ProjectRow
from quality import issues
from quality.models import Issue, RowConsensus
from tests.browser.hands import OFFLINE, REFUSED, Hand, answers_of_socket, follow
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import Line
from workforce.events import announce
from workforce.models import Event, Person

SignIn = Callable[[Person], Hand]
MOST_SECONDS = 5


def wait_heard(page: Page, kind: str, count: int = 1, seconds: float = MOST_SECONDS) -> list[dict[str, Any]]:
    """Events of a kind that ``follow`` noted; fails when they do not come in time."""
    page.wait_for_function(
        "([kind, count]) => window.heard.filter((event) => event.kind === kind).length >= count",
        arg=[kind, count],
        timeout=seconds * 1000,
    )
    return [event for event in page.evaluate("() => window.heard") if event["kind"] == kind]


def test_the_score_of_two_opinions_comes_by_itself(cast: Cast, site: Site, signed_in: SignIn, shots: Path) -> None:
    line = make_street(cast, rows=2, consensus_share=100, consensus_labels=2)
    lena, leo, max_ = signed_in(cast.lena), signed_in(cast.leo), signed_in(cast.max)
    first, second = lena.label(line.project), leo.label(line.project)
    assert first.row_name == second.row_name
    row = ProjectRow.objects.get(project=line.project, data_row__external_id=first.row_name)
    stream = f"row:{row.uid}"
    max_.go("/my-issues/")
    follow(max_.page, stream)

    assert answers_of_socket(lena.page, stream) == {"refused": stream}
    for editor, corner in ((first, (275, 330)), (second, (275, 320))):
        editor.box((90, 190), corner)
        editor.page.locator('[data-option="back"]').click()
        editor.part("stage").focus()
        editor.press("Escape", "q")
    first.submit()
    second.submit()
    # One opinion alone is told as such; the second brings the score.
    has_both = "() => window.heard.some((event) => event.payload.opinions === 2)"
    max_.page.wait_for_function(has_both, timeout=MOST_SECONDS * 1000)
    scored = wait_heard(max_.page, "consensus_scored")[-1]
    assert scored["payload"]["score"] == pytest.approx(RowConsensus.objects.get(project_row=row).score)
    # Not even after the own submit: the stream tells more than one's own part.
    assert answers_of_socket(leo.page, stream) == {"refused": stream}


def test_a_question_and_its_answer_meet_in_both_pages(street: Line, site: Site, signed_in: SignIn, shots: Path) -> None:
    cast = street.cast
    lena, rita = signed_in(cast.lena), signed_in(cast.rita)
    for hand in (lena, rita):
        hand.expect_noise(OFFLINE)
    editor = lena.label(street.project)
    editor.ask((455, 300), "Does the blue one count?")
    issue = Issue.objects.get()
    assert issue.pin == pytest.approx({"x": 455, "y": 300}, abs=1)
    expect(editor.page.locator(f'[data-pin="{issue.uid}"]')).to_be_visible()
    lena.look("issue-asked", shots)

    rita.go("/my-issues/")
    follow(rita.page, f"issue:{issue.uid}")
    thread = editor.page.locator("[data-issue-popover]")
    thread.locator("input[name=text]").fill("It is half hidden.")
    editor.press("Enter")
    (said,) = wait_heard(rita.page, "issue_commented")
    assert said["payload"]["comment"]["text"] == "It is half hidden."

    answer_as(rita.page, issue, "Yes, every car counts.")
    expect(thread.locator(".thread__line")).to_have_count(3, timeout=MOST_SECONDS * 1000)
    expect(thread).to_contain_text("Yes, every car counts.")
    expect(thread.locator("[data-issue-state]")).to_have_attribute("data-issue-state", "answered")
    lena.look("issue-answered", shots)

    # The server goes away and comes back; something is said while nobody is connected.
    site.stop("web")
    expect(editor.part("live")).to_contain_text(re.compile(r"Not live since \d\d:\d\d"))
    issues.comment(cast.rita, issue, "Draw what you see of it.")
    site.launch("web")
    site.wait_ready()
    expect(thread).to_contain_text("Draw what you see of it.", timeout=20_000)
    expect(editor.part("live")).to_have_text("Live")
    wait_heard(rita.page, "issue_commented", 3, seconds=20)
    issues.comment(cast.rita, issue, "And nothing more.")
    expect(thread).to_contain_text("And nothing more.", timeout=MOST_SECONDS * 1000)
    wait_heard(rita.page, "issue_commented", 4)
    # Long enough for the server's own second look: nothing comes twice.
    editor.page.wait_for_timeout(3500)
    expect(thread.locator(".thread__line")).to_have_count(5)
    events = rita.page.evaluate("() => window.heard")
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    assert [event["payload"]["comment"]["text"] for event in events] == [
        "It is half hidden.",
        "Yes, every car counts.",
        "Draw what you see of it.",
        "And nothing more.",
    ]
    over_a_line_that_fails(rita, issue)


def over_a_line_that_fails(hand: Hand, issue: Issue) -> None:
    """Cut, mute and reset again and again: what the page hears is what the database has, in order and once."""
    stream = issues.stream_of_issue(issue.uid)
    line = FaultyLine(hand.site.port)
    line.start()
    try:
        hand.page.goto(f"{line.address}/my-issues/")
        # Longer than a busy machine takes to answer, or the page would give up lines that live.
        follow(hand.page, stream, askEvery=800, longestSilence=1500)
        start = Event.objects.filter(stream=stream).count()
        line.cut()
        issues.comment(hand.person, issue, "Said while it was cut.")
        line.restore()
        wait_heard(hand.page, "issue_commented", seconds=20)
        # Nobody tells the page that this one is dead: it finds out by asking.
        line.silence()
        issues.comment(hand.person, issue, "Said into the silence.")
        line.forget()
        wait_heard(hand.page, "issue_commented", 2, seconds=20)
        before = line.resets
        with line.resetting_every(0.3):
            for number in range(60):
                announce(issue.project.organization_id, stream, "said", {"number": number})
                time.sleep(0.04)
        wait_heard(hand.page, "said", 60, seconds=20)
        assert line.resets - before >= 3
        heard = [(event["seq"], event["payload"]) for event in hand.page.evaluate("() => window.heard")]
        written = Event.objects.filter(stream=stream, seq__gt=start).order_by("seq")
        assert heard == list(written.values_list("seq", "payload"))
    finally:
        line.stop()


def answer_as(page: Page, issue: Issue, text: str) -> None:
    status = page.evaluate(
        """async ([uid, text]) => {
          const { post } = await import('/static/shared/http.js');
          const headers = { 'Idempotency-Key': crypto.randomUUID() };
          return (await post(`/api/v1/issues/${uid}/comments/`, { text }, { headers })).status;
        }""",
        [str(issue.uid), text],
    )
    assert status == 201


def test_signing_out_elsewhere_ends_the_socket(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    closed: list[float] = []
    lena.page.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(time.monotonic())))
    editor = lena.label(street.project)
    editor.box((90, 190), (275, 330))
    editor.wait_saved()
    expect(editor.part("live")).to_have_text("Live")

    other = lena.context.new_page()
    other.goto(f"{lena.site.address}/")
    other.locator("details[data-menu] summary").click()
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/login/**")
    left = time.monotonic()
    words = "You are signed out. Your work is kept in this browser and goes up when you sign in again."
    expect(editor.trouble("session")).to_contain_text(words, timeout=MOST_SECONDS * 1000)
    assert len(closed) == 1 and closed[0] - left < MOST_SECONDS
    expect(editor.part("live")).to_contain_text("Not live since")
    lena.look("signed-out", shots)
