"""What a score needs to know of a row: the questions of its ontology, and the opinions that count.

An opinion counts by the last version its own maker wrote, from the first submit on; a fix by a reviewer changes no
score of a person. Opinions made under different versions of an ontology are compared by the newest of these; what that
one no longer asks is left out."""

import uuid
from collections.abc import Iterable

from django.db.models import Q

from labeling import labels
from labeling.annotations.features import Feature
from labeling.annotations.kinds import Kind
from labeling.models import Label, LabelVersion, OntologyVersion, ProjectRow, Slot
from labeling.ontologies import parsed
from labeling.rows import OPINION_IS_IN
from quality.agreement.schema import FeatureSchema

Schema = tuple[FeatureSchema, ...]

# Labels that are opinions or checks, and in.
ANSWER_IS_IN = Q(kind=Label.Kind.OPINION, slot__kind=Slot.Kind.LABEL) & (
    Q(slot__state__in=OPINION_IS_IN) | Q(slot__state=Slot.State.LEASED, slot__is_rework=True)
)

_schemas: dict[uuid.UUID, Schema] = {}


def schema_of(version: OntologyVersion) -> Schema:
    """The questions of ``version`` as the scores read them, made once per process: versions never change."""
    found = _schemas.get(version.uid)
    if found is None:
        found = _schemas[version.uid] = tuple(_feature_schema(feature) for feature in parsed(version).features)
    return found


def newest_ontology(versions: Iterable[LabelVersion]) -> OntologyVersion:
    """The newest ontology version that any of these label versions (at least one) was made under."""
    return max((version.ontology_version for version in versions), key=lambda ontology: ontology.number)


def opinions_given(row: ProjectRow) -> list[LabelVersion]:
    """Of each opinion of the row that is in, its maker's last version; oldest label first. A check is no opinion."""
    return [version for version in answers_given(row) if is_opinion(version)]


def is_opinion(version: LabelVersion) -> bool:
    return version.label.slot is not None and not version.label.slot.is_check


def answers_given(row: ProjectRow) -> list[LabelVersion]:
    """Opinions and checks of the row that are in, each by its maker's last version; oldest label first.

    One that its maker is reworking right now stays in as it was: opening it takes nothing back."""
    given = Label.objects.filter(ANSWER_IS_IN, project_row=row)
    related = "label__labeler", "label__slot", "ontology_version"
    versions = list(labels.makers_versions(given).select_related(*related).order_by("label_id"))
    for version in versions:
        # The caller's row, with its project and size, so that nobody asks for them again.
        version.label.project, version.label.project_row = row.project, row
    return versions


def _feature_schema(feature: Feature, parent_option: str = "") -> FeatureSchema:
    """A point's tolerance is its sigma: at this distance the similarity has fallen to 0.61.

    A bound of a number is a range only together with the other one."""
    is_point = feature.kind == Kind.POINT
    is_bounded = feature.kind == Kind.NUMBER and feature.minimum is not None and feature.maximum is not None
    nested = [_feature_schema(question) for question in feature.questions]
    for option in feature.options:
        nested += [_feature_schema(question, option.value) for question in option.questions]
    return FeatureSchema(
        uid=feature.uid,
        name=feature.name,
        kind=feature.kind.value,
        options=tuple(option.value for option in feature.options),
        is_required=feature.is_required,
        value_range=(feature.minimum or 0.0, feature.maximum or 0.0) if is_bounded else None,
        tolerance=None if is_point else feature.tolerance,
        sigma=(feature.tolerance or None) if is_point else None,
        questions=tuple(nested),
        parent_option=parent_option,
    )
