"""Settings of a project: how many appeals one person may have open, and how long only experts get them."""

from dataclasses import asdict, dataclass

from django.db import transaction

from labeling.models import Project
from quality.models import AppealPolicy
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_OPEN, LONGEST_HOURS = 100, 720


@dataclass(frozen=True)
class Policy:
    """``most_open`` 0: nobody appeals in this project."""

    most_open: int = 5
    expert_hours: int = 24


def policy_of(project: Project) -> Policy:
    found = AppealPolicy.objects.filter(project=project).values("most_open", "expert_hours").first()
    return Policy(**found) if found else Policy()


def policy_shown_to(person: Person, project: Project) -> Policy:
    access.require(person, Permission.VIEW_CONSENSUS, project)
    return policy_of(project)


@transaction.atomic
def change_policy(actor: Person, project: Project, policy: Policy) -> Policy:
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    if not 0 <= policy.most_open <= MOST_OPEN:
        message = f"One person has from 0 to {MOST_OPEN} appeals open."
        raise InvalidInput("most_open_invalid", message, path="most_open")
    if not 0 <= policy.expert_hours <= LONGEST_HOURS:
        message = f"Appeals wait from 0 to {LONGEST_HOURS} hours for an expert."
        raise InvalidInput("expert_hours_invalid", message, path="expert_hours")
    before = policy_of(project)
    if before != policy:
        values = {**asdict(policy), "set_by": actor, "set_at": ClockTimestamp()}
        AppealPolicy.objects.update_or_create(project=project, defaults=values)
        audit.record(actor, "appeal_policy.set", project, before=asdict(before), after=asdict(policy))
    return policy
