"""The board of a project, a part of the tab "Rows": who has which rows at which step, and the acts on them."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import work_time
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import board as rules
from quality.admin.links import SOCKET, rows_link
from quality.board import Column, Hands
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page

PAGE, TAB = "project-board", "project-rows"
# Whose leases the page may free.
HELD = ("labeling", "review")


@dataclass(frozen=True)
class ShownColumn:
    column: Column
    link: str
    hands: list[tuple[Hands, str]]
    is_held: bool
    rest: int


@require_safe
def board(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid)
    shown = rules.board_of(request.user, project, at=work_time.clock())
    return show_in_project(
        request,
        project,
        "quality/admin/board.html",
        page=TAB,
        columns=[_shown(project, column) for column in shown.columns],
        acts={
            "clear": reverse("admin:project-queue-clear", args=[uid]),
            "withdraw": reverse("admin:project-queue-withdraw", args=[uid]),
            "return": reverse("admin:project-queue-return", args=[uid]),
        },
        socket=SOCKET,
        now=shown.at,
    )


def _shown(project: Project, column: Column) -> ShownColumn:
    # Rows of one step only where there are several; done rows open the whole list of what is done.
    link = rows_link(project, column.stage) + (f"&step={column.step}" if column.step > 1 else "")
    hands = [(one, f"{link}&person={one.person.uid}") for one in column.hands]
    rest = column.count - sum(one.count for one in column.hands) if column.stage == "review" else 0
    return ShownColumn(column, link, hands, column.stage in HELD, max(0, rest))


add_page("projects/<uuid:uid>/board/", board, PAGE)
