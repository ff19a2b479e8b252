"""The audit log: newest first, by action, person, thing and days, and its lines as a file."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from workforce import access, people_list
from workforce import audit as audit_rules
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, chosen, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed
from workforce.live import is_uid
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
    asked = _asked_for(events, request, organization)
    menus = _menus(request, events, organization)
    if len(places) > 1:
        names = [(str(place.uid), place.name) for place in places]
        menus.insert(0, filters.menu(request, "organization", "Organization", names, any_title=organization.name))
    page = paging.page_of(request, asked)
    return show(
        request,
        "workforce/admin/audit.html",
        title="Audit log",
        organization=organization,
        page=page,
        lines=_lines_of(request, organization, page.rows),
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
    events = _asked_for(audit_rules.events_of(organization), request, organization)[:LINES_AT_MOST]
    answer = HttpResponse("".join(_as_lines(events)), content_type="application/x-ndjson")
    answer["Content-Disposition"] = 'attachment; filename="audit-log.ndjson"'
    return answer


def _places(request: PersonRequest) -> list[Organization]:
    """Where the log may be read; asked of access, because the answer is the page's only guard."""
    places = list(access.organizations_where(request.user, Permission.VIEW_AUDIT).order_by("name", "pk"))
    if not places:
        raise NotAllowed(needs=str(Permission.VIEW_AUDIT))
    return places


def _asked_for(events: QuerySet[AuditEvent], request: PersonRequest, place: Organization) -> QuerySet[AuditEvent]:
    """Those of the action, person, thing and days that the address names; a uid that is none fits nothing."""
    action, person, thing = (request.GET.get(name, "") for name in ("action", "person", "thing"))
    if action and "\0" not in action:
        events = events.filter(action=action)
    if person:
        events = events.filter(actor__uid=person) if is_uid(person) else events.none()
    if thing:
        events = events.filter(target_uid=thing) if is_uid(thing) else events.none()
    since, until = filters.day_named(request, "from"), filters.day_named(request, "to")
    if since:
        events = events.filter(at__gte=_midnight(since, place))
    if until:
        events = events.filter(at__lt=_midnight(until + timedelta(days=1), place))
    return events


def _midnight(day: date, place: Organization) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(place.time_zone))


def _menus(request: PersonRequest, events: QuerySet[AuditEvent], place: Organization) -> list[filters.Menu]:
    """What and who happened lately, with what the address names, which may be older."""
    person, thing = request.GET.get("person", ""), request.GET.get("thing", "")
    lately = list(events.order_by("-id").values_list("action", "actor__uid", "actor__name")[:ACTIONS_FROM])
    actions = sorted({action for action, *_ in lately} | {request.GET.get("action", "")} - {""})
    people = {str(uid): name for _, uid, name in lately if uid}
    if person not in people and is_uid(person):
        people |= {str(one.actor.uid): one.actor.name for one in events.filter(actor__uid=person)[:1] if one.actor}
    menus = [
        filters.menu(request, "action", "Action", [(action, action) for action in actions]),
        filters.menu(request, "person", "Who", sorted(people.items(), key=lambda one: one[1]), any_title="Anybody"),
        filters.period_menu(
            request,
            _today(place),
            filters.day_named(request, "from"),
            filters.day_named(request, "to"),
            title="Time",
        ),
    ]
    if is_uid(thing):
        menus.append(filters.menu(request, "thing", "Thing", [(thing, thing[:8])]))
    return menus


def _today(place: Organization) -> date:
    return timezone.localdate(timezone=ZoneInfo(place.time_zone))


def _lines_of(request: PersonRequest, place: Organization, events: Sequence[AuditEvent]) -> list[dict[str, Any]]:
    """Where a fact holds the uid of a person or team of the organization, the page says the name."""
    held: set[str] = set()
    for event in events:
        for value in (*event.before.values(), *event.after.values()):
            held.update(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))
    names = people_list.names_of_uids(place, [text for text in held if is_uid(text)])
    return [_line(request, event, names) for event in events]


def _line(request: PersonRequest, event: AuditEvent, names: dict[str, str]) -> dict[str, Any]:
    """One event; who, what and the thing are doors to the others of the same."""
    uid = str(event.actor.uid) if event.actor else ""
    paging_off = {"after": "", "before": ""}
    return {
        "event": event,
        "role": event.actor_role.replace("_", " "),
        "before": _facts(event.before, names),
        "after": _facts(event.after, names),
        "of_action": paging.link_with(request, action=event.action, **paging_off),
        "of_person": paging.link_with(request, person=uid, **paging_off) if uid else "",
        "of_thing": paging.link_with(request, thing=str(event.target_uid), **paging_off) if event.target_uid else "",
    }


def _facts(values: dict[str, Any], names: dict[str, str]) -> list[tuple[str, str]]:
    """What stood there, as words: a list is read out, an empty value leaves its line out."""

    def words(value: Any) -> str:
        return names.get(str(value), str(value))

    shown = {name: ", ".join(map(words, value)) if isinstance(value, list) else value for name, value in values.items()}
    return [(name.replace("_", " "), words(value)) for name, value in shown.items() if value not in (None, "", {})]


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
