"""The rows of a project: in which state, since when, in which batch; what the figures of the line open."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from labeling import projects_list, work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.blindness import rows_known_to
from labeling.models import Batch, Project, ProjectRow
from quality import board, flow_rows, review_steps
from quality.admin.links import SOCKET
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page

TAB = "project-rows"
MOST_BATCHES = 50
MOST_STEPS = 100
# The order of the index: a page costs the same in the middle of a million rows.
ORDER = ("state", "state_since", "pk")
STATE_CHIPS = {
    ProjectRow.State.IN_REVIEW: ("accent", ""),
    ProjectRow.State.IN_REWORK: ("warn", "warn"),
    ProjectRow.State.DONE: ("ok", "check"),
    ProjectRow.State.SET_ASIDE: ("warn", "help"),
}


@require_safe
def rows(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid)
    now = work_time.clock()
    figure = request.GET.get("rows", "")
    batches = list(projects_list.batches_of(project).order_by("-pk")[:MOST_BATCHES])
    batch = _batch(project, batches, request.GET.get("batch", ""))
    found = flow_rows.rows_behind(request.user, project, figure, at=now, batch=batch)
    holder = board.holder_named(project, request.GET.get("person", ""))
    step = int(request.GET["step"]) if request.GET.get("step", "").isdecimal() and figure == "review" else 0
    found = board.narrowed(found, project, holder=str(holder.uid) if holder else "", step=min(step, MOST_STEPS))
    page = paging.page_of(request, found, order=ORDER)
    # Which rows they are is no secret to one who labels here as well; their scores are.
    scored = rows_known_to(request.user, page.rows, project)
    opinions = flow_rows.opinions_in(page.rows)
    menus = [
        filters.menu(request, "rows", "Rows", [*flow_rows.STAGES.items(), *flow_rows.MOVES.items()], any_title="All"),
        filters.menu(request, "batch", "Batch", _choices(batches, batch)),
    ]
    if holder:
        menus.append(filters.menu(request, "person", "With", [(str(holder.uid), holder.name)]))
    if step:
        name = review_steps.name_in(review_steps.names_of([project.pk]), project.pk, step)
        menus.append(filters.menu(request, "step", "Step", [(str(step), name)]))
    return show_in_project(
        request,
        project,
        "quality/admin/rows.html",
        page=TAB,
        rows_page=page,
        lines=[
            (row, STATE_CHIPS.get(ProjectRow.State(row.state)), opinions[row.pk], row.pk in scored) for row in page.rows
        ],
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        socket=SOCKET,
        now=now,
    )


def _batch(project: Project, newest: list[Batch], uid: str) -> Batch | None:
    """The batch of the filter; an old one is looked up, one of another project is none."""
    known = next((batch for batch in newest if str(batch.uid) == uid), None)
    return known or projects_list.batch_named(project, uid)


def _choices(newest: list[Batch], shown: Batch | None) -> list[tuple[str, str]]:
    batches = newest if shown is None or shown in newest else [*newest, shown]
    return [(str(batch.uid), batch.name) for batch in batches]


add_page("projects/<uuid:uid>/rows/", rows, TAB)
add_tab(35, "Rows", TAB)
