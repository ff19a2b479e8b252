"""What a project template keeps of this floor: how often people meet gold, the steps of review, quality rules,
supervision.

Rules come switched off: a new project has no history over which they could have been tried. Supervision that was on
starts at its first step."""

from dataclasses import asdict, replace
from typing import Any

from labeling.models import Project
from labeling.project_templates import Part, register_part
from quality import gold_policy, review_steps, rules, supervision
from quality.models import BenchmarkPolicy, QualityRule, ReviewStep, SkillName, Supervision
from quality.supervision import Plan, Step
from workforce.errors import Refusal
from workforce.models import Person

LeftOut = list[tuple[str, str]]


def _policy(project: Project) -> dict[str, Any]:
    is_set = BenchmarkPolicy.objects.filter(project=project).exists()
    return vars(gold_policy.policy_of(project)) if is_set else {}


def _set_policy(actor: Person, project: Project, kept: dict[str, Any]) -> LeftOut:
    gold_policy.change_policy(actor, project, **kept)
    return []


def _policy_in_words(kept: dict[str, Any]) -> str:
    return (
        f"{kept['first_rows']} first rows, then {kept['base_rate']} % ({kept['least_rate']} to {kept['most_rate']} %)"
    )


def _rules(project: Project) -> list[dict[str, Any]]:
    found = QualityRule.objects.filter(project=project, retired_at=None).select_related("skill_name").order_by("name")
    plain = [name for name in rules.FIELDS if name != "skill_name"]
    return [
        {**{name: getattr(rule, name) for name in plain}, "skill": str(rule.skill_name.uid) if rule.skill_name else ""}
        for rule in found
    ]


def _make_rules(actor: Person, project: Project, kept: list[dict[str, Any]]) -> LeftOut:
    words = {str(one.uid): one for one in SkillName.objects.filter(organization=project.organization)}
    left_out = []
    for one in kept:
        values = {name: value for name, value in one.items() if name != "skill"}
        try:
            rules.make_rule(actor, project, **values, skill_name=words.get(one["skill"]))
        except Refusal as refusal:
            left_out.append((f"The rule {one['name']}", refusal.message))
    return left_out


def _supervision(project: Project) -> dict[str, Any] | None:
    kept = Supervision.objects.filter(project=project).exclude(on_since=None).first()
    if kept is None:
        return None
    known = {name: getattr(kept, name) for name in ("steps", "measure", "bar", "window", "least")}
    return {**known, "labels": project.consensus_labels}


def _supervise(actor: Person, project: Project, kept: dict[str, Any]) -> LeftOut:
    steps = tuple(Step(**step) for step in kept["steps"])
    supervision.start(actor, project, Plan(**{**kept, "steps": steps}))
    return []


def _steps_in_words(kept: dict[str, Any]) -> str:
    steps = ", ".join(f"{step['review_share']}/{step['consensus_share']}" for step in kept["steps"])
    return f"reviewed/shared {steps} %, from the first step"


def _review_steps(project: Project) -> list[dict[str, Any]]:
    """Without a change of them, a project has only what its settings say."""
    if not review_steps.version_of(project):
        return []
    return [
        {name: value for name, value in asdict(step).items() if name != "number"}
        for step in review_steps.steps_of(project)
    ]


def _set_review_steps(actor: Person, project: Project, kept: list[dict[str, Any]]) -> LeftOut:
    """The share of the first is a setting of the template itself."""
    steps = [review_steps.Step(**{**one, "conditions": tuple(one["conditions"])}) for one in kept]
    first = replace(steps[0], number=1, share=project.review_share, most=max(steps[0].most, project.review_share))
    try:
        review_steps.change_steps(actor, project, [first, *steps[1:]])
    except Refusal as refusal:
        return [("Review steps", refusal.message)]
    return []


def _review_steps_in_words(kept: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['name']} ({ReviewStep.Method(one['method']).label})" for one in kept)


def connect() -> None:
    register_part("benchmark_policy", Part("Benchmarks", _policy, _set_policy, _policy_in_words))
    register_part("review_steps", Part("Review steps", _review_steps, _set_review_steps, _review_steps_in_words))
    register_part(
        "quality_rules", Part("Quality rules", _rules, _make_rules, lambda kept: f"{len(kept)}, switched off")
    )
    register_part("supervision", Part("Supervision", _supervision, _supervise, _steps_in_words))
