"""The organizations of a person: what they are there, which one the pages show, and leaving."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from workforce import access, organizations
from workforce.errors import NotFound, Refusal
from workforce.models import Organization
from workforce.pages import chosen
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def own_organizations(request: PersonRequest) -> HttpResponse:
    shown = {"memberships": organizations.memberships_of(request.user), "chosen": chosen.chosen_in(request)}
    return render(request, "workforce/organizations.html", shown)


@require_POST
@signed_in
def choose(request: PersonRequest) -> HttpResponse:
    """Show one organization, or all of them; ends at the start, because the page before may not be there any more."""
    uid = request.POST.get("organization", "")
    if uid:
        request.session[chosen.SESSION_KEY] = str(_own(request, uid).uid)
    else:
        request.session.pop(chosen.SESSION_KEY, None)
    request.user.limited_to_organization = _own(request, uid).pk if uid else None  # type: ignore[attr-defined]
    to_admin = "admin" in request.POST and access.enters_admin(request.user)
    return redirect("admin:index" if to_admin else "home")


@chosen.in_every_organization
@require_POST
@signed_in
def leave(request: PersonRequest, uid: str) -> HttpResponse:
    organization = _own(request, uid)
    try:
        organizations.leave_organization(request.user, organization)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} Nothing was changed.")
    else:
        messages.success(request, f"You left {organization.name}. What you did there stays.")
    return redirect(reverse("organizations"))


def _own(request: PersonRequest, uid: str) -> Organization:
    found = next((one for one in chosen.organizations_of(request) if str(one.uid) == str(uid)), None)
    if found is None:
        raise NotFound
    return found
