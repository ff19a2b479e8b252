"""Exports: a project's rows with their labels as NDJSON, of one moment, exact, and the same bytes when nothing changed.

The rows are read in one read-only transaction that sees one snapshot, over a server-side cursor, a chunk at a time with
a fixed number of queries. People are pseudonyms (their uid); real names need the right to see people. Upper floors add
what they know (agreement, decisions, issues) through ``register_export_addition``."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum

from labeling.blindness import refuse_blind_export
from labeling.formats.export_rows import (
    ExportDataRow,
    ExportLabel,
    ExportMedia,
    ExportMetadata,
    ExportOrigin,
    ExportProject,
    ExportRow,
    ExportTime,
)
from labeling.formats.ndjson_export import write_rows
from labeling.labels import last_versions
from labeling.models import Label, LabelVersion, Project, ProjectRow, WorkSession
from labeling.ontologies import parsed
from workforce import access, alerts, audit
from workforce.models import Person
from workforce.roles import Permission

CHUNK = 200
# A slow reader may pause longer than a request may; the snapshot is read-only, so it blocks nobody.
PAUSE_MINUTES = 10


@dataclass(frozen=True)
class RowFacts:
    """What an upper floor knows of a row: fields of ``ExportProject``, and by label key fields of ``ExportLabel``."""

    project: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


Naming = Callable[[Person], str]
Addition = Callable[[Sequence[int], Naming], Mapping[int, RowFacts]]
_additions: dict[str, Addition] = {}


def register_export_addition(name: str, ask: Addition) -> None:
    """``ask(row_ids, name_of)`` answers for all project rows of a chunk at once, with a fixed number of queries.

    ``name_of(person)`` is what may stand for a person in this export."""
    _additions[name] = ask


def export_lines(
    person: Person,
    project: Project,
    *,
    states: Sequence[str] = (),
    with_names: bool = False,
    address_of: Callable[[ProjectRow], str] = lambda row: row.data_row.external_id,
) -> Iterator[bytes]:
    """The lines of an export, to be read once. Rights and the audit row come first, the snapshot with the first line.

    ``states`` limits it to rows in these states; ``address_of`` says what stands as ``row_data``."""
    access.require(person, Permission.EXPORT_LABELS, project)
    refuse_blind_export(person, project, list(states))
    if with_names:
        access.require(person, Permission.VIEW_PEOPLE, project.organization)
    with transaction.atomic():
        audit.record(person, "labels.exported", project, after={"states": list(states), "with_names": with_names})
        alerts.note_export(person, project.organization_id, str(project.uid), project.name)
    naming: Naming = (lambda who: who.name) if with_names else (lambda who: str(who.uid))
    return _lines_of_one_moment(project, list(states), naming, address_of)


def _lines_of_one_moment(
    project: Project, states: list[str], naming: Naming, address_of: Callable[[ProjectRow], str]
) -> Iterator[bytes]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PAUSE_MINUTES}min'")
        yield from write_rows(_export_rows(project, states, naming, address_of))


def _export_rows(
    project: Project, states: list[str], naming: Naming, address_of: Callable[[ProjectRow], str]
) -> Iterator[ExportRow]:
    rows = ProjectRow.objects.filter(project=project).select_related(
        "data_row__dataset", "data_row__created_by", "batch", "project__ontology"
    )
    if states:
        rows = rows.filter(state__in=states)
    walk = rows.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(walk, CHUNK)):
        facts = _facts_of([row.pk for row in chunk], naming)
        versions = _versions_of([row.pk for row in chunk])
        for row in chunk:
            yield _export_row(row, versions[row.pk], facts[row.pk], naming, address_of)


def _facts_of(row_ids: list[int], naming: Naming) -> dict[int, RowFacts]:
    """Everything added from above, together, by row."""
    found: dict[int, RowFacts] = defaultdict(RowFacts)
    for ask in _additions.values():
        for row_id, more in ask(row_ids, naming).items():
            before = found[row_id]
            labels = {key: {**before.labels.get(key, {}), **fields} for key, fields in more.labels.items()}
            found[row_id] = RowFacts({**before.project, **more.project}, {**before.labels, **labels})
    return found


@dataclass(frozen=True)
class _Version:
    version: LabelVersion
    times: tuple[ExportTime, ...]


def _versions_of(row_ids: list[int]) -> dict[int, list[_Version]]:
    """The last version of every label, with the time that went into it, by row."""
    labels = Label.objects.filter(project_row__in=row_ids, retired_at=None).exclude(slot__is_check=True)
    times = _times_of(labels)
    found: dict[int, list[_Version]] = defaultdict(list)
    related = "label__labeler", "label__made_from", "ontology_version__ontology", "guideline_version"
    wanted = last_versions(labels).select_related(*related)
    for version in wanted.order_by("label_id"):
        found[version.label.project_row_id].append(_Version(version, times[version.label_id]))
    return found


def _times_of(labels: QuerySet[Label]) -> dict[int, tuple[ExportTime, ...]]:
    """Active, wall and idle seconds by stage: of the label's own slot, and of the reviews of it."""
    sessions = WorkSession.objects.filter(Q(slot__work__in=labels) | Q(slot__label__in=labels))
    sums = (
        sessions.exclude(outcome=WorkSession.Outcome.OPEN)
        .values("slot__work", "slot__label", "stage")
        .annotate(active=Sum("active_seconds"), idle=Sum("idle_seconds"))
        .annotate(wall=Sum(F("last_beat_at") - F("first_beat_at")))
        .order_by("slot__work", "slot__label", "stage")
    )
    found: dict[int, dict[str, ExportTime]] = defaultdict(dict)
    for row in sums:
        stages = found[row["slot__work"] or row["slot__label"]]
        earlier = stages.get(row["stage"], ExportTime(row["stage"], 0.0, 0.0, 0.0))
        stages[row["stage"]] = ExportTime(
            row["stage"],
            earlier.active_seconds + row["active"],
            earlier.wall_seconds + row["wall"].total_seconds(),
            earlier.idle_seconds + row["idle"],
        )
    times: dict[int, tuple[ExportTime, ...]] = defaultdict(tuple)
    times.update({label: tuple(stages[name] for name in sorted(stages)) for label, stages in found.items()})
    return times


# --- One row ----------------------------------------------------------------------------------------------------
def _export_row(
    row: ProjectRow,
    versions: list[_Version],
    facts: RowFacts,
    naming: Naming,
    address_of: Callable[[ProjectRow], str],
) -> ExportRow:
    data_row, dataset = row.data_row, row.data_row.dataset
    labels = tuple(
        replace(_export_label(one, naming), **facts.labels.get(one.version.label_id, {})) for one in versions
    )
    return ExportRow(
        ExportDataRow(
            id=str(data_row.uid),
            external_id=data_row.external_id,
            global_key=data_row.global_key,
            row_data=address_of(row),
            dataset_id=str(dataset.uid),
            dataset_name=dataset.name,
            created_at=data_row.created_at,
            updated_at=data_row.created_at,
            last_activity_at=_last_activity(row, versions),
            created_by=naming(data_row.created_by),
            checksum=data_row.checksum or None,
        ),
        ExportMedia(data_row.width, data_row.height, data_row.mime_type or None),
        tuple(ExportMetadata(key, key, _kind_of(value), value) for key, value in sorted(data_row.metadata.items())),
        (replace(_export_project(row, labels), **facts.project),),
    )


def _export_project(row: ProjectRow, labels: tuple[ExportLabel, ...]) -> ExportProject:
    return ExportProject(
        id=str(row.project.uid),
        name=row.project.name,
        ontology_id=str(row.project.ontology.uid),
        batch_id=str(row.batch.uid),
        batch_name=row.batch.name,
        workflow_status=row.state,
        priority=row.priority,
        consensus_expected_label_count=row.labels_wanted,
        selected_label_id=None,
        revision=row.revision,
        labels=labels,
    )


def _export_label(one: _Version, naming: Naming) -> ExportLabel:
    version, label = one.version, one.version.label
    review = next((time.active_seconds for time in one.times if time.stage == WorkSession.Stage.REVIEW), None)
    return ExportLabel(
        id=str(label.uid),
        version=version.number,
        ontology=parsed(version.ontology_version),
        payload=version.payload,
        created_at=label.created_at,
        updated_at=version.made_at,
        created_by=naming(label.labeler),
        content_last_updated_at=version.made_at,
        ontology_version=version.ontology_version.number,
        guideline_version=version.guideline_version.number if version.guideline_version else None,
        origin=ExportOrigin(version.origin, parent_label=str(label.made_from.uid) if label.made_from else None),
        is_gold=label.kind == Label.Kind.GOLD,
        seconds_to_create=version.active_seconds,
        seconds_to_review=review,
        times=one.times,
    )


def _last_activity(row: ProjectRow, versions: list[_Version]) -> datetime:
    return max([row.state_since, *(one.version.made_at for one in versions)])


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "CustomMetadataBoolean"
    if isinstance(value, int | float):
        return "CustomMetadataNumber"
    return "CustomMetadataString" if isinstance(value, str) else "CustomMetadataJson"
