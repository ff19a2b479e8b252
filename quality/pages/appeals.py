"""My appeals: what came back and may be appealed, and what became of the own appeals."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling import guidelines
from labeling.models import Project
from quality import appeals, review
from quality.api.appeals import appeal_documents
from quality.appeals import Said
from quality.models import Appeal
from workforce.errors import NotAllowed, NotFound, Refusal
from workforce.idempotency import once
from workforce.pages.signed_in import PersonRequest, signed_in

NEWEST = 50
CHIPS = {
    Appeal.State.OPEN: "accent",
    Appeal.State.OVERTURNED: "ok",
    Appeal.State.FIXED: "ok",
    Appeal.State.UPHELD: "warn",
    Appeal.State.WITHDRAWN: "",
}


@require_safe
@signed_in
def my_appeals(request: PersonRequest) -> HttpResponse:
    came_back = review.rows_that_came_back(request.user)
    may = appeals.slots_that_may_appeal(request.user, [one.slot for one in came_back])
    waiting = [one for one in came_back if one.slot.pk in may]
    own = list(appeals.own_appeals(request.user)[:NEWEST])
    shown = {
        "waiting": [(one, uuid.uuid4()) for one in waiting],
        "opened": request.GET.get("open", ""),
        "rules": {
            project.pk: guidelines.rule_choices(guidelines.newest_version(project)) for project in _projects(waiting)
        },
        "unnamed": review.unnamed_reviewers(request.user, [one.review for one in waiting]),
        "own": [
            (document, appeal.project.name, CHIPS[Appeal.State(appeal.state)], appeal.get_state_display())
            for document, appeal in zip(appeal_documents(request.user, own), own, strict=True)
        ],
        "shortest": appeals.SHORTEST_WORDS,
        "longest": appeals.LONGEST_WORDS,
    }
    return render(request, "quality/my_appeals.html", shown)


@require_POST
@signed_in
def appeal(request: PersonRequest, uid: str) -> HttpResponse:
    """The form carries a key of its own, so that a second click appeals once."""
    said = {"words": request.POST.get("words", ""), "rule": request.POST.get("rule", "")}
    try:
        once(
            request.user,
            request.POST.get("key", ""),
            {"slot": str(uid), **said},
            lambda: {"appeal": str(appeals.make_appeal(request.user, uid, Said(**said)).uid)},
        )
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} Nothing was appealed.")
    else:
        messages.success(request, "Appealed. Somebody who has not decided about this label before looks at it.")
    return redirect("my-appeals")


@require_POST
@signed_in
def withdraw(request: PersonRequest, uid: str) -> HttpResponse:
    try:
        appeals.withdraw_appeal(request.user, uid)
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Withdrawn. The row waits for your rework again.")
    return redirect("my-appeals")


def _projects(waiting: list[review.CameBack]) -> list[Project]:
    return list({one.slot.project_id: one.slot.project for one in waiting}.values())
