"""Labels: submit what was made under a lease, as a version that is never overwritten.

A submit is one transaction: the answer to a repeated key, the row's lock, the fenced slot, the version, the time, the
outbox, the audit row. Whatever refuses it, the work is kept as a draft and the refusal says so."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from labeling import class_tallies, counters, guidelines, work_time
from labeling.annotations.payload import canonical, count_objects, payload_hash
from labeling.annotations.payload_check import check_payload
from labeling.drafts import UNKEPT, Base, drop_draft, keep_refused
from labeling.events import label_submitted
from labeling.faults import refuse_faults
from labeling.models import Label, LabelVersion, OntologyVersion, ProjectRow, Slot, WorkSession
from labeling.ontologies import parsed
from labeling.queue import held_slot, lock_held
from labeling.rows import lock_row, move_row
from workforce import access, audit
from workforce.errors import Refusal, RuleViolation
from workforce.idempotency import Answer, first_answer, keep_answer
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# Refusals after which nothing is kept: what came is no work of this person on this slot.
_UNKEPT = ("key_reused", "not_found", "not_allowed", "not_a_label")
_NO_BASE = Base()


def submit_label(
    person: Person,
    uid: str,
    *,
    token: int,
    payload: Any,
    ontology_version: int,
    key: str,
    base: Base = _NO_BASE,
) -> Answer:
    """Submit the label of slot ``uid``. 201 the first time, 200 with the same answer for the same key and body.

    ``base`` says which draft the page knew, so that a late submit never takes the place of newer work. Every refusal
    carries ``draft_saved``: whether the payload was kept, and ``kept_as`` what."""
    try:
        return _submit(person, uid, token=token, payload=payload, ontology_version=ontology_version, key=key, base=base)
    except Refusal as refusal:
        if refusal.code in _UNKEPT:
            refusal.details |= UNKEPT
        else:
            refusal.details |= keep_refused(person, uid, payload, code=refusal.code, base=base)
        raise


@transaction.atomic
def _submit(
    person: Person, uid: str, *, token: int, payload: Any, ontology_version: int, key: str, base: Base
) -> Answer:
    body = {"slot": str(uid), "token": token, "payload": payload, "ontology_version": ontology_version}
    earlier = first_answer(person, key, body)
    if earlier is not None:
        return earlier
    seen = held_slot(person, uid, token)
    if seen.kind != Slot.Kind.LABEL:
        raise RuleViolation("not_a_label", "This row waits for a review, not for a label.")
    refuse_other_version(seen, ontology_version)
    refuse_invalid(seen.ontology_version, payload, seen.project_row)
    row = lock_row(seen.project_row_id)
    slot = lock_held(person, seen, token)
    session = work_time.credit(person, slot, outcome=WorkSession.Outcome.SUBMITTED)
    moved = Slot.objects.filter(
        pk=slot.pk, lease_token=token, state=Slot.State.LEASED, leased_until__gt=ClockTimestamp()
    ).update(state=Slot.State.SUBMITTED, submitted_at=ClockTimestamp(), leased_until=None)
    if not moved:
        raise RuleViolation("lease_expired", "Your reservation of this row has run out.")
    # Only a rework has a label already; the slot is locked, so nobody makes one in between.
    label = Label.objects.filter(slot=slot).first() if slot.is_rework else None
    if label is None:
        label = Label.objects.create(slot=slot, project=row.project, project_row=row, labeler=person)
    version = add_version(
        label,
        author=person,
        payload=payload,
        ontology_version=slot.ontology_version,
        active_seconds=session.active_seconds,
    )
    drop_draft(person, slot, base=base, payload=payload)
    announce_submit(person, row, label, version)
    slot.refresh_from_db(fields=["submitted_at"])
    answer = Answer(201, _told(slot, row, version))
    keep_answer(person, key, body, answer)
    return answer


def _told(slot: Slot, row: ProjectRow, version: LabelVersion) -> dict[str, Any]:
    """The first answer, kept and given again: the time in it is that of the submit, whenever it is asked for."""
    assert slot.submitted_at is not None
    told = {"label": str(version.label.uid), "version": version.number, "row": str(row.uid)}
    return {**told, "submitted_at": slot.submitted_at.isoformat()}


def announce_submit(person: Person, row: ProjectRow, label: Label, version: LabelVersion) -> None:
    """What every submitted version sets in motion, in the submit's transaction; the caller holds the row's lock."""
    counters.add(row.project_id, {"labels:submitted": 1})
    facts = {"number": version.number, "objects": version.object_count}
    audit.record(person, "label.submitted", label, after=facts, root=row.project)
    is_opinion = label.slot is None or not label.slot.is_check
    class_tallies.tally([version], counts=is_opinion)
    if is_opinion and row.state in (ProjectRow.State.WAITING, ProjectRow.State.IN_REWORK):
        move_row(row, ProjectRow.State.IN_WORK)
    label_submitted.send(sender=Label, label=label, version=version, actor=person)


def add_version(
    label: Label,
    *,
    author: Person,
    payload: Any,
    ontology_version: OntologyVersion | None,
    origin: str = LabelVersion.Origin.HUMAN,
    active_seconds: float | None = None,
) -> LabelVersion:
    """The next version of a label. The number is taken by a conditional update, so two writers cannot share one."""
    kept = canonical(payload)
    number = label.last_version + 1
    if not Label.objects.filter(pk=label.pk, last_version=label.last_version).update(last_version=number):
        raise RuleViolation("label_moved_on", "This label has a newer version. Look at it before you change it.")
    label.last_version = number
    assert ontology_version is not None
    is_human = origin == LabelVersion.Origin.HUMAN
    return LabelVersion.objects.create(
        label=label,
        number=number,
        author=author,
        origin=origin,
        ontology_version=ontology_version,
        guideline_version_id=guidelines.version_read_by(author, label.project_id) if is_human else None,
        payload=kept,
        payload_hash=payload_hash(kept),
        object_count=count_objects(kept),
        active_seconds=active_seconds,
    )


def refuse_other_version(slot: Slot, ontology_version: int) -> None:
    """A label is made under the version that its lease was given with."""
    assert slot.ontology_version is not None
    if slot.ontology_version.number != ontology_version:
        raise RuleViolation(
            "ontology_changed",
            "The classes changed since you opened this row.",
            wanted=slot.ontology_version.number,
        )


def refuse_invalid(version: OntologyVersion | None, payload: Any, row: ProjectRow) -> None:
    assert version is not None
    ontology = parsed(version)
    refuse_faults(check_payload(ontology, payload, size=row.data_row.size), "Nothing was lost.")


def last_versions(labels: QuerySet[Label]) -> QuerySet[LabelVersion]:
    """The last version of each label, whoever wrote it: what winner and export use."""
    return LabelVersion.objects.filter(label__in=labels, number=F("label__last_version"))


def makers_versions(labels: QuerySet[Label]) -> QuerySet[LabelVersion]:
    """The last version that each label's own maker wrote: what agreement, accuracy and time of a person use."""
    newer = LabelVersion.objects.filter(
        label=OuterRef("label"), author=OuterRef("author"), number__gt=OuterRef("number")
    )
    return LabelVersion.objects.filter(~Exists(newer), label__in=labels, author=F("label__labeler"))


def opinions_of(row: ProjectRow) -> QuerySet[Label]:
    return Label.objects.filter(project_row=row, kind=Label.Kind.OPINION).select_related("labeler", "slot")


def labels_visible_to(person: Person) -> QuerySet[Label]:
    labels = Label.objects.select_related("project", "project_row__data_row__dataset", "labeler", "slot")
    return access.visible_to(person, labels, Permission.VIEW_LABEL)
