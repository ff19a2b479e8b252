"""Issues: who may ask about what, who reads it when, what is said stays, numbers without a gap."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import batches, guidelines, project_access, projects, queue
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, ProjectRow, Slot
from quality import issues, review
from quality.api.issues import issue_documents, issues_for_editor
from quality.models import Issue, IssueComment
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_review import decide, hold, label_row, review_slot
from workforce import live
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import AuditEvent, Event, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def row_of(person: Person, line: Line) -> ProjectRow:
    """A row that the person holds now."""
    return queue.lease_next_rows(person, line.project).slots[0].project_row


def ask(person: Person, row: ProjectRow, text: str = "Does a mirror count?", **values: Any) -> Issue:
    values.setdefault("category", "edge_case")
    return issues.open_issue(person, row, text=text, **values)


def refusal_of(act: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value


# --- Open ---------------------------------------------------------------------------------------------------------
def test_a_labeler_asks_about_a_place_on_the_row_in_hand(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    issue = ask(line.cast.lena, row, "  Does a mirror count? ", pin={"x": 3.00049, "y": 4}, object_id="abc")
    issue.refresh_from_db()
    assert (issue.number, issue.state, issue.opened_by) == (1, Issue.State.OPEN, line.cast.lena)
    assert issue.pin == {"x": 3.00049, "y": 4.0}
    assert issue.comments.get().text == "Does a mirror count?"
    assert AuditEvent.objects.filter(action="issue.opened", target_uid=issue.uid).count() == 1
    told = Event.objects.get(kind="issue_opened")
    assert told.stream == f"project:{line.project.uid}"
    assert told.payload == {"issue": str(issue.uid), "number": 1, "row": str(row.uid), "state": "open"}


def test_a_labeler_asks_only_about_rows_they_hold_held_or_labeled(line: Line) -> None:
    cast = line.cast
    labeled = label_row(cast.lena, line).project_row
    slot = queue.lease_next_rows(cast.lena, line.project).slots[0]
    queue.keep_leases(cast.lena, str(slot.uid), slot.lease_token or 0, has_input=True)
    queue.release_slot(cast.lena, str(slot.uid), slot.lease_token or 0)
    assert ask(cast.lena, labeled).number == 1
    assert ask(cast.lena, slot.project_row).number == 2
    untouched = ProjectRow.objects.filter(project=line.project).latest("pk")
    for name in ("lena", "leo", "vera"):
        with pytest.raises(NotAllowed):
            ask(getattr(cast, name), untouched)
    for name in ("leo", "vera"):
        with pytest.raises(NotAllowed):
            ask(getattr(cast, name), labeled)


def test_who_may_ask_about_any_row(line: Line) -> None:
    row = ProjectRow.objects.filter(project=line.project).latest("pk")
    for name in ("rita", "eva", "pia", "max", "ada"):
        assert ask(getattr(line.cast, name), row).opened_by == getattr(line.cast, name)
    for name in ("wim", "nora"):
        with pytest.raises(NotAllowed):
            ask(getattr(line.cast, name), row)
    for name in ("otto", "dora"):
        with pytest.raises(NotFound):
            ask(Person.objects.get(pk=getattr(line.cast, name).pk), row)


def test_a_team_lead_asks_about_rows_of_the_led_people(line: Line) -> None:
    of_lena, of_leo = row_of(line.cast.lena, line), row_of(line.cast.leo, line)
    assert ask(line.cast.tom, of_lena).number == 1
    with pytest.raises(NotAllowed):
        ask(line.cast.tom, of_leo)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("unknown_category", {"category": "rant"}),
        ("text_length", {"text": "   "}),
        ("text_length", {"text": "x" * 5001}),
        ("nul_character", {"text": "a\x00b"}),
        ("lone_surrogate", {"text": "\ud800"}),
        ("not_a_text", {"text": 5}),
        ("pin_invalid", {"pin": {"x": 65, "y": 1}}),
        ("pin_invalid", {"pin": {"x": 1, "y": -1}}),
        ("pin_invalid", {"pin": {"x": "1", "y": 1}}),
        ("pin_invalid", {"pin": {"x": 1}}),
        ("pin_invalid", {"pin": [1, 2]}),
        ("pin_invalid", {"pin": {"x": 1, "y": 1, "z": 1}}),
        ("text_length", {"object_id": "x" * 65}),
    ],
)
def test_what_cannot_be_kept_is_refused(line: Line, code: str, values: dict[str, Any]) -> None:
    row = row_of(line.cast.lena, line)
    assert refusal_of(lambda: ask(line.cast.lena, row, **values)).code == code
    assert not Issue.objects.exists()
    assert ask(line.cast.lena, row).number == 1


def test_where_the_size_is_not_known_a_pin_may_be_anywhere(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    DataRow.objects.filter(pk=row.data_row_id).update(width=None, height=None)
    row = ProjectRow.objects.get(pk=row.pk)
    assert ask(line.cast.lena, row, pin={"x": 9000, "y": 1}).pin == {"x": 9000.0, "y": 1.0}
    assert refusal_of(lambda: ask(line.cast.lena, row, pin={"x": float("nan"), "y": 1})).code == "pin_invalid"


def test_a_label_of_another_row_is_refused(line: Line) -> None:
    first, second = label_row(line.cast.lena, line), label_row(line.cast.lena, line)
    assert ask(line.cast.lena, first.project_row, label=first).label == first
    assert refusal_of(lambda: ask(line.cast.lena, first.project_row, label=second)).code == "label_of_another_row"


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_double_under_eight_threads(line: Line) -> None:
    """Every fifth act fails after the number was taken, or would have been; its number goes to the next."""
    row = ProjectRow.objects.select_related("project", "data_row").filter(project=line.project).latest("pk")
    start = threading.Barrier(8)

    def work(number: int) -> list[int]:
        found = []
        try:
            start.wait(10)
            for turn in range(15):
                try:
                    with transaction.atomic():
                        issue = ask(line.cast.rita, row, f"{number} {turn}")
                        if turn % 5 == 4:
                            raise InvalidInput("on_purpose", "The act around it fails.")
                    found.append(issue.number)
                except InvalidInput:
                    continue
        finally:
            connection.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(number for found in pool.map(work, range(8)) for number in found)
    assert numbers == list(range(1, 8 * 12 + 1))
    assert sorted(Issue.objects.values_list("number", flat=True)) == numbers


def test_each_project_counts_for_itself(line: Line) -> None:
    ask(line.cast.rita, ProjectRow.objects.filter(project=line.project)[0])
    other = other_project(line)
    assert ask(line.cast.pia, ProjectRow.objects.filter(project=other)[0]).number == 1


def other_project(line: Line) -> Any:
    """Another project of the same organization, in which only Pia and Leo have a role."""
    cast = line.cast
    project = projects.create_project(
        cast.max, cast.home, name="Other", brief="Other.", ontology=line.ontology.ontology
    )
    project_access.grant_role(cast.ada, project, cast.pia, role=Role.PROJECT_LEAD)
    project_access.grant_role(cast.ada, project, cast.leo, role=Role.LABELER)
    picture = DataRow.objects.filter(dataset=line.dataset)[0]
    batches.create_batch(cast.max, project, DataRow.objects.filter(pk=picture.pk), name="one")
    return project


# --- Answer, resolve, reopen --------------------------------------------------------------------------------------
def test_an_answer_of_someone_who_may_resolve_answers_it_and_reaches_the_opener(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    issue = ask(line.cast.lena, row)
    said = issues.comment(line.cast.rita, issue, "Yes, it counts.")
    issue.refresh_from_db()
    assert issue.state == Issue.State.ANSWERED
    words = {
        "uid": str(said.uid),
        "author": {"name": "Rita Rossi", "initials": "RR"},
        "text": "Yes, it counts.",
        "made_at": said.made_at.isoformat(),
        "version": 1,
        "withdrawn_at": None,
    }
    told = {event.stream: event.payload for event in Event.objects.filter(kind="issue_commented")}
    facts = {"issue": str(issue.uid), "number": 1, "row": str(row.uid), "state": "answered"}
    assert told == {
        f"issue:{issue.uid}": {**facts, "comment": words},
        f"project:{line.project.uid}": facts,
        f"person:{line.cast.lena.uid}": {**facts, "comment": words, "project": str(line.project.uid)},
    }


def test_an_opener_who_left_the_project_is_told_nothing(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    project_access.revoke_role(line.cast.ada, line.project, line.cast.lena)
    issues.comment(line.cast.rita, issue, "Yes.")
    assert not Event.objects.filter(kind="issue_commented", stream=f"person:{line.cast.lena.uid}").exists()


def test_the_openers_word_opens_it_again(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    states = []
    for actor, act in (
        ("lena", "more"), ("rita", "answer"), ("lena", "why?"), ("rita", "because"), ("lena", None), ("rita", "done"),
        ("lena", "no"),
    ):  # fmt: skip
        person = getattr(line.cast, actor)
        issues.comment(person, issue, act) if act else issues.resolve_issue(person, issue)
        issue.refresh_from_db()
        states.append(str(issue.state))
    assert states == ["open", "answered", "open", "answered", "resolved", "resolved", "reopened"]
    assert (issue.resolved_by, issue.resolved_at) == (None, None)
    assert list(AuditEvent.objects.filter(target_uid=issue.uid).order_by("pk").values_list("action", flat=True)) == [
        "issue.opened",
        "issue.resolved",
        "issue.reopened",
    ]


def test_resolve_and_reopen_are_written_once(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    for _ in range(2):
        issues.resolve_issue(line.cast.rita, issue)
    issue.refresh_from_db()
    assert (issue.state, issue.resolved_by) == (Issue.State.RESOLVED, line.cast.rita)
    assert issue.resolved_at is not None
    assert AuditEvent.objects.filter(action="issue.resolved").count() == 1
    told = Event.objects.filter(kind="issue_state").values_list("stream", flat=True)
    assert set(told) == {f"issue:{issue.uid}", f"project:{line.project.uid}", f"person:{line.cast.lena.uid}"}
    for _ in range(2):
        issues.reopen_issue(line.cast.lena, issue)
    issue.refresh_from_db()
    assert (issue.state, issue.resolved_by, issue.reopened_count) == (Issue.State.REOPENED, None, 1)
    assert AuditEvent.objects.filter(action="issue.reopened").count() == 1


@pytest.mark.parametrize("act", ["comment", "resolve", "reopen", "read"])
def test_who_may_act_on_a_labelers_issue(line: Line, act: str) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    acts: dict[str, Any] = {
        "comment": lambda person: issues.comment(person, issue, "x"),
        "resolve": lambda person: issues.resolve_issue(person, issue),
        "reopen": lambda person: issues.reopen_issue(person, issue),
        "read": lambda person: issues.thread_of(person, str(issue.uid)),
    }
    found = {}
    everyone = "ada max pia lena tom rita eva wim leo vera vito nora otto dora"
    for name in everyone.split():
        try:
            acts[act](Person.objects.get(pk=getattr(line.cast, name).pk))
            found[name] = "yes"
        except (NotAllowed, NotFound) as refusal:
            found[name] = str(refusal.status)
    allowed = {"ada", "max", "pia", "lena", "tom", "rita", "eva"} | ({"wim"} if act == "read" else set())
    assert {name for name, answer in found.items() if answer == "yes"} == allowed
    assert {name for name, answer in found.items() if answer == "404"} == {"otto", "dora"}


def test_a_comment_is_refused_whole(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    for text in ("", " ", "x" * 5001, "\x00", "\udfff"):
        with pytest.raises(InvalidInput):
            issues.comment(line.cast.lena, issue, text)
    assert issue.comments.count() == 1


def test_what_was_said_stays(line: Line) -> None:
    ask(line.cast.lena, row_of(line.cast.lena, line))
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        IssueComment.objects.update(text="something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        IssueComment.objects.all().delete()
    assert IssueComment.objects.get().text == "Does a mirror count?"


# --- Who reads what, and when -------------------------------------------------------------------------------------
def test_each_sees_what_is_theirs_to_see(line: Line) -> None:
    of_lena, of_leo = row_of(line.cast.lena, line), row_of(line.cast.leo, line)
    ask(line.cast.lena, of_lena, "of Lena")
    ask(line.cast.leo, of_leo, "of Leo")
    seen = {
        name: sorted(one.opened_by.name for one in issues.issues_of(getattr(line.cast, name), line.project))
        for name in ("ada", "pia", "rita", "eva", "wim", "tom", "lena", "leo", "lia", "vera", "nora", "otto")
    }
    both = ["Lena Lund", "Leo Lang"]
    assert seen == {
        **dict.fromkeys(("ada", "pia", "rita", "eva", "wim"), both),
        **{"tom": ["Lena Lund"], "lena": ["Lena Lund"], "leo": ["Leo Lang"]},
        **{name: [] for name in ("lia", "vera", "nora", "otto")},
    }


def test_the_list_is_filtered_by_state(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    first, second = ask(line.cast.lena, row), ask(line.cast.lena, row)
    issues.resolve_issue(line.cast.lena, first)
    assert [one.pk for one in issues.issues_of(line.cast.rita, line.project)] == [second.pk, first.pk]
    assert [one.pk for one in issues.issues_of(line.cast.rita, line.project, state="open")] == [second.pk]
    assert refusal_of(lambda: issues.issues_of(line.cast.rita, line.project, state="x")).code == "unknown_state"


def test_an_issue_of_the_organizations_other_project_is_not_seen(line: Line) -> None:
    other = other_project(line)
    issue = ask(line.cast.pia, ProjectRow.objects.filter(project=other)[0])
    for name in ("rita", "eva", "lena", "tom", "leo"):
        assert list(issues.issues_of(getattr(line.cast, name), other)) == []
        with pytest.raises(NotAllowed):
            issues.thread_of(getattr(line.cast, name), str(issue.uid))


def test_nobody_reads_anothers_issue_on_a_row_they_are_about_to_label(cast: Cast) -> None:
    """Eva labels and may see issues: not those of a row in her hands, before her own label is in."""
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2)
    row = row_of(cast.lena, line)
    issue = ask(cast.lena, row)
    assert issues.thread_of(cast.eva, str(issue.uid)) == issue
    slot = queue.lease_next_rows(cast.eva, line.project).slots[0]
    assert slot.project_row == row
    own = ask(cast.eva, row, "mine")
    assert list(issues.issues_of(cast.eva, line.project)) == [own]
    assert [one["number"] for one in issues_for_editor(cast.eva, [slot])[slot.pk]] == [own.number]
    assert not live.may_follow(cast.eva, f"issue:{issue.uid}")
    acts: list[Any] = [
        lambda: issues.thread_of(cast.eva, str(issue.uid)),
        lambda: issues.comment(cast.eva, issue, "x"),
        lambda: issues.resolve_issue(cast.eva, issue),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    label_row(cast.eva, line)
    assert issues.thread_of(cast.eva, str(issue.uid)) == issue


def test_a_labeler_never_reads_anothers_issue_on_a_shared_row(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2)
    ask(cast.lena, row_of(cast.lena, line))
    slot = queue.lease_next_rows(cast.leo, line.project).slots[0]
    assert issues_for_editor(cast.leo, [slot]) == {slot.pk: []}
    label_row(cast.leo, line)
    assert issues_for_editor(cast.leo, [slot]) == {slot.pk: []}


def test_who_may_follow_the_stream_of_an_issue(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    stream = f"issue:{issue.uid}"
    allowed = {
        name
        for name in ("ada", "pia", "lena", "tom", "rita", "eva", "wim", "leo", "nora", "otto", "vera")
        if live.may_follow(getattr(line.cast, name), stream)
    }
    assert allowed == {"ada", "pia", "lena", "tom", "rita", "eva", "wim"}
    assert not live.may_follow(line.cast.ada, "issue:nonsense")


# --- Reads for pages ----------------------------------------------------------------------------------------------
def test_the_editor_shows_the_issues_of_each_row(line: Line) -> None:
    slots = queue.lease_next_rows(line.cast.lena, line.project).slots
    issue = ask(line.cast.lena, slots[0].project_row, "Which one?", pin={"x": 1, "y": 2})
    issues.comment(line.cast.rita, issue, "The left one.")
    found = issues_for_editor(line.cast.lena, slots)
    assert found[slots[1].pk] == []
    (document,) = found[slots[0].pk]
    assert document["text"] == "Which one?"
    assert document["author"] == {"name": "Lena Lund", "initials": "LL"}
    assert (document["number"], document["state"], document["pin"]) == (1, "answered", {"x": 1.0, "y": 2.0})
    assert [(one["author"]["name"], one["text"]) for one in document["comments"]] == [("Rita Rossi", "The left one.")]
    assert document["urls"] == {
        "read": f"/api/v1/issues/{issue.uid}/",
        "comment": f"/api/v1/issues/{issue.uid}/comments/",
        "resolve": f"/api/v1/issues/{issue.uid}/resolve/",
        "reopen": f"/api/v1/issues/{issue.uid}/reopen/",
        "change": f"/api/v1/issues/{issue.uid}/change/",
        "mentionable": f"/api/v1/issues/{issue.uid}/mentionable/",
        "duplicate": None,
    }


def test_what_a_reviewer_asks_reaches_the_maker_with_the_rework(line: Line) -> None:
    """And nobody else who labels: leo has a label on the row as well."""
    lena, leo, rita = line.cast.lena, line.cast.leo, line.cast.rita
    label = label_row(lena, line)
    held = hold(rita, review_slot(label))
    issue = issues.open_issue(rita, label.project_row, category="quality", text="Only the tyre.", pin={"x": 5, "y": 5})
    assert issue.label == label
    decide(rita, held, "reject", reasons=[{"code": "loose_box", "text": "See the pin"}])
    back = hold(lena, Slot.objects.get(pk=label.slot_id))
    assert [seen.pk for seen in issues.issues_beside(lena, [back])[back.pk]] == [issue.pk]
    assert [reason["text"] for reason in review.reviewing_reasons_for(lena, [back])[back.pk]] == [
        "A shape does not fit its object: See the pin"
    ]
    assert [seen.pk for seen in issues.issues_of_own(lena)] == [issue.pk]
    assert not issues.issues_visible_to(leo).exists()
    issues.comment(rita, issue, "Look again.")
    told = Event.objects.filter(stream=f"person:{lena.uid}", kind="issue_commented")
    assert told.get().payload["issue"] == str(issue.uid)
    issues.comment(lena, issue, "Mended.")
    assert Event.objects.filter(stream=f"person:{rita.uid}", kind="issue_commented").exists()


def test_a_reviewer_sees_the_issues_beside_the_label(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    ask(line.cast.lena, label.project_row)
    slot = hold(line.cast.rita, review_slot(label))
    assert [one["number"] for one in issues_for_editor(line.cast.rita, [slot])[slot.pk]] == [1]


def test_who_may_only_look_gets_no_doors(line: Line) -> None:
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    seen = issues.thread_of(line.cast.wim, str(issue.uid))
    (document,) = issue_documents(line.cast.wim, [seen])
    assert document["urls"] == {
        "read": f"/api/v1/issues/{issue.uid}/",
        "comment": None,
        "resolve": None,
        "reopen": None,
        "change": None,
        "mentionable": None,
        "duplicate": None,
    }


def test_answers_wait_at_home_newest_first_until_they_are_resolved(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    first, second, _ = (ask(line.cast.lena, row) for _ in range(3))
    issues.comment(line.cast.rita, second, "two")
    issues.comment(line.cast.pia, first, "one")
    found = issues.answers_for(line.cast.lena)
    assert [(one.issue.number, one.comment.text, one.comment.author.name) for one in found] == [
        (1, "one", "Pia Peters"),
        (2, "two", "Rita Rossi"),
    ]
    issues.resolve_issue(line.cast.lena, first)
    assert [one.issue.number for one in issues.answers_for(line.cast.lena)] == [2]
    assert issues.answers_for(line.cast.rita) == []


def test_reads_cost_the_same_for_three_and_for_thirty(cast: Cast) -> None:
    line = make_line(cast, rows=30)
    slots = [hold(cast.lena, slot) for slot in Slot.objects.filter(project=line.project).order_by("pk")]
    counts = []
    for some in (slots[:3], slots):
        for slot in some[len(Issue.objects.all()) :]:
            issues.comment(cast.rita, ask(cast.lena, slot.project_row), "Yes.")
        with CaptureQueriesContext(connection) as queries:
            found = issues_for_editor(cast.lena, some)
            assert sum(len(one) for one in found.values()) == len(some)
            assert len(issue_documents(cast.rita, list(issues.issues_of(cast.rita, line.project)))) == len(some)
            assert len(issues.answers_for(cast.lena)) == len(some)
        counts.append(len(queries))
    # Twice: issues, comments, mentions, three rights and whose names are told; answers: issues, comments and mentions.
    assert counts == [18, 18]


def test_rows_are_added_to_a_running_project(line: Line) -> None:
    """A row without a picture has no size; a question about it may still be asked by who runs the project."""
    add_rows(line.cast.ada, line.dataset, [NewRow("row-late", None)])
    late = DataRow.objects.filter(external_id="row-late")
    batches.create_batch(line.cast.max, line.project, late, name="late")
    row = ProjectRow.objects.get(project=line.project, data_row__external_id="row-late")
    assert ask(line.cast.pia, row, category="quality").number == 1


def test_who_answers_finds_the_open_questions_and_says_something_once(line: Line) -> None:
    lena, rita = line.cast.lena, line.cast.rita
    issue = ask(lena, row_of(lena, line))
    client = Client()
    client.force_login(rita)
    page = client.get("/my-issues/")
    assert [one["issue"].pk for one in page.context["waiting"]] == [issue.pk]
    assert "Does a mirror count?" in page.content.decode()
    for _ in range(2):
        said = client.post(f"/my-issues/{issue.uid}/say/", {"text": "It does.", "key": "one"}, follow=True)
        assert f"Said in issue {issue.number}." in said.content.decode()
    assert [one.text for one in issue.comments.order_by("pk")] == ["Does a mirror count?", "It does."]
    assert not said.context["waiting"]
    refused = client.post(f"/my-issues/{issue.uid}/say/", {"text": " ", "key": "two"}, follow=True)
    assert "Nothing was said." in refused.content.decode()
    client.force_login(line.cast.leo)
    assert not client.get("/my-issues/").context["waiting"]
    assert client.post(f"/my-issues/{issue.uid}/say/", {"text": "And me?", "key": "x"}).status_code == 403


def test_the_page_of_issues_costs_the_same_for_three_and_for_thirty(cast: Cast) -> None:
    line = make_line(cast, rows=30)
    client, counts = Client(), []
    client.force_login(cast.rita)
    rows = list(ProjectRow.objects.filter(project=line.project))
    for some in (rows[:3], rows[3:]):
        for row in some:
            ask(cast.eva, row)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get("/my-issues/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_an_issue_cites_a_rule_and_keeps_its_title(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    text: Any = {"text": "x", "rules": [{"title": "Mirrors count"}], "after": 0}
    (rule,) = guidelines.publish_version(line.cast.pia, line.project, **text).rules
    issue = ask(line.cast.lena, row, rule=rule["uid"])
    renamed: Any = {"text": "x", "rules": [{**rule, "title": "No mirrors"}], "after": 1}
    guidelines.publish_version(line.cast.pia, line.project, **renamed)
    (document,) = issue_documents(line.cast.lena, [issues.thread_of(line.cast.lena, str(issue.uid))])
    assert document["rule"] == {"uid": rule["uid"], "title": "1 · Mirrors count"}
    assert refusal_of(lambda: ask(line.cast.lena, row, rule="3.2")).code == "unknown_rule"
