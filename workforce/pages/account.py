"""Your account: what everybody sees and changes of themselves."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from workforce import passwords, second_factor
from workforce.errors import InvalidInput, RuleViolation
from workforce.pages.passwords import REFUSED_FORM, NewPasswordForm, PasswordField
from workforce.pages.signed_in import PersonRequest, signed_in


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField("Password now", "current-password")
    field_order = ("current", "new", "again")


@require_safe
@signed_in
def account(request: PersonRequest) -> HttpResponse:
    return account_page(request)


@sensitive_post_parameters()
@require_POST
@signed_in
def change_password(request: PersonRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return account_page(request, password_form=form, status=REFUSED_FORM)
    current, new = form.cleaned_data["current"], form.cleaned_data["new"]
    try:
        passwords.change_password(request.user, current=current, new=new, address=request.META.get("REMOTE_ADDR"))
    except (InvalidInput, RuleViolation) as refusal:
        form.add_error("new" if isinstance(refusal, InvalidInput) else "current", refusal.message)
        return account_page(request, password_form=form, status=REFUSED_FORM)
    update_session_auth_hash(request, request.user)
    messages.success(request, "Your password is changed. You are signed out everywhere else.")
    return redirect("account")


def account_page(request: PersonRequest, *, status: int = 200, **values: object) -> HttpResponse:
    context = {"password_form": ChangePasswordForm(), "factor": second_factor.factor_of(request.user), **values}
    return render(request, "workforce/account.html", context, status=status)
