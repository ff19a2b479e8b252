"""What is done with an issue after it was asked: words edited and withdrawn, mentions, changes, duplicates."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from labeling import labels_list, queue
from labeling.models import DataRow, ProjectRow, Slot
from quality import (
    issue_access,
    issue_categories,
    issue_changes,
    issue_duplicates,
    issue_history,
    issue_mentions,
    issue_words,
    issues,
    questions_at_submit,
)
from quality.api.issues import issue_documents
from quality.events import issue_moved
from quality.models import Issue, IssueComment, IssueCommentVersion, IssueMention, QuestionAtSubmit
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_issues import ask, refusal_of, row_of
from tests.quality.test_review import hold, label_row, review_slot
from workforce.errors import NotAllowed, NotFound
from workforce.models import AuditEvent, Event, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


@pytest.fixture
def moved() -> Any:
    """The acts that are announced: kind, who, the comment's text, names of those it is aimed at."""
    heard: list[Any] = []

    def hear(issue: Issue, kind: str, actor: Person, comment: Any, named: list[Person], **_: Any) -> None:
        heard.append((issue.number, kind, actor.name, sorted(one.name for one in named)))

    issue_moved.connect(hear)
    yield heard
    issue_moved.disconnect(hear)


# --- Words --------------------------------------------------------------------------------------------------------
def test_words_are_edited_and_withdrawn_with_their_history(line: Line) -> None:
    lena, rita = line.cast.lena, line.cast.rita
    issue = ask(lena, row_of(lena, line), "One car?")
    question = issue.comments.get()
    for _ in range(2):
        issue_words.edit_comment(lena, question, " One car, or two? ")
    question.refresh_from_db()
    assert (question.text, question.last_version) == ("One car, or two?", 2)
    assert [(one.number, one.text) for one in issue_words.versions_of(line.cast.wim, question)] == [
        (1, "One car?"),
        (2, "One car, or two?"),
    ]
    with pytest.raises(NotAllowed):
        issue_words.edit_comment(rita, question, "No.")
    with pytest.raises(NotAllowed):
        issue_words.withdraw_comment(line.cast.ada, question)
    with pytest.raises(NotAllowed):
        issue_access.comment_of(line.cast.leo, str(question.uid))
    with pytest.raises(NotFound):
        issue_access.comment_of(line.cast.otto, str(question.uid))

    said = issues.comment(rita, issue, "Two.")
    for _ in range(2):
        issue_words.withdraw_comment(rita, said)
    said.refresh_from_db()
    assert refusal_of(lambda: issue_words.edit_comment(rita, said, "Three.")).code == "comment_withdrawn"
    (document,) = issue_documents(lena, [issues.thread_of(lena, str(issue.uid))])
    shown = document["comments"][0]
    assert (shown["text"], shown["withdrawn_at"], shown["urls"]["versions"]) == (
        "",
        said.withdrawn_at.isoformat(),
        None,
    )
    # Those who manage it, and its author, read what it said; for others there is the tombstone.
    assert [one.text for one in issue_words.versions_of(line.cast.pia, said)] == ["Two."]
    with pytest.raises(NotAllowed):
        issue_words.versions_of(lena, said)
    issue_words.withdraw_comment(lena, question)
    issue.refresh_from_db()
    assert issue.state == Issue.State.RESOLVED
    acts = (
        AuditEvent.objects.filter(action__startswith="issue.comment_").order_by("pk").values_list("action", flat=True)
    )
    assert list(acts) == ["issue.comment_edited", "issue.comment_withdrawn", "issue.comment_withdrawn"]


def test_no_word_changes_or_goes_by_the_hand_of_anybody(line: Line) -> None:
    lena = line.cast.lena
    issue = ask(lena, row_of(lena, line), "One car?", mentions=[{"role": "reviewer"}])
    said = issue.comments.get()
    issue_words.edit_comment(lena, said, "Two cars?")
    issue_words.withdraw_comment(lena, said)
    said.refresh_from_db()

    def forge(**values: Any) -> Any:
        return lambda: IssueCommentVersion.objects.create(**{"comment": said, "number": 3, "text": "x", **values})

    other = issues.comment(line.cast.rita, issue, "Yes.")
    by_hand: list[Any] = [
        lambda: IssueComment.objects.update(text="something else"),
        lambda: IssueComment.objects.filter(pk=said.pk).update(withdrawn_at=None),
        lambda: IssueComment.objects.filter(pk=said.pk).update(author=line.cast.ada),
        lambda: IssueComment.objects.filter(pk=said.pk).update(made_at=timezone.now()),
        lambda: IssueComment.objects.filter(pk=said.pk).update(last_version=1, text="One car?"),
        lambda: IssueComment.objects.all().delete(),
        lambda: Issue.objects.all().delete(),
        forge(author=lena),
        forge(author=line.cast.ada, comment=other, number=2),
        forge(author=line.cast.rita, comment=other, number=5),
    ]
    tables = "issuecomment", "issuecommentversion", "issuemention", "issueevent"
    statements = [f"{act} quality_{table}" for act in ("DELETE FROM", "TRUNCATE") for table in tables]
    statements += [f"TRUNCATE quality_{table} CASCADE" for table in tables]
    statements += [f"ALTER TABLE quality_{table} DISABLE TRIGGER USER" for table in tables]
    statements += ["UPDATE quality_issuecommentversion SET text = 'x'", "UPDATE quality_issueevent SET kind = 'x'"]
    for statement in statements:
        by_hand.append(lambda statement=statement: connection.cursor().execute(statement))
    for act in by_hand:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert [one.text for one in said.versions.order_by("number")] == ["One car?", "Two cars?"]
    assert IssueMention.objects.get().role == "reviewer"


# --- Mentions and who shall answer ---------------------------------------------------------------------------------
def test_those_are_named_who_may_read_it(line: Line, moved: Any) -> None:
    cast = line.cast
    issue = ask(cast.lena, row_of(cast.lena, line), mentions=[{"person": str(cast.rita.uid)}, {"role": "project_lead"}])
    assert moved == [(1, "opened", "Lena Lund", ["Pia Peters", "Rita Rossi"])]
    issues.comment(cast.rita, issue, "@Atelier Look.", mentions=[{"team": str(cast.team.uid)}])
    # Of the team those who may read it: its lead, and lena, whose issue it is.
    assert moved[-1] == (1, "commented", "Rita Rossi", ["Lena Lund", "Tom Tanaka"])
    for wrong in (
        {"person": str(cast.leo.uid)},
        {"person": str(cast.otto.uid)},
        {"person": "nobody"},
        {"team": str(cast.vendor.uid)},
        {"role": "labeler"},
        {"role": "viewer"},
        {},
        {"person": str(cast.rita.uid), "role": "expert"},
    ):
        refusal = refusal_of(lambda wrong=wrong: issues.comment(cast.lena, issue, "You?", mentions=[wrong]))
        assert (refusal.code, refusal.details["path"]) == ("cannot_be_called", "mentions[0]")
    assert issue.comments.count() == 2
    assert not issues.issues_visible_to(cast.leo).exists()
    offered = issue_mentions.to_choose(cast.lena, issue)
    names = {one.name for one in offered.people}
    assert {"Rita Rossi", "Pia Peters", "Eva Egger", "Tom Tanaka"} <= names
    assert not names & {"Leo Lang", "Vera Vogel", "Otto Other", "Lena Lund"}
    assert [team.name for team in offered.teams] == ["Atelier"]
    assert set(offered.roles) == {"project_lead", "team_lead", "reviewer", "expert"}
    beside = issue_mentions.to_choose_beside(cast.lena, issue.project_row, "ri")
    assert [one.name for one in beside.people] == ["Rita Rossi"]


def test_people_of_a_vendor_name_roles_and_their_own_people(line: Line) -> None:
    cast = line.cast
    issue = ask(cast.vera, row_of(cast.vera, line), "A van?", mentions=[{"role": "reviewer"}])
    assert [one.name for one in issue_mentions.to_choose(cast.vera, issue).people] == ["Vito Vance"]
    assert issue_mentions.to_choose(cast.vera, issue).teams == []
    refused = refusal_of(lambda: issues.comment(cast.vera, issue, "You?", mentions=[{"person": str(cast.rita.uid)}]))
    assert refused.code == "cannot_be_called"
    issues.comment(cast.pia, issue, "@Rita Rossi knows.", mentions=[{"person": str(cast.rita.uid)}])
    issue_changes.change_issue(cast.pia, issue, {"assignee": {"person": str(cast.rita.uid)}})
    (document,) = issue_documents(cast.vera, [issues.thread_of(cast.vera, str(issue.uid))])
    assert document["comments"][0]["text"] == "@Project team knows."
    assert document["comments"][0]["mentions"] == [{"kind": "person", "name": "Project team"}]
    assert document["assignee"] == {"kind": "person", "name": "Project team"}
    events = issue_history.events_for(cast.vera, issue)
    assert "Rita" not in str(events)
    assert "Rita Rossi" in str(issue_documents(cast.pia, [issues.thread_of(cast.pia, str(issue.uid))]))


def test_who_changes_what(line: Line, moved: Any) -> None:
    cast = line.cast
    issue = ask(cast.lena, row_of(cast.lena, line))
    due = timezone.now() + timedelta(days=1)
    issue_changes.change_issue(cast.lena, issue, {"category": "vote", "severity": "blocking"})
    for changes in ({"due_at": due}, {"assignee": {"role": "expert"}}, {"severity": "low", "due_at": due}):
        with pytest.raises(NotAllowed):
            issue_changes.change_issue(cast.lena, issue, changes)
    for name in ("leo", "wim", "nora", "vera"):
        with pytest.raises((NotAllowed, NotFound)):
            issue_changes.change_issue(getattr(cast, name), issue, {"severity": "low"})
    wanted = {"due_at": due, "assignee": {"person": str(cast.eva.uid)}, "severity": "high"}
    for _ in range(2):
        issue_changes.change_issue(cast.tom, issue, wanted)
    issue.refresh_from_db()
    assert (issue.category.code, issue.severity, issue.due_at, issue.assignee) == ("vote", "high", due, cast.eva)
    assert moved[-1] == (1, "assigned", "Tom Tanaka", ["Eva Egger"])
    assert AuditEvent.objects.filter(action="issue.changed").count() == 2
    kinds = [one.kind for one in issue_history.events_of(issue)]
    assert kinds == ["opened", "category", "severity", "severity", "due", "assigned"]
    issue_changes.change_issue(cast.pia, issue, {"assignee": {"role": "expert"}, "due_at": None})
    issue.refresh_from_db()
    assert (issue.assignee, issue.assignee_role, issue.due_at) == (None, "expert", None)
    assert "assigned it to expert" in [issue_history.in_words(one) for one in issue_history.events_of(issue)]
    for code, changes in (
        ("unknown_severity", {"severity": "x"}),
        ("unknown_category", {"category": "x"}),
        ("due_is_over", {"due_at": timezone.now() - timedelta(days=1)}),
        ("cannot_be_called", {"assignee": {"person": str(cast.leo.uid)}}),
        ("cannot_answer", {"assignee": {"person": str(cast.wim.uid)}}),
        ("unknown_change", {"state": "resolved"}),
    ):
        assert refusal_of(lambda changes=changes: issue_changes.change_issue(cast.pia, issue, changes)).code == code
    with pytest.raises(DatabaseError), transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(assignee=cast.eva)


# --- Duplicates ---------------------------------------------------------------------------------------------------
def test_one_issue_answers_many_rows(line: Line, moved: Any) -> None:
    cast = line.cast
    first, second = ask(cast.leo, row_of(cast.leo, line), "A mirror?"), ask(cast.lena, row_of(cast.lena, line), "Same?")
    third = ask(cast.lena, second.project_row, "And this?")
    with pytest.raises(NotAllowed):
        issue_duplicates.mark_duplicate(cast.lena, second, third.number)
    issue_duplicates.mark_duplicate(cast.rita, third, second.number)
    for _ in range(2):
        issue_duplicates.mark_duplicate(cast.rita, second, first.number)
    third.refresh_from_db()
    assert third.duplicate_of == first
    assert AuditEvent.objects.filter(action="issue.duplicate").count() == 2
    for code, number in (("duplicate_of_itself", 1), ("root_is_a_duplicate", 2), ("unknown_issue", 9)):
        refusal = refusal_of(lambda number=number: issue_duplicates.mark_duplicate(cast.rita, first, number))
        assert refusal.code == code
    for wrong in ({"duplicate_of": second}, {"duplicate_of": first}, {"state": "open"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Issue.objects.filter(pk=third.pk).update(**wrong) if wrong != {"duplicate_of": first} else (
                Issue.objects.filter(pk=first.pk).update(duplicate_of=second, state="duplicate")
            )
    moved.clear()
    said = issues.comment(cast.rita, first, "A mirror counts.")
    assert moved == [
        (1, "commented", "Rita Rossi", []),
        (2, "commented", "Rita Rossi", []),
        (3, "commented", "Rita Rossi", []),
    ]
    told = Event.objects.filter(stream=f"person:{cast.lena.uid}", kind="issue_commented")
    assert [one.payload["issue"] for one in told.order_by("pk")] == [str(second.uid), str(third.uid)]
    (document,) = issue_documents(cast.lena, [issues.thread_of(cast.lena, str(second.uid))])
    root = document["duplicate_of"]
    assert (root["number"], root["uid"], [one["text"] for one in root["answers"]]) == (1, None, ["A mirror counts."])
    assert document["first_answered_at"] is not None
    assert {one.issue.number: one.comment for one in issues.answers_for(cast.lena)} == {2: said, 3: said}
    with pytest.raises(NotAllowed):
        issues.thread_of(cast.lena, str(first.uid))
    moved.clear()
    issues.resolve_issue(cast.rita, first)
    assert [(number, kind) for number, kind, *_ in moved] == [(1, "resolved"), (2, "resolved"), (3, "resolved")]
    issues.reopen_issue(cast.lena, second)
    second.refresh_from_db()
    assert (second.state, second.duplicate_of, second.reopened_count) == ("reopened", None, 1)


def test_an_answer_waits_until_the_own_label_of_that_row_is_in(cast: Cast) -> None:
    line = make_line(cast, rows=2, consensus_share=100, consensus_labels=2)
    rows = list(ProjectRow.objects.filter(project=line.project).order_by("pk"))
    by_rita = ask(cast.rita, rows[0], "Is the left one a car?")
    slots = queue.lease_next_rows(cast.lena, line.project).slots
    own = ask(cast.lena, next(one.project_row for one in slots if one.project_row_id == rows[1].pk))
    issue_duplicates.mark_duplicate(cast.pia, own, by_rita.number)
    issues.comment(cast.pia, by_rita, "It is.")
    assert any(one.project_row_id == rows[0].pk for one in slots)
    assert issue_duplicates.roots_of(cast.lena, [Issue.objects.get(pk=own.pk)])[own.pk].answers == ()
    assert not Event.objects.filter(stream=f"person:{cast.lena.uid}", kind="issue_commented").exists()
    Slot.objects.filter(project_row=rows[0], labeler=cast.lena).update(state=Slot.State.SUBMITTED)
    answers = issue_duplicates.roots_of(cast.lena, [Issue.objects.get(pk=own.pk)])[own.pk].answers
    assert [one.text for one in answers] == ["It is."]


# --- Categories, pins, submits in doubt ----------------------------------------------------------------------------
def test_categories_are_the_projects_own(line: Line) -> None:
    pia, project = line.cast.pia, line.project
    assert list(issue_categories.offered_in(project)) == [code for code, _, _ in issue_categories.FIRST]
    assert len(issue_categories.FIRST) == 9
    made = issue_categories.add_category(pia, project, name="Bad weather", description="Rain.")
    assert (made.code, made.order) == ("bad_weather", 10)
    old = ask(line.cast.rita, ProjectRow.objects.filter(project=project)[0], category="bad_weather")
    issue_categories.change_category(pia, made, name="Weather", order=0)
    assert next(iter(issue_categories.offered_in(project))) == "bad_weather"
    issue_categories.change_category(pia, made, is_retired=True)
    assert refusal_of(lambda: ask(line.cast.rita, old.project_row, category="bad_weather")).code == "unknown_category"
    assert Issue.objects.get(pk=old.pk).category.name == "Weather"
    for code, values in (
        ("category_name_taken", {"name": "edge case"}),
        ("category_code_taken", {"name": "Bad weather"}),
    ):
        assert refusal_of(lambda v=values: issue_categories.add_category(pia, project, **v)).code == code
    with pytest.raises(NotAllowed):
        issue_categories.add_category(line.cast.rita, project, name="Mine")
    with pytest.raises(NotFound):
        issue_categories.category_to_change(line.cast.otto, str(made.uid))
    for one in issue_categories.categories_of(project).exclude(code="vote").filter(is_retired=False):
        issue_categories.change_category(pia, one, is_retired=True)
    last = issue_categories.categories_of(project).get(code="vote")
    assert refusal_of(lambda: issue_categories.change_category(pia, last, is_retired=True)).code == "last_category"


def test_a_pin_fits_what_the_row_is(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    assert ask(line.cast.lena, row, pin={"x": 1, "y": 2, "w": 10.00049, "h": 4}).pin == {
        "x": 1.0, "y": 2.0, "w": 10.00049, "h": 4.0,
    }  # fmt: skip
    assert ask(line.cast.lena, row, pin={"feature": "note", "start": 2, "end": 5}).pin["feature"] == "note"
    wrong = [
        {"x": 60, "y": 1, "w": 10, "h": 4}, {"x": 1, "y": 1, "w": 0, "h": 4}, {"x": 1, "y": 1, "w": 2},
        {"start": 1, "end": 4}, {"start": 4, "end": 4, "feature": "a"}, {"start": -1, "end": 4, "feature": "a"},
        {"start": True, "end": 4, "feature": "a"}, {"start": 1, "end": 4, "feature": ""},
    ]  # fmt: skip
    for pin in wrong:
        assert refusal_of(lambda pin=pin: ask(line.cast.lena, row, pin=pin)).code == "pin_invalid"
    DataRow.objects.filter(pk=row.data_row_id).update(media_type="text")
    text = ProjectRow.objects.select_related("project", "data_row").get(pk=row.pk)
    assert ask(line.cast.lena, text, pin={"start": 1, "end": 4}).pin == {"start": 1, "end": 4}
    assert refusal_of(lambda: ask(line.cast.lena, text, pin={"x": 1, "y": 1})).code == "pin_invalid"


def test_a_submit_in_doubt_is_kept_and_shown(line: Line) -> None:
    cast = line.cast
    slot = queue.lease_next_rows(cast.lena, line.project).slots[0]
    asked = ask(cast.lena, slot.project_row)
    sure = label_row(cast.leo, line)
    label = label_row(cast.lena, line)
    assert label.project_row_id == slot.project_row_id
    assert questions_at_submit.questions_of([label.pk, sure.pk]) == {label.pk: [asked.number]}
    held = hold(cast.rita, review_slot(label))
    assert questions_at_submit.questions_beside(cast.rita, [held]) == {held.pk: [asked.number]}
    found = labels_list.labels_of([line.project], labels_list.Wanted(status="in_doubt"))
    assert [one.pk for one in found] == [label.pk]
    issues.comment(cast.rita, asked, "It is one.")
    assert [one.issue for one in issues.answers_for(cast.lena)] == [asked]
    assert QuestionAtSubmit.objects.count() == 1
