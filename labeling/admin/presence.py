"""The column "Now" of the people list: who works at this moment, in which project and stage."""

from collections.abc import Sequence

from labeling import presence
from workforce.admin.pages import PersonRequest
from workforce.admin.people import add_people_column
from workforce.models import Membership


def now_of(request: PersonRequest, members: Sequence[Membership]) -> dict[int, str]:
    by_person = presence.at_work_among(request.user, {member.person_id for member in members})
    found = {}
    for member in members:
        session = by_person.get(member.person_id)
        # One person may belong to several organizations; each line tells of its own.
        if session is not None and session.project.organization_id == member.organization_id:
            found[member.pk] = f"{session.get_stage_display().capitalize()}, {session.project.name}"
    return found


add_people_column("Now", now_of)
