"""The page behind the link of an invitation: become a member, once."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from workforce import invitations
from workforce.errors import InvalidInput, NotFound
from workforce.models import Invitation, Person
from workforce.pages.chosen import in_every_organization

NAME_AND_PASSWORD = {"name": "", "password": ""}


class NewLoginForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}))
    password = forms.CharField(
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters, none of the usual ones.",
    )
    again = forms.CharField(
        label="Password again",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        values = super().clean() or {}
        if values.get("password") != values.get("again"):
            self.add_error("again", "The two passwords differ.")


@in_every_organization
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, signed: str) -> HttpResponse:
    try:
        found = invitations.invitation_behind(signed)
    except NotFound:
        return render(request, "workforce/invitation.html", {"how": "unknown"}, status=404)
    person = request.user if isinstance(request.user, Person) else None
    how = _how(found, person)
    form = NewLoginForm(request.POST if request.method == "POST" else None) if how == "sign_up" else None
    is_asked = request.method == "POST" and (form is None or form.is_valid())
    if is_asked:
        values = {name: form.cleaned_data[name] for name in NAME_AND_PASSWORD} if form is not None else {}
        try:
            member = invitations.accept_invitation(signed, person=person, **values)
        except InvalidInput as refusal:
            if form is None:
                raise
            form.add_error("password", refusal.message)
        else:
            return _show(request, found, "welcome", {"member": member})
    status = 422 if form is not None and form.errors else 200
    return _show(request, found, how, {"form": form, "here": request.path}, status)


def _how(found: Invitation, person: Person | None) -> str:
    """What the one who opened the link can do: join, make a login, or sign in under the address first."""
    if person is not None:
        return "join" if invitations.is_meant_for(found, person) else "other_address"
    return "sign_in" if invitations.has_login(found) else "sign_up"


def _show(
    request: HttpRequest, found: Invitation, how: str, values: dict[str, object], status: int = 200
) -> HttpResponse:
    shown = {"invitation": found, "how": how, **values}
    return render(request, "workforce/invitation.html", shown, status=status)
