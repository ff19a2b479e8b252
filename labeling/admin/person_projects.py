"""The card "Projects" on a member's page: every grant that reaches them, and the door to why they may what they may."""

from typing import Any

from labeling import access_explained, work_time
from workforce.admin.pages import PersonRequest
from workforce.admin.person_sections import add_person_section
from workforce.models import Membership


def projects_of(request: PersonRequest, member: Membership) -> dict[str, Any]:
    return {"member": member, "grants": access_explained.grants_of(member), "now": work_time.clock()}


add_person_section("labeling/admin/_person_projects.html", projects_of)
