"""Quality rules of a project: make one, see what it would have done, switch it on, and read what the rules did."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import rules, skills
from quality.models import QualityRule
from quality.rules import WouldAct
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, note_refusal
from workforce.admin.site import add_page
from workforce.errors import Refusal
from workforce.roles import Permission

PAGE, TAB = "project-rules", "project-benchmarks"


class RuleForm(forms.Form):
    name = forms.CharField(max_length=100)
    collector = forms.ChoiceField(label="Looks at", choices=QualityRule.Collector.choices)
    window = forms.IntegerField(label="Last results of a person", min_value=5, max_value=200, initial=20)
    least = forms.IntegerField(label="At least so many", min_value=5, max_value=200, initial=10)
    condition = forms.ChoiceField(
        label="Acts when they are",
        choices=QualityRule.Condition.choices,
        help_text="Surely: the whole 95 % interval. A pause needs it.",
    )
    bar = forms.FloatField(
        label="The bar, 0 to 1",
        min_value=0,
        max_value=1,
        initial=0.7,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    action = forms.ChoiceField(label="Then", choices=QualityRule.Action.choices)
    days = forms.IntegerField(label="For so many days", min_value=1, max_value=365, required=False, initial=3)
    review_share = forms.IntegerField(label="Review, % of their rows", min_value=0, max_value=100, initial=100)
    skill = forms.ChoiceField(label="Skill that is set", required=False)
    skill_value = forms.IntegerField(label="Its value, 0 to 100", min_value=0, max_value=100, initial=0)
    told = forms.CharField(label="The person reads", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: QueryDict | None, project: Project, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        words = [(str(word.uid), word.name) for word in skills.skill_names_of(project.organization)]
        self.fields["skill"].choices = [("", "–"), *words]  # type: ignore[attr-defined]  # a field of choices


@require_http_methods(["GET", "HEAD", "POST"])
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_BENCHMARK
    project = project_for(request, uid, needs)
    form = RuleForm(request.POST or None, project)
    if request.method == "POST" and form.is_valid():
        try:
            made = rules.make_rule(request.user, project, **_values(project, form.cleaned_data))
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{made.name} is a rule now. Try it over history, then switch it on.")
            return redirect(f"admin:{PAGE}", uid)
    return _page(request, project, form, status=REFUSED_FORM if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: PersonRequest, uid: str) -> HttpResponse:
    """Change a rule. It is off then, until it is tried and switched on again."""
    found = rules.rule_to_change(request.user, uid)
    initial = {
        **{name: getattr(found, name) for name in rules.FIELDS},
        "skill": found.skill_name and found.skill_name.uid,
    }
    form = RuleForm(request.POST or None, found.project, initial)
    if request.method == "POST" and form.is_valid():
        values = {"skill_name": None, **_values(found.project, form.cleaned_data)}
        try:
            rules.change_rule(request.user, found, **values)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{values['name']} is changed, and off. Try it over history, then switch it on.")
            return redirect(f"admin:{PAGE}", found.project.uid)
    return _page(request, found.project, form, changing=found, status=REFUSED_FORM if form.errors else 200)


@require_POST
def retire(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.rule_to_change(request.user, uid)
    said = f"{found.name} is taken away. What it did stays on record."
    then = reverse(f"admin:{PAGE}", args=[found.project.uid])
    return act(request, lambda: rules.retire_rule(request.user, found), said, then=then)


@require_POST
def try_rule(request: PersonRequest, uid: str) -> HttpResponse:
    """The dry run is answered at once; what is kept is that it was looked at."""
    rule = rules.rule_to_change(request.user, uid)
    found = rules.try_rule(request.user, rule)
    rule.refresh_from_db()
    return _page(request, rule.project, RuleForm(None, rule.project), tried=rule, would_act=found)


@require_POST
def switch(request: PersonRequest, uid: str) -> HttpResponse:
    rule = rules.rule_to_change(request.user, uid)
    is_on = request.POST.get("on") == "yes"
    said = f"{rule.name} is {'on: it acts on results from now on' if is_on else 'off'}."
    change = rules.switch_on if is_on else rules.switch_off
    return act(
        request, lambda: change(request.user, rule), said, then=reverse(f"admin:{PAGE}", args=[rule.project.uid])
    )


def _page(
    request: PersonRequest,
    project: Project,
    form: RuleForm,
    *,
    tried: QualityRule | None = None,
    would_act: list[WouldAct] | None = None,
    changing: QualityRule | None = None,
    status: int = 200,
) -> HttpResponse:
    return show_in_project(
        request,
        project,
        "quality/admin/rules.html",
        page=TAB,
        form=form,
        rules=rules.rules_of(request.user, project),
        acts_page=paging.page_of(request, rules.acts_visible_to(request.user, project)),
        tried=tried,
        would_act=would_act,
        changing=changing,
        status=status,
    )


def _values(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if name != "skill"}
    if given["skill"]:
        values["skill_name"] = skills.skill_named(project.organization_id, given["skill"])
    return values


add_page("projects/<uuid:uid>/rules/", tab, PAGE)
add_page("rules/<uuid:uid>/", rule, "rule-change")
add_page("rules/<uuid:uid>/retire/", retire, "rule-retire")
add_page("rules/<uuid:uid>/try/", try_rule, "rule-try")
add_page("rules/<uuid:uid>/switch/", switch, "rule-switch")
