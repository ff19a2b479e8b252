"""Opinions from files: an external author's answer is a slot in state done, a label, and a version of origin import.

Rows that the dataset has not are made without a picture. An opinion fills an open slot of its row where one is wanted,
else it gets a slot of its own. Several answers of one author on one row are versions of one label, the last counts. An
answer that the label has already is not added again, so a repeated file changes nothing. Object ids are derived from
project, row, author and place, so the same file gives the same payload."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling import batches, class_tallies, counters, kept_apart
from labeling.annotations.faults import Fault
from labeling.annotations.named_features import with_uids
from labeling.annotations.ontology import Ontology
from labeling.annotations.payload import canonical, count_objects, payload_hash
from labeling.annotations.payload_check import check_payload
from labeling.data_rows import NewRow, add_rows
from labeling.events import gold_imported, opinions_imported
from labeling.import_sources import Item
from labeling.labels import last_versions
from labeling.models import (
    Batch,
    DataRow,
    Dataset,
    Label,
    LabelVersion,
    OntologyVersion,
    Project,
    ProjectRow,
    Slot,
)
from labeling.ontologies import parsed
from labeling.rows import lock_row, move_row
from workforce.errors import Refusal
from workforce.jobs import Refused
from workforce.models import ClockTimestamp, Person
from workforce.people import external_authors

OBJECT_IDS = UUID("6d2e8f0a-5f1c-4d1b-9a57-0c3b5a1f7e42")
LONGEST_AUTHOR = 150
MOST_REASONS = 20
CHUNK = 200
Key = tuple[int, int]


@dataclass(frozen=True)
class Taking:
    """Into what the opinions go, and on whose word."""

    actor: Person
    project: Project
    dataset: Dataset
    author_source: str
    batch_name: str
    allow_incomplete: bool = False


class AnswerCount:
    """The how-manieth time an author gives this very answer on a row in a file; the same answer twice running is one.

    Counting the whole file from its start gives the same numbers after a restart."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.last: dict[tuple[str, str], str] = {}

    def note(self, item: Item) -> int:
        assert item.row is not None and item.opinion is not None
        place = (item.row.external_id, item.opinion.author)
        answer = json.dumps([item.opinion.is_gold, item.opinion.is_skipped, item.opinion.features], sort_keys=True)
        if self.last.get(place) != answer:
            self.last[place] = answer
            self.counts[(*place, answer)] += 1
        return self.counts[(*place, answer)]


def take_opinions(taking: Taking, items: Sequence[Item], nth: Mapping[int, int]) -> tuple[set[int], list[Refused]]:
    """Write the opinions of a chunk. Returns the positions that changed something, and what was refused.

    Call inside the chunk's transaction. ``nth`` is each position's ``AnswerCount``."""
    version = taking.project.ontology.versions.latest("number")
    payloads, refused = _payloads(taking, parsed(version), items)
    sound = [item for item in items if item.position in payloads]
    rows = _project_rows(taking, sound)
    apart = kept_apart.kept_apart(taking.project.pk, [row.data_row_id for row in rows.values()])
    written = _Writing(taking, version, rows, _authors(taking, sound))
    for item in sound:
        assert item.row is not None
        row = rows.get(item.row.external_id)
        if row is None or row.data_row_id in apart:
            problem: Refused | None = item.refused(kept_apart.CODE, kept_apart.SENTENCE)
        else:
            problem = written.take(item, row, payloads[item.position], nth[item.position])
        refused += [problem] if problem else []
    touched = written.save()
    if touched:
        opinions_imported.send(
            sender=Project, project=taking.project, project_row_ids=sorted(touched), actor=taking.actor
        )
    return written.changed, refused


# --- Payloads ---------------------------------------------------------------------------------------------------
def _payloads(
    taking: Taking, ontology: Ontology, items: Sequence[Item]
) -> tuple[dict[int, dict[str, Any]], list[Refused]]:
    """Position → payload of the items that are sound; a skip has an empty one."""
    names = [item.row.external_id for item in items if item.row]
    sizes = {row.external_id: row.size for row in DataRow.objects.filter(dataset=taking.dataset, external_id__in=names)}
    payloads: dict[int, dict[str, Any]] = {}
    refused: list[Refused] = []
    for item in items:
        assert item.row is not None and item.opinion is not None
        size = sizes.get(item.row.external_id) or item.row.size
        payload, faults = _payload(taking, ontology, item, size)
        if len(item.opinion.author) > LONGEST_AUTHOR:
            message = f"A labeler's name has at most {LONGEST_AUTHOR} characters."
            faults = (Fault("labeler", "limit_exceeded", message),)
        if faults:
            refused += [item.refused(one.code, one.message, one.path) for one in faults[:MOST_REASONS]]
        else:
            payloads[item.position] = payload
    return payloads, refused


def _payload(
    taking: Taking, ontology: Ontology, item: Item, size: tuple[int, int] | None
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    assert item.row is not None and item.opinion is not None
    if item.opinion.is_skipped:
        return {}, ()
    place = f"{taking.project.uid}/{item.row.external_id}/{item.opinion.author}/{item.opinion.is_gold}"
    numbers = count()
    named, faults = with_uids(
        ontology, item.opinion.features, new_id=lambda: str(uuid5(OBJECT_IDS, f"{place}/{next(numbers)}"))
    )
    faults = faults or check_payload(ontology, named, size=size, is_draft=taking.allow_incomplete)
    return ({}, faults) if faults else (canonical(named), ())


# --- Rows and authors -------------------------------------------------------------------------------------------
def _project_rows(taking: Taking, items: Sequence[Item]) -> dict[str, ProjectRow]:
    """External id → project row, locked; what is missing is made, in the one batch of this import, unless it is kept
    apart."""
    sizes = {item.row.external_id: item.row.size or (None, None) for item in items if item.row}
    known = DataRow.objects.filter(dataset=taking.dataset, external_id__in=sizes)
    have = set(known.values_list("external_id", flat=True))
    new = [NewRow(name, None, None, *size) for name, size in sizes.items() if name not in have]
    add_rows(taking.actor, taking.dataset, new)
    missing = list(known.exclude(project_rows__project=taking.project).order_by("pk").values_list("pk", flat=True))
    if missing:
        # No row is kept apart in between.
        Project.objects.select_for_update(no_key=True).get(pk=taking.project.pk)
        batches._enter(_batch(taking), missing)
    rows = ProjectRow.objects.filter(project=taking.project, data_row__in=known).select_related("data_row")
    return {row.data_row.external_id: row for row in rows.order_by("pk").select_for_update(of=("self",))}


def _batch(taking: Taking) -> Batch:
    found = Batch.objects.select_related("project").filter(project=taking.project, name=taking.batch_name).first()
    return found or batches.create_batch(taking.actor, taking.project, DataRow.objects.none(), name=taking.batch_name)


def _authors(taking: Taking, items: Sequence[Item]) -> dict[str, Person]:
    names = [item.opinion.author for item in items if item.opinion and not item.opinion.is_gold]
    return external_authors(taking.project.organization, taking.author_source, names) if names else {}


# --- Slots, labels, versions ------------------------------------------------------------------------------------
@dataclass
class _Writing:
    """What stands in the database for these rows and authors, and what is to be written, in few statements."""

    taking: Taking
    version: OntologyVersion
    rows: Mapping[str, ProjectRow]
    authors: Mapping[str, Person]
    changed: set[int] = field(default_factory=set)
    slots: dict[Key, Slot] = field(default_factory=dict)
    labels: dict[Key, Label] = field(default_factory=dict)
    hashes: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    open_slots: dict[int, list[Slot]] = field(default_factory=lambda: defaultdict(list))
    gold: dict[int, str] = field(default_factory=dict)
    changed_slots: list[Slot] = field(default_factory=list)
    versions: list[LabelVersion] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = [row.pk for row in self.rows.values()]
        label_slots = Slot.objects.filter(project_row__in=ids, kind=Slot.Kind.LABEL).order_by("pk")
        free = label_slots.filter(state=Slot.State.OPEN, labeler=None).select_for_update(skip_locked=True)
        for slot in free:
            self.open_slots[slot.project_row_id].append(slot)
        held = label_slots.filter(labeler__in=self.authors.values()).exclude(
            state__in=[Slot.State.OPEN, Slot.State.REVOKED]
        )
        self.slots = {(slot.project_row_id, slot.labeler_id or 0): slot for slot in held}
        labels = Label.objects.filter(slot__in=self.slots.values())
        self.labels = {(label.project_row_id, label.labeler_id): label for label in labels}
        keys = {label.pk: key for key, label in self.labels.items()}
        kept = LabelVersion.objects.filter(label__in=keys).order_by("label", "number")
        for label_id, digest in kept.values_list("label_id", "payload_hash"):
            self.hashes[keys[label_id]].append(digest)
        gold = last_versions(Label.objects.filter(project_row__in=ids, kind=Label.Kind.GOLD, retired_at=None))
        self.gold = dict(gold.values_list("label__project_row_id", "payload_hash"))

    def take(self, item: Item, row: ProjectRow, payload: dict[str, Any], nth: int) -> Refused | None:
        assert item.opinion is not None
        if item.opinion.is_gold:
            return self._take_gold(item, row, payload)
        author = self.authors[item.opinion.author]
        if item.opinion.is_skipped:
            return self._take_skip(item, row, author)
        self._take_answer(item, row, author, payload, nth)
        return None

    def _take_gold(self, item: Item, row: ProjectRow, payload: dict[str, Any]) -> Refused | None:
        assert item.opinion is not None
        if item.opinion.is_skipped:
            return item.refused("gold_skipped", "A skip is no gold label.", "skipped")
        if self.gold.get(row.pk) == payload_hash(payload):
            return None
        if not gold_imported.has_listeners(ProjectRow):
            return item.refused("gold_not_kept", "Nobody here keeps gold labels.", "is_benchmark")
        try:
            with transaction.atomic():
                gold_imported.send(sender=ProjectRow, project_row=row, payload=payload, actor=self.taking.actor)
        except Refusal as refusal:
            return item.refused(refusal.code, refusal.message, "is_benchmark")
        self.gold[row.pk] = payload_hash(payload)
        self.changed.add(item.position)
        return None

    def _take_skip(self, item: Item, row: ProjectRow, author: Person) -> Refused | None:
        slot = self.slots.get((row.pk, author.pk))
        if slot is None:
            # A skip is no opinion, so it takes no wanted slot.
            self.slots[row.pk, author.pk] = self._new_slot(row, author, Slot.State.SKIPPED)
            self.changed.add(item.position)
        elif slot.state != Slot.State.SKIPPED:
            return item.refused("labeled_before", "This labeler has a label here, which is not taken back.", "skipped")
        return None

    def _take_answer(self, item: Item, row: ProjectRow, author: Person, payload: dict[str, Any], nth: int) -> None:
        key, digest = (row.pk, author.pk), payload_hash(payload)
        hashes = self.hashes[key]
        if hashes.count(digest) >= nth or hashes[-1:] == [digest]:
            return
        slot = self.slots.get(key)
        if slot is None:
            wanted = self.open_slots[row.pk]
            slot = wanted.pop(0) if wanted else self._new_slot(row, author, Slot.State.DONE)
        if slot.state in (Slot.State.OPEN, Slot.State.SKIPPED):
            slot.state, slot.labeler, slot.skip_reason = Slot.State.DONE, author, ""
            slot.submitted_at = ClockTimestamp()
            if slot.pk:
                self.changed_slots.append(slot)
        self.slots[key] = slot
        label = self.labels.setdefault(
            key, Label(project=self.taking.project, project_row=row, slot=slot, labeler=author)
        )
        label.last_version += 1
        hashes.append(digest)
        self.versions.append(self._version(label, author, payload, digest, item))
        self.changed.add(item.position)

    def _new_slot(self, row: ProjectRow, author: Person, state: str) -> Slot:
        return Slot(
            project=self.taking.project,
            project_row=row,
            state=state,
            labeler=author,
            ontology_version=self.version,
            priority=row.priority,
            order_key=row.pk,
            submitted_at=ClockTimestamp(),
            skip_reason="other" if state == Slot.State.SKIPPED else "",
        )

    def _version(self, label: Label, author: Person, payload: dict[str, Any], digest: str, item: Item) -> LabelVersion:
        assert item.opinion is not None
        return LabelVersion(
            label=label,
            number=label.last_version,
            author=author,
            origin=LabelVersion.Origin.IMPORT,
            ontology_version=self.version,
            payload=payload,
            payload_hash=digest,
            object_count=count_objects(payload),
            active_seconds=item.opinion.seconds,
        )

    def save(self) -> set[int]:
        """Write everything; returns the project rows that have new opinions."""
        Slot.objects.bulk_create([slot for slot in self.slots.values() if slot.pk is None])
        Slot.objects.bulk_update(self.changed_slots, ["state", "labeler", "submitted_at", "skip_reason"])
        moved = {version.label for version in self.versions if version.label.pk}
        Label.objects.bulk_create([label for label in self.labels.values() if label.pk is None])
        Label.objects.bulk_update(moved, ["last_version"])
        LabelVersion.objects.bulk_create(self.versions)
        class_tallies.tally(list({version.label_id: version for version in self.versions}.values()))
        counters.add(self.taking.project.pk, {"labels:imported": len(self.versions)})
        return {version.label.project_row_id for version in self.versions}


# --- The end ----------------------------------------------------------------------------------------------------
def finish_imported_rows(project: Project) -> None:
    """Rows whose wanted opinions all came in from files are done. Called again it finds none left."""
    last = 0
    while ids := list(_finished_rows(project).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = ids[-1]
        with transaction.atomic():
            for row_id in ids:
                row = lock_row(row_id)
                if _finished_rows(project).filter(pk=row_id).exists():
                    move_row(row, ProjectRow.State.DONE)


def _finished_rows(project: Project) -> QuerySet[ProjectRow]:
    """Not yet done, at least one imported opinion, and no label slot that waits for anything.

    A row set aside for a reason stays so; one without a picture is set aside only because nobody can label it."""
    slots = Slot.objects.filter(project_row=OuterRef("pk"), kind=Slot.Kind.LABEL, is_check=False)
    final = [Slot.State.DONE, Slot.State.SKIPPED, Slot.State.REVOKED]
    imported = slots.filter(state=Slot.State.DONE, labeler__kind=Person.Kind.EXTERNAL)
    may_move = Q(state__in=[ProjectRow.State.WAITING, ProjectRow.State.IN_WORK]) | Q(
        state=ProjectRow.State.SET_ASIDE, data_row__asset_path=""
    )
    return ProjectRow.objects.filter(
        may_move, Exists(imported), ~Exists(slots.exclude(state__in=final)), project=project
    )
