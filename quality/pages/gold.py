"""Gold for experts, who are not in the admin: what is contested and waits for their decision, and gold to draw."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from quality import benchmarks, checks, contests
from workforce import names
from workforce.errors import NotAllowed, NotFound, Refusal
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def my_gold(request: PersonRequest) -> HttpResponse:
    contested = contests.waiting_for(request.user)
    shown = {
        "contested": contested,
        "projects": contests.projects_with_gold_of(request.user),
        "unnamed": names.unnamed_to(request.user, {(one.project.organization_id, one.made_by_id) for one in contested}),
    }
    return render(request, "quality/my_gold.html", shown)


@require_POST
@signed_in
def decide(request: PersonRequest, uid: str) -> HttpResponse:
    row = benchmarks.row_for_gold(request.user, uid)
    said = {"decision": request.POST.get("decision", ""), "reason": request.POST.get("reason", "")}
    try:
        made = contests.decide(request.user, row, **said)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} Nothing was decided.")
    else:
        messages.success(request, f"Decided. {made.report['moved']} of {made.report['scored']} scores moved.")
    return redirect("my-gold")


@require_POST
@signed_in
def draw(request: PersonRequest, uid: str) -> HttpResponse:
    """Open the editor on a row of the project, named by its external id, to draw its gold."""
    try:
        row = benchmarks.row_named(request.user, uid, request.POST.get("external_id", ""))
        slot = checks.draw_gold(request.user, row)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("my-gold")
    return redirect(f"{reverse('label', args=[uid])}?wanted={slot.uid}")
