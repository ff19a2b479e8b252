"""The values an export is written from: one `ExportRow` per data row, filled by the rules, translated by a writer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from labeling.annotations.ontology import Ontology


@dataclass(frozen=True, slots=True)
class ExportDataRow:
    """The data row itself. `created_by` is a pseudonymous key of a person unless real names were allowed."""

    id: str
    external_id: str
    global_key: str | None
    row_data: str
    dataset_id: str
    dataset_name: str
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    created_by: str
    checksum: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class ExportMedia:
    """What is known of the asset's bytes; sides in pixels."""

    width: int | None = None
    height: int | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """One field of metadata."""

    schema_id: str
    schema_name: str
    schema_kind: str
    value: object


@dataclass(frozen=True, slots=True)
class ExportOrigin:
    """Where a label came from: `kind` is human, model, import …; the rest as far as it applies."""

    kind: str
    model: str | None = None
    run: str | None = None
    parent_label: str | None = None


@dataclass(frozen=True, slots=True)
class ExportTime:
    """Time spent on one stage (label, review, rework), in seconds."""

    stage: str
    active_seconds: float
    wall_seconds: float
    idle_seconds: float


@dataclass(frozen=True, slots=True)
class ExportAgreement:
    """How far the opinions agree, 0 to 1; None where undefined. Per feature by uid, per object by id."""

    score: float | None
    method: str
    n: int
    per_feature: Mapping[str, float | None] = field(default_factory=dict)
    per_object: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportComment:
    """One word in the thread of an issue."""

    at: datetime
    by: str
    content: str


@dataclass(frozen=True, slots=True)
class ExportIssue:
    """One issue of a label with its thread. `pin` is a geometry in the terms of the editor."""

    number: int
    category: str
    status: str
    content: str
    created_at: datetime
    created_by: str
    object_id: str | None = None
    pin: object = None
    comments: tuple[ExportComment, ...] = ()
    rule_id: str | None = None
    rule_title: str = ""


@dataclass(frozen=True, slots=True)
class ExportDecision:
    """One decision of a review with its reasons and the rules it cites."""

    action: str
    at: datetime
    by: str
    reason_codes: tuple[str, ...] = ()
    rule_ids: tuple[str, ...] = ()
    rule_titles: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExportLabel:
    """One label. `payload` was made under `ontology`, which names its features and options."""

    id: str
    version: int
    ontology: Ontology
    payload: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    created_by: str
    content_last_updated_at: datetime
    ontology_version: int
    guideline_version: int | None
    origin: ExportOrigin
    is_skipped: bool = False
    is_gold: bool = False
    seconds_to_create: float | None = None
    seconds_to_review: float | None = None
    benchmark_score: float | None = None
    benchmark_reference_label: str | None = None
    consensus_score: float | None = None
    ambiguity: float | None = None
    agreement: ExportAgreement | None = None
    times: tuple[ExportTime, ...] = ()
    issues: tuple[ExportIssue, ...] = ()
    decisions: tuple[ExportDecision, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportStep:
    """One step of a row through the workflow."""

    action: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class ExportMerged:
    """One label made of all opinions, read with `ontology`. `support` is object id -> (labels that have it, of how
    many), `made_of` label -> version, `undecided` the questions that were left open."""

    ontology: Ontology
    payload: Mapping[str, object]
    support: Mapping[str, object]
    made_of: Mapping[str, object]
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportConsensus:
    """How the selected label was found, by which method and version of the settings, and how sure that is."""

    status: str
    strategy: str
    winner: str | None
    method: str
    method_version: int
    settings_version: int
    opinions: int
    score: float | None = None
    posterior: float | None = None
    agreement: float | None = None
    threshold: float | None = None
    asked: str = ""
    chosen_by: str | None = None
    chosen_reason: str = ""
    merged: ExportMerged | None = None


@dataclass(frozen=True, slots=True)
class ExportProject:
    """The data row in one project, with the labels asked for, in the order they are to stand."""

    id: str
    name: str
    ontology_id: str
    batch_id: str | None
    batch_name: str | None
    workflow_status: str
    priority: int
    consensus_expected_label_count: int
    selected_label_id: str | None
    revision: int = 0
    labels: tuple[ExportLabel, ...] = ()
    workflow_history: tuple[ExportStep, ...] = ()
    consensus: ExportConsensus | None = None


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One line of an export."""

    data_row: ExportDataRow
    media: ExportMedia = field(default_factory=ExportMedia)
    metadata: tuple[ExportMetadata, ...] = ()
    projects: tuple[ExportProject, ...] = ()
