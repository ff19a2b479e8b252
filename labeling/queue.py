"""The queue: who gets which slot next. Never the same row twice, never lost work.

A claim is one statement that picks slots in the queue's order ``FOR UPDATE SKIP LOCKED`` and gives them away; a leased
slot whose time has run out counts as open inside it. Unique constraints have the last word, then the claim tries
again. A lease is (labeler, token, until) on the slot; tokens come from one sequence and only grow, so that late work
is fenced. All times are the database's ``clock_timestamp()``.

Order: what came back to its maker first, then priority, then age. The name of what chose a row is kept on the lease."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.lookups import GreaterThan

from labeling import check_slots, picks, returns, step_gates, work_time
from labeling.models import ClassTally, OntologyVersion, Project, ProjectRow, Slot, WorkSession
from labeling.rows import add_label_slots, lock_row
from labeling.skip_reasons import SETS_ASIDE, SKIP_REASONS
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# A heartbeat comes every 15 s; without one for a minute the lease ends within two.
LEASE_SECONDS = 90
BATCH_SECONDS, SMALLEST_BATCH, LARGEST_BATCH = 300, 2, 10
CLAIM_TRIES = 5

_SLOTS = Slot.objects.select_related("project__organization", "project_row__data_row", "ontology_version").annotate(
    is_live=GreaterThan(F("leased_until"), ClockTimestamp())
)
WHY_TEXTS = {
    "came_back": "It came back to you",
    "taken_back": "You took it back",
    "in_hand": "You had it open already",
    "oldest": "Oldest in its batch",
    "review_oldest": "Oldest that waits for review",
    "for_gold": "You make its gold label",
}


@dataclass(frozen=True)
class Empty:
    """Why there is no row now: a code, a sentence, and when the next may free."""

    code: str
    message: str
    next_at: datetime | None = None


@dataclass(frozen=True)
class Claim:
    slots: tuple[Slot, ...]
    empty: Empty | None = None


# Asked of a person, a project and a kind of slot: why this person gets no row there now, or nothing.
Gate = Callable[[Person, Project, str], Empty | None]
_gates: list[Gate] = []


# Asked of the same: how many new rows this person may get there now, and why there are no more; or nothing.
Cap = Callable[[Person, Project, str], tuple[int, Empty] | None]
_caps: list[Cap] = []


def register_gate(gate: Gate) -> None:
    """One more reason for which a claim gives no new row. Rows in hand stay, and what was typed is still taken."""
    _gates.append(gate)


def register_cap(cap: Cap) -> None:
    """One more limit on what a claim gives. What is in hand or came back stays."""
    _caps.append(cap)


# Asked the same: the batches of the project from which this person gets no row now, each with why; ``WHOLE_PROJECT``
# stands for all of them, so that one question answers both.
BatchGate = Callable[[Person, Project, str], Mapping[int, Empty]]
WHOLE_PROJECT = 0
_batch_gates: list[BatchGate] = []


def register_batch_gate(gate: BatchGate) -> None:
    """As ``register_gate``, for single batches: the claim leaves them out and takes from the others."""
    _batch_gates.append(gate)


def closed_batches(person: Person, project: Project, kind: str) -> dict[int, Empty]:
    """The batches of the project that are closed to ``person`` now; of several reasons the first one."""
    closed: dict[int, Empty] = {}
    for gate in _batch_gates:
        closed = {**gate(person, project, kind), **closed}
    return closed


# Asked the same: the classes of which this person gets no more rows now, each with why. Of a row only what its opinions
# so far hold is known; a row without one is given to everybody.
ClassGate = Callable[[Person, Project, str], Mapping[str, Empty]]
_class_gates: list[ClassGate] = []


def register_class_gate(gate: ClassGate) -> None:
    """As ``register_gate``, for rows that are known to hold a class: the claim leaves them out and takes others."""
    _class_gates.append(gate)


def closed_classes(person: Person, project: Project, kind: str) -> dict[str, Empty]:
    return {name: why for gate in _class_gates for name, why in gate(person, project, kind).items()}


# --- Claim ------------------------------------------------------------------------------------------------------
def lease_next_rows(
    person: Person,
    project: Project,
    *,
    kind: str = Slot.Kind.LABEL,
    have: Iterable[str] = (),
    wanted: str | None = None,
    most: int | None = None,
    narrowed: str = "",
) -> Claim:
    """Lease rows for ``person`` up to the batch size; ``have`` names slots that the page holds already.

    ``wanted`` is a slot whose lease ran out in the person's hands: a free slot of its row comes back, in front and
    beyond the batch size, because there is work on it already. A slot that they still hold comes in front.

    A page that shows many reviews at once says how ``most`` it holds, and by a condition of ``picks`` which ones.

    Returns the slots the page has not, own live leases first. Never raises because there is nothing to do."""
    permission = Permission.REVIEW if kind == Slot.Kind.REVIEW else Permission.LABEL
    # Who makes gold is an expert: asked in one go, as a claim asks the database the same whoever it is for.
    is_expert = bool(access.require(person, permission, project, also=Permission.MAKE_BENCHMARK))
    if project.state != Project.State.ACTIVE:
        return Claim((), Empty("project_closed", f"{project.name} is {project.get_state_display()} for now."))
    shut = next(filter(None, (gate(person, project, kind) for gate in _gates)), None)
    caps = [] if shut else _caps_on(person, project, kind)
    shut = shut or next((why for left, why in caps if left <= 0), None)
    if shut is not None:
        return _only_in_hand(person, project, kind, set(have), shut)
    closed, classes = closed_batches(person, project, kind), closed_classes(person, project, kind)
    asked: dict[str, Any] = {"closed": list(closed), "classes": list(classes), "is_expert": is_expert}
    asked["narrowed"] = narrowed
    for attempt in range(CLAIM_TRIES):
        try:
            with transaction.atomic():
                if caps:
                    # A limit counts what is in hand: a claim in another tab must be through before it is asked.
                    _wait_for_own_claims(person, project)
                    caps = _caps_on(person, project, kind)
                held = _live_leases(person, project, kind)
                size = batch_size(person, project, kind) if most is None else most
                missing = min([size - len(held), *(left for left, _ in caps)])
                asked["wanted"] = None if _is_among(wanted, held) else wanted
                taken = _take(person, project, kind, missing, asked)
        except (IntegrityError, OperationalError):
            # Two claims of one person chose slots of one row; the constraint refused the second. Choose again.
            if attempt + 1 == CLAIM_TRIES:
                raise
            continue
        break
    known = set(have)
    # What came back goes before what is in hand.
    both = sorted(
        (*held, *_with_rows(taken)),
        key=lambda slot: not (slot.is_rework or slot.why == "taken_back" or _is_among(wanted, [slot])),
    )
    slots = tuple(slot for slot in both if str(slot.uid) not in known)
    return Claim(slots, None if slots or held else why_empty(person, project, kind=kind))


def _is_among(wanted: str | None, slots: Iterable[Slot]) -> bool:
    return wanted is not None and any(str(slot.uid) == wanted for slot in slots)


def _caps_on(person: Person, project: Project, kind: str) -> list[tuple[int, Empty]]:
    return list(filter(None, (cap(person, project, kind) for cap in _caps)))


def _wait_for_own_claims(person: Person, project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"claim {person.pk} {project.pk}"])


def _only_in_hand(person: Person, project: Project, kind: str, known: set[str], shut: Empty) -> Claim:
    held = _live_leases(person, project, kind)
    slots = tuple(slot for slot in held if str(slot.uid) not in known)
    return Claim(slots, None if held else shut)


def batch_size(person: Person, project: Project, kind: str = Slot.Kind.LABEL) -> int:
    """Five minutes' work of this person, at least 2 and at most 10, so that slow people do not hoard."""
    stage = WorkSession.Stage.REVIEW if kind == Slot.Kind.REVIEW else WorkSession.Stage.LABELING
    seconds = work_time.median_seconds(person, project, stage)
    if not seconds:
        return SMALLEST_BATCH
    return min(LARGEST_BATCH, max(SMALLEST_BATCH, ceil(BATCH_SECONDS / seconds)))


def _take(person: Person, project: Project, kind: str, count: int, asked: dict[str, Any]) -> list[int]:
    """``asked``: the slot that is wanted back, the batches and classes that are closed, whether an expert asks, and a
    condition of ``picks``."""
    closed, slot_wanted = asked["closed"], asked["wanted"]
    if WHOLE_PROJECT in closed:
        # Nothing new: what came back is still its maker's.
        count, slot_wanted = 0, None
    values = {
        "person": person.pk,
        "project": project.pk,
        "seconds": LEASE_SECONDS,
        "ontology_version": newest_version(project).pk,
        **asked,
    }
    is_review = kind == Slot.Kind.REVIEW
    to_do = picks.PICK_TO_REVIEW if is_review else picks.PICK_TO_LABEL
    values["steps"] = list(step_gates.closed_steps(person, project)) if is_review else []
    of_steps = picks.NOT_AT_STEPS if values["steps"] else ""
    taken: list[int] = []
    if slot_wanted is not None:
        taken += _lease(to_do.format(narrowed=picks.WORKED_ON + picks.NOT_CLOSED + of_steps), values, "taken_back", 1)
    if is_review:
        narrowed = asked["narrowed"] + (picks.NOT_CLOSED if closed else "") + of_steps
        return taken + _lease(to_do.format(narrowed=narrowed), values, "review_oldest", count - len(taken))
    # Rework is taken whatever is in hand: it comes first, and only its maker can do it.
    taken += _lease(picks.PICK_CAME_BACK, values, "came_back", LARGEST_BATCH)
    checks = check_slots.rows_to_check(person, project, count - len(taken))
    while len(taken) < count:
        # One at a time, because a person gets one slot of a row: the next look sees what this one took.
        found = _take_oldest(project, values, checks.pop(0) if checks else None)
        if not found:
            break
        taken += found
    return taken


def _take_oldest(project: Project, values: dict[str, Any], check: int | None) -> list[int]:
    """The oldest row that is free, or the row ``check`` in its place, with as many statements."""
    for narrowed, batch in _where_to_look(project, values["closed"]):
        here = {**values, "batch": batch}
        where = narrowed + (picks.NOT_OF_CLASSES if values["classes"] else "")
        found: list[int] = []
        if check is not None:
            head = picks.FREE_TO_LABEL.format(narrowed=where)
            found = check_slots.take(check, head, {**here, "why": "oldest", "count": 1})
        found = found or _lease(picks.PICK_TO_LABEL.format(narrowed=where), here, "oldest", 1)
        if found:
            return found
    return []


def _lease(pick: str, values: dict[str, Any], why: str, most: int) -> list[int]:
    if most <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(picks.TAKE.format(pick=pick), {**values, "why": why, "count": most})
        return [row[0] for row in cursor.fetchall()]


def _where_to_look(project: Project, closed: list[int]) -> list[tuple[str, int | None]]:
    """The whole queue at once, or, where batches are closed, the open ones in the queue's order."""
    if not closed:
        return [("", None)]
    with connection.cursor() as cursor:
        statement = picks.BATCHES_IN_ORDER.format(first=picks.FIRST_OF_BATCH)
        cursor.execute(statement, {"project": project.pk, "closed": closed})
        return [(picks.OF_BATCH, row[0]) for row in cursor.fetchall()]


def newest_version(project: Project) -> OntologyVersion:
    return OntologyVersion.objects.filter(ontology=project.ontology_id).latest("number")


def _live_leases(person: Person, project: Project, kind: str) -> list[Slot]:
    live = Slot.objects.filter(
        labeler=person, project=project, kind=kind, state=Slot.State.LEASED, leased_until__gt=ClockTimestamp()
    )
    return list(_in_order(live))


def _with_rows(slot_ids: list[int]) -> list[Slot]:
    return list(_in_order(Slot.objects.filter(pk__in=slot_ids))) if slot_ids else []


def _in_order(slots: QuerySet[Slot]) -> QuerySet[Slot]:
    related = "project__organization", "project_row__data_row", "batch", "ontology_version__ontology"
    return slots.select_related(*related, "label__labeler").order_by("-is_rework", "priority", "order_key")


def why_empty(person: Person, project: Project, *, kind: str) -> Empty:
    """The filter that removed the rest, in words, and when the next row may free."""
    every = Slot.objects.filter(project=project, kind=kind, is_check=False).exclude(
        project_row__state=ProjectRow.State.SET_ASIDE
    )
    closed = closed_batches(person, project, kind)
    if WHOLE_PROJECT in closed:
        return closed[WHOLE_PROJECT]
    slots = every.exclude(batch__in=list(closed)) if closed else every
    leased = slots.filter(state=Slot.State.LEASED).exclude(labeler=person)
    held_by_others = leased.count()
    next_at = leased.aggregate(next=Min("leased_until"))["next"]
    held_back = _why_held_back(person, project, kind, every=every, slots=slots, closed=closed)
    if held_back is not None:
        return replace(held_back, next_at=next_at)
    if held_by_others:
        rows = f"{held_by_others} row{'s are' if held_by_others > 1 else ' is'} with other people"
        return Empty("others_have_them", f"No row for you now: {rows}.", next_at)
    if slots.filter(state=Slot.State.OPEN)[:1]:
        return Empty(*step_gates.why_not_yours(person, project, kind, slots))
    if kind == Slot.Kind.REVIEW:
        return Empty("nothing_to_review", "Nothing waits for review now.")
    return Empty("all_taken", "Every row of this project has its labels.")


def _why_held_back(
    person: Person,
    project: Project,
    kind: str,
    *,
    every: QuerySet[Slot],
    slots: QuerySet[Slot],
    closed: Mapping[int, Empty],
) -> Empty | None:
    """Why the first open row of a closed batch, or else one that holds a closed class, is not theirs."""
    if closed:
        waiting = every.filter(batch__in=list(closed), state=Slot.State.OPEN)
        batch = waiting.order_by("priority", "order_key").values_list("batch", flat=True).first()
        if batch is not None:
            return closed[batch]
    classes = closed_classes(person, project, kind)
    if not classes:
        return None
    own = Slot.objects.filter(project_row=OuterRef("project_row"), labeler=person, kind=kind)
    told = ClassTally.objects.filter(project_row=OuterRef("project_row"), name__in=list(classes))
    said = told.order_by().values("name").annotate(total=Sum("amount")).filter(total__gt=0).values("name")[:1]
    waiting = slots.filter(~Exists(own.exclude(state=Slot.State.REVOKED)), state=Slot.State.OPEN)
    known = waiting.annotate(holds=Subquery(said)).exclude(holds=None).order_by("priority", "order_key")
    name = known.values_list("holds", flat=True).first()
    return classes[name] if name else None


# --- Keep, give back, skip --------------------------------------------------------------------------------------
def held_slot(person: Person, uid: str, token: int) -> Slot:
    """The slot that ``person`` holds under ``token`` now. Raises a refusal that says why it is not held."""
    slot = access.access(person, _SLOTS, uid, permission_for)
    refuse_unless_held(person, slot, token)
    return slot


def lock_held(person: Person, slot: Slot, token: int) -> Slot:
    """The same slot, locked and looked at again: between a first look and the lock everything may have changed."""
    slot = _SLOTS.select_for_update(of=("self",)).get(pk=slot.pk)
    refuse_unless_held(person, slot, token)
    return slot


def permission_for(slot: Slot) -> Permission:
    return Permission.REVIEW if slot.kind == Slot.Kind.REVIEW else Permission.LABEL


def refuse_unless_held(person: Person, slot: Slot, token: int) -> None:
    if slot.labeler_id == person.pk and slot.state in (Slot.State.SUBMITTED, Slot.State.IN_REVIEW, Slot.State.DONE):
        raise RuleViolation("already_submitted", "This row was submitted already. Nothing was sent twice.")
    if slot.state != Slot.State.LEASED or slot.labeler_id != person.pk or slot.lease_token != token:
        raise RuleViolation("lease_lost", "Your reservation of this row has ended and someone else may have it.")
    if not slot.is_live:  # type: ignore[attr-defined]  # annotated by _SLOTS, on the database's clock
        raise RuleViolation("lease_expired", "Your reservation of this row has run out.")
    if slot.project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")


@transaction.atomic
def keep_leases(person: Person, uid: str, token: int, *, has_input: bool) -> datetime:
    """A heartbeat: renews every lease of the person in the project, counts time for the named slot only.

    Raises ``lease_idle`` when no input came for the project's idle limit; the lease then runs out by itself."""
    seen = held_slot(person, uid, token)
    # All of them in one order, so that two tabs with other rows in front do not wait for each other.
    in_hand = Slot.objects.filter(labeler=person, project=seen.project_id, state=Slot.State.LEASED)
    list(in_hand.order_by("pk").select_for_update().values_list("pk"))
    slot = lock_held(person, seen, token)
    limit = slot.project.lease_idle_minutes
    with connection.cursor() as cursor:
        if has_input:
            # Who works on one row is there: the rows that wait in the same hands are not idle.
            in_hand.update(last_input_at=ClockTimestamp())
        cursor.execute(
            """
            UPDATE labeling_slot SET leased_until = clock_timestamp() + make_interval(secs => %(seconds)s)
            WHERE labeler_id = %(person)s AND project_id = %(project)s AND state = 'leased'
              AND leased_until > clock_timestamp()
              AND EXISTS (SELECT 1 FROM labeling_slot named WHERE named.id = %(slot)s
                          AND named.last_input_at > clock_timestamp() - make_interval(mins => %(minutes)s))
            RETURNING leased_until
            """,
            {
                "seconds": LEASE_SECONDS,
                "person": person.pk,
                "project": slot.project_id,
                "slot": slot.pk,
                "minutes": limit,
            },
        )
        renewed = cursor.fetchone()
    if renewed is None:
        raise RuleViolation("lease_idle", f"No input for {limit} minutes: the row goes back to the others.")
    work_time.beat(person, slot, has_input=has_input)
    until: datetime = renewed[0]
    return until


@transaction.atomic
def release_slot(person: Person, uid: str, token: int) -> None:
    """Give a row back unworked; its time is kept as abandoned."""
    slot = lock_held(person, held_slot(person, uid, token), token)
    free_slot(slot)


def free_slot(slot: Slot) -> None:
    """End the lease of a locked slot: back to the queue, or to its maker when it is rework."""
    for session in WorkSession.objects.filter(slot=slot, outcome=WorkSession.Outcome.OPEN):
        work_time.abandon(session)
    if slot.is_check:
        # Nobody else waits for it; the person's next draw gives the same again. Gold that is drawn anew is there.
        ended = Slot.State.DONE if slot.is_rework else Slot.State.REVOKED
        Slot.objects.filter(pk=slot.pk).update(state=ended, leased_until=None)
    elif slot.is_rework:
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.IN_REWORK, leased_until=None)
    else:
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.OPEN, labeler=None, leased_until=None)


@transaction.atomic
def skip_slot(person: Person, uid: str, token: int, *, reason: str, comment: str = "") -> None:
    """Skip with a reason. The row gets a fresh slot for someone else, or is set aside when the reason says so."""
    if reason not in SKIP_REASONS:
        raise InvalidInput("unknown_skip_reason", f"Reasons are {', '.join(SKIP_REASONS)}.")
    seen = held_slot(person, uid, token)
    row = lock_row(seen.project_row_id)
    slot = lock_held(person, seen, token)
    if slot.is_rework or slot.kind != Slot.Kind.LABEL:
        raise RuleViolation("cannot_skip", "A row that came back to you, or a review, is given back, not skipped.")
    work_time.credit(person, slot, outcome=WorkSession.Outcome.SKIPPED)
    Slot.objects.filter(pk=slot.pk).update(
        state=Slot.State.SKIPPED,
        skip_reason=reason,
        skip_comment=comment[:2000],
        submitted_at=ClockTimestamp(),
        leased_until=None,
    )
    if reason in SETS_ASIDE and not slot.is_check:
        returns.set_aside(row)
    elif not slot.is_check:
        add_label_slots(row, 1)
    audit.record(person, "slot.skipped", slot, after={"reason": reason, "comment": comment[:2000]})


def slots_in_hand(project: Project) -> QuerySet[Slot]:
    """Live leases, for the page that shows and clears them."""
    return Slot.objects.filter(project=project, state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())


@transaction.atomic
def clear_leases(actor: Person, project: Project, *, of: Person) -> int:
    """A manager frees what a person holds in a project. Drafts stay."""
    access.require(actor, Permission.CLEAR_LEASES, project)
    held = Slot.objects.filter(project=project, labeler=of, state=Slot.State.LEASED)
    slots = list(held.order_by("pk").select_for_update())
    for slot in slots:
        free_slot(slot)
    audit.record(actor, "leases.cleared", project, after={"person": str(of.uid), "count": len(slots)})
    return len(slots)
