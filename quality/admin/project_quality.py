"""The quality tab: rows by consensus, lowest first, and the benchmarks of a project."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.blindness import hide_unsubmitted_rows
from labeling.models import Project, ProjectRow
from quality.admin.links import SOCKET, formula_link
from quality.models import Benchmark, RowConsensus
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page
from workforce.roles import Permission

ORDER = ("quality_consensus__score", "pk")
SHOWN = {"low": "Below the threshold", "tie": "Ties", "chosen": "Chosen by a person"}
STATUS_CHIPS = {
    RowConsensus.Status.WAITING: "",
    RowConsensus.Status.DECIDED: "ok",
    RowConsensus.Status.TIE: "warn",
    RowConsensus.Status.CHOSEN: "accent",
}


@require_safe
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_CONSENSUS)
    show_rows = request.GET.get("list") != "benchmarks"
    lists = [
        filters.Choice("Rows by consensus", paging.link_with(request, list="", after="", before=""), show_rows),
        filters.Choice(
            "Benchmarks", paging.link_with(request, list="benchmarks", after="", before="", show=""), not show_rows
        ),
    ]
    menus = [filters.menu(request, "show", "Rows", SHOWN.items(), any_title="All with a score")] if show_rows else []
    page = _rows(request, project) if show_rows else _benchmarks(request, project)
    return show_in_project(
        request,
        project,
        "quality/admin/project_quality.html",
        page="project-quality",
        rows_page=page if show_rows else None,
        benchmarks_page=None if show_rows else page,
        chips=STATUS_CHIPS,
        lists=lists,
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        formula=formula_link("consensus"),
        labels_link=reverse("admin:labels"),
        socket=SOCKET,
        now=work_time.clock(),
    )


def _rows(request: PersonRequest, project: Project) -> paging.Page[ProjectRow]:
    rows = access.visible_to(request.user, ProjectRow.objects.filter(project=project), Permission.VIEW_CONSENSUS)
    rows = hide_unsubmitted_rows(request.user, rows, project)
    scored = rows.filter(quality_consensus__project=project, quality_consensus__score__isnull=False)
    wanted = request.GET.get("show", "")
    if wanted == "low":
        scored = scored.filter(quality_consensus__score__lt=project.consensus_threshold)
    elif wanted in ("tie", "chosen"):
        scored = scored.filter(quality_consensus__status=wanted)
    related = "data_row", "quality_consensus__winner__labeler"
    return paging.page_of(request, scored.select_related(*related), order=ORDER)


def _benchmarks(request: PersonRequest, project: Project) -> paging.Page[Benchmark]:
    found = access.visible_to(request.user, Benchmark.objects.filter(project=project), Permission.VIEW_BENCHMARK)
    related = "project_row__data_row", "made_by", "gold__made_from__labeler"
    return paging.page_of(request, found.select_related(*related))


add_page("projects/<uuid:uid>/quality/", tab, "project-quality")
add_tab(50, "Quality", "project-quality", Permission.VIEW_CONSENSUS)
