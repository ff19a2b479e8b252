"""What a rule does when its condition holds. ``act_on_results`` is called by the scheduler; asked again, or twice at
once, nothing happens again: the rule is locked, and the results behind an act never act again."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q

from labeling import pauses, work_time
from quality import rules
from quality.models import QualityRule, RaisedReview, RuleAct, Skill
from quality.rules import WouldAct
from quality.skills import today_in
from workforce import access, audit
from workforce.errors import Refusal, RuleViolation
from workforce.events import announce, stream_of_person
from workforce.loops import each_by_itself
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# Longer than any transaction that scores or reviews takes.
OVERLAP = timedelta(minutes=10)


def act_on_results() -> int:
    """Let every rule that is on look at the newest results. Returns how many acts there were."""
    on = QualityRule.objects.exclude(on_since=None).exclude(project__state="archived")
    acts = 0
    for pk in on.order_by("pk").values_list("pk", flat=True):
        with each_by_itself(f"quality rule {pk}"):
            acts += run_rule(pk)
    return acts


@transaction.atomic
def run_rule(rule_pk: int) -> int:
    """One rule over everybody; one that somebody else looks at right now is left to them."""
    related = "project__organization", "skill_name", "on_by"
    found = QualityRule.objects.select_for_update(of=("self",), skip_locked=True).select_related(*related)
    rule = found.filter(pk=rule_pk).exclude(on_since=None).first()
    if rule is None or rule.looked_at is None:
        return 0
    # A transaction that began before the last look may have brought its results after it.
    people, now = rules.people_with_results(rule, rule.looked_at - OVERLAP), work_time.clock()
    QualityRule.objects.filter(pk=rule.pk).update(looked_at=now)
    if not people:
        return 0
    acted = dict(RuleAct.objects.filter(rule=rule).values_list("person").annotate(upto=Max("upto")).order_by())
    fresh = {
        pk: [one for one in every if one.position > acted.get(pk, 0)]
        for pk, every in rules.results_of(rule, people).items()
    }
    return sum(_act(rule, one) for one in rules.would_act(rule, fresh, since=rule.on_since))


def _act(rule: QualityRule, one: WouldAct) -> int:
    made, is_new = RuleAct.objects.get_or_create(
        rule=rule,
        person=one.person,
        upto=one.results[-1].position,
        defaults={
            "project": rule.project,
            "action": rule.action,
            "told": rule.told,
            "evidence": one.evidence,
        },
    )
    if not is_new:
        return 0
    try:
        with transaction.atomic():
            _do(rule, made)
    except Refusal as refusal:
        made.outcome, made.said, made.told = RuleAct.Outcome.REFUSED, refusal.message, ""
        made.save(update_fields=["outcome", "said", "told"])
    known = {name: one.evidence[name] for name in ("value", "low", "high", "n")}
    facts = {"person": str(one.person.uid), "action": rule.action, "outcome": made.outcome, "said": made.said, **known}
    audit.record(rule.on_by, "quality_rule.acted", rule, after=facts, root=rule.project)
    if made.told:
        words = {"project": str(rule.project.uid), "told": made.told}
        announce(rule.project.organization_id, stream_of_person(one.person.uid), "rule_acted", words)
    return 1


def _do(rule: QualityRule, made: RuleAct) -> None:
    """The act itself, by the rights that whoever switched the rule on has now. Raises refusals."""
    assert rule.on_by is not None
    access.require(rule.on_by, Permission.CHANGE_PROJECT, rule.project)
    ends_at = work_time.clock() + timedelta(days=rule.days) if rule.days else None
    if rule.action == QualityRule.Action.PAUSE:
        if pauses.pauses_of(made.person, [rule.project]):
            raise RuleViolation("paused_already", "This person was paused already.")
        evidence = made.evidence
        share = f"{evidence['value']:.3f}, interval {evidence['low']:.3f} to {evidence['high']:.3f}, n {evidence['n']}"
        reason = f"The rule {rule.name}: {rule.get_collector_display()} {share}, under {rule.bar}."
        pauses.pause_person(rule.on_by, rule.project, made.person, reason=reason, told=rule.told, ends_at=ends_at)
    elif rule.action == QualityRule.Action.RAISE_REVIEW:
        values = {"share": rule.review_share, "ends_at": ends_at, "act": made}
        RaisedReview.objects.update_or_create(project=rule.project, person=made.person, defaults=values)
    elif rule.action == QualityRule.Action.SET_SKILL:
        access.require(rule.on_by, Permission.MANAGE_PEOPLE, rule.project.organization)
        assert rule.skill_name is not None
        Skill.objects.create(
            organization=rule.project.organization,
            person=made.person,
            skill_name=rule.skill_name,
            value=rule.skill_value,
            evidence=f"The rule {rule.name} of {rule.project.name}.",
            noted_on=today_in(rule.project.organization),
            source=Skill.Source.RULE,
            set_by=rule.on_by,
        )


def raised_share(project_id: int, people: list[int]) -> int:
    """The highest share of reviews that a rule asks for the labels of these people now; 0 where none does."""
    live = Q(ends_at=None) | Q(ends_at__gt=ClockTimestamp())
    found = RaisedReview.objects.filter(live, project=project_id, person__in=people)
    return found.aggregate(most=Max("share"))["most"] or 0


def told_to(person: Person, days: int = 14) -> list[RuleAct]:
    """What rules told this person lately, newest first; a pause speaks for itself. Evidence is not for them: it would
    name rows with gold."""
    since = work_time.clock() - timedelta(days=days)
    found = RuleAct.objects.filter(person=person, outcome=RuleAct.Outcome.DONE, acted_at__gt=since)
    return list(
        found.exclude(told="")
        .exclude(action=QualityRule.Action.PAUSE)
        .select_related("project")
        .defer("evidence")
        .order_by("-pk")[:5]
    )
