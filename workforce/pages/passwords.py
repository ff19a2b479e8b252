"""A forgotten password: ask for the link, choose a new one with it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from workforce import passwords
from workforce.errors import InvalidInput

REFUSED_FORM = 422
LONGEST = 1000


class PasswordField(forms.CharField):
    """Never sent back in an answer, and not stripped: a space is part of a password."""

    def __init__(self, label: str, autocomplete: str) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(label=label, strip=False, max_length=LONGEST, widget=widget)


class NewPasswordForm(forms.Form):
    new = PasswordField("New password", "new-password")
    again = PasswordField("The same again", "new-password")

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError("The two are not the same.")
        return again


class ResetForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Whoever is asked for, the answer is the same."""
    form = ResetForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _ask_page(request, form=form, status=REFUSED_FORM if form.errors else 200)
    passwords.request_reset(form.cleaned_data["email"], request.META.get("REMOTE_ADDR"))
    return _ask_page(request, is_sent=True)


def _ask_page(request: HttpRequest, *, status: int = 200, **values: object) -> HttpResponse:
    return render(request, "workforce/password_reset.html", {"form": ResetForm(), **values}, status=status)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, uid: UUID, token: str) -> HttpResponse:
    passwords.person_of_link(uid, token)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            passwords.reset_password(uid, token, new=form.cleaned_data["new"])
        except InvalidInput as refusal:
            form.add_error("new", refusal.message)
        else:
            messages.success(request, "Your password is changed, and you are signed out everywhere. Sign in with it.")
            return redirect("login")
    # 200 with its faults too: a refusal would be logged with this address, and the link still works.
    return render(request, "workforce/password_choose.html", {"form": form})
