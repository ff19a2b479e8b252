"""Which labels are looked at, at which step, and why.

Every draw is a hash of the project's seed, the step and the row, so that asking again gives the same rows. What was
decided about a version of a label stays on record (``ReviewDraw``) and is never decided again: a share that changes
later acts on labels that are settled later. ``settle_row`` says what becomes of a row whose opinions are in, ``go_on``
of a label that a step let through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from labeling import work_time
from labeling.models import Label, Project, ProjectRow, Slot
from labeling.overlap import draw
from labeling.rows import OPINION_IS_IN, all_are_in, label_slots, lock_row, move_row
from quality import figures, review_conditions, review_steps, rule_acts, vetting_queue
from quality.agreement import sampling
from quality.models import DECISION_IN_FORCE, Review, ReviewDraw, RowConsensus
from quality.review_steps import LooksAt, Method, Step
from workforce.models import ClockTimestamp, Person

Why = ReviewDraw.Why
# Of the project's newest first reviews, what its own rate of errors is read from.
PRIOR_NEWEST = 300


@dataclass(frozen=True)
class Chance:
    """With which share, 0 to 1, a label is looked at, and why that much. ``said`` is the sentence of a condition."""

    share: float
    why: str
    said: str = ""


@dataclass(frozen=True)
class _Past:
    """What is known of some labels: (label, version, step) of every review and draw."""

    reviews: frozenset[tuple[int, int, int]]
    draws: dict[tuple[int, int, int], bool]

    def was_reviewed(self, label: Label) -> bool:
        return any(pk == label.pk for pk, _, _ in self.reviews)


_NOTHING = _Past(frozenset(), {})
_IS_FREE = Q(state=Slot.State.OPEN) | Q(state=Slot.State.LEASED, leased_until__lt=ClockTimestamp())


# --- The share --------------------------------------------------------------------------------------------------
def chances_of(project: Project, step: Step, labels: Sequence[Label], makers: Sequence[int] = ()) -> dict[int, Chance]:
    """Label → its chance at ``step``. ``makers``: whose labels the row has; at step 1 rules ask for more of them, and
    vetting where the project looks at anything."""
    found = _by_method(project, step, labels)
    if step.number != 1 or not found:
        return found
    lowest = min(one.share for one in found.values())
    least = least_of(project, makers, lowest=lowest, is_off=step.is_off)
    return {pk: least if least and least.share > one.share else one for pk, one in found.items()}


def least_of(project: Project, makers: Sequence[int], *, lowest: float, is_off: bool) -> Chance | None:
    """What vetting or a rule asks for labels of these people, where it is more than ``lowest``."""
    if lowest >= 1 or not makers:
        return None
    if not is_off and vetting_queue.is_anybody_tried_out(project, makers):
        return Chance(1.0, Why.VETTING)
    raised = rule_acts.raised_share(project.pk, list(makers)) / 100
    return Chance(raised, Why.RAISED) if raised > lowest else None


def _by_method(project: Project, step: Step, labels: Sequence[Label]) -> dict[int, Chance]:
    if step.method == Method.ADAPTIVE:
        rates = {maker: adaptive_share(project, step, maker) for maker in {label.labeler_id for label in labels}}
        return {label.pk: Chance(rates[label.labeler_id], Why.ADAPTIVE) for label in labels}
    found = {label.pk: Chance(step.share / 100, Why.SHARE) for label in labels}
    if step.method == Method.RULE and labels:
        held = review_conditions.that_hold(project, labels, step.conditions)
        found |= {pk: Chance(1.0, Why.RULE, said) for pk, said in held.items()}
    return found


def adaptive_share(project: Project, step: Step, maker: int) -> float:
    """Two short queries over the newest results, whatever the project holds."""
    target, floor, most = step.target / 100, step.share / 100, step.most / 100
    posterior = sampling.error_posterior(faults_of(project, maker), prior_of(project))
    return sampling.share_to_review(posterior, target=target, floor=floor, ceiling=most)


def faults_of(project: Project, maker: int) -> list[bool]:
    """Whether the first review sent the label back or fixed it, of a person's newest reviewed labels, newest first."""
    first = Review.objects.filter(project=project, maker=maker, ordinal=1).order_by("-pk")
    said = first.values_list(DECISION_IN_FORCE, flat=True)[: sampling.NEWEST]
    return [decision != Review.Decision.APPROVE for decision in said]


def prior_of(project: Project) -> sampling.Beta:
    first = Review.objects.filter(project=project, ordinal=1).order_by("-pk")
    said = list(first.values_list(DECISION_IN_FORCE, flat=True)[:PRIOR_NEWEST])
    return sampling.project_prior(sum(one != Review.Decision.APPROVE for one in said), len(said))


def value_of(row: ProjectRow, step: int) -> float:
    """What is drawn for a row at a step, 0 to 1; under the share the row is looked at."""
    return draw(row.project, _name_of_draw("review", step), row.uid)


def would_be_looked_at(project: Project, label: Label, uid: object) -> bool:
    """Whether any step would look at a label that is in none, such as a check: by draws of its own."""
    is_looked_at = False
    for step in review_steps.steps_of(project):
        if step.looks_at == LooksAt.REVIEWED and not is_looked_at:
            continue
        chance = chances_of(project, step, [label], [label.labeler_id])[label.pk]
        is_looked_at |= draw(project, _name_of_draw("check", step.number), uid) < chance.share
    return is_looked_at


def _name_of_draw(what: str, step: int) -> str:
    return what if step == 1 else f"{what} {step}"


# --- Settle -----------------------------------------------------------------------------------------------------
def settle_row(project_row: ProjectRow) -> None:
    """Send the row's submitted labels to review, or finish them. Asked again, nothing more happens.

    The caller holds the row's lock; the opinions are in and, when there are several, scored."""
    wanted = label_slots(project_row)
    slots = list(wanted.select_related("work").order_by("pk"))
    if project_row.state == ProjectRow.State.SET_ASIDE or not all_are_in(slot.state for slot in slots):
        return
    submitted = [slot for slot in slots if slot.state == Slot.State.SUBMITTED]
    steps = review_steps.steps_of(project_row.project)
    again = [slot for slot in submitted if slot.is_rework]
    chosen = _back_to_their_steps(project_row, again, steps)
    winner = _leader(project_row, slots)
    fresh = [slot.work for slot in submitted if not slot.is_rework and winner in (None, slot.work.pk)]
    makers = [slot.work.labeler_id for slot in submitted]
    chosen |= _drawn(project_row, fresh, steps, makers=makers, past=_NOTHING)
    overlooked = _winner_nobody_looked_at(project_row, submitted, winner)
    if overlooked is not None:
        work = overlooked.work
        drawn = _drawn(project_row, [work], steps, makers=[work.labeler_id], past=_past_of([work]))
        if drawn:
            chosen |= drawn
            figures.note(project_row.project_id, work.labeler_id, today(project_row.project), {"accepted": -1})
    by_label = {slot.work.pk: slot for slot in [*submitted, *([overlooked] if overlooked else [])]}
    _look_at(project_row, [(by_label[pk], step) for pk, step in chosen.items()])
    finish_label_slots(project_row.project, [slot for slot in submitted if slot.work.pk not in chosen])
    move_on(project_row)


def _leader(row: ProjectRow, slots: Sequence[Slot]) -> int | None:
    """Whose label alone is looked at; none where every label is, or there is only one."""
    if row.project.review_of != Project.ReviewOf.WINNER or len(slots) == 1:
        return None
    return winner_of(row)


def _drawn(
    row: ProjectRow, labels: Sequence[Label], steps: Sequence[Step], *, makers: Sequence[int], past: _Past
) -> dict[int, int]:
    """Label → the number of the first of ``steps`` that looks at it. Keeps every draw up to there."""
    found: dict[int, int] = {}
    made: list[ReviewDraw] = []
    for step in steps:
        number = step.number
        left = [label for label in labels if label.pk not in found and not _is_behind(past, label, number)]
        new = [label for label in left if (label.pk, label.last_version, number) not in past.draws]
        chances = _chances_here(row.project, step, new, makers, past)
        value = value_of(row, number)
        for label in left:
            chance = chances.get(label.pk)
            if chance is None:
                is_taken = past.draws[label.pk, label.last_version, number]
            else:
                is_taken = value < chance.share
                # Where nothing is looked at, nothing is drawn.
                made += [_draw_of(row, label, number, chance, value)] if chance.share or not step.is_off else []
            if is_taken:
                found[label.pk] = number
    ReviewDraw.objects.bulk_create(made)
    return found


def _chances_here(
    project: Project, step: Step, labels: Sequence[Label], makers: Sequence[int], past: _Past
) -> dict[int, Chance]:
    if not labels:
        return {}
    if step.looks_at == LooksAt.EVERY:
        return chances_of(project, step, labels, makers)
    seen = [label for label in labels if past.was_reviewed(label)]
    unseen = {label.pk: Chance(0.0, Why.UNREVIEWED) for label in labels if not past.was_reviewed(label)}
    return {**unseen, **chances_of(project, step, seen, makers)}


def _is_behind(past: _Past, label: Label, step: int) -> bool:
    """Somebody decided about this version at this step: nobody could again."""
    return (label.pk, label.last_version, step) in past.reviews


def _draw_of(row: ProjectRow, label: Label, step: int, chance: Chance, value: float) -> ReviewDraw:
    return ReviewDraw(
        project_id=row.project_id,
        label=label,
        version=label.last_version,
        step=step,
        share=chance.share,
        value=value,
        is_taken=value < chance.share,
        why=chance.why,
        said=chance.said[:200],
    )


def _back_to_their_steps(row: ProjectRow, slots: Sequence[Slot], steps: Sequence[Step]) -> dict[int, int]:
    """Work that came back is always looked at again, from the step that sent it back, or step 1 where that is gone."""
    if not slots:
        return {}
    labels = [slot.work for slot in slots]
    newest = Review.objects.filter(label__in=labels).order_by("label_id", "-ordinal").distinct("label_id")
    sent_by = dict(newest.values_list("label_id", "step"))
    live = {step.number for step in steps}
    # An appeal that was upheld comes back to the step that it was about.
    asked_by = {label.pk: sent_by.get(label.pk, 1) % Slot.APPEALS_FROM for label in labels}
    found = {pk: step if step in live else 1 for pk, step in asked_by.items()}
    came_back = Chance(1.0, Why.CAME_BACK)
    ReviewDraw.objects.bulk_create(
        _draw_of(row, label, found[label.pk], came_back, value_of(row, found[label.pk])) for label in labels
    )
    return found


def _past_of(labels: Sequence[Label]) -> _Past:
    reviews = Review.objects.filter(label__in=labels).values_list("label_id", "version", "step")
    draws = ReviewDraw.objects.filter(label__in=labels).values_list("label_id", "version", "step", "is_taken")
    return _Past(frozenset(reviews), {(pk, version, step): taken for pk, version, step, taken in draws})


def _winner_nobody_looked_at(row: ProjectRow, submitted: Sequence[Slot], winner: int | None) -> Slot | None:
    """A rework may change who wins: a label that was taken without a look and wins now comes to the steps before the
    row is done. What a file brought has no maker here who could mend it."""
    if winner is None or winner in [slot.work.pk for slot in submitted]:
        return None
    done = Slot.objects.filter(
        work=winner, kind=Slot.Kind.LABEL, state=Slot.State.DONE, labeler__kind=Person.Kind.HUMAN
    )
    looked_at = Review.objects.filter(label=OuterRef("work"), version=OuterRef("work__last_version"))
    return done.filter(~Exists(looked_at)).select_related("work").first()


def winner_of(row: ProjectRow) -> int | None:
    """The label that won the row, or its only opinion. None on a tie, and before anything was decided."""
    opinions = Label.objects.filter(
        project_row=row, kind=Label.Kind.OPINION, slot__in=label_slots(row), slot__state__in=OPINION_IS_IN
    )
    given = list(opinions.values_list("pk", flat=True)[:2])
    if len(given) == 1:
        return given[0]
    decided = [RowConsensus.Status.DECIDED, RowConsensus.Status.CHOSEN]
    won = RowConsensus.objects.filter(project_row=row, status__in=decided, winner__in=opinions)
    return won.values_list("winner", flat=True).first()


def _look_at(row: ProjectRow, chosen: Sequence[tuple[Slot, int]]) -> None:
    if not chosen:
        return
    Slot.objects.filter(pk__in=[slot.pk for slot, _ in chosen]).update(state=Slot.State.IN_REVIEW)
    Slot.objects.bulk_create(
        Slot(
            project_id=row.project_id,
            project_row=row,
            kind=Slot.Kind.REVIEW,
            step=step,
            label=slot.work,
            priority=row.priority,
            order_key=row.pk,
        )
        for slot, step in chosen
    )


# --- After a step -----------------------------------------------------------------------------------------------
def go_on(row: ProjectRow, judged: Slot, label: Label, step: int) -> None:
    """A step let the label through: the next that looks at it, or it is done. The caller holds the row's lock."""
    steps = review_steps.steps_of(row.project)
    numbers = [one.number for one in steps]
    if step in numbers:
        later = steps[numbers.index(step) + 1 :]
    else:
        # A step that was taken away, or a look that somebody asked for: what was neither decided nor reviewed is left.
        decided = set(Review.objects.filter(label=label).values_list("step", flat=True))
        later = tuple(one for one in steps if one.number not in decided)
    past = _past_of([label]) if later else _NOTHING
    drawn = _drawn(row, [label], later, makers=[label.labeler_id], past=past)
    if drawn:
        judged.work = label
        _look_at(row, [(judged, drawn[label.pk])])
    else:
        finish_label_slots(row.project, [judged])


def leave_step(project: str, step: int) -> int:
    """The step ``step`` of the project of this uid was taken away: labels that wait at it go on. A review in somebody's
    hands is finished by them. Each row in a transaction of its own; safe to run twice. Returns how many went on."""
    at_step = Slot.objects.filter(_IS_FREE, project__uid=project, kind=Slot.Kind.REVIEW, step=step)
    waiting = list(at_step.order_by("project_row", "pk").values_list("pk", "project_row"))
    return sum(_leave(slot, row, step) for slot, row in waiting)


@transaction.atomic
def _leave(slot_pk: int, row_pk: int, step: int) -> int:
    row = lock_row(row_pk)
    found = Slot.objects.select_for_update(of=("self",)).filter(_IS_FREE, pk=slot_pk)
    slot = found.select_related("label__slot").first()
    if slot is None:
        return 0
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.REVOKED, leased_until=None)
    label = slot.label
    assert label is not None and label.slot is not None
    go_on(row, label.slot, label, step)
    move_on(row)
    return 1


def finish_label_slots(project: Project, slots: Sequence[Slot]) -> None:
    """The makers' work is accepted. Each slot comes here once: its state was read under the row's lock."""
    if slots:
        Slot.objects.filter(pk__in=[slot.pk for slot in slots]).update(state=Slot.State.DONE)
        day = today(project)
        figures.note_all((project.pk, slot.work.labeler_id, day, {"accepted": 1}) for slot in slots)


def move_on(row: ProjectRow) -> None:
    """The row's state, from those of its label slots. While one waits to be settled, the row stays in work."""
    if row.state == ProjectRow.State.SET_ASIDE:
        return
    slots = label_slots(row).values_list("state", "is_rework")
    states = {state for state, _ in slots}
    if Slot.State.IN_REWORK in states or (Slot.State.LEASED, True) in slots:
        move_row(row, ProjectRow.State.IN_REWORK)
    elif Slot.State.SUBMITTED in states:
        return
    elif Slot.State.IN_REVIEW in states:
        move_row(row, ProjectRow.State.IN_REVIEW)
    elif states <= {Slot.State.DONE, Slot.State.SKIPPED, Slot.State.REVOKED}:
        move_row(row, ProjectRow.State.DONE)


def today(project: Project) -> date:
    return work_time.day_in(project, work_time.clock())


# --- Why --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Explained:
    """Of one version of a label at one step: whether it was to be looked at, and the sentence why."""

    label: Label
    version: int
    step: str
    is_taken: bool
    said: str


def why_looked_at(row: ProjectRow) -> list[Explained]:
    """Every draw of the row's labels, newest first, and the looks that a person asked for."""
    draws = ReviewDraw.objects.filter(label__project_row=row, label__slot__is_check=False)
    names = review_steps.names_of([row.project_id])
    found = [
        Explained(
            one.label, one.version, review_steps.name_in(names, row.project_id, one.step), one.is_taken, said(one)
        )
        for one in draws.select_related("label__labeler").order_by("-pk")
    ]
    drawn = ReviewDraw.objects.filter(label=OuterRef("label"), step=OuterRef("step"), is_taken=True)
    asked = Slot.objects.filter(project_row=row, kind=Slot.Kind.REVIEW).exclude(state=Slot.State.SKIPPED)
    for slot in asked.filter(~Exists(drawn)).select_related("label__labeler").order_by("-pk"):
        assert slot.label is not None
        name = review_steps.name_in(names, row.project_id, slot.step)
        found.append(Explained(slot.label, slot.label.last_version, name, True, "A person sent it to review."))
    return found


def said(one: ReviewDraw) -> str:
    """The reason on record: what was asked for, and what was drawn."""
    if one.why == Why.RULE:
        return one.said
    if one.why in (Why.CAME_BACK, Why.UNREVIEWED, Why.VETTING):
        sentence = str(Why(one.why).label)
        return f"{sentence[0].upper()}{sentence[1:]}."
    because = {Why.SHARE: "", Why.ADAPTIVE: ", by its maker’s errors", Why.RAISED: ", which a rule raised"}
    lies = "under" if one.is_taken else "not under"
    return f"Drawn {one.value:.3f}, {lies} the share of {one.share:.3f}{because[Why(one.why)]}."
