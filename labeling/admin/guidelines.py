"""The tab "Guidelines": the version that holds, the next one to write, and the older ones."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import guidelines as rules
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import GuidelineVersion, Project
from workforce.admin import paging
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound
from workforce.markdown import render_markdown
from workforce.roles import Permission

TAB = "project-guidelines"
# Empty places for new rules below those that are there.
NEW_RULES = 3
OLDER = 20


@require_http_methods(["GET", "HEAD", "POST"])
def guidelines(request: PersonRequest, uid: str) -> HttpResponse:
    is_post = request.method == "POST"
    project = project_for(request, uid, Permission.CHANGE_PROJECT if is_post else Permission.VIEW_QUEUE)
    if is_post:
        return act(request, lambda: _publish(request, project), _said, then=reverse(f"admin:{TAB}", args=[uid]))
    newest = rules.newest_version(project)
    shown = _chosen(project, request.GET.get("version", "")) or newest
    written = newest.rules if newest else []
    sources = rules.sources_of_rules(request.user, project) if written else {}
    return show_in_project(
        request,
        project,
        "labeling/admin/project_guidelines.html",
        page=TAB,
        newest=newest,
        shown=shown,
        text=render_markdown(shown.text) if shown else "",
        rules=[
            {**rule, "html": render_markdown(rule["text"]), "source": sources.get(rule["uid"])}
            for rule in (shown.rules if shown else [])
        ],
        reader_count=rules.readers_of(shown) if shown else 0,
        places=[*written, *({"uid": ""} for _ in range(NEW_RULES))],
        versions=paging.page_of(request, rules.versions_of(project), order=("-number",), size=OLDER),
    )


def _publish(request: PersonRequest, project: Project) -> GuidelineVersion:
    after = request.POST.get("after", "")
    if not after.isdecimal():
        raise InvalidInput("version_invalid", "Which version was edited is not said.")
    names = ("rule_uid", "rule_title", "rule_text")
    lines = zip(*(request.POST.getlist(name) for name in names), strict=False)
    # A place without a title is empty, or a rule that is taken out.
    written = [{"uid": uid, "title": title, "text": text} for uid, title, text in lines if title.strip()]
    text = request.POST.get("text", "")
    return rules.publish_version(request.user, project, text=text, rules=written, after=int(after))


def _said(version: GuidelineVersion) -> str:
    return f"Version {version.number} holds now. Nobody gets a new row before having read it."


def _chosen(project: Project, number: str) -> Any:
    if not number:
        return None
    found = rules.versions_of(project).filter(number=number).first() if number.isdecimal() and len(number) < 9 else None
    if found is None:
        raise NotFound
    return found


add_page("projects/<uuid:uid>/guidelines/", guidelines, TAB)
add_tab(75, "Guidelines", TAB)
