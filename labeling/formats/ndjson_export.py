"""Writing the export: one JSON line per data row, Labelbox's export v2 with our additions, then a trailer.

The bytes depend on the rows only: sorted keys, numbers to six decimals without trailing zeros, times in UTC with
microseconds. The trailer `{"trailer": {"rows": n, "sha256": …}}` covers every byte before it, so a cut file shows.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from labeling.annotations.payload import canonical
from labeling.formats.export_annotations import export_annotations
from labeling.formats.export_rows import (
    ExportAgreement,
    ExportConsensus,
    ExportDecision,
    ExportIssue,
    ExportLabel,
    ExportMerged,
    ExportProject,
    ExportRow,
)

SCHEMA_VERSION: Final = "1"
_DECIMALS: Final = 6


def write_rows(rows: Iterable[ExportRow]) -> Iterator[bytes]:
    """One line of UTF-8 JSON per row, ending in a newline, then the trailer. Holds one row at a time.

    Raises ValueError for NaN, infinities and times without zone: an export never carries them.
    """
    digest = hashlib.sha256()
    count = 0
    for row in rows:
        line = _line(row_document(row))
        digest.update(line)
        count += 1
        yield line
    yield _line({"trailer": {"rows": count, "sha256": digest.hexdigest()}})


def row_document(row: ExportRow) -> dict[str, object]:
    """The row as a JSON document; times are still datetimes."""
    data_row = row.data_row
    return {
        "schema_version": SCHEMA_VERSION,
        "data_row": {
            "id": data_row.id,
            "external_id": data_row.external_id,
            "global_key": data_row.global_key,
            "row_data": data_row.row_data,
            "checksum": data_row.checksum,
            "revision": data_row.revision,
            "details": {
                "dataset_id": data_row.dataset_id,
                "dataset_name": data_row.dataset_name,
                "created_at": data_row.created_at,
                "updated_at": data_row.updated_at,
                "last_activity_at": data_row.last_activity_at,
                "created_by": data_row.created_by,
            },
        },
        "media_attributes": {"width": row.media.width, "height": row.media.height, "mime_type": row.media.mime_type},
        "metadata_fields": [
            {
                "schema_id": one.schema_id,
                "schema_name": one.schema_name,
                "schema_kind": one.schema_kind,
                "value": one.value,
            }
            for one in row.metadata
        ],
        "projects": {project.id: _project(project) for project in row.projects},
    }


def _project(project: ExportProject) -> dict[str, object]:
    return {
        "name": project.name,
        "labels": [_label(label) for label in project.labels],
        "project_details": {
            "ontology_id": project.ontology_id,
            "batch_id": project.batch_id,
            "batch_name": project.batch_name,
            "workflow_status": project.workflow_status,
            "priority": project.priority,
            "consensus_expected_label_count": project.consensus_expected_label_count,
            "selected_label_id": project.selected_label_id,
            "consensus": _consensus(project.consensus),
            "revision": project.revision,
            "workflow_history": [
                {"action": step.action, "created_at": step.created_at, "created_by": step.created_by}
                for step in project.workflow_history
            ],
        },
    }


def _label(label: ExportLabel) -> dict[str, object]:
    origin = label.origin
    return {
        "id": label.id,
        "version": label.version,
        "label_kind": "Gold" if label.is_gold else "Default",
        "label_details": _label_details(label),
        "performance_details": {
            "seconds_to_create": label.seconds_to_create,
            "seconds_to_review": label.seconds_to_review,
            "skipped": label.is_skipped,
            "benchmark_score": label.benchmark_score,
            "benchmark_reference_label": label.benchmark_reference_label,
            "consensus_score": label.consensus_score,
        },
        "annotations": export_annotations(label.ontology, canonical(label.payload)),
        "ontology_version": label.ontology_version,
        "guideline_version": label.guideline_version,
        "origin": {
            "kind": origin.kind,
            "model": origin.model,
            "run": origin.run,
            "parent_label": origin.parent_label,
        },
        "times": {
            time.stage: {"active_s": time.active_seconds, "wall_s": time.wall_seconds, "idle_s": time.idle_seconds}
            for time in label.times
        },
        "agreement": _agreement(label.agreement),
        "ambiguity": label.ambiguity,
        "issues": [_issue(issue) for issue in label.issues],
        "decisions": [_decision(decision) for decision in label.decisions],
    }


def _label_details(label: ExportLabel) -> dict[str, object]:
    return {
        "created_at": label.created_at,
        "updated_at": label.updated_at,
        "created_by": label.created_by,
        "content_last_updated_at": label.content_last_updated_at,
        # Labelbox's shape of the same decisions, for readers written for it.
        "reviews": [
            {"reviewed_at": decision.at, "reviewed_by": decision.by, "action": decision.action}
            for decision in label.decisions
        ],
    }


def _agreement(agreement: ExportAgreement | None) -> dict[str, object] | None:
    if agreement is None:
        return None
    return {
        "score": agreement.score,
        "method": agreement.method,
        "n": agreement.n,
        "per_feature": dict(agreement.per_feature),
        "per_object": dict(agreement.per_object),
    }


def _consensus(found: ExportConsensus | None) -> dict[str, object] | None:
    """Every opinion stands among the labels; this says which was selected, and how."""
    if found is None:
        return None
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    return {**plain, "merged": _merged(found.merged)}


def _merged(merged: ExportMerged | None) -> dict[str, object] | None:
    if merged is None:
        return None
    return {
        "annotations": export_annotations(merged.ontology, canonical(merged.payload)),
        "support": dict(merged.support),
        "made_of": dict(merged.made_of),
        "undecided": list(merged.undecided),
    }


def _issue(issue: ExportIssue) -> dict[str, object]:
    return {
        "number": issue.number,
        "category": issue.category,
        "status": issue.status,
        "content": issue.content,
        "created_at": issue.created_at,
        "created_by": issue.created_by,
        "object_id": issue.object_id,
        "pin": issue.pin,
        "rule": {"id": issue.rule_id, "title": issue.rule_title} if issue.rule_id else None,
        "comments": [
            {"created_at": comment.at, "created_by": comment.by, "content": comment.content}
            for comment in issue.comments
        ],
    }


def _decision(decision: ExportDecision) -> dict[str, object]:
    return {
        "action": decision.action,
        "created_at": decision.at,
        "created_by": decision.by,
        "reason_codes": list(decision.reason_codes),
        "rule_ids": list(decision.rule_ids),
        "rule_titles": list(decision.rule_titles),
        "note": decision.note,
    }


def _line(document: object) -> bytes:
    text = json.dumps(_fixed(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _fixed(value: object) -> object:
    """The document with every number and time in its one form."""
    if isinstance(value, Mapping):
        return {str(key): _fixed(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_fixed(child) for child in value]
    if isinstance(value, datetime):
        return _timestamp(value)
    return _fixed_float(value) if isinstance(value, float) else value


def _fixed_float(value: float) -> int | float:
    if not math.isfinite(value):
        raise ValueError("an export holds no NaN and no infinite number")
    kept = round(value, _DECIMALS) + 0.0
    return int(kept) if abs(kept) < 2**53 and kept.is_integer() else kept


def _timestamp(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a time in an export has a zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
