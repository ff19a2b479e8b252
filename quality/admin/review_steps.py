"""The steps of review of a project: who decides at each, which labels it looks at, and what that costs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling import work_time
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import review_conditions, review_preview, review_steps
from quality.admin.links import formula_link
from quality.admin.project_quality import lists_of
from quality.models import ReviewStep
from quality.review_steps import LONGEST_INSTRUCTIONS, LONGEST_NAME, MOST_STEPS, NEW, By, LooksAt, Method, Step
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, note_refusal
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound, Refusal
from workforce.roles import Permission

PAGE, STEP, TAB = "project-review-steps", "project-review-step", "project-quality"
CONDITIONS = review_conditions.CONDITIONS
SHOWN_NAMES = {By.REVIEWERS: "Every reviewer", By.EXPERTS: "Experts, and leads who review"}
METHODS = {
    Method.FIXED: "A fixed share",
    Method.RULE: "By rule, and a share of the others",
    Method.ADAPTIVE: "Adaptive to its maker’s errors",
}


class StepForm(forms.Form):
    name = forms.CharField(max_length=LONGEST_NAME)
    instructions = forms.CharField(
        label="Reviewers read",
        max_length=LONGEST_INSTRUCTIONS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Stands beside the label in the editor.",
    )
    decided_by = forms.ChoiceField(label="Who decides", choices=list(SHOWN_NAMES.items()))
    looks_at = forms.ChoiceField(
        label="Looks at", choices=[(value, label.capitalize()) for value, label in LooksAt.choices]
    )
    method = forms.ChoiceField(label="Which labels", choices=list(METHODS.items()))
    share = forms.IntegerField(label="Share, % (adaptive: at least)", min_value=0, max_value=100)
    most = forms.IntegerField(label="Adaptive: at most, %", min_value=0, max_value=100, initial=100)
    target = forms.FloatField(
        label="Adaptive: faulty and let through, at most %",
        min_value=0.1,
        max_value=50,
        initial=5,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    classes = forms.MultipleChoiceField(
        label=f"By rule: {CONDITIONS['classes'].title.lower()}", required=False, widget=forms.CheckboxSelectMultiple
    )
    low_consensus = forms.FloatField(
        label="By rule: consensus of the row under",
        min_value=0.01,
        max_value=1,
        required=False,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    newcomer = forms.IntegerField(
        label="By rule: fewer reviewed labels of its maker than",
        min_value=1,
        max_value=review_conditions.MOST_LABELS,
        required=False,
    )
    open_issue = forms.BooleanField(label="By rule: an issue of the row is open", required=False)
    machine = forms.BooleanField(label="By rule: the row has an opinion of a machine or a file", required=False)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, project: Project, number: int, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        words = sorted(review_conditions.class_words(project).items(), key=lambda it: it[1])
        self.fields["classes"].choices = words  # type: ignore[attr-defined]  # a field of choices
        if number == 1:
            del self.fields["looks_at"]

    def step(self, number: int) -> Step:
        values = self.cleaned_data
        given = [
            {"code": code, "value": values[code] if CONDITIONS[code].value else None}
            for code in CONDITIONS
            if values[code]
        ]
        plain = {name: values[name] for name in review_steps.FIELDS if name in values}
        return Step(number, **plain, conditions=tuple(given))


@require_http_methods(["GET", "HEAD", "POST"])
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    """The list, and a form for one more."""
    return _page(request, uid, NEW)


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: PersonRequest, uid: str, number: int) -> HttpResponse:
    return _page(request, uid, number)


@require_POST
def move(request: PersonRequest, uid: str, number: int) -> HttpResponse:
    """One place up; step 1 stays the first."""
    project = project_for(request, uid, Permission.CHANGE_PROJECT)

    def rule() -> Step:
        steps, at = _steps_and_place(project, number)
        if at < 2:
            raise InvalidInput("steps_invalid", "Step 1 is the first, and nothing goes before it.")
        steps[at - 1 : at + 1] = steps[at], steps[at - 1]
        review_steps.change_steps(request.user, project, steps, version=_version(request))
        return steps[at - 1]

    then = reverse(f"admin:{PAGE}", args=[uid])
    return act(request, rule, lambda moved: f"{moved.name} comes one step earlier now.", then=then)


@require_POST
def remove(request: PersonRequest, uid: str, number: int) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)

    def rule() -> Step:
        steps, at = _steps_and_place(project, number)
        gone = steps.pop(at)
        review_steps.change_steps(request.user, project, steps, version=_version(request))
        return gone

    said = "{0.name} is taken away. Labels that wait there go on; reviews in somebody’s hands are finished."
    return act(request, rule, said.format, then=reverse(f"admin:{PAGE}", args=[uid]))


def _page(request: PersonRequest, uid: str, number: int) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_CONSENSUS
    project = project_for(request, uid, needs)
    steps, version = review_steps.plan_of(request.user, project)
    changing = next((one for one in steps if one.number == number), None)
    if number != NEW and changing is None:
        raise NotFound
    form = StepForm(request.POST or None, project, number, _initial(changing, version))
    previewed = None
    if request.method == "POST" and form.is_valid():
        wanted = [form.step(number) if one.number == number else one for one in steps]
        wanted += [] if changing else [form.step(NEW)]
        try:
            if request.POST.get("act") == "preview":
                previewed = review_preview.preview(request.user, project, wanted)
            else:
                review_steps.change_steps(request.user, project, wanted, version=form.cleaned_data["version"])
                messages.success(request, "Saved. It holds for labels that are submitted from now on.")
                return redirect(f"admin:{PAGE}", uid)
        except Refusal as refusal:
            note_refusal(form, _at_its_field(refusal))
    today = work_time.day_in(project, work_time.clock())
    return show_in_project(
        request,
        project,
        "quality/admin/review_steps.html",
        page=TAB,
        lists=lists_of(project, "review"),
        form=form,
        steps=[_shown(project, one) for one in steps],
        changing=changing,
        is_movable=changing is not None and steps.index(changing) > 1,
        is_full=len(steps) >= MOST_STEPS,
        version=version,
        lacks_experts=review_steps.lacks_experts(project),
        preview=previewed or _preview_of_kept(request, project, steps),
        is_of_form=previewed is not None,
        days=review_preview.DAYS,
        line_yield=review_preview.line_yield(project, today - review_preview.MONTH, today),
        formula=formula_link("review-share"),
        status=REFUSED_FORM if form.errors else 200,
    )


def _preview_of_kept(request: PersonRequest, project: Project, steps: Sequence[Step]) -> review_preview.Preview | None:
    try:
        return review_preview.preview(request.user, project, steps)
    except Refusal:
        # A reader who may not change them, or steps whose classes the ontology has lost since.
        return None


def _shown(project: Project, one: Step) -> dict[str, Any]:
    words = review_conditions.class_words(project) if one.conditions else {}
    share = f"{one.share} %"
    if one.method == Method.ADAPTIVE:
        share = f"{one.share} to {one.most} %, at most {one.target:g} % faulty let through"
    elif one.method == Method.RULE:
        share = f"{share} of the others"
    return {
        "step": one,
        "who": SHOWN_NAMES[By(one.decided_by)],
        "looks_at": LooksAt(one.looks_at).label,
        "method": ReviewStep.Method(one.method).label,
        "share": share,
        "conditions": [review_conditions.in_words(project, given, words) for given in one.conditions],
    }


def _initial(changing: Step | None, version: int) -> dict[str, Any]:
    if changing is None:
        return {"name": "Second review", "looks_at": LooksAt.REVIEWED, "share": 10, "version": version}
    values = {name: value for name, value in asdict(changing).items() if name not in ("conditions", "number")}
    given = {one["code"]: one["value"] if CONDITIONS[one["code"]].value else True for one in changing.conditions}
    return {**values, **given, "version": version}


def _steps_and_place(project: Project, number: int) -> tuple[list[Step], int]:
    steps = list(review_steps.steps_of(project))
    at = next((at for at, one in enumerate(steps) if one.number == number), None)
    if at is None:
        raise NotFound
    return steps, at


def _version(request: PersonRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _at_its_field(refusal: Refusal) -> Refusal:
    """A refusal about one setting, as the form's fault at that field."""
    parts = str(refusal.details.get("path", "")).split(".")
    if isinstance(refusal, InvalidInput) and len(parts) > 1 and parts[1] in (*review_steps.FIELDS,):
        refusal.details["faults"] = [{"path": parts[1], "message": refusal.message}]
    return refusal


add_page("projects/<uuid:uid>/review-steps/", tab, PAGE)
add_page("projects/<uuid:uid>/review-steps/<int:number>/", step, STEP)
add_page("projects/<uuid:uid>/review-steps/<int:number>/earlier/", move, "project-review-step-earlier")
add_page("projects/<uuid:uid>/review-steps/<int:number>/remove/", remove, "project-review-step-remove")
