"""Alerts of the organizations that one runs, newest first, until somebody has seen them."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from workforce import access
from workforce import alerts as rules
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, act, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed
from workforce.models import Alert
from workforce.roles import Permission


@require_safe
def alerts(request: PersonRequest) -> HttpResponse:
    if not access.organizations_where(request.user, Permission.MANAGE_ORGANIZATION).exists():
        raise NotAllowed(needs=str(Permission.MANAGE_ORGANIZATION))
    found = rules.alerts_for(request.user)
    menus = [
        filters.menu(request, "kind", "Kind", Alert.Kind.choices),
        filters.menu(request, "state", "State", [("open", "Not seen"), ("seen", "Seen")]),
    ]
    if request.GET.get("kind") in Alert.Kind.values:
        found = found.filter(kind=request.GET["kind"])
    if request.GET.get("state") in ("open", "seen"):
        found = found.filter(seen_at__isnull=request.GET["state"] == "open")
    page = paging.page_of(request, found)
    return show(
        request,
        "workforce/admin/alerts.html",
        title="Alerts",
        page=page,
        lines=[(alert, rules.in_words(alert)) for alert in page.rows],
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
    )


@require_POST
def seen(request: PersonRequest, uid: str) -> HttpResponse:
    alert = access.access(request.user, Alert.objects.select_related("person"), uid, Permission.MANAGE_ORGANIZATION)
    return act(request, lambda: rules.mark_seen(request.user, alert), "Seen.", then=reverse("admin:alerts"))


add_page("alerts/", alerts, "alerts")
add_page("alerts/<uuid:uid>/seen/", seen, "alert-seen")
add_entry(
    Entry(
        "Organization",
        "Alerts",
        "bell",
        "admin:alerts",
        lambda r: reader_of(r).holds(Permission.MANAGE_ORGANIZATION),
        order=25,
    )
)
