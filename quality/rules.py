"""Quality rules: collector → window → condition → action, per project. Tried over history before they are on.

A rule looks at the newest results of each person and acts when its condition holds; then its window starts anew, so the
same results never act twice (and a constraint says so). It acts by the rights of whoever switched it on. A pause is
only for those who are surely below: the upper bound of their interval lies under the bar, and never on agreement with
others alone. The person is told; evidence names rows and is for those who may see benchmarks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from labeling import work_time
from labeling.models import Project
from labeling.texts import checked_text
from quality.agreement.windows import Moment, moments
from quality.models import DECISION_IN_FORCE, WON, LabelScore, QualityRule, Review, RuleAct
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

FIELDS = (
    "name",
    "collector",
    "window",
    "least",
    "condition",
    "bar",
    "action",
    "days",
    "review_share",
    "skill_name",
    "skill_value",
    "told",
)
MOST_SHOWN = 200
# Where results are 0 or 1 the interval is Wilson's.
RATES = frozenset({QualityRule.Collector.APPROVAL})


@dataclass(frozen=True)
class Result:
    """One result of a person: where it stands in their order, what it was, when, of which label and row."""

    position: int
    value: float
    at: datetime
    label: str
    row: str
    row_name: str


@dataclass(frozen=True)
class WouldAct:
    """A moment at which a rule acts, or would have acted, on a person, and the results behind it."""

    person: Person
    moment: Moment
    results: Sequence[Result] = field(default_factory=tuple)

    @property
    def at(self) -> datetime:
        return self.results[-1].at

    @property
    def evidence(self) -> dict[str, Any]:
        moment = self.moment
        rows = [{"row": one.row, "name": one.row_name, "label": one.label, "value": one.value} for one in self.results]
        return {"value": moment.value, "low": moment.low, "high": moment.high, "n": moment.n, "results": rows}


# --- Make, change, switch ---------------------------------------------------------------------------------------
@transaction.atomic
def make_rule(actor: Person, project: Project, **values: Any) -> QualityRule:
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    rule = QualityRule(project=project, made_by=actor, **values)
    _refuse_bad(actor, rule)
    rule.save()
    audit.record(actor, "quality_rule.made", rule, after=facts_of(rule), root=project)
    return rule


@transaction.atomic
def change_rule(actor: Person, rule: QualityRule, **changes: Any) -> QualityRule:
    """Change a rule. What changed was not tried, so it is off until it is tried and switched on again."""
    rule = _locked(actor, rule)
    before = facts_of(rule)
    for name, value in changes.items():
        if name not in FIELDS:
            raise InvalidInput("unknown_setting", f"Settings that can change: {', '.join(FIELDS)}.")
        setattr(rule, name, value)
    _refuse_bad(actor, rule)
    rule.tried_at, rule.on_by, rule.on_since = None, None, None
    rule.save()
    audit.record(actor, "quality_rule.changed", rule, before=before, after=facts_of(rule), root=rule.project)
    return rule


@transaction.atomic
def try_rule(actor: Person, rule: QualityRule) -> list[WouldAct]:
    """The dry run: when the rule would have acted on whom, over the whole history, newest first. Nothing is done."""
    rule = _locked(actor, rule)
    access.require(actor, Permission.VIEW_BENCHMARK, rule.project)
    found = would_act(rule, results_of(rule))
    rule.tried_at = work_time.clock()
    rule.save(update_fields=["tried_at"])
    audit.record(actor, "quality_rule.tried", rule, after={"would_have_acted": len(found)}, root=rule.project)
    return sorted(found, key=lambda one: (one.at, one.person.pk), reverse=True)[:MOST_SHOWN]


@transaction.atomic
def switch_on(actor: Person, rule: QualityRule) -> QualityRule:
    """Only results that come from now on make it act; those before fill its window. Raises ``not_tried``."""
    rule = _locked(actor, rule)
    if rule.tried_at is None:
        raise RuleViolation("not_tried", "Look at what this rule would have done before you switch it on.")
    _refuse_bad(actor, rule)
    if rule.on_since is None:
        rule.on_by, rule.on_since = actor, work_time.clock()
        rule.looked_at = rule.on_since
        rule.save(update_fields=["on_by", "on_since", "looked_at"])
        audit.record(actor, "quality_rule.on", rule, after=facts_of(rule), root=rule.project)
    return rule


@transaction.atomic
def switch_off(actor: Person, rule: QualityRule) -> QualityRule:
    rule = _locked(actor, rule)
    if rule.on_since is not None:
        rule.on_by, rule.on_since = None, None
        rule.save(update_fields=["on_by", "on_since"])
        audit.record(actor, "quality_rule.off", rule, after=facts_of(rule), root=rule.project)
    return rule


@transaction.atomic
def retire_rule(actor: Person, rule: QualityRule) -> None:
    """Take a rule away. What it did stays on record, and so does what it keeps doing: a pause ends by itself."""
    rule = _locked(actor, rule)
    rule.on_by, rule.on_since, rule.retired_at = None, None, work_time.clock()
    rule.save(update_fields=["on_by", "on_since", "retired_at"])
    audit.record(actor, "quality_rule.retired", rule, before=facts_of(rule), root=rule.project)


def rules_of(person: Person, project: Project) -> QuerySet[QualityRule]:
    access.require(person, Permission.VIEW_BENCHMARK, project)
    found = QualityRule.objects.filter(project=project, retired_at=None)
    found = found.select_related("made_by", "on_by", "skill_name")
    return found.order_by("name")


def acts_visible_to(person: Person, project: Project) -> QuerySet[RuleAct]:
    """What the rules of a project did, newest first."""
    access.require(person, Permission.VIEW_BENCHMARK, project)
    return RuleAct.objects.filter(project=project).select_related("rule", "person")


# --- Results ----------------------------------------------------------------------------------------------------
def results_of(rule: QualityRule, people: Iterable[int] | None = None) -> dict[int, list[Result]]:
    """Person → their results in the order in which they came; one query for all of them."""
    if rule.collector == QualityRule.Collector.APPROVAL:
        return _reviews(rule.project_id, people)
    column = "benchmark" if rule.collector == QualityRule.Collector.BENCHMARK else "consensus"
    scores = LabelScore.objects.filter(project=rule.project_id, **{f"{column}__isnull": False})
    if column == "benchmark":
        scores = scores.filter(is_held=False)
    if people is not None:
        scores = scores.filter(labeler__in=people)
    columns = "labeler", "label_id", column, "label__created_at", "label__uid"
    rows = "label__project_row__uid", "label__project_row__data_row__external_id"
    found: dict[int, list[Result]] = {}
    for person, *values in scores.order_by("label_id").values_list(*columns, *rows):
        position, value, at, label, row, name = values
        found.setdefault(person, []).append(Result(position, value, at, str(label), str(row), name))
    return found


def people_with_results(rule: QualityRule, since: datetime) -> list[int]:
    """Whose results of this kind are new, or came out otherwise, since then."""
    if rule.collector == QualityRule.Collector.APPROVAL:
        is_news = Q(made_at__gt=since) | Q(appeal__state__in=WON, appeal__ended_at__gt=since)
        first = Review.objects.filter(is_news, project=rule.project_id, ordinal=1)
        return list(first.values_list("label__labeler", flat=True).distinct())
    scores = LabelScore.objects.filter(project=rule.project_id, computed_at__gt=since)
    return list(scores.values_list("labeler", flat=True).distinct())


def _reviews(project: int, people: Iterable[int] | None) -> dict[int, list[Result]]:
    first = Review.objects.filter(project=project, ordinal=1).annotate(said=DECISION_IN_FORCE)
    if people is not None:
        first = first.filter(label__labeler__in=people)
    found: dict[int, list[Result]] = {}
    for review in first.select_related("label__project_row__data_row").order_by("pk"):
        row = review.label.project_row
        value = float(review.said != Review.Decision.REJECT)
        one = Result(review.pk, value, review.made_at, str(review.label.uid), str(row.uid), row.data_row.external_id)
        found.setdefault(review.label.labeler_id, []).append(one)
    return found


def would_act(
    rule: QualityRule, by_person: dict[int, list[Result]], *, since: datetime | None = None
) -> list[WouldAct]:
    """Every moment after ``since`` at which the rule acts on these results, by person and in their order; imported
    authors are nobody to act on."""
    people = Person.objects.filter(kind=Person.Kind.HUMAN).in_bulk(list(by_person))
    return [
        WouldAct(people[pk], moment, tuple(results[moment.start : moment.at + 1]))
        for pk, results in by_person.items()
        if pk in people
        for moment in _moments_in(rule, results, since)
    ]


def _moments_in(rule: QualityRule, results: Sequence[Result], since: datetime | None) -> list[Moment]:
    return moments(
        [one.value for one in results],
        window=rule.window,
        least=rule.least,
        condition=rule.condition,
        bar=rule.bar,
        are_rates=rule.collector in RATES,
        since=sum(1 for one in results if since is not None and one.at <= since),
    )


def rule_to_change(person: Person, uid: object) -> QualityRule:
    related = "project__organization", "project__ontology"
    found = QualityRule.objects.filter(retired_at=None).select_related(*related)
    return access.access(person, found, str(uid), Permission.CHANGE_PROJECT)


# --- Inside -----------------------------------------------------------------------------------------------------
def _locked(actor: Person, rule: QualityRule) -> QualityRule:
    related = "project__organization", "skill_name"
    kept = QualityRule.objects.select_for_update(of=("self",)).select_related(*related)
    found = kept.filter(pk=rule.pk, retired_at=None).first()
    if found is None:
        raise NotFound
    access.require(actor, Permission.CHANGE_PROJECT, found)
    return found


def _refuse_bad(actor: Person, rule: QualityRule) -> None:
    rule.name = checked_text(rule.name, "name", longest=100)
    rule.told = checked_text(rule.told, "told", longest=1000)
    others = QualityRule.objects.filter(project=rule.project, name=rule.name, retired_at=None).exclude(pk=rule.pk)
    if others.exists():
        raise RuleViolation("name_taken", "There is a rule of this name in the project. Nothing was changed.")
    is_pause = rule.action == QualityRule.Action.PAUSE
    if is_pause and rule.condition != QualityRule.Condition.SURELY_BELOW:
        message = "A pause is only for those who are surely below the bar."
        raise InvalidInput("pause_needs_certainty", message, path="condition")
    if is_pause and rule.collector == QualityRule.Collector.CONSENSUS:
        message = "Agreement with others alone pauses nobody: it says too little about who is right."
        raise InvalidInput("pause_needs_gold_or_review", message, path="collector")
    if rule.action == QualityRule.Action.SET_SKILL:
        if rule.skill_name is None or rule.skill_name.organization_id != rule.project.organization_id:
            raise InvalidInput("skill_missing", "Say which skill of the organization is set.", path="skill_name")
        access.require(actor, Permission.MANAGE_PEOPLE, rule.project.organization)
    if rule.least > rule.window:
        raise InvalidInput("least_invalid", "The least results fit into the window.", path="least")
    try:
        rule.full_clean(
            exclude=["project", "made_by", "skill_name", "tried_at", "on_by", "on_since", "looked_at", "retired_at"]
        )
    except ValidationError as error:
        found = error.message_dict.items()
        faults = [{"path": path, "code": "invalid", "message": " ".join(texts)} for path, texts in found]
        raise InvalidInput("rule_invalid", "Some settings are wrong. Nothing was changed.", faults=faults) from error


def facts_of(rule: QualityRule) -> dict[str, Any]:
    found = {name: getattr(rule, name) for name in FIELDS if name != "skill_name"}
    return {
        **found,
        "skill_name": rule.skill_name.name if rule.skill_name else None,
        "is_on": rule.on_since is not None,
    }
