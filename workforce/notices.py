"""Notices: a person is told that something happened which concerns them.

Written in the transaction of the act and announced on the person's own stream. A notice names a thing and holds no
words of it: whether the person may read the thing is asked whenever they read the notice, so what they may no longer
see is not listed, counted or mailed. While one is unread, more of the same is added to it. Upper floors register what
can happen (``register_kind``) and the things it happens to (``register_thing``). Announces ``notice`` and
``notices_read``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from workforce import access, names
from workforce import notice_preferences as preferences
from workforce.errors import NotFound
from workforce.events import announce, announce_on, stream_of_person
from workforce.models import ClockTimestamp, Notice, NoticeGroup, NoticePreference, Person

MOST_COUNTED = 100
LONGEST_EXCERPT = 200
READ_KEPT_FOR, UNREAD_KEPT_FOR = timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True)
class Kind:
    """What can happen. ``one`` and ``many`` are its sentences, with ``{who}``, ``{thing}`` and ``{count}``; kinds of
    one topic share a row while it is unread, which then says what happened last."""

    code: str
    topic: str
    group: NoticeGroup
    one: str
    many: str = ""


@dataclass(frozen=True)
class Thing:
    """A thing as one reader may see it: what it is called, the page where they find it, its newest words."""

    words: str
    door: str
    excerpt: str = ""


@dataclass(frozen=True)
class ThingKind:
    # The things, as a queryset with uids, that a person may read now.
    readable: Callable[[Person], QuerySet[Any]]
    # Those of the uids that the person may read, in few queries.
    shown: Callable[[Person, Sequence[UUID]], Mapping[UUID, Thing]]


@dataclass(frozen=True)
class Line:
    """A notice in words, for its reader."""

    notice: Notice
    sentence: str
    door: str
    excerpt: str


_kinds: dict[str, Kind] = {}
_things: dict[str, ThingKind] = {}


def register_kind(kind: Kind) -> None:
    _kinds[kind.code] = kind


def register_thing(code: str, thing: ThingKind) -> None:
    _things[code] = thing


# --- Tell -------------------------------------------------------------------------------------------------------
_TELL = """
INSERT INTO workforce_notice
  (uid, organization_id, person_id, kind, topic, "group", thing_kind, thing, actor_id, count)
SELECT gen_random_uuid(), %(organization)s, told, %(kind)s, %(topic)s, %(group)s, %(thing_kind)s, %(thing)s,
  %(actor)s, 1
FROM unnest(%(people)s::bigint[]) AS told ORDER BY told
ON CONFLICT (person_id, thing, topic) WHERE read_at IS NULL DO UPDATE SET
  id = EXCLUDED.id, kind = EXCLUDED.kind, actor_id = EXCLUDED.actor_id, count = workforce_notice.count + 1,
  last_at = clock_timestamp(), letter = NULL, mailed_at = NULL,
  waits_since = CASE WHEN workforce_notice.letter IS NULL THEN workforce_notice.waits_since
    ELSE clock_timestamp() END
"""


@transaction.atomic
def tell(
    people: Iterable[Person], kind: str, *, organization_id: int, thing_kind: str, thing: UUID, actor: Person | None
) -> None:
    """One statement for any number of people; never to ``actor``, and not to who wants it neither here nor there.

    Whether each may read the thing the caller knows best, and reading asks again."""
    known = _kinds[kind]
    wanted = {one.pk: one for one in people if actor is None or one.pk != actor.pk}
    silent = NoticePreference.objects.filter(
        person__in=list(wanted), group=known.group, in_page=False, mail=NoticePreference.Mail.NEVER
    )
    for pk in silent.values_list("person", flat=True) if wanted else ():
        del wanted[pk]
    if not wanted:
        return
    values: dict[str, Any] = {
        "organization": organization_id,
        "kind": kind,
        "topic": known.topic,
        "group": known.group,
        "thing_kind": thing_kind,
        "thing": thing,
        "actor": actor.pk if actor else None,
        "people": sorted(wanted),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)
    streams = [stream_of_person(wanted[pk].uid) for pk in sorted(wanted)]
    announce_on(organization_id, streams, "notice", {"topic": known.topic})


# --- Read -------------------------------------------------------------------------------------------------------
def readable(person: Person, some: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those of ``some`` whose thing ``person`` may read now, as subqueries of one statement."""
    things = (
        Q(thing_kind=code, thing__in=kind.readable(person).order_by().values("uid")) for code, kind in _things.items()
    )
    own = some.filter(person=person, kind__in=list(_kinds), organization__in=access.organizations_of(person))
    return own.filter(reduce(or_, things, Q(pk__in=[])))


def notices_of(person: Person, *, only_unread: bool = False) -> QuerySet[Notice]:
    """What the person's page lists, newest first."""
    wanted = Notice.objects.filter(person=person).exclude(group__in=preferences.groups_off_the_page(person))
    if only_unread:
        wanted = wanted.filter(read_at=None)
    return readable(person, wanted).select_related("actor").order_by("-pk")


def unread_count(person: Person) -> int:
    """Up to ``MOST_COUNTED``. One small query where nothing waits, which is most of the time."""
    if not Notice.objects.filter(person=person, read_at=None).exists():
        return 0
    return notices_of(person, only_unread=True)[:MOST_COUNTED].count()


def in_words(person: Person, some: Sequence[Notice]) -> list[Line]:
    """Notices as sentences for their reader; what may not be read any more is left out. Few queries for any number."""
    by_kind: dict[str, list[UUID]] = {}
    for notice in some:
        by_kind.setdefault(notice.thing_kind, []).append(notice.thing)
    shown = {code: _things[code].shown(person, uids) for code, uids in by_kind.items() if code in _things}
    met = [(one.organization_id, one.actor_id) for one in some if one.actor_id is not None]
    unnamed = names.unnamed_to(person, met)
    lines = []
    for notice in some:
        thing = shown.get(notice.thing_kind, {}).get(notice.thing)
        if thing is not None and notice.kind in _kinds:
            excerpt = " ".join(thing.excerpt.split())
            if len(excerpt) > LONGEST_EXCERPT:
                excerpt = excerpt[: LONGEST_EXCERPT - 1] + "…"
            lines.append(Line(notice, _sentence(notice, thing.words, unnamed), thing.door, excerpt))
    return lines


def _sentence(notice: Notice, thing: str, unnamed: frozenset[int]) -> str:
    kind = _kinds[notice.kind]
    if notice.actor is None:
        who = "Crewline"
    else:
        who = names.PROJECT_TEAM if notice.actor_id in unnamed else notice.actor.name
    words = kind.many if notice.count > 1 and kind.many else kind.one
    return words.format(who=who, thing=thing, count=notice.count)


# --- Mark as read -----------------------------------------------------------------------------------------------
@transaction.atomic
def mark_read(person: Person, uid: UUID | str, *, seen: int | None = None) -> None:
    """``seen`` is the count that the page showed: what came since stays unread. Asked again, nothing more happens."""
    try:
        notice = notices_of(person).filter(uid=uid).first()
    except (ValidationError, ValueError):
        notice = None
    if notice is None:
        raise NotFound
    unread = Notice.objects.filter(person=person, uid=notice.uid, read_at=None)
    changed = unread.filter(count__lte=notice.count if seen is None else seen).update(read_at=ClockTimestamp())
    if changed:
        announce(notice.organization_id, stream_of_person(person.uid), "notices_read")


@transaction.atomic
def mark_all_read(person: Person, *, newest: UUID | str | None = None) -> int:
    """Everything that the person may see; with ``newest``, nothing that came after that one. Returns how many."""
    unread = notices_of(person, only_unread=True)
    if newest is not None:
        try:
            last = notices_of(person).filter(uid=newest).first()
        except (ValidationError, ValueError):
            last = None
        if last is None:
            raise NotFound
        unread = unread.filter(pk__lte=last.pk)
    organization = unread.values_list("organization", flat=True).first()
    if organization is None:
        return 0
    changed = Notice.objects.filter(pk__in=unread.order_by().values("pk"), read_at=None).update(
        read_at=ClockTimestamp()
    )
    announce(organization, stream_of_person(person.uid), "notices_read")
    return changed


def forget_old_notices() -> int:
    old = Q(read_at__lt=ClockTimestamp() - READ_KEPT_FOR) | Q(last_at__lt=ClockTimestamp() - UNREAD_KEPT_FOR)
    return Notice.objects.filter(old).delete()[0]
