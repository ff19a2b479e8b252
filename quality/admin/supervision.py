"""Supervision of a project: the steps, where it stands, what was measured, and every move."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling.admin.project_tabs import project_for, show_in_project
from quality import supervision
from quality.admin.links import formula_link
from quality.models import Supervision
from quality.supervision import Plan, Step
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, note_refusal
from workforce.admin.site import add_page
from workforce.errors import Refusal
from workforce.roles import Permission

PAGE, TAB = "project-supervision", "project-benchmarks"
START = Plan()


class PlanForm(forms.Form):
    steps = forms.CharField(
        label="Steps: rows reviewed / rows shared, %",
        max_length=200,
        initial=", ".join(f"{one.review_share}/{one.consensus_share}" for one in START.steps),
        help_text="The closest first, such as 100/100, 50/50, 20/10.",
    )
    labels = forms.IntegerField(label="People on a shared row", min_value=2, max_value=50, initial=START.labels)
    measure = forms.ChoiceField(label="Measured by", choices=Supervision.Measure.choices)
    bar = forms.FloatField(
        label="The bar, 0 to 1",
        min_value=0,
        max_value=1,
        initial=START.bar,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        help_text="The lower bound of the 95 % interval stays there or above.",
    )
    window = forms.IntegerField(label="Last results that count", min_value=20, max_value=1000, initial=START.window)
    least = forms.IntegerField(label="Looks after so many new ones", min_value=5, max_value=1000, initial=START.least)
    at_step = forms.IntegerField(label="Starts at step", min_value=1, max_value=supervision.MOST_STEPS, initial=1)

    def clean_steps(self) -> tuple[Step, ...]:
        found = []
        for at, words in enumerate(self.cleaned_data["steps"].split(","), 1):
            shares = [share.strip().removesuffix("%").strip() for share in words.split("/")]
            if len(shares) != 2 or not all(share.isdecimal() and len(share) < 4 for share in shares):
                raise forms.ValidationError(f"Step {at} is not two whole numbers, such as 50/50: “{words.strip()}”.")
            found.append(Step(int(shares[0]), int(shares[1])))
        return tuple(found)


@require_http_methods(["GET", "HEAD", "POST"])
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_BENCHMARK
    project = project_for(request, uid, needs)
    state = supervision.state_of(request.user, project)
    form = PlanForm(request.POST or None, initial=_initial(state, project.consensus_labels))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        at_step = values.pop("at_step") - 1
        try:
            supervision.start(request.user, project, Plan(**values), at_step=at_step)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            step = values["steps"][at_step]
            said = f"{step.review_share} % of the rows are reviewed and {step.consensus_share} % shared from now on."
            messages.success(request, f"Supervision is on. {said}")
            return redirect(f"admin:{PAGE}", uid)
    return show_in_project(
        request,
        project,
        "quality/admin/supervision.html",
        page=TAB,
        form=form,
        state=state,
        moves_page=paging.page_of(request, supervision.moves_of(request.user, project)),
        formula=formula_link("supervision"),
        overlap_link=reverse("admin:project-consensus", args=[uid]),
        status=REFUSED_FORM if form.errors else 200,
    )


@require_POST
def stop(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    return act(
        request,
        lambda: supervision.stop(request.user, project),
        "Supervision is off. The shares stay as they are now.",
        then=reverse(f"admin:{PAGE}", args=[uid]),
    )


def _initial(state: supervision.State | None, labels: int) -> dict[str, object]:
    if state is None:
        return {}
    kept = state.supervision
    steps = ", ".join(f"{one.review_share}/{one.consensus_share}" for one in state.steps)
    known = {name: getattr(kept, name) for name in ("measure", "bar", "window", "least")}
    return {**known, "steps": steps, "labels": labels, "at_step": kept.step + 1}


add_page("projects/<uuid:uid>/supervision/", tab, PAGE)
add_page("projects/<uuid:uid>/supervision/stop/", stop, "project-supervision-stop")
