"""Someone may do less than before, or leaves: what they hold goes back to the queue at once, grants of one who left end
in sight. What they typed stays: drafts outlive every lease."""

from django.db import transaction
from django.db.models import Q

from labeling.models import Project, ProjectPersonGrant, Slot
from labeling.queue import free_slot, permission_for
from workforce import access, audit
from workforce.models import ClockTimestamp, Organization, Person


@transaction.atomic
def free_lost_leases(person: Person, organization: Organization) -> int:
    """Free the leases of ``person`` in the organization for work that they may no longer do. Returns how many."""
    held = Slot.objects.filter(labeler=person, state=Slot.State.LEASED, project__organization=organization)
    may: dict[tuple[int, str], bool] = {}
    for slot in held.select_related("project"):
        key = slot.project_id, slot.kind
        if key not in may:
            may[key] = bool(access.can(person, permission_for(slot), slot.project))
    lost = Q(pk__in=[])
    for (project_id, kind), is_allowed in may.items():
        if not is_allowed:
            lost |= Q(project=project_id, kind=kind)
    slots = list(held.filter(lost).order_by("pk").select_for_update(of=("self",)))
    for slot in slots:
        free_slot(slot)
    return len(slots)


@transaction.atomic
def end_grants_of(person: Person, organization: Organization) -> int:
    """End the live grants in the own name of one who left: the rows stay, run out now, each with its line in the
    audit log. Returns how many."""
    live = Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp())
    grants = ProjectPersonGrant.objects.filter(live, user=person, content_object__organization=organization)
    ended = list(grants.select_related("permission").order_by("pk").select_for_update(of=("self",)))
    projects = Project.objects.in_bulk([grant.content_object_id for grant in ended])
    ProjectPersonGrant.objects.filter(pk__in=[grant.pk for grant in ended]).update(expires_at=ClockTimestamp())
    for grant in ended:
        before = {"receiver": str(person.uid), "role": grant.role}
        audit.record(
            person, "access.ended", projects[grant.content_object_id], before=before, after={"because": "left"}
        )
    return len(ended)
