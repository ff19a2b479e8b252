"""Rates on the page of a person and of a vendor."""

from collections.abc import Callable

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from workforce import access, rates
from workforce.admin.pages import PersonRequest, act, first_fault
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.models import Membership, Rate, Team
from workforce.roles import Permission

DATE = forms.DateInput(attrs={"type": "date"})


class EndForm(forms.Form):
    valid_until = forms.DateField()


class RateForm(forms.Form):
    amount = forms.DecimalField(min_value=0, max_value=rates.HIGHEST, decimal_places=4)
    currency = forms.CharField(min_length=3, max_length=3, initial="EUR")
    per = forms.ChoiceField(label="Paid", choices=Rate.Per.choices)
    valid_from = forms.DateField(label="From", widget=DATE)
    valid_until = forms.DateField(label="Until", required=False, widget=DATE, help_text="The last day.")


def rates_card(request: PersonRequest, receiver: Membership | Team) -> dict[str, object]:
    """What the card shows; nothing at all for who may not see rates or where there can be none."""
    can_have = not isinstance(receiver, Team) or receiver.kind == Team.Kind.VENDOR
    if not can_have or not access.can(request.user, Permission.VIEW_RATES, receiver.organization):
        return {}
    kind = "team" if isinstance(receiver, Team) else "person"
    may_change = bool(access.can(request.user, Permission.MANAGE_RATES, receiver.organization))
    return {
        "rates": rates.rates_of(request.user, receiver),
        "form": RateForm() if may_change else None,
        "address": reverse(f"admin:{kind}-rates", args=[receiver.uid]),
    }


@require_POST
def rates_of_person(request: PersonRequest, uid: str) -> HttpResponse:
    member = access.access(
        request.user, Membership.objects.select_related("organization", "person"), uid, Permission.VIEW_PEOPLE
    )
    return _set(request, member, reverse("admin:person", args=[uid]))


@require_POST
def rates_of_team(request: PersonRequest, uid: str) -> HttpResponse:
    team = access.access(request.user, Team.objects.select_related("organization"), uid, Permission.VIEW_PEOPLE)
    return _set(request, team, reverse("admin:team", args=[uid]))


def _set(request: PersonRequest, receiver: Membership | Team, then: str) -> HttpResponse:
    def rule() -> Rate:
        access.require(request.user, Permission.MANAGE_RATES, receiver.organization)
        form = RateForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("rate_invalid", first_fault(form))
        return rates.set_rate(request.user, receiver, **form.cleaned_data)

    return act(request, rule, lambda rate: f"{rate} from {rate.valid_from:%-d %B %Y} on.", then=then)


@require_POST
def end(request: PersonRequest, uid: str) -> HttpResponse:
    def rule(rate: Rate) -> str:
        form = EndForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("rate_days_invalid", "Say which day is its last.")
        day = form.cleaned_data["valid_until"]
        rates.end_rate(request.user, rate, valid_until=day)
        return f"The rate ends on {day:%-d %B %Y}."

    return _change(request, uid, rule)


@require_POST
def remove(request: PersonRequest, uid: str) -> HttpResponse:
    def rule(rate: Rate) -> str:
        rates.remove_rate(request.user, rate)
        return "The rate is gone; the audit log keeps what it was."

    return _change(request, uid, rule)


def _change(request: PersonRequest, uid: str, rule: Callable[[Rate], str]) -> HttpResponse:
    rate = access.access(request.user, Rate.objects.select_related("organization"), uid, Permission.MANAGE_RATES)
    receiver = rates.receiver_of(rate)
    kind = "team" if isinstance(receiver, Team) else "person"
    return act(request, lambda: rule(rate), str, then=reverse(f"admin:{kind}", args=[receiver.uid]))


add_page("people/<uuid:uid>/rates/", rates_of_person, "person-rates")
add_page("teams/<uuid:uid>/rates/", rates_of_team, "team-rates")
add_page("rates/<uuid:uid>/end/", end, "rate-end")
add_page("rates/<uuid:uid>/remove/", remove, "rate-remove")
