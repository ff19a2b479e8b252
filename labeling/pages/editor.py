"""The editor: one page for labeling, rework and review. It is a shell; rows come over the API, so a reload is free.

Upper floors open the same page for what they know (``show_editor``), such as practice."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import editor, guidelines, projects, work_time
from labeling.models import Project, Slot, WorkSession
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
    return show_editor(
        request,
        project,
        mode=kind,
        claim=claim,
        then=kind,
        median_seconds=work_time.median_seconds(request.user, project, STAGES[kind]),
        # A slot that the person comes back for, from the list of kept drafts.
        wanted=_uid_in(request.GET.get("wanted", "")),
    )


def show_editor(
    request: PersonRequest,
    project: Project,
    *,
    mode: str,
    claim: str,
    then: str = "",
    urls: dict[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """The page for rows that come from the address ``claim``; ``then`` is where the guidelines lead back to. The caller
    has asked whether they may."""
    rules = guidelines.newest_version(project)
    read = reverse("guidelines", args=[project.uid]) + f"?then={then}"
    page = {
        "project": {"uid": str(project.uid), "name": project.name, "brief": project.brief},
        "mode": mode,
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
            **(urls or {}),
        },
        "rules": guidelines.rule_choices(rules),
        "skip_reasons": [{"code": code, "label": text} for code, text in SKIP_REASONS.items()],
        "hotkeys_enabled": True,
        **more,
        **editor.page_choices(project),
    }
    return render(request, "labeling/editor.html", {"editor_page": page})


def _uid_in(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
