"""Overlap: how many people label a row, how sure that must make it, and who then stands for it.

A batch says what it wants otherwise than its project. Which rows are shared is a draw by hash: a greater share adds
rows and reshuffles none. A change holds for the rows that are not finished: it adds open slots or cancels queued ones,
never takes a leased slot away, and leaves rows whose opinions are all in as they are. Announces ``rows_complete``."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from labeling import overlap_cost
from labeling.events import rows_complete, stream_of_project
from labeling.models import Batch, Project, ProjectRow, Slot
from labeling.rows import OPINION_IS_IN
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import announce
from workforce.models import Person
from workforce.roles import Permission

FIELDS = (
    "consensus_share",
    "consensus_labels",
    "consensus_threshold",
    "consensus_most_extra",
    "consensus_extra_hours",
    "consensus_strategy",
    "consensus_machine_weight",
)
UNFINISHED = (ProjectRow.State.WAITING, ProjectRow.State.IN_WORK, ProjectRow.State.SET_ASIDE)
CHUNK = 2000

_ADD = """
INSERT INTO labeling_slot (
    uid, project_id, project_row_id, kind, step, state, is_rework, why, priority, order_key, skip_reason, skip_comment
)
SELECT gen_random_uuid(), wanted.project_id, wanted.id,
    'label', 0, 'open', false, '', wanted.priority, wanted.id, '', ''
FROM unnest(%(rows)s::bigint[], %(counts)s::int[]) AS missing (row_id, count)
JOIN labeling_projectrow wanted ON wanted.id = missing.row_id
CROSS JOIN LATERAL generate_series(1, missing.count) ORDER BY wanted.id
"""
_CANCEL = """
WITH free AS (
    SELECT id, project_row_id FROM labeling_slot
    WHERE project_row_id = ANY(%(rows)s) AND kind = 'label' AND state = 'open' ORDER BY id FOR UPDATE
), placed AS (
    SELECT id, project_row_id, row_number() OVER (PARTITION BY project_row_id ORDER BY id DESC) AS place FROM free
)
UPDATE labeling_slot SET state = 'revoked'
FROM placed JOIN unnest(%(rows)s::bigint[], %(counts)s::int[]) AS surplus (row_id, count)
    ON surplus.row_id = placed.project_row_id
WHERE labeling_slot.id = placed.id AND placed.place <= surplus.count RETURNING labeling_slot.project_row_id
"""


@dataclass(frozen=True)
class Overlap:
    """The settings in force for a batch. ``extra_hours`` None: no limit but ``most_extra`` of a row."""

    share: int
    labels: int
    threshold: float
    most_extra: int
    extra_hours: float | None
    strategy: str
    machine_weight: float
    version: int


@dataclass(frozen=True)
class Change:
    """What a change of settings does, or did, to the rows that are not finished.

    ``more`` are the opinions that it asks for, ``fewer`` the queued ones that it cancels; ``kept_in_hand`` would be too
    many and stay with who has them. ``complete`` rows then wait for no opinion. ``extra`` is how many more the dynamic
    overlap may ask for on these rows. ``cost`` is None where the reader may not see rates."""

    version: int
    unfinished: int
    rows_more: int
    rows_fewer: int
    more: int
    fewer: int
    kept_in_hand: int
    complete: int
    extra: int
    measured: overlap_cost.Measured
    cost: tuple[overlap_cost.Cost, ...] | None

    @property
    def opinions(self) -> int:
        return self.more - self.fewer


@dataclass(frozen=True)
class _Row:
    """An unfinished row whose number of wanted opinions changes; its slots by what became of them."""

    pk: int
    wanted: int
    is_aside: bool
    open: int
    leased: int
    given: int

    @property
    def missing(self) -> int:
        return 0 if self.is_aside else max(0, self.wanted - self.open - self.leased - self.given)

    @property
    def surplus(self) -> int:
        return max(0, self.open + self.leased + self.given - self.wanted)

    @property
    def cancelled(self) -> int:
        return min(self.open, self.surplus)

    @property
    def is_complete(self) -> bool:
        return self.cancelled > 0 and self.cancelled == self.open and not self.leased and self.given > 0


# --- Settings in force --------------------------------------------------------------------------------------------
def overlap_of(project: Project, batch: Batch | None = None) -> Overlap:
    """What holds for the rows of ``batch``; without one, what the project says."""
    values = {name: getattr(project, name) for name in FIELDS}
    if batch is not None:
        values |= {name: value for name in FIELDS if (value := getattr(batch, name)) is not None}
    named = {name.removeprefix("consensus_"): value for name, value in values.items()}
    return Overlap(**named, version=project.consensus_version)


def labels_wanted(settings: Overlap, project: Project, row_uid: UUID | str) -> int:
    """How many people label this row: a draw that gives the same answer when asked again."""
    return settings.labels if draw(project, "consensus", row_uid) < settings.share / 100 else 1


def draw(project: Project, what: str, uid: object) -> float:
    """A number from 0 to 1 that only the project's seed, the question and the thing decide."""
    digest = hashlib.sha256(f"{project.seed}:{what}:{uid}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def batches_with_own(project: Project) -> QuerySet[Batch]:
    """Those that want something otherwise than the project."""
    own = Q()
    for name in FIELDS:
        own |= Q(**{f"{name}__isnull": False})
    return Batch.objects.filter(own, project=project).order_by("pk")


# --- Change -------------------------------------------------------------------------------------------------------
def preview_overlap(
    actor: Person, project: Project, changes: Mapping[str, Any], *, batch: Batch | None = None
) -> Change:
    """What ``change_overlap`` would do now. Writes nothing."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    project, batch = _loaded(project, batch)
    _set(project, batch, changes)
    unfinished = _unfinished(project, batch)
    return _told(actor, project, batch, unfinished.count(), _rows_that_change(project, batch, unfinished))


@transaction.atomic
def change_overlap(
    actor: Person,
    project: Project,
    changes: Mapping[str, Any],
    *,
    batch: Batch | None = None,
    version: int | None = None,
) -> Change:
    """Change settings of the project, or of one batch (None there: as the project), and the unfinished rows with them.

    ``version`` is the one that a preview told; raises ``settings_moved_on`` when somebody changed them since,
    ``setting_invalid``, ``unknown_setting``, ``project_closed``."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    project, batch = _loaded(project, batch, lock=True)
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    if version is not None and version != project.consensus_version:
        raise RuleViolation(
            "settings_moved_on",
            "Somebody changed these settings since you looked. See what your change does now.",
            version=project.consensus_version,
        )
    before = _set(project, batch, changes)
    after = {name: changes[name] for name in before}
    unfinished = _unfinished(project, batch)
    if not before:
        return _told(actor, project, batch, unfinished.count(), [])
    project.consensus_version += 1
    if batch is not None:
        batch.save(update_fields=list(before))
    project.save(update_fields=["consensus_version", *(() if batch else before)])
    # Without a lock first: only what changes is locked, and looked at again.
    touched = [row.pk for row in _rows_that_change(project, batch, unfinished)]
    rows = _rows_that_change(project, batch, unfinished, only=touched)
    count = unfinished.count()
    fewer = _carry_out(rows)
    done = _told(actor, project, batch, count, rows, fewer=fewer)
    facts = {"version": done.version, "opinions_more": done.more, "opinions_fewer": done.fewer}
    audit.record(actor, "overlap.changed", batch or project, before=before, after={**after, **facts}, root=project)
    announce(project.organization_id, stream_of_project(project.uid), "overlap_changed", {"version": done.version})
    complete = [row.pk for row in rows if row.is_complete]
    if complete:
        rows_complete.send(sender=Project, project=project, project_row_ids=complete)
    return done


def _loaded(project: Project, batch: Batch | None, *, lock: bool = False) -> tuple[Project, Batch | None]:
    """Both anew, so that nothing of the caller's copy is changed. Changes of one project go one after the other."""
    projects = Project.objects.select_related("organization")
    if lock:
        projects = projects.select_for_update(of=("self",), no_key=True)
    found = projects.get(pk=project.pk)
    return found, Batch.objects.get(pk=batch.pk, project=found) if batch else None


def _set(project: Project, batch: Batch | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set what differs, checked; returns what it was before."""
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        raise InvalidInput("unknown_setting", f"Settings here: {', '.join(FIELDS)}.", unknown=unknown)
    thing: Project | Batch = batch or project
    before = {name: getattr(thing, name) for name, value in changes.items() if getattr(thing, name) != value}
    for name in before:
        setattr(thing, name, changes[name])
    try:
        thing.clean_fields(exclude={field.name for field in thing._meta.fields} - set(FIELDS))
    except ValidationError as error:
        found = error.message_dict.items()
        faults = [{"path": path, "code": "invalid", "message": " ".join(texts)} for path, texts in found]
        raise InvalidInput("setting_invalid", "Some settings are wrong. Nothing was changed.", faults=faults) from error
    return before


def _unfinished(project: Project, batch: Batch | None) -> QuerySet[ProjectRow]:
    """Rows that still wait for an opinion, and those that are set aside."""
    waits = Slot.objects.filter(project=project, kind=Slot.Kind.LABEL, is_check=False)
    waits = waits.filter(state__in=[Slot.State.OPEN, Slot.State.LEASED])
    rows = ProjectRow.objects.filter(project=project, state__in=UNFINISHED)
    rows = rows.filter(Q(state=ProjectRow.State.SET_ASIDE) | Q(pk__in=waits.values("project_row")))
    return rows if batch is None else rows.filter(batch=batch)


def _rows_that_change(
    project: Project, batch: Batch | None, unfinished: QuerySet[ProjectRow], *, only: Sequence[int] | None = None
) -> list[_Row]:
    """The rows on which another number of opinions is wanted now; locked when they are named by ``only``.

    ``batch`` with its change, which a preview does not save."""
    own = {found.pk: found for found in batches_with_own(project)} | ({batch.pk: batch} if batch else {})
    settings = {pk: overlap_of(project, found) for pk, found in own.items()}
    usual = overlap_of(project)
    if only is not None:
        locked = ProjectRow.objects.filter(pk__in=only).order_by("pk").select_for_update()
        list(locked.values_list("pk"))
        unfinished = unfinished.filter(pk__in=only)
    wanted: dict[int, tuple[int, bool]] = {}
    facts = "pk", "uid", "batch_id", "state", "labels_wanted", "extra_wanted"
    for pk, uid, batch_id, state, now, extra in unfinished.order_by("pk").values_list(*facts).iterator():
        count = labels_wanted(settings.get(batch_id, usual), project, uid) + extra
        if count != now:
            wanted[pk] = count, state == ProjectRow.State.SET_ASIDE
    slots = _slots_of(list(wanted))
    return [_Row(pk, count, is_aside, *slots.get(pk, (0, 0, 0))) for pk, (count, is_aside) in wanted.items()]


def _slots_of(rows: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """Row → its open label slots, those in somebody's hands, and those whose opinion is in."""
    found: dict[int, tuple[int, int, int]] = {}
    given = Q(state__in=[*OPINION_IS_IN]) | Q(state=Slot.State.LEASED, is_rework=True)
    for start in range(0, len(rows), CHUNK):
        here = rows[start : start + CHUNK]
        slots = Slot.objects.filter(project_row__in=here, kind=Slot.Kind.LABEL, is_check=False)
        counted = (
            slots.order_by()
            .values_list("project_row")
            .annotate(
                open=Count("pk", filter=Q(state=Slot.State.OPEN)),
                leased=Count("pk", filter=Q(state=Slot.State.LEASED, is_rework=False)),
                given=Count("pk", filter=given),
            )
        )
        found |= {pk: (is_open, leased, is_in) for pk, is_open, leased, is_in in counted}
    return found


def _carry_out(rows: Sequence[_Row]) -> int:
    """Write what the rows want, add missing slots and cancel queued ones; returns how many were cancelled."""
    cancelled = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        for wanted in {row.wanted for row in chunk}:
            same = [row.pk for row in chunk if row.wanted == wanted]
            ProjectRow.objects.filter(pk__in=same).update(labels_wanted=wanted)
        _add_slots([row for row in chunk if row.missing])
        cancelled += _cancel_slots([row for row in chunk if row.cancelled])
    return cancelled


def _add_slots(rows: Sequence[_Row]) -> None:
    """One statement: the rows are locked meanwhile, and many thousands may get a slot."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, {"rows": [row.pk for row in rows], "counts": [row.missing for row in rows]})


def _cancel_slots(rows: Sequence[_Row]) -> int:
    """One statement: what a claim takes in the meantime is not open any more and stays with who took it."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        values = {"rows": [row.pk for row in rows], "counts": [row.surplus for row in rows]}
        cursor.execute(_CANCEL, values)
        return len(cursor.fetchall())


def _told(
    actor: Person,
    project: Project,
    batch: Batch | None,
    unfinished: int,
    rows: Sequence[_Row],
    *,
    fewer: int | None = None,
) -> Change:
    more = sum(row.missing for row in rows)
    cancelled = sum(row.cancelled for row in rows) if fewer is None else fewer
    measured = overlap_cost.measured_work(project)
    settings = overlap_of(project, batch)
    return Change(
        version=project.consensus_version,
        unfinished=unfinished,
        rows_more=sum(row.missing > 0 for row in rows),
        rows_fewer=sum(row.cancelled > 0 for row in rows),
        more=more,
        fewer=cancelled,
        kept_in_hand=sum(row.surplus - row.cancelled for row in rows if not row.is_aside),
        complete=sum(row.is_complete for row in rows),
        extra=round(unfinished * settings.share / 100) * settings.most_extra,
        measured=measured,
        cost=overlap_cost.cost_of(actor, project, more - cancelled, measured),
    )


def settings_in_words(settings: Overlap) -> dict[str, Any]:
    """Plain values under the names of the columns, for shapes and the audit log."""
    return {f"consensus_{name}": value for name, value in asdict(settings).items()}
