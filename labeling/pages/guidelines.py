"""The guidelines of a project for its labelers and reviewers, with the one act "I have read these"."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import guidelines as rules
from labeling import projects
from labeling.models import Project, Slot
from workforce import access
from workforce.errors import InvalidInput
from workforce.markdown import render_markdown
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def guidelines(request: PersonRequest, uid: str) -> HttpResponse:
    project = projects.project_for(request.user, uid)
    if request.method == "POST":
        number = request.POST.get("version", "")
        if not number.isdecimal():
            raise InvalidInput("version_invalid", "Which version was read is not said.")
        rules.acknowledge(request.user, project, int(number))
        return redirect(_on(request, project))
    version = rules.newest_version(project)
    sources = rules.sources_of_rules(request.user, project) if version and version.rules else {}
    shown = {
        "project": project,
        "brief": render_markdown(project.brief),
        "version": version,
        "author": rules.author_of(version, project, request.user) if version else "",
        "text": render_markdown(version.text) if version else "",
        "rules": [
            {**rule, "html": render_markdown(rule["text"]), "source": sources.get(rule["uid"])}
            for rule in (version.rules if version else [])
        ],
        "has_read": version is not None and rules.has_read(request.user, version),
        "on": _on(request, project),
        "then": request.GET.get("then", ""),
    }
    return render(request, "labeling/guidelines.html", shown)


def _on(request: PersonRequest, project: Project) -> str:
    """Where work goes on: what they came from if they may go there, else what they may do here, else home."""
    doors = {Slot.Kind.LABEL: Permission.LABEL, Slot.Kind.REVIEW: Permission.REVIEW}
    then = request.POST.get("then", "") or request.GET.get("then", "")
    for kind in sorted(doors, key=lambda kind: kind != then):
        if access.can(request.user, doors[kind], project):
            return reverse(kind, args=[project.uid])
    return reverse("home")
