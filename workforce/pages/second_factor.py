"""The page of one's second factor. A secret is answered at once, without a redirect: it has no place in a session."""

from collections.abc import Callable
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from workforce import second_factor as rules
from workforce.errors import RuleViolation
from workforce.pages.passwords import REFUSED_FORM, PasswordField
from workforce.pages.sign_in import CodeForm
from workforce.pages.signed_in import PersonRequest, signed_in


class BeginForm(forms.Form):
    password = PasswordField("Your password", "current-password")


class FirstCodeForm(CodeForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].help_text = "The six digits that your app shows now."


class RemoveForm(CodeForm):
    password = PasswordField("Your password", "current-password")


@require_safe
@signed_in
def second_factor(request: PersonRequest) -> HttpResponse:
    return _page(request)


@sensitive_post_parameters()
@require_POST
@signed_in
def begin(request: PersonRequest) -> HttpResponse:
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _page(request, begin_form=form)
    try:
        secret, uri = rules.begin_set_up(
            request.user, password=form.cleaned_data["password"], address=_address(request)
        )
    except RuleViolation as refusal:
        form.add_error("password", refusal.message)
        return _page(request, begin_form=form)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")
    return _page(request, secret=" ".join(groups), picture=picture, code_form=FirstCodeForm())


@require_POST
@signed_in
def confirm(request: PersonRequest) -> HttpResponse:
    def rule(code: str) -> list[str]:
        key = request.session.session_key
        return rules.confirm_set_up(request.user, code=code, address=_address(request), session_key=key)

    return _codes(request, FirstCodeForm(request.POST), "code_form", rule)


@require_POST
@signed_in
def renew_codes(request: PersonRequest) -> HttpResponse:
    def rule(code: str) -> list[str]:
        return rules.renew_recovery_codes(request.user, code=code, address=_address(request))

    return _codes(request, CodeForm(request.POST, auto_id="renew_%s"), "renew_form", rule)


def _codes(request: PersonRequest, form: CodeForm, name: str, rule: Callable[[str], list[str]]) -> HttpResponse:
    """The recovery codes that ``rule`` makes, or the form with what was wrong."""
    if not form.is_valid():
        return _page(request, **{name: form})
    try:
        codes = rule(form.cleaned_data["code"])
    except RuleViolation as refusal:
        form.add_error("code", refusal.message)
        return _page(request, **{name: form})
    request.user.lacks_second_factor = False
    return _page(request, codes=codes)


@sensitive_post_parameters()
@require_POST
@signed_in
def remove(request: PersonRequest) -> HttpResponse:
    form = RemoveForm(request.POST, auto_id="remove_%s")
    if not form.is_valid():
        return _page(request, remove_form=form)
    try:
        rules.remove(request.user, **form.cleaned_data, address=_address(request))
    except RuleViolation as refusal:
        form.add_error("password" if refusal.code == "wrong_password" else "code", refusal.message)
        return _page(request, remove_form=form)
    messages.success(request, "Your second factor is removed. Your password alone signs you in.")
    return redirect("account")


def _page(request: PersonRequest, **values: object) -> HttpResponse:
    forms_with_faults = [form for form in values.values() if isinstance(form, forms.Form) and form.errors]
    context = {
        "factor": rules.factor_of(request.user),
        "is_required": rules.is_required(request.user),
        "begin_form": BeginForm(),
        "renew_form": CodeForm(auto_id="renew_%s"),
        "remove_form": RemoveForm(auto_id="remove_%s"),
        **values,
    }
    status = REFUSED_FORM if forms_with_faults else 200
    return render(request, "workforce/second_factor.html", context, status=status)


def _address(request: PersonRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")
