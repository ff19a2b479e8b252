"""People in the quality tab: who agrees with whom, pairs that are too equal with their rows, scores computed anew."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from labeling.overlap import overlap_of
from quality import overlap, people_agreement, recompute
from quality.admin.links import SOCKET, formula_link
from quality.admin.project_quality import lists_of
from quality.charts import words
from quality.people_agreement import PeopleAgreement, TwoPeople
from workforce.admin import filters
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.errors import NotFound
from workforce.live import is_uid
from workforce.models import Person
from workforce.roles import Permission

TAB = "project-quality"
PAGE = "project-agreement"
# More columns cannot be read; the table below them names every pair.
MOST_COLUMNS = 12
MOST_ROWS = 100
FEWEST = 5


@dataclass(frozen=True)
class Line:
    """One person's line of the matrix: a cell for each column, none on the diagonal and without a common row."""

    person: Person
    cells: list[tuple[TwoPeople | None, int]]


@require_safe
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_CONSENSUS)
    found = people_agreement.people_agreement(request.user, project, question=request.GET.get("question", ""))
    asked = found.question
    names = [(one.uid, one.name) for one in found.questions if asked is None or one.uid != asked.uid]
    job = recompute.recomputes_of(project).first()
    return show_in_project(
        request,
        project,
        "quality/admin/agreement.html",
        page=TAB,
        found=found,
        lines=_matrix(found),
        columns=_most_common(found),
        left_out=max(0, len(found.people) - MOST_COLUMNS),
        alpha=_in_words(found),
        menus=[filters.menu(request, "question", "Question", names, any_title=asked.name)] if asked and names else [],
        settings=overlap_of(project),
        strategies=dict(Project.Strategy.choices),
        extra_count=overlap.extras_asked(project),
        job=job,
        report=recompute.report_of(job) if job else None,
        moved=recompute.moved_shown_to(request.user, project, job)[:MOST_ROWS] if job else [],
        formula=formula_link("consensus"),
        fewest=FEWEST,
        lists=lists_of(project, "people"),
        socket=SOCKET,
        now=work_time.clock(),
    )


def _matrix(found: PeopleAgreement) -> list[Line]:
    people = _most_common(found)
    return [Line(one, [_cell(found.pair(one, other)) for other in people]) for one in people]


def _cell(pair: TwoPeople | None) -> tuple[TwoPeople | None, int]:
    """The pair and how strong its tone is, 0 to 4; a few rows say too little for one."""
    return pair, round(4 * pair.mean) if pair and pair.n >= FEWEST else 0


def _most_common(found: PeopleAgreement) -> list[Person]:
    """Those with most common rows, by name."""
    rows = {person.pk: 0 for person in found.people}
    for pair in found.pairs:
        rows[pair.a.pk] += pair.n
        rows[pair.b.pk] += pair.n
    chosen = sorted(found.people, key=lambda person: (-rows[person.pk], person.pk))[:MOST_COLUMNS]
    return sorted(chosen, key=lambda person: (person.name, person.pk))


def _in_words(found: PeopleAgreement) -> str:
    """Krippendorff's alpha of the question, never a percentage; with its interval, or why there is none."""
    if found.alpha is None:
        return ""
    if found.alpha.value is None:
        return f"alpha: {found.alpha.why_null}"
    said = f"alpha {words.decimal(found.alpha.value, 2)}"
    if found.alpha.low is None or found.alpha.high is None:
        return f"{said}, too few rows for an interval (n {found.alpha.unit_count})"
    low, high = words.decimal(found.alpha.low, 2), words.decimal(found.alpha.high, 2)
    return f"{said}, 95 % {low} to {high}, n {found.alpha.unit_count}"


@require_safe
def rows(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_CONSENSUS)
    a, b = request.GET.get("a", ""), request.GET.get("b", "")
    if not (is_uid(a) and is_uid(b)):
        raise NotFound
    return show_in_project(
        request,
        project,
        "quality/admin/agreement_rows.html",
        page=TAB,
        title="Rows of two people",
        crumbs=[
            (project.name, reverse("admin:project", args=[uid])),
            ("People", reverse(f"admin:{PAGE}", args=[uid])),
        ],
        pairs=list(people_agreement.rows_of_two(request.user, project, a, b)[:MOST_ROWS]),
        most=MOST_ROWS,
    )


@require_POST
def recompute_scores(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    return act(
        request,
        lambda: recompute.start_recompute(request.user, project),
        "The scores are computed anew. What moved stands here when they are there.",
        then=reverse(f"admin:{PAGE}", args=[uid]),
    )


add_page("projects/<uuid:uid>/agreement/", tab, PAGE)
add_page("projects/<uuid:uid>/agreement/rows/", rows, "project-agreement-rows")
add_page("projects/<uuid:uid>/agreement/recompute/", recompute_scores, "project-recompute")
