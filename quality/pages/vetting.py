"""How far one is in a project: the steps, the next act, the form to apply."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from quality import vetting
from quality import vetting_standing as rules
from workforce.errors import NotAllowed, NotFound, Refusal
from workforce.pages.signed_in import PersonRequest, signed_in

REFUSED_FORM = 422


@require_safe
@signed_in
def standing(request: PersonRequest, uid: str) -> HttpResponse:
    return _page(request, uid)


@require_POST
@signed_in
def apply(request: PersonRequest, uid: str) -> HttpResponse:
    project = rules.project_for(request.user, uid)
    said = {name: request.POST.get(name, "") for name in ("why", "experience")}
    try:
        vetting.apply_for(request.user, project, **said)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} Nothing was sent.")
        return redirect("vetting", uid) if refusal.status != REFUSED_FORM else _page(request, uid, said)
    messages.success(request, "Sent. A manager looks at it and tells you here.")
    return redirect("vetting", uid)


@require_POST
@signed_in
def withdraw(request: PersonRequest, uid: str) -> HttpResponse:
    project = rules.project_for(request.user, uid)
    try:
        vetting.withdraw(request.user, project)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} Nothing was changed.")
    else:
        messages.success(request, "You have withdrawn.")
    return redirect("vetting", uid)


def _page(request: PersonRequest, uid: str, said: dict[str, str] | None = None) -> HttpResponse:
    found = rules.standing_of(request.user, rules.project_for(request.user, uid))
    shown = {"standing": found, "project": found.project, "said": said or {}, "longest": vetting.LONGEST_NOTE}
    return render(request, "quality/vetting.html", shown, status=REFUSED_FORM if said else 200)
