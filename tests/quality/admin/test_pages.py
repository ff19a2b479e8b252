"""The pages of quality: who may open them, that their figures are the rule's, and what they cost."""

import copy
import csv
import io
import json
import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling import batches, datasets, ontologies, projects, queue, work_time
from labeling.data_rows import NewRow, add_rows
from labeling.formats.csv_cells import restore_cell
from labeling.labels import add_version
from labeling.models import DataRow, Label, LabelVersion, Project, ProjectRow
from quality import benchmarks, consensus, figures, flow, issues, performance
from quality.admin import formulas
from quality.models import Benchmark, Issue, RowConsensus
from tests.cast import Cast
from tests.line import DOCUMENT, Line, make_line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, bring, first_row, give, run_jobs
from tests.quality.test_review import decide, hold, label_row, lease_review
from workforce.errors import RuleViolation
from workforce.models import Membership, Person
from workforce.organizations import add_member
from workforce.people import external_authors

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    """Three rows, each wants three opinions; the first has them."""
    made = make_line(cast, rows=3, consensus_share=100, consensus_labels=3)
    give(cast.lena, made, payload(BOX))
    give(cast.leo, made, payload(BOX, FAR))
    run_jobs()
    give(cast.lia, made, payload(HALF, light="night"))
    run_jobs()
    return made


@pytest.fixture
def issue(line: Line) -> Issue:
    return issues.open_issue(
        line.cast.lena, first_row(line), category="edge_case", text="Does <b>half</b> a car count?"
    )


def client_of(person: Person | None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def page(person: Person, name: str, *values: Any, **query: str) -> str:
    response = client_of(person).get(reverse(f"admin:{name}", args=values), query)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def words_of(html: str) -> str:
    """What people read: without markup, blanks as one."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.S)
    return re.sub(r"[ \n\t]+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))


def figure(html: str, name: str) -> str:
    found = re.search(rf'data-figure="{re.escape(name)}"[^>]*>(.*?)</', html, flags=re.S)
    assert found, f"no figure {name}"
    return found.group(1).strip()


# --- Who may open them --------------------------------------------------------------------------------------------
PAGES = {
    "dashboard": "",
    "formulas": "",
    "issues": "",
    "project-performance": "project",
    "project-performance-csv": "project",
    "project-performance-json": "project",
    "project-quality": "project",
    "project-issues": "project",
    "project-rows": "project",
    "row": "row",
    "issue": "issue",
}


def address(name: str, line: Line, issue: Issue) -> str:
    uid = {"project": line.project.uid, "row": first_row(line).uid, "issue": issue.uid}.get(PAGES[name])
    return reverse(f"admin:{name}", args=[uid] if uid else [])


@pytest.mark.parametrize("name", PAGES)
def test_managers_and_leads_open_them(name: str, line: Line, issue: Issue) -> None:
    for key in ("ada", "max", "pia"):
        assert client_of(getattr(line.cast, key)).get(address(name, line, issue)).status_code == 200, key


@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_of_the_organization_does(name: str, line: Line, issue: Issue) -> None:
    for key in ("lena", "leo", "vera", "rita", "eva", "tom", "vito", "wim", "nora"):
        assert client_of(getattr(line.cast, key)).get(address(name, line, issue)).status_code == 403, key


@pytest.mark.parametrize("name", [name for name, what in PAGES.items() if what])
def test_another_organization_does_not_learn_that_they_exist(name: str, line: Line, issue: Issue) -> None:
    stranger = client_of(line.cast.otto)
    found = stranger.get(address(name, line, issue))
    nothing = stranger.get(reverse(f"admin:{name}", args=["00000000-0000-4000-8000-000000000000"]))
    assert (found.status_code, nothing.status_code) == (404, 404)


@pytest.mark.parametrize("name", PAGES)
def test_who_is_not_signed_in_is_sent_to_sign_in(name: str, line: Line, issue: Issue) -> None:
    response = client_of(None).get(address(name, line, issue))
    assert response.status_code == 302 and "/login" in response.headers["Location"]


def test_the_lists_of_a_stranger_hold_nothing_of_ours(line: Line, issue: Issue) -> None:
    for name in ("dashboard", "issues"):
        assert line.project.name not in page(line.cast.otto, name)
    assert (
        client_of(line.cast.otto).get(reverse("admin:dashboard"), {"project": str(line.project.uid)}).status_code == 404
    )


def test_a_lead_sees_only_own_projects(line: Line, issue: Issue) -> None:
    lead = Person.objects.create(email="paul@example.org", name="Paul Pfeiffer", password="!")
    add_member(line.cast.ada, line.cast.home, lead, role=Membership.Role.MEMBER)
    assert client_of(lead).get(reverse("admin:dashboard")).status_code == 403
    assert client_of(lead).get(address("row", line, issue)).status_code == 403


ACTS = ("row-winner", "row-gold", "row-gold-remove", "issue-comment", "issue-resolve", "issue-reopen")


@pytest.mark.parametrize("name", ACTS)
def test_acts_are_posts_of_those_who_may(name: str, line: Line, issue: Issue) -> None:
    uid = issue.uid if name.startswith("issue") else first_row(line).uid
    where = reverse(f"admin:{name}", args=[uid])
    assert client_of(line.cast.max).get(where).status_code == 405
    for key, status in (("lena", 403), ("wim", 403), ("rita", 403), ("otto", 404)):
        assert client_of(getattr(line.cast, key)).post(where, {"text": "x", "key": "k"}).status_code == status, key
    assert not Benchmark.objects.exists()
    assert issue.comments.count() == 1


# --- Performance --------------------------------------------------------------------------------------------------
def found_for(line: Line, days: int = 14, unit: str = "rows") -> performance.ProjectPerformance:
    until = work_time.day_in(line.project, work_time.clock())
    since = until - timedelta(days=days - 1)
    return performance.performance_of(line.cast.max, line.project, since=since, until=until, unit=unit)


def note(line: Line, person: Person, **amounts: float) -> None:
    figures.note(line.project.pk, person.pk, work_time.day_in(line.project, work_time.clock()), amounts)


def work(line: Line, person: Person, *, rows: int = 240, approved: int = 200, hours: float = 10) -> None:
    sums = {"rows": rows, "objects": rows * 2, "labeling_seconds": hours * 3600, "rework_seconds": hours * 360}
    note(line, person, **sums, reviewed=rows, approved=approved, untouched=approved - 10, accepted=approved)


def test_the_tiles_and_the_table_are_the_rules_figures(line: Line) -> None:
    for person, approved in ((line.cast.lena, 230), (line.cast.leo, 200), (line.cast.lia, 150)):
        work(line, person, approved=approved)
    html = page(line.cast.max, "project-performance", line.project.uid)
    found = found_for(line)
    assert figure(html, "units") == f"{found.total.units:,}" == "723"
    assert figure(html, "first-pass") == f"{100 * found.total.first_pass.value:.1f}\u202f%"
    for one in found.people:
        row = re.search(rf'data-person="{one.uid}".*?</tr>', html, flags=re.S)
        assert row, one.name
        told = words_of(row.group(0))
        assert f"{one.figures.units_per_hour:.1f}" in told and f"{100 * one.figures.approval.value:.1f}" in told
        assert str(one.figures.approval.n) in told
        assert f"labeler={one.uid}" in row.group(0)
    assert "Project, pooled" in html


def test_the_unit_and_the_period_come_from_the_address(line: Line) -> None:
    work(line, line.cast.lena)
    assert figure(page(line.cast.max, "project-performance", line.project.uid, unit="objects"), "units") == "484"
    old = page(line.cast.max, "project-performance", line.project.uid, **{"from": "2020-01-01", "to": "2020-01-31"})
    assert "Nothing was submitted 1–31 Jan" in words_of(old)
    # Names outside the allow-lists mean the default.
    assert page(line.cast.max, "project-performance", line.project.uid, unit="x", sort="labeler__password", period="9")
    bad = client_of(line.cast.max).get(
        reverse("admin:project-performance", args=[line.project.uid]), {"from": "tomorrow"}
    )
    assert bad.status_code == 422


def test_the_table_is_sorted_by_the_column_that_is_asked_for(line: Line) -> None:
    work(line, line.cast.lena, rows=300, approved=200)
    work(line, line.cast.leo, rows=240, approved=239)

    assert order_of(line, "-approval")[:2] == ["Leo Lang", "Lena Lund"]
    assert order_of(line, "approval")[:2] == ["Lena Lund", "Leo Lang"]
    assert order_of(line, "person") == ["Lena Lund", "Leo Lang", "Lia Lopez"]
    assert order_of(line, "-labels")[0] == "Lena Lund"


def test_a_team_narrows_the_people_and_pools_them(line: Line) -> None:
    work(line, line.cast.lena)
    work(line, line.cast.leo)
    html = page(line.cast.max, "project-performance", line.project.uid, team="Atelier")
    assert "Atelier, pooled" in html
    assert len(re.findall(r'data-person="', html)) == 1
    # The tiles, the files and the table speak of the same people; the menu still knows the other teams.
    assert figure(html, "units") == "241"
    client = client_of(line.cast.max)
    told = client.get(reverse("admin:project-performance-json", args=[line.project.uid]), {"team": "Atelier"}).json()
    assert (told["total"]["units"], told["team"], [one["units"] for one in told["days"]]) == (241, "Atelier", [241])
    note(line, line.cast.vera, rows=1)
    assert "team=Brightfield" in page(line.cast.max, "project-performance", line.project.uid, team="Atelier")


def labels_behind(line: Line, html: str, words: str) -> list[Label]:
    """What the list shows behind the first door with these words in it."""
    doors = [
        (link, words_of(text)) for link, text in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', html, flags=re.S)
    ]
    link = next(unescape(link) for link, text in doors if words in text and "labels/" in link)
    answer = client_of(line.cast.max).get(link)
    assert answer.status_code == 200
    return [one.label for one, *_ in answer.context["lines"]]


def test_every_door_of_the_tab_carries_its_filters(cast: Cast) -> None:
    made = make_line(cast, rows=6)
    old = [label_row(cast.lena, made) for _ in range(2)]
    Label.objects.filter(pk=old[0].pk).update(created_at=work_time.clock() - timedelta(days=40))
    fresh = label_row(cast.leo, made)
    benchmarks.make_benchmark(cast.max, fresh.project_row, payload=payload(BOX))
    for decision in ("reject", "reject", "approve"):
        decide(cast.rita, lease_review(cast.rita, made), decision)
    html = page(cast.max, "project-performance", made.project.uid)
    assert set(labels_behind(made, html, "Rows")) == {old[1], fresh}
    assert len(labels_behind(made, html, "2 sent back")) == 2
    today = work_time.day_in(made.project, work_time.clock()).isoformat()
    assert f"from={today}&amp;to={today}" in html
    for team, wanted in (("Atelier", {old[1]}), ("", {old[1], fresh})):
        html = page(cast.max, "project-performance", made.project.uid, team=team, period="today")
        assert set(labels_behind(made, html, "Rows")) == wanted
    # Whose label is old but came back today stands behind today's figure, and behind no other day's.
    where = reverse("admin:labels")
    for query, wanted in (({"from": today, "to": today}, 2), ({"to": "2026-01-31"}, 0)):
        answer = client_of(cast.max).get(where, {"status": "sent_back", **query})
        assert len(answer.context["lines"]) == wanted, query


def test_the_count_of_an_imported_author_opens_their_labels_only(line: Line) -> None:
    label, _ = bring(line, first_row(line), {"Jane Author": payload(BOX), "John Author": payload(BOX)})
    client, where = client_of(line.cast.max), reverse("admin:labels")
    answer = client.get(where, {"labeler": str(label.labeler.uid)})
    assert [one.label for one, *_ in answer.context["lines"]] == [label]
    assert "Created by <b>Jane Author</b>" in answer.content.decode()
    stranger = external_authors(line.cast.away, "file", ["Secret Author"])["Secret Author"]
    answer = client.get(where, {"labeler": str(stranger.uid)})
    assert answer.context["lines"] == [] and "Secret" not in answer.content.decode()
    assert answer.context["clear_all"]


def test_who_is_surely_below_is_worth_a_conversation_and_red(line: Line) -> None:
    for person, approved in ((line.cast.lena, 230), (line.cast.leo, 228), (line.cast.lia, 130)):
        work(line, person, approved=approved, hours=10 if approved > 200 else 5)
    html = page(line.cast.max, "project-performance", line.project.uid)
    told = words_of(html)
    assert "Coach today" in told and "q-mark--below" in html
    assert "54.2\u202f% approved at first review (n 240)" in told


def test_too_few_say_so_instead_of_a_rate(line: Line) -> None:
    note(line, line.cast.lena, reviewed=7, approved=7, untouched=7)
    told = words_of(page(line.cast.max, "project-performance", line.project.uid))
    assert "n 7, shown from 10" in told
    assert "100.0" not in told.split("People 3 labelers")[1]


def test_imported_work_has_no_speed_and_says_why(line: Line) -> None:
    author = external_authors(line.cast.home, "file", ["Jane Author"])["Jane Author"]
    note(line, author, rows=40, reviewed=40, approved=39, untouched=39)
    html = page(line.cast.max, "project-performance", line.project.uid)
    assert "imported, not measured" in html and "External" in words_of(html)


def test_the_table_says_how_far_people_agree_with_n_and_interval(line: Line) -> None:
    author = external_authors(line.cast.home, "file", ["Jane Author"])["Jane Author"]
    note(line, author, consensus_n=12, consensus_sum=9, consensus_squares=7.5)
    work(line, line.cast.lena)
    html = page(line.cast.max, "project-performance", line.project.uid)
    found = {one.uid: one.figures for one in found_for(line).people}[str(author.uid)]
    row = re.search(rf'data-person="{author.uid}".*?</tr>', html, flags=re.S)
    assert row
    assert "0.750" in row.group(0) and f"{found.consensus.low:.3f} to {found.consensus.high:.3f}, n 12" in row.group(0)
    assert f"labeler={author.uid}" in row.group(0) and ">imported</a>" in row.group(0)
    lena = re.search(rf'data-person="{line.cast.lena.uid}".*?</tr>', html, flags=re.S)
    # First-pass yield has its interval and n too, efficiency stands beside speed, rework says on how many days.
    assert lena and lena.group(0).count(", n 240</title>") == 2
    told = words_of(lena.group(0))
    assert "18.2" in told and "9.1 1 day" in told
    assert order_of(line, "-agreement")[0] == "Jane Author" and order_of(line, "-efficiency")[0] == "Lena Lund"


def order_of(line: Line, sort: str) -> list[str]:
    html = page(line.cast.max, "project-performance", line.project.uid, sort=sort)
    names = {one.uid: one.name for one in found_for(line).people}
    return [names[uid] for uid in re.findall(r'data-person="([^"]+)"', html)]


def test_simulated_people_are_marked(line: Line) -> None:
    Person.objects.filter(pk=line.cast.lena.pk).update(is_simulated=True)
    assert "Simulated" in words_of(page(line.cast.max, "project-performance", line.project.uid))


def test_reviewers_stand_under_the_table(line: Line) -> None:
    note(line, line.cast.rita, reviews_made=12, review_seconds=3600)
    told = words_of(page(line.cast.max, "project-performance", line.project.uid))
    assert "Reviewed: Rita Rossi 12 decisions in 1.0 h" in told


def test_an_empty_project_says_what_will_be_there(cast: Cast) -> None:
    made = make_line(cast, rows=2)
    told = words_of(page(cast.max, "project-performance", made.project.uid))
    assert "Nothing was submitted" in told and "No label was reviewed" in told


def test_csv_and_json_are_what_is_on_the_page(line: Line) -> None:
    work(line, line.cast.lena)
    client = client_of(line.cast.max)
    answer = client.get(reverse("admin:project-performance-csv", args=[line.project.uid]), {"sort": "person"})
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    lena = next(one for one in found_for(line).people if one.name == "Lena Lund")
    assert [one["person"] for one in lines] == ["Lena Lund", "Leo Lang", "Lia Lopez"]
    assert lines[0]["formula_version"] == str(formulas.VERSION)
    assert (lines[0]["units"], lines[0]["approval_n"]) == (str(lena.figures.units), "240")
    assert float(lines[0]["approval_low"]) == lena.figures.approval.low
    assert lines[1]["approval_value"] == lines[1]["approval_low"] == ""
    told = json.loads(client.get(reverse("admin:project-performance-json", args=[line.project.uid])).content)
    assert (told["formula_version"], told["total"]["units"]) == (formulas.VERSION, found_for(line).total.units)
    assert told["people"][0]["person"] == "Lena Lund"


def test_no_cell_of_the_csv_is_a_formula(line: Line) -> None:
    evil = '=HYPERLINK("http://example.org")'
    Person.objects.filter(pk=line.cast.lena.pk).update(name=evil)
    answer = client_of(line.cast.max).get(reverse("admin:project-performance-csv", args=[line.project.uid]))
    cells = [one["person"] for one in csv.DictReader(io.StringIO(answer.content.decode()))]
    assert f"'{evil}" in cells and restore_cell(f"'{evil}") == evil


# --- The line -----------------------------------------------------------------------------------------------------
def test_the_dashboard_shows_the_rules_stages(cast: Cast) -> None:
    made = make_line(cast, rows=8)
    for _ in range(3):
        label_row(cast.lena, made)
    decide(cast.rita, lease_review(cast.rita, made))
    work_time.beat(cast.leo, queue.lease_next_rows(cast.leo, made.project).slots[0], has_input=True)
    html = page(cast.max, "dashboard", project=str(made.project.uid))
    found = flow.line_of(cast.max, made.project, at=work_time.clock())
    for name in ("queue", "labeling", "review", "rework", "done", "unclear"):
        assert figure(html, name) == str(getattr(found, name).wip), name
    told = words_of(html)
    assert "Review holds the line." in told or found.bottleneck is None
    assert "Leo Lang" in told.split("Active now")[1]
    assert "1 person · 1 labeling" in told


def rows_behind(line: Line, html: str, name: str) -> list[str]:
    """The rows of the list that the figure opens."""
    door = re.search(rf'<a [^>]*href="([^"]+)"[^>]*?(?:data-figure="{name}"|><b data-figure="{name}")', html)
    assert door, f"the figure {name} is no door"
    answer = client_of(line.cast.max).get(unescape(door.group(1)))
    assert answer.status_code == 200
    return [str(row.uid) for row in (answer.context.get("rows_page") or answer.context["page_of_list"]).rows]


def test_every_figure_of_the_line_opens_its_rows(cast: Cast) -> None:
    made = make_line(cast, rows=10)
    for _ in range(4):
        label_row(cast.lena, made)
    for decision in ("approve", "reject", "reject"):
        decide(cast.rita, lease_review(cast.rita, made), decision)
    label_row(cast.lena, made)
    skipped = queue.lease_next_rows(cast.lia, made.project).slots[0]
    queue.skip_slot(cast.lia, str(skipped.uid), skipped.lease_token, reason="unclear_rule")
    work_time.beat(cast.leo, queue.lease_next_rows(cast.leo, made.project).slots[0], has_input=True)
    html = page(cast.max, "dashboard", project=str(made.project.uid))
    shown = {}
    for name in ("queue", "labeling", "review", "rework", "done", "unclear"):
        rows = shown[name] = rows_behind(made, html, name)
        assert figure(html, name) == str(len(rows)), name
    assert sum(map(len, shown.values())) == len(set().union(*shown.values())) == 10
    for move in ("taken", "labeled", "approved", "skipped", "sent_back", "sent_again"):
        count = figure(html, f"arrow-{move}")
        assert count == str(len(rows_behind(made, html, f"arrow-{move}"))), move
        assert count != "0", move


def test_the_rows_of_a_project_say_where_they_stand(line: Line) -> None:
    html = page(line.cast.max, "project-rows", line.project.uid)
    row = first_row(line)
    told = words_of(html.split(f'data-row="{row.uid}"')[1].split("</tr>")[0])
    assert "row-00000" in told and "In review" in told and "first" in told and "3 of 3" in told
    assert f"{RowConsensus.objects.get(project_row=row).score:.3f}" in told
    batch = row.batch

    def uids(**query: str) -> list[str]:
        return re.findall(r'data-row="([^"]+)"', page(line.cast.max, "project-rows", line.project.uid, **query))

    assert len(uids(batch=str(batch.uid))) == 3 and uids(rows="review") == [str(row.uid)]
    assert len(uids(batch="nonsense", rows="nonsense")) == 3
    assert len(uids(after=uids()[0])) == 2


def test_the_rows_of_another_project_stay_there(line: Line) -> None:
    other = make_line_of_away(line)
    html = page(line.cast.max, "project-rows", line.project.uid, batch=str(other.batches.get().uid))
    assert "other" not in html and html.count("data-row=") == 3


def make_line_of_away(line: Line) -> Project:
    otto = line.cast.otto
    ontology = ontologies.create_ontology(otto, line.cast.away, name="Theirs", document=DOCUMENT)
    dataset = datasets.create_dataset(otto, line.cast.away, name="Theirs")
    add_rows(otto, dataset, [NewRow("theirs-1", None)])
    made = projects.create_project(otto, line.cast.away, name="Theirs", brief="x", ontology=ontology.ontology)
    batches.create_batch(otto, made, DataRow.objects.filter(dataset=dataset), name="other batch")
    return made


def test_the_index_opens_the_dashboard(line: Line) -> None:
    html = client_of(line.cast.max).get(reverse("admin:index")).content.decode()
    assert "Cumulative flow" in html and line.project.name in html


def test_an_organization_without_a_project_is_told_what_will_be_there(cast: Cast) -> None:
    assert "once there is a project" in words_of(page(cast.otto, "dashboard"))


# --- Consensus of a row -------------------------------------------------------------------------------------------
def test_the_row_shows_its_score_and_every_opinion(line: Line) -> None:
    row = first_row(line)
    together = RowConsensus.objects.get(project_row=row)
    assert together.score is not None and together.previous_score is not None
    html = page(line.cast.max, "row", row.uid)
    told = words_of(html)
    assert figure(html, "score") == f"{together.score:.3f}"
    assert "Below 0.75" in told
    assert f"Consensus went from {together.previous_score:.3f} to {together.score:.3f}" in told
    assert "Lia’s opinion arrived at" in told
    for person, others in (("Lena Lund", "Car 1"), ("Leo Lang", "Car 2"), ("Lia Lopez", "Car 1")):
        card = re.search(rf'aria-label="Opinion of {person}".*?</section>', html, flags=re.S)
        assert card and others in words_of(card.group(0))
    assert "Only Leo drew it." in told and "Lia answered Night." in told
    assert html.count(f'href="{reverse("asset", args=[row.uid])}"') == 4


def test_the_history_holds_what_the_second_reviewer_said(cast: Cast) -> None:
    line = make_line(cast, rows=1)
    label = label_row(cast.lena, line)
    slot = lease_review(cast.rita, line)
    late = copy.copy(slot)
    decide(cast.eva, hold(cast.eva, slot))
    with pytest.raises(RuleViolation):
        decide(cast.rita, late, "reject", version=1, reasons=[{"code": "loose_box", "text": "It cuts <b>off</b>."}])
    shown = client_of(cast.max).get(reverse("admin:row", args=[label.project_row.uid])).content.decode()
    history = shown[shown.index('id="history"') :]
    assert "Comment: label of Lena" in history
    assert "It cuts &lt;b&gt;off&lt;/b&gt;." in history


def test_a_row_without_a_picture_says_so(line: Line) -> None:
    row = first_row(line)
    DataRow.objects.filter(pk=row.data_row_id).update(asset_path="", width=None, height=None)
    html = page(line.cast.max, "row", row.uid)
    assert "came without a picture" in html and reverse("asset", args=[row.uid]) not in html


def test_a_row_without_opinions_says_what_will_be_there(line: Line) -> None:
    row = ProjectRow.objects.filter(project=line.project).order_by("-pk")[0]
    told = words_of(page(line.cast.max, "row", row.uid))
    assert "Nobody has labeled this row yet" in told and "needs two opinions" in told


def test_simulated_labels_are_marked(line: Line) -> None:
    row = first_row(line)
    assert "Simulated" not in page(line.cast.max, "row", row.uid)
    label = row.labels.get(labeler=line.cast.lena)
    synthetic = LabelVersion.Origin.SYNTHETIC
    add_version(label, author=line.cast.lena, payload=payload(BOX), ontology_version=line.ontology, origin=synthetic)
    assert "Simulated" in page(line.cast.max, "row", row.uid)


def test_what_people_wrote_is_no_markup(line: Line, issue: Issue) -> None:
    Person.objects.filter(pk=line.cast.lena.pk).update(name="<img src=x onerror=alert(1)> Lund")
    for html in (
        page(line.cast.max, "row", first_row(line).uid),
        page(line.cast.max, "issue", issue.uid),
        page(line.cast.max, "project-performance", line.project.uid),
    ):
        assert "<img src=x" not in html and "<b>half</b>" not in html


def test_a_manager_chooses_a_winner_with_a_reason(line: Line) -> None:
    row = first_row(line)
    leo = row.labels.get(labeler=line.cast.leo)
    where = reverse("admin:row-winner", args=[row.uid])
    client = client_of(line.cast.max)
    client.post(where, {"label": str(leo.uid), "reason": " "})
    assert RowConsensus.objects.get(project_row=row).status != RowConsensus.Status.CHOSEN
    client.post(where, {"label": str(leo.uid), "reason": "He saw the far car."})
    together = RowConsensus.objects.get(project_row=row)
    assert (together.winner, together.chosen_by) == (leo, line.cast.max)
    assert "“He saw the far car.”" in words_of(page(line.cast.max, "row", row.uid))


def test_a_label_of_another_row_is_no_choice(line: Line) -> None:
    other = give(
        line.cast.lena, line, payload(BOX), row=ProjectRow.objects.filter(project=line.project).order_by("pk")[1]
    )
    for name in ("row-winner", "row-gold"):
        where = reverse(f"admin:{name}", args=[first_row(line).uid])
        answer = client_of(line.cast.max).post(where, {"label": str(other.uid), "reason": "x"})
        assert answer.status_code == 404
    assert client_of(line.cast.max).post(where, {"label": "nonsense"}).status_code == 404


def test_a_label_becomes_gold_and_stops_being_it(line: Line) -> None:
    row = first_row(line)
    leo = row.labels.get(labeler=line.cast.leo)
    client = client_of(line.cast.max)
    client.post(reverse("admin:row-gold", args=[row.uid]), {"label": str(leo.uid), "reason": "Agreed in the meeting."})
    assert Benchmark.objects.get(project_row=row).rationale == "Agreed in the meeting."
    told = words_of(page(line.cast.max, "row", row.uid))
    assert "Against gold" in told and "Benchmark" in told
    assert "Agreed in the meeting." in words_of(page(line.cast.max, "project-benchmarks", line.project.uid))
    client.post(reverse("admin:row-gold-remove", args=[row.uid]))
    assert not Benchmark.objects.exists()


# --- Quality tab --------------------------------------------------------------------------------------------------
def test_rows_stand_lowest_first_and_page_by_key(line: Line) -> None:
    rows = list(ProjectRow.objects.filter(project=line.project).order_by("pk"))
    for row, score in zip(rows, (0.9, 0.2, 0.5), strict=True):
        RowConsensus.objects.update_or_create(
            project_row=row, defaults={"project": line.project, "score": score, "opinion_count": 3}
        )

    def order(**query: str) -> list[str]:
        return re.findall(r'data-row="([^"]+)"', page(line.cast.max, "project-quality", line.project.uid, **query))

    uids = [str(rows[number].uid) for number in (1, 2, 0)]
    assert order() == uids
    assert order(after=uids[0]) == uids[1:]
    assert order(before=uids[2]) == uids[:2]
    assert order(show="low") == uids[:2]
    assert order(show="tie") == []


# --- Issues -------------------------------------------------------------------------------------------------------
def test_issues_are_listed_with_number_question_and_state(line: Line, issue: Issue) -> None:
    for html in (page(line.cast.max, "issues"), page(line.cast.max, "project-issues", line.project.uid)):
        told = words_of(html)
        assert "Does <b>half</b> a car count?" in told and "Edge case" in told and "Open" in told
    assert "No issue fits" in page(line.cast.max, "project-issues", line.project.uid, state="resolved")
    assert str(issue.uid) in page(line.cast.max, "issues", category="edge_case", state="open")


def test_an_issue_is_answered_resolved_and_opened_again(line: Line, issue: Issue) -> None:
    client = client_of(line.cast.pia)

    def do(act: str, **values: str) -> str:
        client.post(reverse(f"admin:issue-{act}", args=[issue.uid]), {**values, "key": uuid.uuid4()})
        issue.refresh_from_db()
        return str(issue.state)

    assert do("comment", text="Yes, from half on.") == Issue.State.ANSWERED
    assert do("resolve") == Issue.State.RESOLVED
    assert do("reopen") == Issue.State.REOPENED
    assert "Yes, from half on." in words_of(page(line.cast.max, "issue", issue.uid))
    assert do("comment", text="  ") == Issue.State.REOPENED
    assert issue.comments.count() == 2


# --- Formulas -----------------------------------------------------------------------------------------------------
def test_every_measure_has_its_words_and_an_anchor(line: Line) -> None:
    html = page(line.cast.max, "formulas")
    for one in formulas.FORMULAS:
        assert f'id="{one.anchor}"' in html
    assert f"version {formulas.VERSION}" in html


# --- What they cost -----------------------------------------------------------------------------------------------
def cost(person: Person, name: str, *values: Any, **query: str) -> int:
    client = client_of(person)
    where = f"{reverse(f'admin:{name}', args=values)}?{urlencode(query)}"
    assert client.get(where).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        client.get(where)
    return len(asked)


def crowd(line: Line, count: int) -> list[Person]:
    people = external_authors(line.cast.home, "crowd", [f"Author {n}" for n in range(count)])
    return list(people.values())


def test_the_performance_tab_costs_the_same_for_three_and_thirty_people(line: Line) -> None:
    few = cost(line.cast.max, "project-performance", line.project.uid)
    for person in crowd(line, 30):
        work(line, person)
    assert cost(line.cast.max, "project-performance", line.project.uid) == few


def test_the_dashboard_costs_the_same_for_few_and_many_at_work(line: Line) -> None:
    few = cost(line.cast.max, "dashboard", project=str(line.project.uid))
    made = make_crowd_work(line)
    assert made > 5
    # The median age of a stage that was empty before is one query, whoever waits there.
    assert cost(line.cast.max, "dashboard", project=str(line.project.uid)) <= few + 3


def make_crowd_work(line: Line) -> int:
    rows = ProjectRow.objects.filter(project=line.project)
    count = 0
    for person in (line.cast.lena, line.cast.leo, line.cast.lia, line.cast.vera, line.cast.eva, line.cast.tom):
        for slot in queue.lease_next_rows(person, line.project).slots:
            work_time.beat(person, slot, has_input=True)
            count += 1
    assert rows.exists()
    return count


def test_the_row_page_costs_the_same_for_three_and_twelve_opinions(line: Line) -> None:
    row = first_row(line)
    few = cost(line.cast.max, "row", row.uid)
    bring(line, row, {f"Author {n}": payload(BOX) for n in range(9)})
    consensus.score_row(row.pk)
    assert cost(line.cast.max, "row", row.uid) == few


def test_the_lists_cost_the_same_for_three_and_thirty_lines(line: Line, issue: Issue) -> None:
    uid = line.project.uid
    names = (("issues",), ("project-issues", uid), ("project-quality", uid), ("project-rows", uid))
    few = [cost(line.cast.max, *name) for name in names]
    row = first_row(line)
    for _ in range(30):
        issues.open_issue(line.cast.pia, row, category="feedback", text="Again?")
    data_rows = [NewRow(f"more-{number}", None) for number in range(20)]
    add_rows(line.cast.ada, line.dataset, data_rows)
    more = DataRow.objects.filter(dataset=line.dataset, external_id__startswith="more")
    batches.create_batch(line.cast.max, line.project, more, name="more")
    for other in ProjectRow.objects.filter(project=line.project).exclude(pk=row.pk):
        RowConsensus.objects.create(project_row=other, project=line.project, score=0.4, opinion_count=2)
    assert [cost(line.cast.max, *name) for name in names] == few


def test_benchmarks_cost_the_same_for_one_and_three(line: Line) -> None:
    rows = list(ProjectRow.objects.filter(project=line.project).order_by("pk"))
    benchmarks.make_benchmark(line.cast.max, rows[0], payload=payload(BOX))
    few = cost(line.cast.max, "project-quality", line.project.uid, list="benchmarks")
    for row in rows[1:]:
        benchmarks.make_benchmark(line.cast.max, row, payload=payload(BOX))
    assert cost(line.cast.max, "project-quality", line.project.uid, list="benchmarks") == few
