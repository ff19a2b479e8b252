"""Working hours and days off on the page of a person and of a team."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from workforce import access, capacity
from workforce.admin.pages import PersonRequest, act, first_fault
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.models import DaysOff, Membership, Person, Team
from workforce.roles import Permission

AHEAD_DAYS = 7


class HoursForm(forms.Form):
    def __init__(self, data: QueryDict | None = None, hours: Sequence[Decimal] | None = None) -> None:
        super().__init__(data)
        for number, name in enumerate(capacity.WEEKDAYS):
            widget = forms.NumberInput(attrs={"step": "0.25", "min": "0", "max": "24"})
            initial = hours[number] if hours else None
            self.fields[name] = forms.DecimalField(
                min_value=0, max_value=24, decimal_places=2, required=False, widget=widget, initial=initial
            )


class DaysOffForm(forms.Form):
    first_on = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(max_length=100, required=False)


def capacity_card(request: PersonRequest, receiver: Membership | Team, people: Sequence[Person]) -> dict[str, object]:
    """What the card shows: the hours that are set, and what ``people`` have in the next days."""
    since = timezone.now().astimezone(ZoneInfo(receiver.organization.time_zone)).date()
    until = since + timedelta(days=AHEAD_DAYS - 1)
    hours = capacity.hours_of(people, since, until, organization=receiver.organization)
    is_team, set_for = isinstance(receiver, Team), capacity.hours_set_for(receiver)
    address = reverse("admin:team-hours" if is_team else "admin:person-hours", args=[receiver.uid])
    card: dict[str, object] = {
        "address": address,
        "is_team": is_team,
        "week": list(zip(capacity.WEEKDAYS, map(_shown, set_for), strict=True)) if set_for else [],
        "total": _shown(sum(set_for, Decimal(0))) if set_for else None,
        "ahead": _shown(sum(hours.values(), Decimal(0))) if hours else None,
        "ahead_days": AHEAD_DAYS,
        "without": len(people) - len(hours),
    }
    if access.can(request.user, Permission.MANAGE_PEOPLE, receiver):
        card["form"] = HoursForm(hours=set_for)
    if isinstance(receiver, Membership):
        card |= {"days_off": capacity.days_off_of(receiver, since), "days_off_form": DaysOffForm()}
        card["days_off_address"] = reverse("admin:person-days-off", args=[receiver.uid])
    return card


def _shown(hours: Decimal) -> str:
    return f"{hours:,.2f}".rstrip("0").rstrip(".")


@require_POST
def hours_of_person(request: PersonRequest, uid: str) -> HttpResponse:
    return _set_hours(request, _member(request, uid), reverse("admin:person", args=[uid]))


@require_POST
def hours_of_team(request: PersonRequest, uid: str) -> HttpResponse:
    team = access.access(request.user, Team.objects.select_related("organization"), uid, Permission.MANAGE_PEOPLE)
    return _set_hours(request, team, reverse("admin:team", args=[uid]))


def _set_hours(request: PersonRequest, receiver: Membership | Team, then: str) -> HttpResponse:
    def rule() -> str:
        if "clear" in request.POST:
            capacity.set_hours(request.user, receiver, None)
            return "No hours are set here now."
        form = HoursForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("hours_invalid", first_fault(form))
        if not any(form[name].data for name in capacity.WEEKDAYS):
            raise InvalidInput("hours_invalid", "Write the hours of a day at least.")
        hours = [form.cleaned_data[name] or Decimal(0) for name in capacity.WEEKDAYS]
        capacity.set_hours(request.user, receiver, hours)
        return f"{_shown(sum(hours, Decimal(0)))} hours a week are set."

    return act(request, rule, str, then=then)


@require_POST
def add_days_off(request: PersonRequest, uid: str) -> HttpResponse:
    member = _member(request, uid)

    def rule() -> DaysOff:
        form = DaysOffForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("days_invalid", first_fault(form))
        return capacity.add_days_off(request.user, member, **form.cleaned_data)

    return act(request, rule, "The days off are noted.", then=reverse("admin:person", args=[uid]))


@require_POST
def remove_days_off(request: PersonRequest, uid: str) -> HttpResponse:
    days = access.access(request.user, DaysOff.objects.select_related("membership"), uid, Permission.MANAGE_PEOPLE)
    then = reverse("admin:person", args=[days.membership.uid])
    return act(request, lambda: capacity.remove_days_off(request.user, days), "They work on these days.", then=then)


def _member(request: PersonRequest, uid: str) -> Membership:
    return access.access(
        request.user, Membership.objects.select_related("organization", "person"), uid, Permission.MANAGE_PEOPLE
    )


add_page("people/<uuid:uid>/hours/", hours_of_person, "person-hours")
add_page("teams/<uuid:uid>/hours/", hours_of_team, "team-hours")
add_page("people/<uuid:uid>/days-off/", add_days_off, "person-days-off")
add_page("days-off/<uuid:uid>/remove/", remove_days_off, "days-off-remove")
