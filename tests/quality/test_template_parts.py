"""A template keeps how a project is measured, and a project of it starts so."""

import pytest
from django.test import Client

from labeling import project_templates
from labeling.models import Slot
from quality import gold_policy, rules, skills, supervision
from quality.models import QualityRule, Supervision
from quality.supervision import Plan, Step
from tests.line import Line
from tests.quality.test_rules import PAUSE

pytestmark = pytest.mark.django_db


def test_a_project_of_a_template_is_measured_as_the_one_it_was_made_of(line: Line) -> None:
    cast, project = line.cast, line.project
    gold_policy.change_policy(cast.max, project, base_rate=15, bar=0.7)
    word = skills.add_skill_name(cast.ada, cast.home, "Vans")
    rules.make_rule(cast.max, project, **PAUSE)
    asks_more = {**PAUSE, "name": "No vans", "action": "set_skill", "skill_name": word, "skill_value": 10}
    rules.make_rule(cast.max, project, **asks_more)
    gone = rules.make_rule(cast.max, project, **{**PAUSE, "name": "Old"})
    rules.retire_rule(cast.max, gone)
    supervision.start(cast.max, project, Plan((Step(100, 100), Step(20, 10)), labels=2, bar=0.8), at_step=1)
    project.refresh_from_db()
    template = project_templates.make_template_of(cast.max, project, name="Street")
    words = dict(project_templates.parts_in_words(template))
    assert words["Quality rules"] == "2, switched off" and "100/100, 20/10" in words["Supervision"]
    client = Client()
    client.force_login(cast.max)
    assert "100/100, 20/10" in client.get(f"/admin/templates/{template.uid}/").content.decode()
    shape = client.get(f"/api/v1/project-templates/{template.uid}/").json()
    assert {one["title"] for one in shape["parts"]} == {"Benchmarks", "Quality rules", "Supervision"}

    brief = {"name": "Vans", "brief": "Find every van.", "dataset": line.dataset}
    started = project_templates.start_project(cast.max, template, **brief)
    assert started.left_out == ()
    assert gold_policy.policy_of(started.project).base_rate == 15
    made = QualityRule.objects.filter(project=started.project).order_by("name")
    assert [(rule.name, rule.on_since, rule.skill_name) for rule in made] == [
        ("No vans", None, word),
        ("Stop the careless", None, None),
    ]
    assert Supervision.objects.get(project=started.project).step == 0
    assert Slot.objects.filter(project=started.project).count() == 2 * 4, "its first rows are all shared"

    by_lead = project_templates.start_project(cast.pia, template, name="Pia's", brief="Find every van.")
    assert [what for what, _ in by_lead.left_out if what.startswith("The rule")] == ["The rule No vans"]
    assert QualityRule.objects.get(project=by_lead.project).name == "Stop the careless"


def test_a_project_without_such_settings_makes_a_plain_template(line: Line) -> None:
    template = project_templates.make_template_of(line.cast.max, line.project, name="Plain")
    assert template.parts == {} and project_templates.parts_in_words(template) == []
