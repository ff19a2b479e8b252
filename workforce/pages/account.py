"""Your account: what everybody sees and changes of themselves."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from workforce import passwords, people, second_factor, sessions
from workforce.admin.pages import reader_of
from workforce.errors import InvalidInput, RuleViolation
from workforce.pages.passwords import REFUSED_FORM, NewPasswordForm, PasswordField
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField("Password now", "current-password")
    field_order = ("current", "new", "again")


class NameForm(forms.Form):
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))


@require_safe
@signed_in
def account(request: PersonRequest) -> HttpResponse:
    return account_page(request)


@require_POST
@signed_in
def change_name(request: PersonRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return account_page(request, name_form=form, status=REFUSED_FORM)
    people.rename(request.user, form.cleaned_data["name"])
    messages.success(request, f"You are {request.user.name} from now on.")
    return redirect("account")


@sensitive_post_parameters()
@require_POST
@signed_in
def change_password(request: PersonRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return account_page(request, password_form=form, status=REFUSED_FORM)
    key = request.session.session_key
    try:
        passwords.change_password(
            request.user,
            current=form.cleaned_data["current"],
            new=form.cleaned_data["new"],
            address=request.META.get("REMOTE_ADDR"),
            session_key=key,
        )
    except (InvalidInput, RuleViolation) as refusal:
        form.add_error("new" if isinstance(refusal, InvalidInput) else "current", refusal.message)
        return account_page(request, password_form=form, status=REFUSED_FORM)
    update_session_auth_hash(request, request.user)
    sessions.note_new_key(key or "", request.session.session_key or "")
    messages.success(request, "Your password is changed. You are signed out everywhere else.")
    return redirect("account")


@require_POST
@signed_in
def end_session(request: PersonRequest, uid: UUID) -> HttpResponse:
    sessions.end_session(request.user, str(uid))
    messages.success(request, "That session is ended.")
    return redirect("account")


@require_POST
@signed_in
def sign_out_everywhere(request: PersonRequest) -> HttpResponse:
    sessions.sign_out_everywhere(request.user)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("login")


def account_page(request: PersonRequest, *, status: int = 200, **values: object) -> HttpResponse:
    context = {
        "name_form": NameForm(initial={"name": request.user.name}),
        "password_form": ChangePasswordForm(),
        "has_tokens": bool(reader_of(request).organizations_with(Permission.MANAGE_TOKENS)),
        "factor": second_factor.factor_of(request.user),
        # Whether it is this one is all that the page learns of a key.
        "sessions": [
            (one, one.session_key == request.session.session_key) for one in sessions.sessions_of(request.user)
        ],
        **values,
    }
    return render(request, "workforce/account.html", context, status=status)
