"""Notices: the list, what is marked as read, what one wants to be told of, and the link of a letter that stops them."""

from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workforce import access, notice_letters
from workforce import notice_preferences as preferences
from workforce import notices as rules
from workforce.admin import paging
from workforce.errors import InvalidInput
from workforce.models import NoticeGroup
from workforce.pages.signed_in import PersonRequest, signed_in

UNREAD = "unread"


@require_safe
@signed_in
def notices(request: PersonRequest) -> HttpResponse:
    is_unread = request.GET.get("show") == UNREAD
    page = paging.page_of(request, rules.notices_of(request.user, only_unread=is_unread))
    shown = {
        "lines": rules.in_words(request.user, page.rows),
        "page": page,
        "is_unread": is_unread,
        "newest": page.rows[0].uid if page.rows else "",
        "has_unread": any(one.read_at is None for one in page.rows),
    }
    return render(request, "workforce/notices.html", shown)


@require_safe
@signed_in
def unread(request: PersonRequest) -> HttpResponse:
    """What the bell asks for when it is told that something moved."""
    return JsonResponse({"count": rules.unread_count(request.user)})


@require_POST
@signed_in
def read(request: PersonRequest, uid: str) -> HttpResponse:
    seen = request.POST.get("seen", "")
    rules.mark_read(request.user, uid, seen=int(seen) if seen.isdecimal() and len(seen) < 9 else None)
    return redirect(_back(request))


@require_POST
@signed_in
def read_all(request: PersonRequest) -> HttpResponse:
    rules.mark_all_read(request.user, newest=request.POST.get("newest") or None)
    messages.success(request, "All of these are read.")
    return redirect(_back(request))


def _back(request: PersonRequest) -> str:
    return reverse("notices") + (f"?show={UNREAD}" if request.POST.get("show") == UNREAD else "")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def wishes(request: PersonRequest) -> HttpResponse:
    if request.method == "POST":
        _change(request)
        messages.success(request, "That is how you are told from now on.")
        return redirect("account-notices")
    first = access.organizations_of(request.user).order_by("name", "pk").first()
    known = preferences.wishes_of_one(request.user)
    time = preferences.letter_time_of(request.user)
    shown = {
        "rows": [(group, known[group]) for group in NoticeGroup],
        "mails": preferences.Mail.choices,
        "time": time,
        "hours": range(24),
        "zones": sorted(available_timezones()),
        "zone_of_organization": first.time_zone if first else "UTC",
    }
    return render(request, "workforce/notice_wishes.html", shown)


def _change(request: PersonRequest) -> None:
    hour = request.POST.get("hour", "")
    if not hour.isdecimal() or len(hour) > 2:
        raise InvalidInput("hour_invalid", "An hour of the day is 0 to 23.", path="hour")
    wanted = {
        group: {"mail": request.POST[f"mail_{group}"], "in_page": f"page_{group}" in request.POST}
        for group in NoticeGroup.values
        if f"mail_{group}" in request.POST
    }
    preferences.change_wishes(request.user, wanted)
    preferences.change_letter_time(request.user, hour=int(hour), time_zone=request.POST.get("time_zone", ""))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, signed: str) -> HttpResponse:
    """Asks first, because programs look at the links of a letter; a mailbox that stops letters by itself sends a POST.

    No sign-in and no token of a form: whoever holds the letter may stop it, and nothing else can be done here."""
    if request.method == "POST":
        groups = [group for group in request.POST.getlist("group") if group in NoticeGroup.values]
        notice_letters.stop_by_link(signed, groups or None)
    person = notice_letters.person_of_link(signed)
    known = preferences.wishes_of_one(person)
    letters = [(group, known[group].mail) for group in NoticeGroup if known[group].mail != preferences.Mail.NEVER]
    shown = {"letters": letters, "is_stopped": request.method == "POST"}
    return render(request, "workforce/notices_stop.html", shown)
