"""API tokens: issued with their clear text shown once, looked at, revoked."""

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from workforce import tokens as token_rules
from workforce.admin import paging
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed, NotFound, Refusal
from workforce.models import Organization, Token
from workforce.roles import Permission


class NewTokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What uses it, such as “nightly export”.")
    scopes = forms.MultipleChoiceField(choices=Token.Scope.choices, widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(label="Days", min_value=1, max_value=token_rules.LONGEST_DAYS, initial=90)

    def __init__(self, data: QueryDict | None, places: list[Organization]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)


def form_of(request: PersonRequest, places: list[Organization]) -> tuple[NewTokenForm, dict[str, object]]:
    """The form of a new token, and of the one that it issued just now the clear text."""
    form = NewTokenForm(request.POST or None, places)
    if request.method != "POST" or not form.is_valid():
        return form, {}
    values = dict(form.cleaned_data)
    try:
        token, clear = token_rules.issue_token(request.user, chosen(places, values.pop("organization")), **values)
    except Refusal as refusal:
        note_refusal(form, refusal)
        return form, {}
    # Answered at once, without a redirect: a secret has no place in a cookie or a session.
    return NewTokenForm(None, places), {"token": token, "clear": clear}


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: PersonRequest) -> HttpResponse:
    places = reader_of(request).organizations_with(Permission.MANAGE_TOKENS)
    if not places:
        raise NotAllowed
    form, issued = form_of(request, places)
    return show(
        request,
        "workforce/admin/tokens.html",
        title="Tokens",
        page=paging.page_of(request, token_rules.tokens_of(request.user), order=("-created", "-pk")),
        now=timezone.now(),
        form=form,
        issued=issued,
        status=REFUSED_FORM if form.errors else 200,
    )


@require_POST
def revoke(request: PersonRequest, uid: str) -> HttpResponse:
    token = token_rules.tokens_of(request.user).filter(uid=uid).first()
    if token is None:
        raise NotFound
    return act(
        request,
        lambda: token_rules.revoke_token(request.user, token),
        f"{token.name} opens nothing from now on.",
        then=reverse("admin:tokens"),
    )


add_page("tokens/", tokens, "tokens")
add_page("tokens/<uuid:uid>/revoke/", revoke, "token-revoke")
add_entry(
    Entry(
        "Organization",
        "Tokens",
        "lock",
        "admin:tokens",
        lambda r: reader_of(r).holds(Permission.MANAGE_TOKENS),
        order=10,
    )
)
