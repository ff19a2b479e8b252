"""The audit log: newest first, by action, and its lines as a file."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from workforce import access
from workforce import audit as audit_rules
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, chosen, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Organization
from workforce.roles import Permission

# The menu offers what happened lately; a distinct over the whole log would read all of it.
ACTIONS_FROM = 2000
LINES_AT_MOST = 10_000


@require_safe
def log(request: PersonRequest) -> HttpResponse:
    places = _places(request)
    organization = chosen(places, request.GET.get("organization") or str(places[0].uid))
    events = audit_rules.events_of(organization)
    lately = set(events.order_by("-id").values_list("action", flat=True)[:ACTIONS_FROM])
    actions = sorted(lately | {request.GET.get("action", "")} - {""})
    menus = [filters.menu(request, "action", "Action", [(action, action) for action in actions])]
    if len(places) > 1:
        names = [(str(place.uid), place.name) for place in places]
        menus.insert(0, filters.menu(request, "organization", "Organization", names, any_title=organization.name))
    page = paging.page_of(request, _of_action(events, request))
    return show(
        request,
        "workforce/admin/audit.html",
        title="Audit log",
        organization=organization,
        page=page,
        lines=[
            (event, event.actor_role.replace("_", " "), _facts(event.before), _facts(event.after))
            for event in page.rows
        ],
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        query=request.GET.urlencode(),
        lines_at_most=LINES_AT_MOST,
    )


@require_safe
def lines(request: PersonRequest) -> HttpResponse:
    """The newest events as JSON lines, with the page's filters. JSON needs no care against formulas."""
    places = _places(request)
    organization = chosen(places, request.GET.get("organization") or str(places[0].uid))
    events = _of_action(audit_rules.events_of(organization), request)[:LINES_AT_MOST]
    answer = HttpResponse("".join(_as_lines(events)), content_type="application/x-ndjson")
    answer["Content-Disposition"] = 'attachment; filename="audit-log.ndjson"'
    return answer


def _places(request: PersonRequest) -> list[Organization]:
    """Where the log may be read; asked of access, because the answer is the page's only guard."""
    places = list(access.organizations_where(request.user, Permission.VIEW_AUDIT).order_by("name", "pk"))
    if not places:
        raise NotAllowed(needs=str(Permission.VIEW_AUDIT))
    return places


def _of_action(events: QuerySet[AuditEvent], request: PersonRequest) -> QuerySet[AuditEvent]:
    action = request.GET.get("action", "")
    return events.filter(action=action) if action and "\0" not in action else events


def _facts(values: dict[str, Any]) -> list[tuple[str, str]]:
    """What stood there, as words: a list is read out, an empty value leaves its line out."""
    shown = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    return [(name.replace("_", " "), str(value)) for name, value in shown.items() if value not in (None, "")]


def _as_lines(events: Iterable[AuditEvent]) -> Iterable[str]:
    for event in events:
        facts = {
            "uid": str(event.uid),
            "at": event.at.isoformat(),
            "actor": str(event.actor.uid) if event.actor else None,
            "actor_name": event.actor.name if event.actor else None,
            "actor_role": event.actor_role,
            "action": event.action,
            "target_kind": event.target_kind,
            "target": str(event.target_uid) if event.target_uid else None,
            "address": event.address,
            "before": event.before,
            "after": event.after,
        }
        yield json.dumps(facts, ensure_ascii=False) + "\n"


add_page("audit/", log, "audit")
add_page("audit/lines/", lines, "audit-lines")
add_entry(
    Entry(
        "Organization",
        "Audit log",
        "list",
        "admin:audit",
        lambda r: reader_of(r).holds(Permission.VIEW_AUDIT),
        order=20,
    )
)
