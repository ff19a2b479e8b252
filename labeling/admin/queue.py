"""The tab "Queue": who holds rows now, what was skipped and why, what is set aside."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import project_access, projects_list, returns
from labeling import queue as queue_rules
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project, ProjectRow, Slot
from labeling.skip_reasons import SKIP_REASONS
from workforce.admin import paging
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.errors import NotFound
from workforce.models import Person
from workforce.roles import Permission

TAB = "project-queue"
MOST_LEASES = 1000
LISTS = {"leases": "With people", "rework": "In rework", "skipped": "Skipped", "aside": "Set aside"}


@dataclass
class Hand:
    """What one person holds in a project now."""

    person: Person
    slots: list[Slot] = field(default_factory=list)

    @property
    def since(self) -> datetime | None:
        return min((slot.leased_at for slot in self.slots if slot.leased_at), default=None)

    @property
    def last_input_at(self) -> datetime | None:
        return max((slot.last_input_at for slot in self.slots if slot.last_input_at), default=None)


def hands_of(project: Project) -> list[Hand]:
    """Live leases by person, longest held first; at most ``MOST_LEASES`` of them."""
    leases = queue_rules.slots_in_hand(project).select_related("labeler", "project_row__data_row")
    hands: dict[int, Hand] = {}
    for slot in leases.order_by("leased_at", "pk")[:MOST_LEASES]:
        assert slot.labeler is not None  # a constraint of the table
        hands.setdefault(slot.labeler.pk, Hand(slot.labeler)).slots.append(slot)
    return list(hands.values())


@require_safe
def queue(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid)
    shown = request.GET.get("list", "leases")
    values: dict[str, Any] = {}
    if shown == "skipped":
        skipped = projects_list.skipped_slots(project).filter(submitted_at__isnull=False)
        page = paging.page_of(request, skipped, order=("-submitted_at", "-pk"))
        values = {"page_of_list": page, "reasons": SKIP_REASONS}
    elif shown == "rework":
        values = {"page_of_list": paging.page_of(request, returns.rework_of(project))}
    elif shown == "aside":
        aside = paging.page_of(request, projects_list.rows_set_aside(project), order=("-state_since", "-pk"))
        skips = projects_list.skips_of_rows(aside.rows)
        values = {"page_of_list": aside, "lines": [(row, skips[row.pk]) for row in aside.rows], "reasons": SKIP_REASONS}
    else:
        shown, values = "leases", {"hands": hands_of(project)}
    states = projects_list.rows_by_state_of([project])[project.pk]
    return show_in_project(
        request,
        project,
        "labeling/admin/project_queue.html",
        page=TAB,
        shown=shown,
        lists=[(name, title, f"?list={name}") for name, title in LISTS.items()],
        aside_count=states[ProjectRow.State.SET_ASIDE],
        waiting_count=states[ProjectRow.State.WAITING],
        **values,
    )


@require_POST
def clear(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CLEAR_LEASES)
    person = project_access.receiver_named(project, "person", request.POST.get("person", ""))
    if not isinstance(person, Person):
        raise NotFound
    return act(
        request,
        lambda: queue_rules.clear_leases(request.user, project, of=person),
        lambda count: f"{person.name} holds no row here any more: {count} went back to the others. Drafts are kept.",
        then=_then(request, uid),
    )


def _then(request: PersonRequest, uid: str, shown: str = "") -> str:
    """Back to the list it was pressed in, or to the board."""
    if request.POST.get("then") == "board":
        return reverse("admin:project-board", args=[uid])
    return reverse(f"admin:{TAB}", args=[uid]) + (f"?list={shown}" if shown else "")


@require_POST
def return_row(request: PersonRequest, uid: str) -> HttpResponse:
    """Back to the list it was pressed in; the row itself says which project is asked."""
    project_for(request, uid, Permission.CHANGE_PROJECT)
    return act(
        request,
        lambda: returns.return_row(request.user, request.POST.get("row", "")),
        lambda row: f"{row.data_row.external_id} is back in the queue.",
        then=_then(request, uid, "aside"),
    )


@require_POST
def withdraw(request: PersonRequest, uid: str) -> HttpResponse:
    project_for(request, uid, Permission.CHANGE_PROJECT)
    return act(
        request,
        lambda: returns.withdraw_rework(request.user, request.POST.get("slot", "")),
        "Somebody else gets the row now. The label that was sent back stays on record and counts no more.",
        then=_then(request, uid, "rework"),
    )


add_page("projects/<uuid:uid>/queue/", queue, TAB)
add_page("projects/<uuid:uid>/queue/return/", return_row, "project-queue-return")
add_page("projects/<uuid:uid>/queue/withdraw/", withdraw, "project-queue-withdraw")
add_page("projects/<uuid:uid>/queue/clear/", clear, "project-queue-clear")
add_tab(40, "Queue", TAB)
