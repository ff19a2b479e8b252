"""What holds for a whole organization."""

from zoneinfo import available_timezones

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from workforce import access, organizations, second_factor
from workforce.admin.pages import PersonRequest, act, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed
from workforce.models import Organization
from workforce.roles import Permission


@require_safe
def settings(request: PersonRequest) -> HttpResponse:
    places = access.organizations_where(request.user, Permission.MANAGE_ORGANIZATION).order_by("name", "pk")
    if not places:
        raise NotAllowed(needs=str(Permission.MANAGE_ORGANIZATION))
    return show(
        request,
        "workforce/admin/organization_settings.html",
        title="Organization settings",
        places=[(place, second_factor.people_without(place)) for place in places],
        time_zones=sorted(available_timezones()),
        has_factor=second_factor.is_set_up(request.user),
    )


@require_POST
def change(request: PersonRequest, uid: str) -> HttpResponse:
    place = access.access(request.user, Organization.objects.all(), uid, Permission.MANAGE_ORGANIZATION)
    values = {name: request.POST.get(name, "") for name in ("name", "time_zone")}
    return act(
        request,
        lambda: organizations.change_organization(request.user, place, **values),
        lambda changed: f"{changed.name} is changed. Its days begin at midnight in {changed.time_zone}.",
        then=reverse("admin:organization-settings"),
    )


@require_POST
def require_second_factor(request: PersonRequest, uid: str) -> HttpResponse:
    place = access.access(request.user, Organization.objects.all(), uid, Permission.MANAGE_ORGANIZATION)
    is_required = request.POST.get("is_required") == "on"
    return act(
        request,
        lambda: second_factor.require_second_factor(request.user, place, is_required=is_required),
        f"{place.name} asks everybody for a second factor now." if is_required else f"{place.name} asks no more.",
        then=reverse("admin:organization-settings"),
    )


add_page("organization/", settings, "organization-settings")
add_page("organization/<uuid:uid>/change/", change, "organization-change")
add_page("organization/<uuid:uid>/second-factor/", require_second_factor, "organization-second-factor")
add_entry(
    Entry(
        "Organization",
        "Organization settings",
        "settings",
        "admin:organization-settings",
        lambda r: reader_of(r).holds(Permission.MANAGE_ORGANIZATION),
        order=30,
    )
)
