"""The editor: one page for labeling, rework and review. It is a shell; rows come over the API, so a reload is free."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import editor, guidelines, projects, work_time
from labeling.models import Slot, WorkSession
from labeling.skip_reasons import SKIP_REASONS
from workforce import access
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission

STAGES = {Slot.Kind.LABEL: WorkSession.Stage.LABELING, Slot.Kind.REVIEW: WorkSession.Stage.REVIEW}


@require_safe
@signed_in
def label(request: PersonRequest, uid: str) -> HttpResponse:
    return _page(request, uid, kind=Slot.Kind.LABEL)


@require_safe
@signed_in
def review(request: PersonRequest, uid: str) -> HttpResponse:
    return _page(request, uid, kind=Slot.Kind.REVIEW)


def _page(request: PersonRequest, uid: str, *, kind: Slot.Kind) -> HttpResponse:
    project = projects.project_for(request.user, uid)
    is_review = kind == Slot.Kind.REVIEW
    access.require(request.user, Permission.REVIEW if is_review else Permission.LABEL, project)
    claim = reverse("api-claim-review" if is_review else "api-claim", args=[project.uid])
    rules = guidelines.newest_version(project)
    read = reverse("guidelines", args=[project.uid]) + f"?then={kind}"
    page = {
        "project": {"uid": str(project.uid), "name": project.name, "brief": project.brief},
        "mode": kind,
        "person": {"uid": str(request.user.uid), "name": request.user.name, "initials": request.user.initials},
        "urls": {
            "claim": claim,
            "socket": "/ws/live/",
            "home": reverse("home"),
            "guidelines": read,
            # The brief and the guidelines, offered beside the tools.
            "instructions": read,
            # Where people see how far they are, in a project that vets them.
            "vetting": reverse("vetting", args=[project.uid]),
        },
        "rules": guidelines.rule_choices(rules),
        "skip_reasons": [{"code": code, "label": text} for code, text in SKIP_REASONS.items()],
        "median_seconds": work_time.median_seconds(request.user, project, STAGES[kind]),
        "hotkeys_enabled": True,
        # A slot that the person comes back for, from the list of kept drafts.
        "wanted": _uid_in(request.GET.get("wanted", "")),
        **editor.page_choices(),
    }
    return render(request, "labeling/editor.html", {"editor_page": page})


def _uid_in(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
