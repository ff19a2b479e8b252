"""Shares of classes: how much of a class of a project may come from one person, so that no class is one person's view.

Of a row without an opinion nobody knows the classes, so it is held back from nobody. Where others have said, or a file
brought, that a row holds a class, who is over the share of it gets another row. Rows in hand, rework and reviews are
not asked.

A limit is the project's or the vendor's own; each counts, so neither gives what the other takes."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from labeling.annotations.classes import words_of_classes
from labeling.class_tallies import made_of_classes
from labeling.day_limits import refuse_who_may_not_limit
from labeling.models import Project, ShareLimit, Slot
from labeling.ontologies import parsed
from labeling.queue import Empty, newest_version
from workforce import audit
from workforce.errors import InvalidInput
from workforce.models import Person, Team

COUNTS_FROM = 50
MOST_COUNTS_FROM = 1_000_000


# --- Limits -----------------------------------------------------------------------------------------------------
@transaction.atomic
def set_share_limit(
    actor: Person,
    project: Project,
    person: Person,
    percent: int | None,
    *,
    counts_from: int = COUNTS_FROM,
    vendor: Team | None = None,
) -> None:
    """At most ``percent`` of any class with ``counts_from`` labels or more; none takes the limit away.

    With ``vendor`` its manager says it of own people, beside what the project says."""
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    refuse_who_may_not_limit(actor, project, person, vendor=vendor, is_ending=percent is None)
    if percent is not None and not 1 <= percent <= 99:
        raise InvalidInput("share_invalid", "A share is 1 to 99 percent of a class.", path="percent")
    if not 1 <= counts_from <= MOST_COUNTS_FROM:
        raise InvalidInput(
            "share_invalid", f"A share counts from 1 to {MOST_COUNTS_FROM} labels of a class.", path="counts_from"
        )
    found = ShareLimit.objects.filter(project=project, person=person, is_vendors=vendor is not None)
    before: dict[str, Any] = {"percent": None, **(found.values("percent", "counts_from").first() or {})}
    after: dict[str, Any] = {"percent": percent, **({"counts_from": counts_from} if percent else {})}
    if before == after:
        return
    if percent is None:
        found.delete()
    else:
        ShareLimit.objects.update_or_create(
            project=project, person=person, is_vendors=vendor is not None, defaults={**after, "set_by": actor}
        )
    facts = {"person": str(person.uid), **after, "vendor": str(vendor.uid) if vendor else None}
    audit.record(actor, "share_limit.set", project, before=before, after=facts)


def share_limits_in(project: Project, people: Iterable[int]) -> dict[int, list[ShareLimit]]:
    """Person's primary key → their limits here, the project's first; one query for any number."""
    found: dict[int, list[ShareLimit]] = {}
    limits = ShareLimit.objects.filter(project=project, person__in=list(people))
    for limit in limits.order_by("is_vendors"):
        found.setdefault(limit.person_id, []).append(limit)
    return found


# --- The claim asks ---------------------------------------------------------------------------------------------
def classes_are_closed(person: Person, project: Project, kind: str) -> dict[str, Empty]:
    """The classes of which ``person`` has made as much as one may, with what is said of it; a gate of the queue."""
    if kind != Slot.Kind.LABEL:
        return {}
    limits = list(ShareLimit.objects.filter(project=project, person=person).order_by("percent"))
    if not limits:
        return {}
    over: dict[str, int] = {}
    for name, own, every in made_of_classes(person, project):
        percent = next((one.percent for one in limits if _is_reached(one, own, every)), None)
        if percent is not None:
            over[name] = percent
    if not over:
        return {}
    words = words_of_classes(parsed(newest_version(project)))
    return {name: _why(words.get(name, "a class of before"), percent) for name, percent in over.items()}


def _is_reached(limit: ShareLimit, own: int, every: int) -> bool:
    """Whether one more of it would be over the share."""
    return every >= limit.counts_from and 100 * (own + 1) > limit.percent * (every + 1)


def _why(word: str, percent: int) -> Empty:
    told = f"You have made as much of “{word}” as one person may here: {percent} %."
    return Empty("class_share", f"No row for you now. {told} Rows known to hold it go to others.")
