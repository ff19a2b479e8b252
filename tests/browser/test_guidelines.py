"""Guidelines are read before the first row, a rule is cited in what goes back, and its maker reads which."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from labeling import guidelines, pauses, project_access, project_templates
from labeling.models import ProjectPersonGrant
from quality.models import Issue, Review
from tests.browser.hands import Editor, Hand
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.browser.test_review import label_one
from tests.cast import Cast
from tests.line import Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]
TEXT = "# Every car\n\nLabel **every** car that you see for half or more.\n\n| Case | Do |\n| - | - |\n| Toy | skip |"
WORDS: Any = {"text": TEXT, "rules": [{"title": "To the visible edge", "text": "Not to where the car *would* end."}]}


@pytest.fixture
def reviewed(cast: Cast, site: Site) -> Line:
    line = make_street(cast, review_share=100)
    guidelines.publish_version(cast.pia, line.project, after=0, **WORDS)
    return line


def read_and_go_on(hand: Hand) -> Editor:
    expect(hand.page.locator("[data-part=stage-message]")).to_contain_text("Read the guidelines")
    hand.page.locator("[data-stage-act=read]").click()
    hand.page.get_by_role("button", name="I have read these").click()
    editor = Editor(hand.page)
    editor.wait_for_picture()
    return editor


def test_read_first_then_cited(reviewed: Line, signed_in: SignIn, shots: Path) -> None:
    lena, rita = signed_in(reviewed.cast.lena), signed_in(reviewed.cast.rita)
    lena.go("/")
    expect(lena.page.locator("main")).to_contain_text("guidelines is new to you")
    lena.look("home-unread", shots)
    lena.go(f"/projects/{reviewed.project.uid}/guidelines/?then=label")
    expect(lena.page.locator("strong", has_text="every")).to_be_visible()
    lena.look("guidelines", shots)
    lena.go(f"/projects/{reviewed.project.uid}/label/")
    editor = read_and_go_on(lena)
    editor.press("i")
    editor.part("stage").click(position={"x": 120, "y": 220})
    form = lena.page.locator("[data-issue-form]")
    form.locator("textarea").fill("Is this an edge?")
    form.locator("[name=rule]").select_option(label="1 · To the visible edge")
    form.locator("[data-issue-send]").click()
    expect(lena.page.locator("[data-issue-rule]")).to_contain_text("Rule 1 · To the visible edge")
    assert Issue.objects.get().rule_title == "1 · To the visible edge"
    lena.page.locator("[data-issue-close]").click()
    label_one(editor)

    rita.go(f"/projects/{reviewed.project.uid}/review/")
    editor = read_and_go_on(rita)
    editor.press("r")
    dialog = editor.part("reason-dialog")
    dialog.locator('input[value="loose_box"]').check()
    dialog.locator("[name=rule]").select_option(label="1 · To the visible edge")
    rita.look("send-back-cites", shots)
    dialog.locator("[data-reason-send]").click()
    expect(editor.part("stage-message")).to_be_visible()
    assert Review.objects.get().reasons[0]["rule_title"] == "1 · To the visible edge"
    lena.go("/")
    expect(lena.page.locator("[aria-labelledby=came-back]")).to_contain_text("rule 1 · To the visible edge")


def test_who_is_paused_reads_why_and_leads_see_it(reviewed: Line, signed_in: SignIn, shots: Path) -> None:
    cast = reviewed.cast
    project_access.grant_role(cast.ada, reviewed.project, cast.vendor, role="labeler")
    made = pauses.pause_person(
        cast.pia, reviewed.project, cast.lena, reason="Loose boxes.", told="Read rule 1, then talk to Pia."
    )
    lena, pia, max_ = (signed_in(person) for person in (cast.lena, cast.pia, cast.max))
    lena.go(f"/projects/{reviewed.project.uid}/label/")
    expect(lena.page.locator("[data-part=stage-message]")).to_contain_text("Read rule 1, then talk to Pia.")
    lena.look("editor-paused", shots)
    lena.go("/")
    expect(lena.page.locator("main")).to_contain_text("Paused in")
    lena.look("home-paused", shots)
    place = f"/admin/projects/{reviewed.project.uid}"
    pages = {
        "people": "people/",
        "person": f"people/{cast.lena.uid}/",
        "teams": "people/?list=teams",
        "guidelines-tab": "guidelines/",
        "overview": "",
    }
    for name, address in pages.items():
        pia.go(f"{place}/{address}")
        pia.look(f"project-{name}", shots)
    pia.go(f"{place}/people/{cast.lena.uid}/")
    pia.page.get_by_role("button", name="Let go on").click()
    expect(pia.page.locator("body")).to_contain_text("gets rows here again")
    made.refresh_from_db()
    assert made.resumed_by == cast.pia
    template = project_templates.make_template_of(cast.max, reviewed.project, name="Street")
    ProjectPersonGrant.objects.update(granted_at="2026-01-01T00:00Z")
    explain = f"/admin/access/?person={cast.vera.uid}&project={reviewed.project.uid}"
    for name, address in {
        "recertification": "/admin/recertification/",
        "explain-choose": "/admin/access/",
        "explain": explain,
        "templates": "/admin/templates/",
        "template": f"/admin/templates/{template.uid}/",
    }.items():
        max_.go(address)
        max_.look(name, shots)
