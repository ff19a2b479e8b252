"""Roles as a table: which role may do what, and how far. Made from the table that decides."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from workforce import roles as rules
from workforce.admin.pages import PersonRequest, show
from workforce.admin.site import Entry, add_entry, add_page

IN_WORDS = {
    rules.Scope.ANY: ("✓", "everything there"),
    rules.Scope.VENDOR: ("vendor", "the own vendor's people"),
    rules.Scope.TEAM: ("team", "the work of a led team and the own"),
    rules.Scope.OWN: ("own", "the own work"),
}


@require_safe
def roles(request: PersonRequest) -> HttpResponse:
    # *No access* is the absence of every right; the page says what it does.
    shown = [role for role in rules.Role if rules.ROLE_PERMISSIONS[role]]
    lines = [
        (permission, [IN_WORDS.get(rules.ROLE_PERMISSIONS[role].get(permission)) for role in shown])  # type: ignore[arg-type]  # none: an empty cell
        for permission in rules.Permission
    ]
    return show(
        request,
        "workforce/admin/roles.html",
        title="Roles",
        roles=[
            (role.replace("_", " "), role in rules.ORGANIZATION_ROLES, role in rules.PROJECT_ROLE_NAMES)
            for role in shown
        ],
        lines=lines,
        legend=list(IN_WORDS.values()),
    )


add_page("roles/", roles, "roles")
add_entry(Entry("People", "Roles", "shield", "admin:roles", lambda r: True, order=30))
