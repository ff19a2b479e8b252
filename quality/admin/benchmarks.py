"""Benchmarks of a project: accuracy by person and class, the golds, how often people meet them; a label beside its
gold; what is done with the gold of a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.annotations.kinds import is_tool
from labeling.models import Label, ProjectRow
from labeling.ontologies import parsed
from quality import accuracy, benchmarks, checks, contests, gold_policy, gold_scores
from quality.accuracy import ERRORS
from quality.admin.links import formula_link, labels_link
from quality.benchmarks import Accepted
from quality.charts.overlay import Overlay, Shape, overlay
from quality.gold_scores import Comparison
from quality.models import Benchmark, GoldDecision
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, note_refusal
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound, Refusal
from workforce.roles import Permission

TAB = "project-benchmarks"
SHOWN = {"suspended": "Suspended", "flagged": "Answer may be known"}
LEAKS = {"copied": "copied to the pixel", "suddenly_right": "suddenly all right"}
OWN_STYLE, GOLD_STYLE = "2-solid", "12-dotted"
NO_PICTURE = (640, 480)


class PolicyForm(forms.Form):
    first_rows = forms.IntegerField(label="First rows of a person", min_value=0, max_value=gold_policy.MOST_FIRST)
    base_rate = forms.IntegerField(label="Then, % of rows", min_value=0, max_value=100)
    least_rate = forms.IntegerField(label="Never less than, %", min_value=0, max_value=100)
    most_rate = forms.IntegerField(label="Never more than, %", min_value=0, max_value=100)
    bar = forms.FloatField(
        label="Score that makes trusted", min_value=0, max_value=1, widget=forms.NumberInput(attrs={"step": "0.01"})
    )


@dataclass(frozen=True)
class Difference:
    """One object or answer that differs, as the comparison lists it."""

    number: str
    name: str
    likeness: float
    note: str


# --- The tab ----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_BENCHMARK
    project = project_for(request, uid, needs)
    form = PolicyForm(request.POST or None, initial=vars(gold_policy.policy_of(project)))
    if request.method == "POST" and form.is_valid():
        try:
            gold_policy.change_policy(request.user, project, **form.cleaned_data)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, "Changed: how often people meet gold. It holds from the next claim on.")
            return redirect(f"admin:{TAB}", uid)
    found = benchmarks.benchmarks_visible_to(request.user, project)
    wanted = request.GET.get("show", "")
    if wanted == "suspended":
        found = found.filter(state=Benchmark.State.SUSPENDED)
    elif wanted == "flagged":
        found = found.exclude(leak={})
    page = paging.page_of(request, found)
    figures = accuracy.figures_of_golds(page.rows)
    shown = accuracy.accuracy_of(request.user, project, labeler=_uid(request.GET.get("labeler", "")))
    people = [(one.uid, one.name) for one in shown.people]
    return show_in_project(
        request,
        project,
        "quality/admin/benchmarks.html",
        page=TAB,
        form=form,
        shown=shown,
        people=[(one, labels_link(project, one.uid)) for one in shown.people],
        golds_page=page,
        golds=[(gold, figures[gold.pk], [LEAKS[sign] for sign in gold.leak]) for gold in page.rows],
        menus=[filters.menu(request, "show", "Golds", SHOWN.items(), any_title="All")],
        class_menus=[filters.menu(request, "labeler", "Labeled by", people, any_title="Everybody")],
        formula=formula_link("benchmark"),
        now=work_time.clock(),
        status=REFUSED_FORM if form.errors else 200,
    )


def _uid(text: str) -> str:
    """The uid that the address names; nobody's where it is none."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise NotFound from None


# --- A label beside its gold ------------------------------------------------------------------------------------
@require_safe
def compare(request: PersonRequest, uid: str) -> HttpResponse:
    label = access.access(
        request.user,
        Label.objects.select_related("project__organization", "project__ontology", "project_row__data_row", "labeler"),
        uid,
        Permission.VIEW_BENCHMARK,
    )
    found = gold_scores.comparison_of(label)
    if found is None:
        raise NotFound
    row = label.project_row
    differences, numbers = _differences(found)
    return show_in_project(
        request,
        label.project,
        "quality/admin/compare.html",
        page=TAB,
        title=f"{label.labeler.name} beside the gold",
        crumbs=[
            (label.project.name, reverse("admin:project", args=[label.project.uid])),
            ("Benchmarks", reverse(f"admin:{TAB}", args=[label.project.uid])),
            (row.data_row.external_id, reverse("admin:row", args=[row.uid])),
        ],
        label=label,
        row=row,
        found=found,
        drawing=_drawing(found, row, numbers),
        differences=differences,
        swatches=(OWN_STYLE, GOLD_STYLE),
        picture=reverse("asset", args=[row.uid]) if row.data_row.asset_path else "",
    )


def _differences(found: Comparison) -> tuple[list[tuple[str, list[Difference]]], dict[str, str]]:
    """Kind of error → what differs so, in the order of ``ERRORS``; and the number that stands at each object."""
    names = {feature.uid: feature.name for feature in parsed(found.version.ontology_version).features}
    by_error: dict[str, list[Difference]] = {}
    numbers: dict[str, str] = {}
    for feature in found.score.benchmark_explanation:
        for one in feature["objects"]:
            if not one["error"]:
                continue
            number = str(sum(map(len, by_error.values())) + 1)
            numbers |= {id_: number for id_ in (one["a_id"], one["b_id"]) if id_}
            seen = names.get(one["confused_with"], "")
            note = "; ".join(filter(None, [f"gold calls it {seen}" if seen and one["a_id"] else "", one["note"]]))
            name = names.get(feature["feature"], "a class that is gone")
            by_error.setdefault(one["error"], []).append(Difference(number, name, one["geometry"], note))
    return [(words, by_error[error]) for error, words in ERRORS.items() if error in by_error], numbers


def _drawing(found: Comparison, row: ProjectRow, numbers: dict[str, str]) -> Overlay | None:
    drawn = [
        (found.version.payload, OWN_STYLE, found.version.label.labeler.name),
        (found.gold_payload, GOLD_STYLE, "Gold"),
    ]
    shapes = [
        Shape(entry["id"], entry["kind"], entry["value"], name, style)
        for payload, style, name in drawn
        for entry in payload["features"]
        if is_tool(entry["kind"])
    ]
    if row.data_row.size is None and not shapes:
        return None
    return overlay(shapes, row.data_row.size or NO_PICTURE, numbers=numbers)


# --- Acts on a row's gold ---------------------------------------------------------------------------------------
def gold_section(request: PersonRequest, row: ProjectRow, benchmark: Benchmark | None) -> dict[str, Any]:
    """What the row's page shows of its gold; nothing to one who may not see it."""
    if not access.can(request.user, Permission.VIEW_BENCHMARK, row):
        return {}
    decisions = contests.decisions_on(row)
    if benchmark is None:
        return {"decisions": decisions} if decisions else {}
    return {
        "gold_versions": benchmarks.versions_of(benchmark),
        "answers": gold_scores.answers_to(row),
        "against": contests.people_against(benchmark),
        "leaks": [LEAKS[sign] for sign in benchmark.leak],
        "decisions": decisions,
    }


def gold_classes(benchmark: Benchmark | None) -> list[tuple[str, str, float | str]]:
    """Uid and name of each class and question, and its tolerance, if it has one."""
    if benchmark is None:
        return []
    gold = gold_scores.gold_of(benchmark)
    features = parsed(gold.version.ontology_version).features
    return [(feature.uid, feature.name, gold.tolerances.get(feature.uid, "")) for feature in features]


@require_POST
def accept(request: PersonRequest, uid: str) -> HttpResponse:
    def rule(row: ProjectRow) -> dict[str, Any]:
        label = benchmarks.label_to_star(request.user, row, request.POST.get("label", ""))
        return benchmarks.accept_answer(request.user, label, rationale=request.POST.get("reason", ""))

    return _act(request, uid, rule)


@require_POST
def set_tolerances(request: PersonRequest, uid: str) -> HttpResponse:
    """One field a class, named by its uid; empty takes the tolerance away."""

    def rule(row: ProjectRow) -> dict[str, Any]:
        given = {name[4:]: str(value).strip() for name, value in request.POST.items() if name.startswith("tol-")}
        try:
            tolerances = {feature: float(value) for feature, value in given.items() if value}
        except ValueError:
            raise InvalidInput("tolerance_invalid", "A tolerance is a number above 0 and up to 1.") from None
        accepted = Accepted(request.POST.get("reason", ""), tolerances=tolerances)
        return benchmarks.change_benchmark(request.user, row, accepted=accepted)

    return _act(request, uid, rule)


@require_POST
def decide(request: PersonRequest, uid: str) -> HttpResponse:
    def rule(row: ProjectRow) -> dict[str, Any]:
        said = {"decision": request.POST.get("decision", ""), "reason": request.POST.get("reason", "")}
        made: GoldDecision = contests.decide(request.user, row, **said)
        return dict(made.report)

    return _act(request, uid, rule)


@require_POST
def draw(request: PersonRequest, uid: str) -> HttpResponse:
    row = _row(request, uid)
    try:
        slot = checks.draw_gold(request.user, row)
    except NotFound:
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:row", uid)
    return redirect(f"{reverse('label', args=[row.project.uid])}?wanted={slot.uid}")


def _act(request: PersonRequest, uid: str, rule: Callable[[ProjectRow], dict[str, Any]]) -> HttpResponse:
    row = _row(request, uid)
    return act(request, lambda: rule(row), _moved, then=reverse("admin:row", args=[uid]))


def _row(request: PersonRequest, uid: str) -> ProjectRow:
    return benchmarks.row_for_gold(request.user, uid)


def _moved(report: dict[str, Any]) -> str:
    if not report["moved"]:
        return "Done. No score moved."
    return f"Done. {report['moved']} of {report['scored']} scores moved."


add_page("projects/<uuid:uid>/benchmarks/", tab, TAB)
add_page("labels/<uuid:uid>/gold/", compare, "label-gold")
add_page("rows/<uuid:uid>/gold/accept/", accept, "row-gold-accept")
add_page("rows/<uuid:uid>/gold/tolerances/", set_tolerances, "row-gold-tolerances")
add_page("rows/<uuid:uid>/gold/decide/", decide, "row-gold-decide")
add_page("rows/<uuid:uid>/gold/draw/", draw, "row-gold-draw")
add_tab(55, "Benchmarks", TAB, Permission.VIEW_BENCHMARK)
