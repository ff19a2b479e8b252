"""Rows, people, rules and gold told apart on one page, with the evidence of each and what can be done."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import finding_words, findings
from quality.admin.links import formula_link, issues_link, labels_link
from quality.admin.project_quality import lists_of
from quality.finding_words import Told
from quality.findings import ToldApart
from workforce import access
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page
from workforce.models import Person
from workforce.roles import Permission

TAB = "project-quality"
PAGE = "project-findings"
# Named at once as soon as the whole crew is under suspicion; the rest is in the JSON.
MOST_SHOWN = 50
SECTIONS = (
    ("people", "People", "Nobody's answers stand out."),
    ("rows", "Ambiguous rows", "No row divides people who know their work."),
    ("rules", "Rules", "The crew reads every answer the same way."),
    ("gold", "Gold", "No gold is contradicted by those who can be trusted."),
)


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    empty: str
    found: list[tuple[Told, list[tuple[str, str]]]]
    left_out: int


@require_safe
def page(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_CONSENSUS)
    shown = findings.findings_of(request.user, project)
    held = access.permissions_of(request.user, project)
    sections = _sections(project, shown)
    return show_in_project(
        request,
        project,
        "quality/admin/findings.html",
        page=TAB,
        sections=sections,
        has_any=any(section.found for section in sections),
        shown=shown,
        left_out=[shown.questions.get(one, "") for one in shown.found.left_out],
        acts_link=reverse("admin:project-quality-rows", args=[uid]) if Permission.CHOOSE_WINNER in held else "",
        can_ask=Permission.CHANGE_PROJECT in held,
        formula=formula_link("findings"),
        lists=lists_of(project, "findings"),
    )


def _sections(project: Project, shown: ToldApart) -> list[Section]:
    by_section: dict[str, list[Told]] = {}
    for one in finding_words.told(shown):
        by_section.setdefault(one.section, []).append(one)
    found = []
    for key, title, empty in SECTIONS:
        if key == "gold" and not shown.sees_gold:
            continue
        own = by_section.get(key, [])
        doors = [(one, _doors(project, shown, one)) for one in own[:MOST_SHOWN]]
        found.append(Section(key, title, empty, doors, max(0, len(own) - MOST_SHOWN)))
    return found


def _doors(project: Project, shown: ToldApart, one: Told) -> list[tuple[str, str]]:
    """Where the reader goes on: title and address. Who is only named in a file has no page on the project."""
    if one.section == "people":
        labels = [("All labels", labels_link(project, one.subject))]
        if shown.people[one.subject].kind == Person.Kind.EXTERNAL:
            return labels
        return [*labels, ("Pause or limit", reverse("admin:project-person", args=[project.uid, one.subject]))]
    if one.section == "gold":
        return [("Decide" if one.kind == "contested" else "Open the gold", reverse("admin:row", args=[one.subject]))]
    if one.section == "rows":
        return [("Open the row", reverse("admin:row", args=[one.subject]))]
    guidelines = reverse("admin:project-guidelines", args=[project.uid])
    return [("Edit the guidelines", guidelines), ("Issues", issues_link(project))]


add_page("projects/<uuid:uid>/findings/", page, PAGE)
