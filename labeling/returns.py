"""What waits for nobody comes back into the queue: rows that were set aside, and rework whose maker has gone.

A row is set aside when a skip says that nobody should get it before somebody has looked; it has no open slot then and
no claim takes it. Announces ``row_returned``, and ``opinion_withdrawn`` when a label no longer counts."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from labeling import class_tallies
from labeling.events import opinion_withdrawn, row_returned
from labeling.models import Label, Project, ProjectRow, Slot
from labeling.rows import OPINION_IS_IN, add_label_slots, label_slots, lock_row, move_row, opinions_in
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Person
from workforce.roles import Permission


def set_aside(row: ProjectRow) -> None:
    """Take a locked row out of the queue. Those who hold it go on; what they submit is kept until it comes back."""
    open_slots = Slot.objects.filter(project_row=row, kind=Slot.Kind.LABEL, state=Slot.State.OPEN)
    open_slots.update(state=Slot.State.REVOKED)
    move_row(row, ProjectRow.State.SET_ASIDE)


@transaction.atomic
def exclude_row(actor: Person, row_uid: str, *, reason: str) -> ProjectRow:
    """A manager takes a row out, with the reason; ``return_row`` puts it back. Its labels stay on record."""
    seen = access.access(actor, ProjectRow.objects.select_related("project"), row_uid, Permission.CHANGE_PROJECT)
    row = lock_row(seen.pk)
    said = reason.strip()
    if not said:
        raise InvalidInput("reason_required", "Say why this row is taken out.")
    if row.state == ProjectRow.State.SET_ASIDE:
        raise RuleViolation("set_aside_already", "This row is set aside already.")
    before = row.state
    set_aside(row)
    audit.record(actor, "row.excluded", row, before={"state": before}, after={"reason": said})
    return row


@transaction.atomic
def return_row(actor: Person, row_uid: str) -> ProjectRow:
    """Put a row that was set aside back: as many people get it as opinions are still wanted."""
    seen = access.access(actor, ProjectRow.objects.select_related("project"), row_uid, Permission.CHANGE_PROJECT)
    row = lock_row(seen.pk)
    if row.state != ProjectRow.State.SET_ASIDE:
        raise RuleViolation("not_set_aside", "This row is not set aside any more.")
    if not row.data_row.asset_path:
        raise RuleViolation("no_picture", "This row has no picture, so nobody could label it.")
    slots = label_slots(row)
    wanted = (Slot.State.OPEN, Slot.State.LEASED, *OPINION_IS_IN)
    add_label_slots(row, max(0, row.labels_wanted - slots.filter(state__in=wanted).count()))
    is_begun = slots.filter(state__in=[Slot.State.LEASED, *OPINION_IS_IN]).exists()
    move_row(row, ProjectRow.State.IN_WORK if is_begun else ProjectRow.State.WAITING)
    audit.record(actor, "row.returned", row, after={"opinions": opinions_in(row)})
    row_returned.send(sender=ProjectRow, project_row=row)
    return row


def rework_of(project: Project) -> QuerySet[Slot]:
    """Labels that were sent back and wait for their makers, with ``maker_is_active``; a list by primary key."""
    active = Person.objects.filter(
        pk=OuterRef("labeler"),
        is_active=True,
        memberships__is_active=True,
        memberships__organization=project.organization_id,
    )
    waiting = Slot.objects.filter(project=project, kind=Slot.Kind.LABEL, state=Slot.State.IN_REWORK)
    related = "labeler", "project_row__data_row", "project_row__batch", "work"
    return waiting.select_related(*related).annotate(maker_is_active=Exists(active))


@transaction.atomic
def withdraw_rework(actor: Person, slot_uid: str) -> Slot:
    """Give a row that waits for its maker's rework to someone else. The label stays on record and counts no more."""
    seen = access.access(actor, Slot.objects.select_related("project"), slot_uid, Permission.CHANGE_PROJECT)
    row = lock_row(seen.project_row_id)
    moved = Slot.objects.filter(pk=seen.pk, state=Slot.State.IN_REWORK).update(state=Slot.State.REVOKED)
    if not moved:
        raise RuleViolation("not_in_rework", "This row does not wait for its maker any more.")
    add_label_slots(row, 1)
    label = Label.objects.select_related("labeler").get(slot=seen)
    if not Slot.objects.filter(project_row=row, state=Slot.State.IN_REWORK).exists():
        move_row(row, ProjectRow.State.IN_WORK)
    class_tallies.take_back(label)
    audit.record(actor, "rework.withdrawn", label, after={"maker": str(label.labeler.uid)})
    opinion_withdrawn.send(sender=Label, label=label, project_row=row)
    return seen
