"""Recertification: grants that nobody looked at for long, or that end soon; kept or revoked many at once."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import recertification as rules
from labeling.project_access import MOST_DAYS, VENDOR_DAYS, receiver_of
from labeling.recertification import Outcome
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import InvalidInput
from workforce.live import is_uid
from workforce.models import Organization

AGES = [("30", "30 days"), ("180", "180 days"), ("365", "365 days")]
MOST_NAMED = 5


@require_safe
def recertification(request: PersonRequest) -> HttpResponse:
    place = _place(request)
    is_of_teams = request.GET.get("of") == "teams"
    age = request.GET.get("days", "")
    days = int(age) if age in dict(AGES) else rules.LOOK_AGAIN_DAYS
    due = rules.grants_due(request.user, place, of_teams=is_of_teams, days=days) if place else None
    list_page = paging.page_of(request, due, order=("looked_at", "pk")) if due is not None else paging.Page[Any]([])
    menus = [
        filters.menu(request, "of", "Grants of", [("teams", "Teams and vendors")], any_title="People"),
        filters.menu(request, "days", "Not looked at for", AGES, any_title=f"{rules.LOOK_AGAIN_DAYS} days"),
    ]
    return show(
        request,
        "labeling/admin/recertification.html",
        title="Recertification",
        organization=place,
        list_page=list_page,
        lines=[(grant, receiver_of(grant)) for grant in list_page.rows],
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
        is_of_teams=is_of_teams,
        days=days,
        soon_days=rules.SOON_DAYS,
        keep_days=VENDOR_DAYS,
        most_days=MOST_DAYS,
    )


@require_POST
def act_on_grants(request: PersonRequest) -> HttpResponse:
    is_of_teams = request.POST.get("of") == "teams"
    then = reverse("admin:recertification") + ("?of=teams" if is_of_teams else "")
    chosen = [uid for uid in request.POST.getlist("grant") if is_uid(uid)][: rules.MOST_AT_ONCE]
    grants = list(rules.grants_to_manage(request.user, of_teams=is_of_teams).filter(uid__in=chosen).order_by("pk"))
    if not grants:
        messages.error(request, "Choose grants of the list. Nothing was changed.")
        return redirect(then)
    try:
        said, outcome = _done(request, grants)
    except InvalidInput as refusal:
        messages.error(request, refusal.message)
        return redirect(then)
    note = messages.warning if outcome.refused else messages.success
    note(request, _in_words(said, outcome, missing=len(set(chosen)) - len(grants)))
    return redirect(then)


def _done(request: PersonRequest, grants: list[Any]) -> tuple[str, Outcome]:
    acts: dict[str, tuple[str, Callable[[], Outcome]]] = {
        "keep": ("kept", lambda: rules.keep_grants(request.user, grants, days=_days(request))),
        "revoke": ("revoked", lambda: rules.revoke_grants(request.user, grants)),
    }
    if request.POST.get("act") not in acts:
        raise InvalidInput("unknown_act", "Grants are kept or revoked. Nothing was changed.")
    said, rule = acts[request.POST["act"]]
    return said, rule()


def _days(request: PersonRequest) -> int:
    text = request.POST.get("days", "")
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_DAYS:
        raise InvalidInput("days_invalid", f"Say for how many days, 1 to {MOST_DAYS}. Nothing was changed.")
    return int(text)


def _in_words(said: str, outcome: Outcome, *, missing: int) -> str:
    """One message of done and refused."""
    words = [f"{outcome.done} {said}."]
    if outcome.refused:
        named = [f"{name} on {project}: {why}" for name, project, why in outcome.refused[:MOST_NAMED]]
        more = len(outcome.refused) - len(named)
        words.append(f"{len(outcome.refused)} refused: {' '.join(named)}{f' And {more} more.' if more else ''}")
    if missing:
        words.append(f"{missing} {'is' if missing == 1 else 'are'} no longer there.")
    return " ".join(words)


def _place(request: PersonRequest) -> Organization | None:
    """The organization whose grants are shown: the one chosen, else the first of the reader."""
    places = reader_of(request).organizations
    return next((one for one in places if str(one.uid) == request.GET.get("organization")), next(iter(places), None))


def manages_access(request: HttpRequest) -> bool:
    """Everyone who enters the admin runs a project or all of them; the list holds only what they may change."""
    return True


add_page("recertification/", recertification, "recertification")
add_page("recertification/act/", act_on_grants, "recertification-act")
add_entry(Entry("People", "Recertification", "check", "admin:recertification", manages_access, order=50))
