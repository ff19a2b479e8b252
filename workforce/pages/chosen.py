"""One person in several organizations: which one the pages show. A choice narrows as a token's organization does; it
never widens a right, and the API knows nothing of it, so that work in an open editor goes on."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

from workforce import organizations
from workforce.models import Organization, Person

SESSION_KEY = "organization"
NOT_NARROWED = ("/api/", "/static/")
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def in_every_organization(view: View) -> View:
    """For what an open page goes on to need after another tab has chosen, such as pictures, and for acts in an
    organization that need not be the chosen one."""
    view.is_never_narrowed = True  # type: ignore[attr-defined]  # read below
    return view


class NarrowToChosen:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, values: Any) -> None:
        if request.path_info.startswith(NOT_NARROWED) or getattr(view, "is_never_narrowed", False):
            return
        uid = request.session.get(SESSION_KEY)
        if not uid or not isinstance(request.user, Person):
            return
        chosen = next((one for one in organizations_of(request) if str(one.uid) == uid), None)
        if chosen is None:
            # They left it, or were deactivated there: everything that is left is shown.
            del request.session[SESSION_KEY]
            return
        request.user.limited_to_organization = chosen.pk  # type: ignore[attr-defined]  # as a token does
        request.chosen_organization = chosen  # type: ignore[attr-defined]  # for the frame


def organizations_of(request: HttpRequest) -> list[Organization]:
    """All that the person belongs to, whatever is chosen; asked once per request."""
    found: list[Organization] | None = getattr(request, "own_organizations", None)
    if found is None:
        found = organizations.organizations_to_choose(request.user)  # type: ignore[arg-type]  # signed in
        request.own_organizations = found  # type: ignore[attr-defined]  # kept for the rest of this request
    return found


def chosen_in(request: HttpRequest) -> Organization | None:
    return getattr(request, "chosen_organization", None)
