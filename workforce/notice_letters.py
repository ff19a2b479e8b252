"""Letters about notices: one for all that is due for a person in an organization, at the time that the person chose.

A notice is taken by one letter, in the statement that finds it free and in the transaction that asks for the job, so
two schedulers make no second letter and a broker that is away loses none. What the letter says is read when it is sent:
a notice that was read meanwhile, or whose thing may be read no more, is left out, and an empty letter is none. More of
the same frees the notice for the next letter. A link in each, signed and kept nowhere, stops letters without a
sign-in."""

from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Min, Q
from django.urls import reverse
from django.utils import timezone

from workforce import audit, mail, notices, tries
from workforce import notice_preferences as preferences
from workforce.errors import NotFound
from workforce.events import enqueue
from workforce.loops import each_by_itself
from workforce.models import ClockTimestamp, LetterTime, Membership, Notice, NoticeGroup, NoticePreference, Person

LETTER_TASK = "workforce.tasks.send_notice_letter"
MOST_LINES = 50
_signer = Signer(salt="crewline.notices")


# --- When -------------------------------------------------------------------------------------------------------
def ask_for_letters() -> int:
    """For the scheduler: a letter for everybody for whom something is due. Returns how many were asked for."""
    now = timezone.now()
    waiting = _waiting()
    people = {person for person, *_ in waiting}
    wishes = preferences.wishes_of(people)
    times = {one.person_id: one for one in LetterTime.objects.filter(person__in=people)}
    asked = 0
    for (person, organization, zone), found in groupby(waiting, key=lambda one: one[:3]):
        time = times.get(person) or LetterTime(hour=preferences.DEFAULT_HOUR)
        due = {}
        for *_, group, oldest in found:
            wish = wishes[person][group]
            before = preferences.due_before(wish, now, hour=time.hour, time_zone=time.time_zone or zone)
            if before is not None and oldest < before:
                due[group] = before
        if due:
            with each_by_itself(f"the letter of person {person}"):
                asked += _take(person, organization, due)
    return asked


def _waiting() -> list[tuple[int, int, str, str, datetime]]:
    """Person, organization, its time zone, group, since when: of those who can get a letter there."""
    free = Notice.objects.filter(read_at=None, letter=None).filter(
        person__is_active=True, person__is_simulated=False, person__email__isnull=False
    )
    found = free.values_list("person", "organization", "organization__time_zone", "group")
    return list(found.annotate(oldest=Min("waits_since")).order_by("person", "organization"))


@transaction.atomic
def _take(person: int, organization: int, due: dict[str, datetime]) -> bool:
    letter = uuid4()
    wanted = reduce(or_, (Q(group=group, waits_since__lt=before) for group, before in due.items()))
    free = Notice.objects.filter(wanted, person=person, organization=organization, read_at=None, letter=None)
    if not free.update(letter=letter):
        return False
    enqueue(organization, LETTER_TASK, {"letter": str(letter)})
    return True


# --- What -------------------------------------------------------------------------------------------------------
def send_notice_letter(*, letter: str) -> None:
    """The job's part. Its number is the same when it is sent again, so that a mailbox can tell."""
    taken = Notice.objects.filter(letter=letter, mailed_at=None, read_at=None)
    first = taken.select_related("person", "organization").first()
    if first is None:
        return
    person, place = first.person, first.organization
    lines = _lines(person, taken) if _reaches(person, place.pk) else []
    if lines:
        stop = mail.link_to(reverse("notices-stop", args=[signed_link(person)]))
        many = f"{len(lines)} notices" if len(lines) > 1 else lines[0].sentence
        mail.send_letter(
            person.email or "",
            f"{place.name}: {many}",
            "workforce/mail/notices.txt",
            headers={
                "Message-ID": f"<{letter}@{urlsplit(settings.SITE_URL).hostname}>",
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            person=person,
            place=place.name,
            groups=_grouped(lines[:MOST_LINES]),
            more=len(lines) - MOST_LINES,
            link=mail.link_to(reverse("notices")),
            wishes=mail.link_to(reverse("account-notices")),
            stop=stop,
        )
    # What was added to meanwhile belongs to no letter any more, and waits for the next.
    Notice.objects.filter(letter=letter).update(mailed_at=ClockTimestamp())


def _reaches(person: Person, organization: int) -> bool:
    """Still active there: between the asking and the sending may lie days in which no mail server answered."""
    member = Membership.objects.filter(person=person, organization=organization, is_active=True)
    return bool(person.is_active and person.email) and member.exists()


def _lines(person: Person, taken: Any) -> list[notices.Line]:
    wishes = preferences.wishes_of_one(person)
    wanted = [group for group, wish in wishes.items() if wish.mail != NoticePreference.Mail.NEVER]
    found = notices.readable(person, taken.filter(group__in=wanted)).select_related("actor").order_by("-pk")
    return notices.in_words(person, list(found))


def _grouped(lines: list[notices.Line]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """In the order in which the groups stand everywhere."""
    found = []
    for group in NoticeGroup:
        of_group = [line for line in lines if line.notice.group == group]
        if of_group:
            told = [(line.sentence, line.excerpt, mail.link_to(line.door)) for line in of_group]
            found.append((str(group.label), told))
    return found


# --- No more ----------------------------------------------------------------------------------------------------
def signed_link(person: Person) -> str:
    return _signer.sign(person.uid.hex)


def person_of_link(signed: str) -> Person:
    """Whose letters a link stops. Raises NotFound for no link of ours, TooMany for an address that tries on and on."""
    address = audit.address_of_request.get()
    tries.refuse_too_many("notice link", address)
    try:
        uid = UUID(_signer.unsign(signed))
    except (BadSignature, ValueError):
        tries.note_failure("notice link", address)
        raise NotFound from None
    person = Person.objects.filter(uid=uid).first()
    if person is None:
        raise NotFound
    return person


def stop_by_link(signed: str, groups: list[str] | None = None) -> None:
    """The link alone suffices, and it only ever stops: without groups, all letters about notices."""
    preferences.stop_letters(person_of_link(signed), NoticeGroup.values if groups is None else groups)
