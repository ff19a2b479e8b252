"""What a person wants to be told of, and how: for each group in the page or not, and by letter at once, every hour,
once a day or never. Who said nothing has the defaults here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import QuerySet

from workforce.errors import InvalidInput
from workforce.models import LetterTime, NoticeGroup, NoticePreference, Person

Mail = NoticePreference.Mail
# What others say to each other is told by letter only to who asks for it.
DEFAULT_MAIL = {group: Mail.DAILY for group in NoticeGroup} | {NoticeGroup.THREADS: Mail.NEVER}
DEFAULT_HOUR = 8


@dataclass(frozen=True)
class Wish:
    mail: str
    in_page: bool = True


def wishes_of(people: Iterable[int]) -> dict[int, dict[str, Wish]]:
    """Person's primary key → group → what they want; one query for any number."""
    found = {person: {group.value: Wish(mail) for group, mail in DEFAULT_MAIL.items()} for person in people}
    for said in NoticePreference.objects.filter(person__in=list(found)):
        found[said.person_id][said.group] = Wish(said.mail, said.in_page)
    return found


def wishes_of_one(person: Person) -> dict[str, Wish]:
    return wishes_of([person.pk])[person.pk]


def groups_off_the_page(person: Person) -> QuerySet[Any, Any]:
    return NoticePreference.objects.filter(person=person, in_page=False).values("group")


def letter_time_of(person: Person) -> LetterTime:
    """As it was said, or the default, which is in no table."""
    return LetterTime.objects.filter(person=person).first() or LetterTime(person=person, hour=DEFAULT_HOUR)


@transaction.atomic
def change_wishes(person: Person, wishes: Mapping[str, Mapping[str, Any]]) -> dict[str, Wish]:
    """``wishes`` is group → ``mail`` and ``in_page``; what is not named stays. Asked again, nothing more happens."""
    kept = wishes_of_one(person)
    for group, wanted in wishes.items():
        if group not in NoticeGroup.values:
            raise InvalidInput("unknown_group", f"Groups are {', '.join(NoticeGroup.values)}.", path=str(group)[:40])
        wish = Wish(wanted.get("mail", kept[group].mail), wanted.get("in_page", kept[group].in_page))
        if wish.mail not in Mail.values or not isinstance(wish.in_page, bool):
            raise InvalidInput("unknown_wish", f"Letters come {', '.join(Mail.values)}.", path=f"{group}.mail")
        kept[group] = wish
        NoticePreference.objects.update_or_create(
            person=person, group=group, defaults={"mail": wish.mail, "in_page": wish.in_page}
        )
    return kept


@transaction.atomic
def change_letter_time(person: Person, *, hour: int, time_zone: str = "") -> LetterTime:
    if not 0 <= hour < 24:
        raise InvalidInput("hour_invalid", "An hour of the day is 0 to 23.", path="hour")
    if time_zone and time_zone not in available_timezones():
        raise InvalidInput("time_zone_invalid", "There is no such time zone.", path="time_zone")
    values = {"hour": hour, "time_zone": time_zone}
    return LetterTime.objects.update_or_create(person=person, defaults=values)[0]


@transaction.atomic
def stop_letters(person: Person, groups: Iterable[str] = NoticeGroup.values) -> None:
    """No more letters of these groups. What shows in the page stays; nothing is ever switched on here."""
    known = wishes_of_one(person)
    stopped = [group for group in groups if group in known and known[group].mail != Mail.NEVER]
    change_wishes(person, {group: {"mail": Mail.NEVER} for group in stopped})


def due_before(wish: Wish, now: datetime, *, hour: int, time_zone: str) -> datetime | None:
    """What has waited since before this moment is to go out now; none where no letter is wanted.

    Nothing is remembered: a scheduler that slept through the hour sends it when it is awake."""
    if wish.mail == Mail.AT_ONCE:
        return now
    if wish.mail == Mail.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0)
    if wish.mail == Mail.DAILY:
        local = now.astimezone(ZoneInfo(time_zone))
        at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
        return at if at <= local else at - timedelta(days=1)
    return None
