"""Your tokens: for everyone whose role in an organization has some, whether or not the admin is theirs."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workforce import tokens as rules
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, act, reader_of
from workforce.admin.tokens import form_of
from workforce.errors import NotAllowed, NotFound
from workforce.models import Token
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens(request: PersonRequest) -> HttpResponse:
    places = reader_of(request).organizations_with(Permission.MANAGE_TOKENS)
    if not places:
        raise NotAllowed(needs=str(Permission.MANAGE_TOKENS))
    form, issued = form_of(request, places)
    shown = {
        "page": paging.page_of(request, _own(request), order=("-created", "-pk")),
        "has_several_organizations": len(places) > 1,
        "now": timezone.now(),
        "form": form,
        "issued": issued,
    }
    return render(request, "workforce/tokens.html", shown, status=REFUSED_FORM if form.errors else 200)


@require_POST
@signed_in
def revoke(request: PersonRequest, uid: str) -> HttpResponse:
    token = _own(request).filter(uid=uid).first()
    if token is None:
        raise NotFound
    return act(
        request,
        lambda: rules.revoke_token(request.user, token),
        f"{token.name} opens nothing from now on.",
        then=reverse("account-tokens"),
    )


def _own(request: PersonRequest) -> QuerySet[Token]:
    """An organization's admin sees everybody's in the admin; here each sees their own."""
    return rules.tokens_of(request.user).filter(user=request.user)
