"""How the steps of vetting are passed: guidelines read, quiz taken, rows practised on, and results against hidden gold.

Results are looked at by the scheduler and never in the submit that brought the last one, and not before the person has
handed in some more rows: whoever moves on at once after a row would know that the row was gold."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Aggregate, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from labeling import guidelines, pauses, work_time
from labeling.models import Project, Slot
from labeling.overlap import draw
from quality import funnel_settings, gold_serving, practice, quizzes, vetting
from quality.agreement.trials import Look, Outcome, assessed, climbed
from quality.funnel_settings import STEPS, State
from quality.models import Candidacy, FunnelEvent, FunnelSettings, LabelScore
from quality.vetting import BEFORE_THE_STEPS, Who
from workforce import access
from workforce.errors import Refusal, RuleViolation
from workforce.loops import each_by_itself
from workforce.models import Person
from workforce.roles import Permission

# Where results against gold are looked at, and every label is reviewed where labels are.
ON_TRIAL = (State.ASSESSMENT, State.RAMP)
# Rows handed in after the last result before it is acted on: 1 to so many, drawn anew for each look.
MOST_ROWS_AFTER = 4
LONGEST_WAIT = timedelta(minutes=30)
TOLD_ON_PAUSE = (
    "Your first labels here were not yet near enough to what this project needs. Read the guidelines again and ask"
    " about what is unclear; then you go on."
)


# --- Arriving ---------------------------------------------------------------------------------------------------
def arrive(person: Person, project: Project) -> Candidacy:
    """Where one who may label here stands, put down at the first visit, and on past what they need not do any more."""
    found = vetting.candidacy_of(person, project)
    if found is None:
        # Who sees gold cannot be tried out with it.
        sees_gold = bool(access.can(person, Permission.VIEW_BENCHMARK, project))
        first = State.PRODUCTION if sees_gold else State.GUIDELINES
        found, _ = vetting.begin(person, project, first, note="May see gold." if sees_gold else "")
    return go_on(found)


def go_on(candidacy: Candidacy) -> Candidacy:
    """Past guidelines that are read, past a quiz and a practice that were passed before, and past steps that the
    project does not ask any more."""
    try:
        before = None
        while candidacy.state != before:
            before, candidacy = candidacy.state, _go_on_once(candidacy)
    except RuleViolation as refusal:
        if refusal.code != "candidacy_moved_on":
            raise
        # Somebody else moved them just now: that is where they are.
        return Candidacy.objects.select_related("project__organization", "person").get(pk=candidacy.pk)
    return candidacy


def _go_on_once(candidacy: Candidacy) -> Candidacy:
    if candidacy.state in BEFORE_THE_STEPS:
        return vetting.move(candidacy, State.GUIDELINES, who=Who.ITSELF)
    if candidacy.state == State.GUIDELINES:
        return _past_guidelines(candidacy)
    return _past_what_is_done(candidacy) if candidacy.state in STEPS[:-1] else candidacy


def _past_guidelines(candidacy: Candidacy) -> Candidacy:
    if guidelines.unread_by(candidacy.person, [candidacy.project]):
        return candidacy
    version = guidelines.newest_version(candidacy.project)
    evidence = {"guidelines": version.number if version else None}
    return _next(candidacy, funnel_settings.settings_of(candidacy.project), evidence)


def _past_what_is_done(candidacy: Candidacy) -> Candidacy:
    settings = funnel_settings.settings_of(candidacy.project)
    person, project = candidacy.person, candidacy.project
    if not funnel_settings.is_asked(settings, State(candidacy.state)):
        return _next(candidacy, settings, {"not_asked": True})
    if candidacy.state == State.QUIZ:
        passed = quizzes.pass_of(person, project)
        if passed is not None:
            evidence = {"attempt": str(passed.uid), "share": passed.share, "is_passed": True}
            return _next(candidacy, settings, evidence)
        _note_whether_a_try_is_left(candidacy)
    elif candidacy.state == State.PRACTICE:
        return _judge_practice(candidacy, settings, candidacy.practice or _answers_before(candidacy))
    return candidacy


def _answers_before(candidacy: Candidacy) -> list[dict[str, Any]]:
    """First answers from before this step count, unless somebody moved the person here to practise anew."""
    here = FunnelEvent.objects.filter(candidacy=candidacy, to_state=State.PRACTICE).order_by("-pk").first()
    if here is not None and here.evidence.get("by_hand"):
        return []
    return practice.first_answers_of(candidacy.person, candidacy.project)


def _judge_practice(candidacy: Candidacy, settings: FunnelSettings, answers: Sequence[dict[str, Any]]) -> Candidacy:
    """The mean of the newest answers is the way on; of all there are where the project has fewer rows than it asks.
    Who has none left to give waits for a manager."""
    there = practice.progress_of(candidacy.person, candidacy.project)
    counted = {one["answer"] for one in practice.first_answers_of(candidacy.person, candidacy.project)}
    answers = [one for one in answers if one["answer"] in counted]
    wanted = min(settings.practice_count, there["rows"])
    if not wanted:
        return _next(candidacy, settings, {"not_asked": True})
    newest = list(answers[-wanted:])
    if len(newest) == wanted:
        mean = math.fsum(one["score"] for one in newest) / wanted
        if mean >= settings.practice_bar:
            evidence = {"n": wanted, "mean": mean, "bar": settings.practice_bar, "answers": newest}
            return _next(candidacy, settings, evidence)
    candidacy.practice = newest
    candidacy.needs = Candidacy.Needs.NO_ROWS if there["answered"] >= there["rows"] else ""
    here = Candidacy.objects.filter(pk=candidacy.pk, state=candidacy.state, entered_at=candidacy.entered_at)
    here.update(practice=newest, needs=candidacy.needs)
    return candidacy


def _note_whether_a_try_is_left(candidacy: Candidacy) -> None:
    turn = quizzes.turn_of(candidacy.person, candidacy.project)
    needs = Candidacy.Needs.NO_TRIES if turn is not None and turn.tries_left == 0 else ""
    if needs != candidacy.needs:
        here = Candidacy.objects.filter(pk=candidacy.pk, state=candidacy.state, entered_at=candidacy.entered_at)
        here.update(needs=needs)
        candidacy.needs = needs


def _next(candidacy: Candidacy, settings: FunnelSettings, evidence: dict[str, Any]) -> Candidacy:
    to = funnel_settings.step_after(settings, State(candidacy.state))
    return vetting.move(candidacy, to, who=Who.ITSELF, evidence=evidence)


# --- Guidelines, quiz and practice -----------------------------------------------------------------------------
def note_guidelines(person: Person, project: Project) -> None:
    """They were read just now; who may not label here is not vetted."""
    if project.is_vetted and access.can(person, Permission.LABEL, project):
        arrive(person, project)


@transaction.atomic
def note_quiz(person: Person, project: Project, *, is_passed: bool, share: float, uid: object) -> None:
    """A quiz that was taken: passed, it leads on; else it stands in the history. Elsewhere it moves nobody."""
    candidacy = _at(person, project, State.QUIZ)
    if candidacy is not None and not is_passed:
        vetting.note_evidence(candidacy, {"attempt": str(uid), "share": share, "is_passed": False})
        _note_whether_a_try_is_left(candidacy)


@transaction.atomic
def note_practice(person: Person, project: Project, *, score: float, uid: object) -> None:
    """A first answer to a row with a known answer."""
    candidacy = _at(person, project, State.PRACTICE)
    if candidacy is None:
        return
    answers = list(candidacy.practice)
    if str(uid) not in {one["answer"] for one in answers}:
        answers.append({"answer": str(uid), "score": score})
    _judge_practice(candidacy, funnel_settings.settings_of(project), answers)


def _at(person: Person, project: Project, state: State) -> Candidacy | None:
    """The candidacy, locked, if it is at ``state`` in a project that vets people; past it where that is passed now."""
    if not project.is_vetted or not access.can(person, Permission.LABEL, project):
        return None
    arrive(person, project)
    locked = Candidacy.objects.select_for_update(of=("self",)).select_related("project__organization", "person")
    return locked.filter(project=project, person=person, state=state).first()


# --- Results against gold ---------------------------------------------------------------------------------------
def look_at_results() -> int:
    """Look at everybody who is tried out. Called by the scheduler; safe to run twice. Returns how many were moved."""
    tried = Candidacy.objects.filter(
        state__in=ON_TRIAL, project__is_vetted=True, project__state=Project.State.ACTIVE
    ).exclude(needs=Candidacy.Needs.UNSURE)
    related = "project__organization", "project__quality_funnel__on_by", "person"
    count = 0
    for candidacy in with_result_count(tried.select_related(*related)).order_by("pk"):
        with each_by_itself(f"candidacy {candidacy.uid}"):
            count += _look_at(candidacy)
    return count


def _look_at(candidacy: Any) -> bool:
    settings = candidacy.project.quality_funnel
    results = results_since(candidacy) if candidacy.results >= wanted_of(candidacy, settings) else []
    look = look_of(candidacy, settings, results)
    if look.outcome == Outcome.WAIT:
        _note_whether_gold_is_left(candidacy)
        return False
    return _is_due(candidacy, results[look.n - 1]) and _act(candidacy, settings, look, results[: look.n])


def look_of(candidacy: Candidacy, settings: FunnelSettings, results: Sequence[LabelScore]) -> Look:
    judge = climbed if candidacy.state == State.RAMP else assessed
    scores = [float(one.benchmark or 0.0) for one in results]
    return judge(scores, wanted=wanted_of(candidacy, settings), bar=bar_of(candidacy, settings))


def results_since(candidacy: Candidacy) -> list[LabelScore]:
    """Scores against gold that count for where they are now, in the order in which the labels were made."""
    found = LabelScore.objects.filter(_COUNTS, project=candidacy.project_id, labeler=candidacy.person_id)
    made = found.filter(label__created_at__gt=candidacy.entered_at)
    related = "label__project_row__data_row"
    return list(made.select_related(related).defer("benchmark_explanation").order_by("label_id"))


_COUNTS = Q(benchmark__isnull=False, is_held=False)


def with_result_count(candidacies: QuerySet[Candidacy]) -> QuerySet[Any]:
    """The same with ``results``, how many count for where each is now, and their sum and sum of squares."""
    scores = LabelScore.objects.filter(
        _COUNTS,
        project=OuterRef("project"),
        labeler=OuterRef("person"),
        label__created_at__gt=OuterRef("entered_at"),
    )
    by_person = scores.order_by().values("labeler")

    def of_each(name: str, sum_of: Aggregate, nothing: float) -> Coalesce:
        return Coalesce(Subquery(by_person.annotate(**{name: sum_of}).values(name)), Value(nothing))

    return candidacies.annotate(
        results=of_each("counted", Count("pk"), 0),
        total=of_each("added", Sum("benchmark"), 0.0),
        squares=of_each("squared", Sum(F("benchmark") * F("benchmark")), 0.0),
    )


def wanted_of(candidacy: Candidacy, settings: FunnelSettings) -> int:
    return settings.ramp_count if candidacy.state == State.RAMP else settings.assessment_count


def bar_of(candidacy: Candidacy, settings: FunnelSettings) -> float:
    return settings.ramp_bar if candidacy.state == State.RAMP else settings.assessment_bar


def _is_due(candidacy: Candidacy, last: LabelScore) -> bool:
    handed_in_at = last.label.created_at
    if handed_in_at < work_time.clock() - LONGEST_WAIT:
        return True
    after = Slot.objects.filter(
        project=candidacy.project_id,
        labeler=candidacy.person_id,
        kind=Slot.Kind.LABEL,
        submitted_at__gt=handed_in_at,
    ).exclude(work=last.label_id)
    drawn = draw(candidacy.project, "vetting", f"{candidacy.uid}:{candidacy.entered_at.isoformat()}")
    return after.count() > int(drawn * MOST_ROWS_AFTER)


def _act(candidacy: Candidacy, settings: FunnelSettings, look: Look, results: Sequence[LabelScore]) -> bool:
    """Whether it was done; where somebody moved them in between, nothing is, the pause included."""
    try:
        with transaction.atomic():
            _do(candidacy, settings, look, results)
    except RuleViolation as refusal:
        if refusal.code != "candidacy_moved_on":
            raise
        return False
    return True


def _do(candidacy: Candidacy, settings: FunnelSettings, look: Look, results: Sequence[LabelScore]) -> None:
    evidence = _evidence(look, bar_of(candidacy, settings), results)
    if look.outcome == Outcome.FAILED:
        evidence["pause"] = _pause(candidacy, settings, look)
    if candidacy.state == State.RAMP:
        _climb(candidacy, settings, look, evidence)
    elif look.outcome == Outcome.PASSED:
        _next(candidacy, settings, evidence)
    elif look.outcome == Outcome.FAILED:
        vetting.move(candidacy, State.ASSESSMENT, who=Who.ITSELF, evidence=evidence)
    else:
        _wait_for_a_manager(candidacy, evidence)


def _climb(candidacy: Candidacy, settings: FunnelSettings, look: Look, evidence: dict[str, Any]) -> None:
    """A step up while the score holds, the same step once more while it is unsure, a step down when it surely does not
    hold, and from the first back to the assessment. Who is unsure twice on a step waits for a manager: looked at for
    ever, nearly everybody has a good moment."""
    last = len(settings.ramp_caps)
    # A ramp that became shorter ends with its last step.
    here = min(candidacy.step, last)
    if look.outcome == Outcome.UNSURE and _was_unsure_here(candidacy):
        _wait_for_a_manager(candidacy, evidence)
    elif look.outcome == Outcome.PASSED and here == last:
        _next(candidacy, settings, evidence)
    elif look.outcome == Outcome.FAILED and here <= 1 and funnel_settings.is_asked(settings, State.ASSESSMENT):
        vetting.move(candidacy, State.ASSESSMENT, who=Who.ITSELF, evidence=evidence)
    else:
        change = {Outcome.PASSED: 1, Outcome.UNSURE: 0, Outcome.FAILED: -1}[look.outcome]
        vetting.move(candidacy, State.RAMP, who=Who.ITSELF, step=here + change, evidence=evidence)


def _was_unsure_here(candidacy: Candidacy) -> bool:
    before = FunnelEvent.objects.filter(candidacy=candidacy).order_by("-pk").first()
    is_here = before is not None and (before.to_state, before.to_step) == (candidacy.state, candidacy.step)
    return before is not None and is_here and before.evidence.get("outcome") == Outcome.UNSURE


def _wait_for_a_manager(candidacy: Candidacy, evidence: dict[str, Any]) -> None:
    still = Candidacy.objects.filter(pk=candidacy.pk, state=candidacy.state, entered_at=candidacy.entered_at)
    if still.update(needs=Candidacy.Needs.UNSURE):
        vetting.note_evidence(candidacy, evidence)


def _pause(candidacy: Candidacy, settings: FunnelSettings, look: Look) -> dict[str, Any]:
    """Only for those who are surely below the bar. By the rights that whoever switched vetting on has now."""
    assert look.mean is not None and look.low is not None and look.high is not None
    found = f"{look.mean:.3f}, interval {look.low:.3f} to {look.high:.3f}, n {look.n}"
    reason = (
        f"Vetting, {candidacy.get_state_display()}: score against gold {found}, under {bar_of(candidacy, settings)}."
    )
    ends_at = work_time.clock() + timedelta(days=settings.pause_days) if settings.pause_days else None
    try:
        with transaction.atomic():
            if settings.on_by is None:
                raise RuleViolation("nobody_answers", "Nobody answers for vetting here any more.")
            if pauses.pauses_of(candidacy.person, [candidacy.project]):
                raise RuleViolation("paused_already", "This person was paused already.")
            made = pauses.pause_person(
                settings.on_by, candidacy.project, candidacy.person, reason=reason, told=TOLD_ON_PAUSE, ends_at=ends_at
            )
    except Refusal as refusal:
        return {"refused": refusal.message}
    return {"uid": str(made.uid), "ends_at": ends_at.isoformat() if ends_at else None}


def _evidence(look: Look, bar: float, results: Sequence[LabelScore]) -> dict[str, Any]:
    rows = [
        {
            "label": str(one.label.uid),
            "row": str(one.label.project_row.uid),
            "name": one.label.project_row.data_row.external_id,
            "value": one.benchmark,
        }
        for one in results
    ]
    outcome = str(look.outcome)
    values = {"n": look.n, "mean": look.mean, "low": look.low, "high": look.high, "bar": bar, "outcome": outcome}
    return {**values, "results": rows}


def _note_whether_gold_is_left(candidacy: Candidacy) -> None:
    """Without gold nobody gets any further: a manager has to make some, or to decide."""
    no_gold = Candidacy.Needs.NO_GOLD
    is_short = not gold_serving.is_gold_ahead(candidacy.person_id, candidacy.project_id)
    if is_short != (candidacy.needs == no_gold):
        here = Candidacy.objects.filter(pk=candidacy.pk, state=candidacy.state, entered_at=candidacy.entered_at)
        here.update(needs=no_gold if is_short else "")
