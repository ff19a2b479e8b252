"""The page of a team's lead: the own people on a project, with what they hold, their figures, and pauses."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import pauses
from labeling.admin.project_person import PauseForm
from labeling.models import Pause, Project
from quality import appeals, home, team_lead
from quality.api.appeals import appeal_documents
from workforce import access
from workforce.admin.pages import act, end_of_day
from workforce.errors import InvalidInput, NotAllowed
from workforce.models import Person
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission

NEWEST = 20


@require_safe
@signed_in
def my_team(request: PersonRequest) -> HttpResponse:
    """One project: the one that the address names, else the first by name."""
    projects = list(team_lead.projects_led_by(request.user))
    if not projects:
        raise NotAllowed(team_lead.LEADS_DOOR)
    wanted = request.GET.get("project")
    project = team_lead.project_for(request.user, wanted) if wanted else projects[0]
    people = team_lead.team_on(request.user, project)
    named = request.GET.get("person", "")
    chosen = next((one.person for one in people if str(one.person.uid) == named and one.person != request.user), None)
    return render(
        request,
        "quality/my_team.html",
        {
            "projects": projects,
            "project": project,
            "people": people,
            "chosen": chosen,
            "days": team_lead.DAYS,
            "shown_from": home.SHOWN_FROM,
            "appeals": _appeals(request, project, [one.person for one in people]),
        },
    )


def _appeals(request: PersonRequest, project: Project, people: list[Person]) -> list[tuple[dict[str, Any], str]]:
    """The newest appeals of the people, each with its state in words."""
    found = list(appeals.appeals_of(request.user, project).filter(maker__in=people)[:NEWEST])
    documents = appeal_documents(request.user, found)
    return [(document, one.get_state_display()) for document, one in zip(documents, found, strict=True)]


@require_POST
@signed_in
def pause(request: PersonRequest, uid: str) -> HttpResponse:
    project = team_lead.project_for(request.user, uid)
    person = team_lead.person_for(request.user, project, request.POST.get("person", ""))

    def rule() -> Pause:
        form = PauseForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("pause_invalid", "Say a reason, what the person is told, and a day if it shall end.")
        values: dict[str, Any] = dict(form.cleaned_data)
        ends_at = end_of_day(values.pop("ends_on"), project.organization)
        return pauses.pause_person(request.user, project, person, ends_at=ends_at, **values)

    return act(request, rule, f"{person.name} gets no new row here now.", then=_back(project))


@require_POST
@signed_in
def resume(request: PersonRequest, uid: str) -> HttpResponse:
    project = team_lead.project_for(request.user, uid)
    named = request.POST.get("pause", "")
    found = access.access(request.user, Pause.objects.filter(project=project), named, Permission.PAUSE_PERSON)
    return act(
        request,
        lambda: pauses.resume_person(request.user, found),
        f"{found.person.name} gets rows here again.",
        then=_back(project),
    )


def _back(project: Project) -> str:
    return f"{reverse('my-team')}?project={project.uid}"
