"""The quality tab: rows by consensus, lowest first, and what is done about them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project, ProjectRow
from labeling.overlap import overlap_of
from quality import lane
from quality.admin.links import SOCKET, formula_link
from quality.models import RowConsensus
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.live import is_uid
from workforce.roles import Permission

ORDER = ("quality_consensus__score", "pk")
SHOWN = {
    "low": "Below the threshold",
    "tie": "Ties",
    "chosen": "Chosen by a person",
    "ambiguous": "Marked as unclear",
    "asked": "Waiting for one more",
}
ACTS = [
    ("ask", "Ask for one more opinion", Permission.CHANGE_PROJECT),
    ("review", "Send to review", Permission.CHANGE_PROJECT),
    ("leader", "Let the leader stand", Permission.CHOOSE_WINNER),
    ("ambiguous", "Mark as unclear", Permission.CHOOSE_WINNER),
    ("exclude", "Take out of the project", Permission.CHANGE_PROJECT),
]
STATUS_CHIPS = {
    RowConsensus.Status.WAITING: "",
    RowConsensus.Status.DECIDED: "ok",
    RowConsensus.Status.TIE: "warn",
    RowConsensus.Status.CHOSEN: "accent",
}


@require_safe
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_CONSENSUS)
    menus = [filters.menu(request, "show", "Rows", SHOWN.items(), any_title="All with a score")]
    held = access.permissions_of(request.user, project)
    return show_in_project(
        request,
        project,
        "quality/admin/project_quality.html",
        page="project-quality",
        rows_page=_rows(request, project),
        chips=STATUS_CHIPS,
        lists=lists_of(project, "rows"),
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        formula=formula_link("consensus"),
        settings=overlap_of(project),
        acts=[(act, title) for act, title, needs in ACTS if needs in held],
        acts_link=f"{reverse('admin:project-quality-rows', args=[uid])}?{urlencode(_kept(request))}",
        socket=SOCKET,
        now=work_time.clock(),
    )


def lists_of(project: Project, shown: str) -> list[filters.Choice]:
    """The parts of the tab: rows, people, what is to blame where they differ, and the steps of
    review."""
    pages = [
        ("rows", "Rows by consensus", "project-quality"),
        ("people", "Who agrees with whom", "project-agreement"),
        ("findings", "Rows, people, rules", "project-findings"),
        ("review", "Review steps", "project-review-steps"),
        ("appeals", "Appeals", "project-appeals"),
    ]
    return [
        filters.Choice(title, reverse(f"admin:{page}", args=[project.uid]), shown == key) for key, title, page in pages
    ]


def _rows(request: PersonRequest, project: Project) -> paging.Page[ProjectRow]:
    scored = lane.rows_with_scores(request.user, project)
    wanted = request.GET.get("show", "")
    if wanted == "low":
        scored = lane.low_rows(scored)
    elif wanted in ("tie", "chosen"):
        scored = scored.filter(quality_consensus__status=wanted)
    elif wanted == "ambiguous":
        scored = scored.filter(quality_consensus__ambiguous_at__isnull=False)
    elif wanted == "asked":
        waiting = [ProjectRow.State.WAITING, ProjectRow.State.IN_WORK]
        scored = scored.filter(quality_consensus__asked=RowConsensus.Asked.ASKED, state__in=waiting)
    related = "data_row", "quality_consensus__winner__labeler"
    return paging.page_of(request, scored.select_related(*related), order=ORDER)


@require_POST
def act_on_rows(request: PersonRequest, uid: str) -> HttpResponse:
    """One act on many rows; one message says what was done and what was refused, and why."""
    project = project_for(request, uid, Permission.CHOOSE_WINNER)
    chosen = [row for row in request.POST.getlist("row") if is_uid(row)]
    what = request.POST.get("act", "")
    address = f"{reverse('admin:project-quality', args=[uid])}?{urlencode(_kept(request))}"
    try:
        outcome = lane.act_on_rows(request.user, project, chosen, what, reason=request.POST.get("reason", ""))
    except InvalidInput as refusal:
        messages.error(request, f"{refusal.message} Nothing was changed.")
        return redirect(address)
    note = messages.warning if outcome.refused else messages.success
    note(request, outcome.in_words(one=f"row {lane.ACTS[what]}", many=f"rows {lane.ACTS[what]}"))
    return redirect(address)


def _kept(request: PersonRequest) -> dict[str, str]:
    """The filter of the list, so that the page after an act is the same list."""
    shown = request.GET.get("show", "")
    return {"show": shown} if shown in SHOWN else {}


add_page("projects/<uuid:uid>/quality/", tab, "project-quality")
add_page("projects/<uuid:uid>/quality/rows/", act_on_rows, "project-quality-rows")
add_tab(50, "Quality", "project-quality", Permission.VIEW_CONSENSUS)
