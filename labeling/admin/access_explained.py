"""Explain access: choose a person and, if it is about one, a project; the page says what they may and why."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from labeling import access_explained as rules
from labeling.models import Project
from workforce import access, people_list
from workforce.admin.pages import PersonRequest, reader_of, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed, NotFound
from workforce.roles import Permission

MOST_FOUND = 20
LONGEST_NAME = 100


@require_safe
def explain(request: PersonRequest) -> HttpResponse:
    if not reader_of(request).holds(Permission.VIEW_PEOPLE):
        raise NotAllowed(needs=str(Permission.VIEW_PEOPLE))
    person_uid, project_uid = request.GET.get("person", ""), request.GET.get("project", "")
    projects = access.visible_to(
        request.user, Project.objects.select_related("organization"), Permission.MANAGE_ACCESS
    ).order_by("name", "pk")
    project = access.access(request.user, projects, project_uid, Permission.MANAGE_ACCESS) if project_uid else None
    values: dict[str, Any] = {"project": project}
    if person_uid:
        member = _member(request, project, person_uid)
        explanation = rules.explain(member, project)
        values |= {
            "member": member,
            "explanation": explanation,
            "picture_words": rules.PICTURE_WORDS[explanation.pictures],
            "grants": [] if project else rules.grants_of(member),
            "projects": _found(projects.filter(organization=member.organization_id), request.GET.get("project_q", "")),
            "project_term": request.GET.get("project_q", "")[:LONGEST_NAME],
            "organization": member.organization,
        }
    else:
        members = people_list.members_visible_to(request.user).order_by("person__name", "pk")
        values["people"] = _found(members, request.GET.get("q", ""), field="person__name")
        values["term"] = request.GET.get("q", "")[:LONGEST_NAME]
    return show(request, "labeling/admin/access_explained.html", title="Explain access", **values)


def _member(request: PersonRequest, project: Project | None, person_uid: str) -> Any:
    try:
        return rules.member_to_explain(request.user, project, person_uid)
    except ValidationError:
        raise NotFound from None


def _found(rows: Any, term: str, *, field: str = "name") -> list[Any]:
    """The first by name that hold the term; a list of all would be no choice at three thousand."""
    term = term.strip().replace("\0", "")[:LONGEST_NAME]
    return list((rows.filter(**{f"{field}__icontains": term}) if term else rows)[:MOST_FOUND])


def sees_people(request: HttpRequest) -> bool:
    return reader_of(request).holds(Permission.VIEW_PEOPLE)


add_page("access/", explain, "access")
add_entry(Entry("People", "Explain access", "lock", "admin:access", sees_people, order=40))
