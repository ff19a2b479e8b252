"""Notices: who is told of what, once, and only as long as they may read it."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling import guidelines, project_access
from labeling.models import ProjectPersonGrant, ProjectRow, Slot
from quality import issues
from quality.events import issue_moved
from quality.models import Issue
from tests.labeling.api.hands import signed_in
from tests.line import Line, make_line
from tests.quality.test_issues import ask, row_of
from tests.quality.test_review import decide, hold, label_row, review_slot
from workforce import notices
from workforce.errors import NotFound
from workforce.models import ClockTimestamp, Event, Notice, NoticeGroup, NoticePreference, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(line: Line) -> Issue:
    return ask(line.cast.lena, row_of(line.cast.lena, line))


def told(person: Person) -> list[str]:
    found = list(notices.notices_of(person, only_unread=True))
    return [line.sentence for line in notices.in_words(person, found)]


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def many_issues(line: Line, count: int) -> list[Issue]:
    """Each answered by the reviewer, on the one row that its opener has in hand."""
    held = Slot.objects.filter(labeler=line.cast.lena, state=Slot.State.LEASED).first()
    row = held.project_row if held else row_of(line.cast.lena, line)
    found = [ask(line.cast.lena, row, f"Question {number}?") for number in range(count)]
    for issue in found:
        issues.comment(line.cast.rita, issue, "Yes.")
    return found


# --- Who is told of what ----------------------------------------------------------------------------------------
def test_answers_are_one_notice_until_it_is_read(line: Line, asked: Issue) -> None:
    cast = line.cast
    thing = f"issue 1 of {line.project.name}"
    issues.comment(cast.rita, asked, "It does.")
    assert told(cast.lena) == [f"Rita Rossi answered {thing}"]
    first = Notice.objects.get(person=cast.lena)
    issues.comment(cast.eva, asked, "Only the glass.")
    issues.comment(cast.rita, asked, "Right, the glass.")
    again = Notice.objects.get(person=cast.lena)
    assert told(cast.lena) == [f"3 new answers on {thing}"]
    assert (again.uid, again.count) == (first.uid, 3) and again.pk > first.pk
    # One row of a notice, three announcements; nothing of the words is kept.
    assert Event.objects.filter(stream=f"person:{cast.lena.uid}", kind="notice").count() == 3
    assert "glass" not in str(Notice.objects.values_list()) and told(cast.rita) == [f"Eva Egger wrote in {thing}"]
    notices.mark_read(cast.lena, first.uid, seen=2)
    assert told(cast.lena), "what came after the page was made stays unread"
    notices.mark_read(cast.lena, first.uid, seen=3)
    notices.mark_read(cast.lena, first.uid)
    assert not told(cast.lena) and notices.unread_count(cast.lena) == 0
    assert Event.objects.filter(stream=f"person:{cast.lena.uid}", kind="notices_read").count() == 1
    issues.comment(cast.rita, asked, "One more thing.")
    assert told(cast.lena) == [f"Rita Rossi answered {thing}"]
    issues.resolve_issue(cast.rita, asked)
    assert told(cast.lena) == [f"Rita Rossi resolved {thing}", f"Rita Rossi answered {thing}"]


def test_each_hears_once_of_what_is_nearest(line: Line, asked: Issue) -> None:
    cast = line.cast
    said = issues.comment(cast.rita, asked, "It does.")
    Notice.objects.all().delete()
    Issue.objects.filter(pk=asked.pk).update(assignee=cast.max)
    asked.refresh_from_db()
    values = {"sender": Issue, "issue": asked, "actor": cast.pia}
    issue_moved.send(**values, kind="commented", comment=said, named=[cast.rita, cast.eva, cast.pia])
    issue_moved.send(**values, kind="assigned", comment=None, named=[cast.max])
    thing = f"issue 1 of {line.project.name}"
    assert told(cast.rita) == told(cast.eva) == [f"Pia Peters mentioned you in {thing}"]
    assert told(cast.lena) == [f"Pia Peters answered {thing}"] and told(cast.pia) == []
    assert told(cast.max) == [f"Pia Peters gave {thing} to you", f"Pia Peters wrote in {thing}"]
    doors = {line.door for line in notices.in_words(cast.max, list(notices.notices_of(cast.max)))}
    assert doors == {reverse("admin:issue", args=[asked.uid])}
    doors = {line.door for line in notices.in_words(cast.rita, list(notices.notices_of(cast.rita)))}
    assert doors == {reverse("my-issue", args=[asked.uid])}


def test_the_opener_of_a_duplicate_hears_of_the_answer(line: Line, asked: Issue) -> None:
    cast = line.cast
    again = ask(cast.leo, row_of(cast.leo, line), "The mirror?")
    Issue.objects.filter(pk=again.pk).update(state="duplicate", duplicate_of=asked)
    again.refresh_from_db()
    said = issues.comment(cast.rita, asked, "It does.")
    Notice.objects.filter(person=cast.leo).delete()
    for comment, kind in ((said, "commented"), (None, "resolved")):
        issue_moved.send(sender=Issue, issue=again, kind=kind, actor=cast.rita, comment=comment, named=[])
    assert told(cast.leo) == [f"What issue 2 of {line.project.name} repeats was answered by Rita Rossi"]


def test_makers_hear_what_was_said_about_their_work(cast: Any) -> None:
    line = make_line(cast)
    first, second, third = (label_row(cast.lena, line) for _ in range(3))
    decide(cast.rita, hold(cast.rita, review_slot(first)), "reject")
    decide(cast.rita, hold(cast.rita, review_slot(second)), "approve")
    decide(cast.rita, hold(cast.rita, review_slot(third)), "approve", comment="Well seen.")
    found = notices.in_words(cast.lena, list(notices.notices_of(cast.lena)))
    names = [label.project_row.data_row.external_id for label in (third, first)]
    assert [one.sentence for one in found] == [
        f"Rita Rossi approved {names[0]} of {line.project.name} with a comment",
        f"Rita Rossi sent {names[1]} of {line.project.name} back to you",
    ]
    assert [one.excerpt for one in found] == ["Well seen.", "Too wide on the left."]
    assert first.slot is not None and found[1].door.endswith(f"?wanted={first.slot.uid}")


def test_everybody_who_works_hears_of_new_guidelines(line: Line) -> None:
    cast = line.cast
    guidelines.publish_version(cast.pia, line.project, text="# Cars", after=0)
    who = set(Notice.objects.values_list("person__name", flat=True))
    assert who == {
        cast.lena.name,
        cast.leo.name,
        cast.lia.name,
        cast.rita.name,
        cast.eva.name,
        cast.tom.name,
        cast.vera.name,
    }
    guidelines.publish_version(cast.pia, line.project, text="# Vans", after=1)
    assert told(cast.lena) == [f"Pia Peters published version 2 of the guidelines of {line.project.name}"]


def test_people_of_a_vendor_are_told_without_names(line: Line) -> None:
    cast = line.cast
    issue = ask(cast.vera, row_of(cast.vera, line))
    issues.comment(cast.rita, issue, "It does.")
    assert told(cast.vera) == [f"Project team answered issue 1 of {line.project.name}"]
    answer = signed_in(cast.vera).get(reverse("api-notices"))
    assert "Rita" not in answer.content.decode() and answer.json()["results"][0]["excerpt"] == "It does."
    issues.comment(cast.rita, issue, "Ask @Eva Egger.", [{"person": str(cast.eva.uid)}])
    page = client_of(cast.vera).get(reverse("notices")).content.decode()
    assert "Ask @Project team." in page and "Eva" not in page
    assert told(cast.eva) == [f"Rita Rossi mentioned you in issue 1 of {line.project.name}"]


# --- Only as long as they may ------------------------------------------------------------------------------------
def test_who_may_read_no_more_sees_counts_and_marks_nothing(line: Line, asked: Issue) -> None:
    cast = line.cast
    issues.comment(cast.rita, asked, "A secret word.")
    notice = Notice.objects.get(person=cast.lena)
    project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.NO_ACCESS)
    assert notices.unread_count(cast.lena) == 0
    client = signed_in(cast.lena)
    assert client.get(reverse("api-notices")).json()["results"] == []
    assert "secret" not in client_of(cast.lena).get(reverse("notices")).content.decode()
    with pytest.raises(NotFound):
        notices.mark_read(cast.lena, notice.uid)
    ProjectPersonGrant.objects.filter(user=cast.lena).delete()
    project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.LABELER)
    assert notices.unread_count(cast.lena) == 1


def test_who_is_about_to_label_the_row_reads_nothing_of_it(line: Line) -> None:
    cast = line.cast
    row = ProjectRow.objects.filter(project=line.project).latest("pk")
    issue = ask(cast.rita, row)
    issue_moved.send(
        sender=Issue, issue=issue, kind="commented", actor=cast.rita, comment=issue.comments.get(), named=[cast.eva]
    )
    assert len(told(cast.eva)) == 1
    hold(cast.eva, Slot.objects.get(project_row=row, kind=Slot.Kind.LABEL))
    assert told(cast.eva) == [] and notices.unread_count(cast.eva) == 0


def test_a_stranger_and_another_see_and_mark_none_of_it(line: Line, asked: Issue) -> None:
    cast = line.cast
    issues.comment(cast.rita, asked, "It does.")
    uid = Notice.objects.get(person=cast.lena).uid
    for other in (cast.otto, cast.leo, cast.ada):
        client = signed_in(other)
        assert client.get(reverse("api-notices")).json()["results"] == []
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = client.post(reverse("api-notice-read", args=[uid]), {}, format="json", headers=headers)
        assert answer.status_code == 404
        body = {"newest": str(uid)}
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = client.post(reverse("api-notices-read-all"), body, format="json", headers=headers)
        assert answer.status_code == 404
        assert client_of(other).post(reverse("notice-read", args=[uid])).status_code == 404
    assert notices.unread_count(cast.lena) == 1
    read = signed_in(cast.lena)
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        answer = read.post(reverse("api-notice-read", args=[uid]), {"seen": 1}, format="json", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"unread": 0})


def test_what_is_off_in_the_page_is_not_listed_and_silence_writes_nothing(line: Line, asked: Issue) -> None:
    cast = line.cast
    wish = NoticePreference.objects.create(person=cast.lena, group=NoticeGroup.ANSWERS, mail="daily", in_page=False)
    issues.comment(cast.rita, asked, "It does.")
    assert Notice.objects.count() == 1 and notices.unread_count(cast.lena) == 0
    NoticePreference.objects.filter(pk=wish.pk).update(mail="never")
    issues.resolve_issue(cast.rita, asked)
    assert Notice.objects.count() == 1


# --- Lists --------------------------------------------------------------------------------------------------------
def test_a_list_takes_the_same_queries_at_3_and_at_30(line: Line) -> None:
    counts = []
    for number in (3, 27):
        many_issues(line, number)
        client = signed_in(line.cast.lena)
        client.get(reverse("api-notices"))
        for path in (reverse("api-notices"), reverse("notices")):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(path).status_code == 200
            counts.append(len(caught))
    assert counts[:2] == counts[2:], counts
    assert Notice.objects.filter(person=line.cast.lena).count() == 30
    page = signed_in(line.cast.lena).get(reverse("api-notices"), {"page_size": 20}).json()
    rest = (
        signed_in(line.cast.lena).get(reverse("api-notices"), {"page_size": 20, "cursor": page["next_cursor"]}).json()
    )
    seen = [one["uid"] for one in page["results"] + rest["results"]]
    assert len(set(seen)) == 30 and rest["next_cursor"] is None


def test_all_are_marked_as_read_up_to_what_was_shown(line: Line) -> None:
    cast, found = line.cast, many_issues(line, 3)
    page = client_of(cast.lena)
    shown = notices.notices_of(cast.lena).first()
    assert shown is not None
    late = ask(cast.lena, found[0].project_row, "Late?")
    issues.comment(cast.rita, late, "Late.")
    assert page.post(reverse("notices-read-all"), {"newest": shown.uid}).status_code == 302
    assert told(cast.lena) == [f"Rita Rossi answered issue 4 of {line.project.name}"]
    answer = page.get(reverse("notices"), {"show": "unread"}).content.decode()
    assert "issue 4" in answer and "issue 3" not in answer and ', 1 unread"' in answer
    assert page.get(reverse("notices-unread")).json() == {"count": 1}


def test_old_ones_are_forgotten(line: Line) -> None:
    many_issues(line, 3)
    old, new, unread = Notice.objects.filter(person=line.cast.lena).order_by("pk")
    for one, read in ((old, notices.READ_KEPT_FOR * 1.01), (new, notices.READ_KEPT_FOR * 0.99)):
        Notice.objects.filter(pk=one.pk).update(read_at=ClockTimestamp() - read)
    Notice.objects.filter(pk=unread.pk).update(last_at=ClockTimestamp() - notices.READ_KEPT_FOR * 1.01)
    assert notices.forget_old_notices() == 1
    assert not Notice.objects.filter(pk=old.pk).exists()
