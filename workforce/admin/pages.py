"""What every page of the admin shares: who reads it, the frame it stands in, and how a refusal becomes words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from workforce import access
from workforce.errors import NotFound, Refusal
from workforce.models import Organization, Person
from workforce.pages.signed_in import PersonRequest
from workforce.roles import Permission

__all__ = [
    "Crumb",
    "PersonRequest",
    "Reader",
    "act",
    "end_of_day",
    "note_refusal",
    "organization_field",
    "reader_of",
    "show",
]

Result = TypeVar("Result")
# A title and the address behind it.
Crumb = tuple[str, str]
REFUSED_FORM = 422


@dataclass(frozen=True)
class Reader:
    """The organizations of the one who reads the page, with what they hold on each; for menus, never for a thing."""

    held: dict[Organization, frozenset[Permission]]
    role: str

    @property
    def organizations(self) -> list[Organization]:
        return list(self.held)

    def holds(self, permission: Permission) -> bool:
        return any(permission in permissions for permissions in self.held.values())

    def organizations_with(self, permission: Permission) -> list[Organization]:
        return [organization for organization, permissions in self.held.items() if permission in permissions]


def reader_of(request: HttpRequest) -> Reader:
    """Asked once per request: the sidebar, its entries and the page all want it."""
    found = getattr(request, "admin_reader", None)
    if found is None:
        found = _read(request)
        request.admin_reader = found  # type: ignore[attr-defined]  # kept for the rest of this request
    assert isinstance(found, Reader)
    return found


def _read(request: HttpRequest) -> Reader:
    user = request.user
    organizations = list(access.organizations_of(user).order_by("name", "pk"))
    held = {organization: access.permissions_of(user, organization) for organization in organizations}
    memberships = access.active_memberships(user).select_related("organization")
    roles = [membership.get_role_display() for membership in memberships if membership.role != "member"]
    return Reader(held, (roles[0] if roles else "project lead").capitalize())


def show(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    organization: Organization | None = None,
    status: int = 200,
    **values: Any,
) -> HttpResponse:
    """A page in the admin's frame; times are those of ``organization``, or of the reader's first."""
    reader = reader_of(request)
    place = organization or next(iter(reader.organizations), None)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "crumbs": crumbs,
        "has_several_organizations": len(reader.organizations) > 1,
        **values,
    }
    with timezone.override(ZoneInfo(place.time_zone) if place else None):
        return render(request, template, context, status=status)


def act(
    request: HttpRequest, rule: Callable[[], Result], said: str | Callable[[Result], str], *, then: str
) -> HttpResponse:
    """Call a rule, say what happened, go on to ``then``. What they may not know of stays a plain 404."""
    try:
        result = rule()
    except NotFound:
        raise
    except Refusal as refusal:
        messages.error(request, in_words(refusal))
    else:
        messages.success(request, said if isinstance(said, str) else said(result))
    return redirect(then)


def in_words(refusal: Refusal) -> str:
    """The refusal's sentence, and what became of the work where it does not say so itself."""
    if "Nothing was" in refusal.message:
        return refusal.message
    return f"{refusal.message} Nothing was changed."


def note_refusal(form: forms.Form, refusal: Refusal) -> None:
    """Put a refusal of the rule where it belongs: at the fields its faults name, else above the form."""
    faults = [fault for fault in refusal.details.get("faults", []) if fault.get("path") in form.fields]
    for fault in faults:
        form.add_error(fault["path"], fault["message"])
    if not faults:
        form.add_error(None, in_words(refusal))


def first_fault(form: forms.Form) -> str:
    """Of a form that stands beside others on a page: the first thing that is wrong, with the field's name."""
    name, errors = next(iter(form.errors.items()))
    return f"{form.fields[name].label or name.replace('_', ' ').capitalize()}: {errors[0]}"


def organization_field(organizations: Sequence[Organization]) -> forms.ChoiceField:
    """A choice where there is one; hidden and answered where there is only one organization."""
    choices = [(str(organization.uid), organization.name) for organization in organizations]
    if len(choices) == 1:
        return forms.ChoiceField(choices=choices, initial=choices[0][0], widget=forms.HiddenInput)
    return forms.ChoiceField(choices=choices, label="Organization")


def chosen(organizations: Sequence[Organization], uid: str) -> Organization:
    for organization in organizations:
        if str(organization.uid) == uid:
            return organization
    raise NotFound


def end_of_day(day: date | None, organization: Organization) -> datetime | None:
    """The last second of a day where the organization is: shown as a date, it is the day that was typed."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(organization.time_zone))


def person_names(people: Sequence[Person]) -> list[tuple[str, str]]:
    return [(str(person.uid), person.name) for person in people]
