"""Letters about notices: when each person wants one, one for all that is due, never twice, never of what they may not
read, and a link that stops them."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from config.log_filters import HideInvitationLinks
from labeling import project_access
from quality import issues
from quality.models import Issue
from tests.line import Line
from tests.quality.test_issues import ask, row_of
from workforce import notice_letters, notice_preferences, notices
from workforce.errors import InvalidInput
from workforce.models import ClockTimestamp, Event, Membership, Notice, NoticeGroup, NoticePreference, Organization
from workforce.notice_preferences import Mail, Wish, due_before
from workforce.roles import Role
from workforce.tasks import send_notice_letter

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)


@pytest.fixture
def answered(line: Line) -> Issue:
    """A question of Lena that Rita answered, two days ago."""
    issue = ask(line.cast.lena, row_of(line.cast.lena, line))
    issues.comment(line.cast.rita, issue, "A mirror is a part of it.")
    days_ago(2)
    return issue


def days_ago(days: float) -> None:
    """Time is moved by writing rows."""
    Notice.objects.filter(letter=None).update(waits_since=ClockTimestamp() - timedelta(days=days))


def jobs() -> list[int]:
    found = Event.objects.filter(task=notice_letters.LETTER_TASK, done_at=None)
    return list(found.order_by("pk").values_list("pk", flat=True))


def send_all() -> None:
    for job in jobs():
        send_notice_letter(job)


# --- When ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("how", "hour", "zone", "expected"),
    [
        (Mail.AT_ONCE, 8, "UTC", NOW),
        (Mail.HOURLY, 8, "UTC", datetime(2026, 3, 10, 7, tzinfo=UTC)),
        (Mail.DAILY, 7, "UTC", datetime(2026, 3, 10, 7, tzinfo=UTC)),
        (Mail.DAILY, 8, "UTC", datetime(2026, 3, 9, 8, tzinfo=UTC)),
        (Mail.DAILY, 8, "Europe/Berlin", datetime(2026, 3, 10, 7, tzinfo=UTC)),
        (Mail.DAILY, 8, "Asia/Tokyo", datetime(2026, 3, 9, 23, tzinfo=UTC)),
        (Mail.NEVER, 8, "UTC", None),
    ],
)
def test_what_is_due(how: str, hour: int, zone: str, expected: Any) -> None:
    assert due_before(Wish(how), NOW, hour=hour, time_zone=zone) == expected


def test_a_letter_takes_all_that_is_due_and_nothing_else(line: Line, answered: Issue) -> None:
    cast = line.cast
    assert notice_letters.ask_for_letters() == 1 and notice_letters.ask_for_letters() == 0
    send_all()
    (letter,) = mail.outbox
    assert letter.to == ["lena@example.org"]
    assert letter.subject == f"Home: Rita Rossi answered issue 1 of {line.project.name}"
    assert "A mirror is a part of it." in letter.body and f"/my-issues/{answered.uid}/" in letter.body
    assert Notice.objects.get(person=cast.lena).mailed_at is not None
    # Nothing is new; then something is, of the same notice, and waits for its day.
    assert notice_letters.ask_for_letters() == 0
    issues.comment(cast.rita, answered, "And the glass.")
    assert notice_letters.ask_for_letters() == 0
    days_ago(1.1)
    assert notice_letters.ask_for_letters() == 1
    send_all()
    assert "2 new answers on issue 1" in mail.outbox[1].body and len(mail.outbox) == 2


def test_sent_once_whoever_sends(line: Line, answered: Issue) -> None:
    notice_letters.ask_for_letters()
    (job,) = jobs()
    send_notice_letter(job)
    send_notice_letter(job)
    assert len(mail.outbox) == 1 and not jobs()
    # A letter that went out though its end was not noted is sent with the same number.
    Notice.objects.update(mailed_at=None)
    number = mail.outbox[0].extra_headers["Message-ID"]
    notice_letters.send_notice_letter(letter=str(Notice.objects.get(person=line.cast.lena).letter))
    assert mail.outbox[1].extra_headers["Message-ID"] == number


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_and_two_workers_at_once_make_one_letter(line: Line, answered: Issue) -> None:
    def by_itself(act: Any) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(by_itself, [notice_letters.ask_for_letters] * 4))
    assert sum(asked) == 1
    (job,) = jobs()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(by_itself, [lambda: send_notice_letter(job)] * 4))
    assert len(mail.outbox) == 1 and not jobs()


def test_a_failed_letter_waits_and_what_came_meanwhile_is_not_lost(line: Line, answered: Issue, settings: Any) -> None:
    cast = line.cast
    notice_letters.ask_for_letters()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    send_all()
    (job,) = jobs()
    assert Event.objects.get(pk=job).failures == 1
    # More of the same belongs to no letter yet: the old one has nothing left to say.
    issues.comment(cast.rita, answered, "And the glass.")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send_all()
    assert not mail.outbox and not jobs()
    days_ago(1.1)
    notice_letters.ask_for_letters()
    send_all()
    assert "2 new answers" in mail.outbox[0].body


# --- What and to whom -----------------------------------------------------------------------------------------
def test_what_may_not_be_read_or_was_read_is_in_no_letter(line: Line, answered: Issue) -> None:
    cast = line.cast
    notice_letters.ask_for_letters()
    project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.NO_ACCESS)
    send_all()
    assert not mail.outbox and not jobs()
    project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.LABELER)
    issues.comment(cast.rita, answered, "Once more.")
    days_ago(2)
    notice_letters.ask_for_letters()
    notices.mark_all_read(cast.lena)
    send_all()
    assert not mail.outbox


def test_who_left_is_not_working_or_wants_none_gets_none(line: Line, answered: Issue) -> None:
    cast = line.cast
    notice_letters.ask_for_letters()
    Membership.objects.filter(person=cast.lena).update(is_active=False)
    send_all()
    assert not mail.outbox
    Membership.objects.filter(person=cast.lena).update(is_active=True)
    issues.comment(cast.rita, answered, "Once more.")
    days_ago(2)
    notice_letters.ask_for_letters()
    notice_preferences.stop_letters(cast.lena)
    send_all()
    assert not mail.outbox


def test_each_group_has_its_own_wish(line: Line, answered: Issue) -> None:
    """An hour of the day that is a second away on one side and a day on the other, in the person's own time zone."""
    cast = line.cast
    wishes = {"answers": {"mail": "hourly"}, "threads": {"mail": "at_once", "in_page": False}}
    notice_preferences.change_wishes(cast.rita, wishes)
    known = notice_preferences.wishes_of_one(cast.rita)
    assert known["answers"] == Wish("hourly") and known["threads"] == Wish("at_once", False)
    assert known["mentions"] == Wish("daily") and notice_preferences.DEFAULT_MAIL[NoticeGroup.THREADS] == "never"
    issues.comment(cast.eva, answered, "Only the glass.")
    assert notices.unread_count(cast.rita) == 0 and notice_letters.ask_for_letters() == 2
    send_all()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["lena@example.org", "rita@example.org"]
    Organization.objects.filter(pk=cast.home.pk).update(time_zone="Asia/Tokyo")
    notice_preferences.change_letter_time(cast.lena, hour=3, time_zone="America/New_York")
    assert notice_preferences.letter_time_of(cast.lena).time_zone == "America/New_York"
    for values in ({"hour": 24}, {"hour": 3, "time_zone": "Mars/Base"}):
        with pytest.raises(InvalidInput):
            notice_preferences.change_letter_time(cast.lena, **values)
    for wrong in ({"rants": {}}, {"answers": {"mail": "sometimes"}}, {"answers": {"in_page": "no"}}):
        with pytest.raises(InvalidInput):
            notice_preferences.change_wishes(cast.lena, wrong)


def test_the_page_of_wishes(line: Line) -> None:
    client = Client()
    client.force_login(line.cast.lena)
    page = client.get(reverse("account-notices")).content.decode()
    assert "Other comments where I wrote too" in page and "of the organization (UTC)" in page
    form = {"mail_answers": "never", "mail_threads": "daily", "page_threads": "1", "hour": "6", "time_zone": ""}
    assert client.post(reverse("account-notices"), form).status_code == 302
    known = notice_preferences.wishes_of_one(line.cast.lena)
    assert known["answers"] == Wish("never", in_page=False) and known["threads"] == Wish("daily")
    assert known["mentions"] == Wish("daily") and notice_preferences.letter_time_of(line.cast.lena).hour == 6
    assert client.post(reverse("account-notices"), {"hour": "25"}).status_code == 422


# --- No more ----------------------------------------------------------------------------------------------------
def test_the_link_of_a_letter_only_stops(line: Line, answered: Issue) -> None:
    cache.clear()
    notice_letters.ask_for_letters()
    send_all()
    (letter,) = mail.outbox
    heads = letter.extra_headers
    assert heads["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.sub(r"^<http://[^/]+|>$", "", heads["List-Unsubscribe"])
    assert path in letter.body
    record = logging.LogRecord("x", logging.WARNING, "", 0, "Not Found: %s", (path,), None)
    assert HideInvitationLinks().filter(record) and path.split("/")[-2] not in record.getMessage()
    nobody = Client(enforce_csrf_checks=True)
    assert "Stop all of them" in nobody.get(path).content.decode()
    assert not NoticePreference.objects.exists(), "looking at a link stops nothing"
    assert nobody.post(path, {"group": "answers"}).status_code == 200
    known = notice_preferences.wishes_of_one(line.cast.lena)
    assert known["answers"].mail == "never" and known["mentions"].mail == "daily"
    for _ in range(2):
        assert nobody.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    known = notice_preferences.wishes_of_one(line.cast.lena)
    assert {wish.mail for wish in known.values()} == {"never"} and all(wish.in_page for wish in known.values())
    assert nobody.get(path[:-2] + "x/").status_code == 404
    for _ in range(25):
        last = nobody.post(reverse("notices-stop", args=["guess"]))
    assert last.status_code == 429
    cache.clear()
