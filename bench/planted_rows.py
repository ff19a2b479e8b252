"""A simulated crew written straight into the tables, with the scores that the product would have computed: for tests,
and for a project too large to be labeled submit by submit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.planted_crew import Answer, Crew, payload_of
from labeling.models import Label, LabelVersion, OntologyVersion, Project, ProjectRow, Slot
from quality.agreement.labels import compare_opinions
from quality.agreement.opinions import Opinion, read_opinion
from quality.models import Benchmark, LabelScore, PairScore
from quality.scoring_schema import schema_of
from workforce.models import ClockTimestamp, Person

CHUNK = 2000


def write_crew(
    crew: Crew, project: Project, rows: Sequence[ProjectRow], people: Sequence[Person], gold_maker: Person
) -> None:
    """All answers of ``crew``: row n of it is ``rows[n]``, person n ``people[n]``; its golds are made by one more."""
    ontology = OntologyVersion.objects.filter(ontology=project.ontology_id).latest("number")
    golds = _write_golds(crew, project, rows, gold_maker, ontology)
    read = {label.pk: read_opinion(schema_of(ontology), body, size=None, path="gold") for label, body in golds.values()}
    given = list(crew.opinions())
    for start in range(0, len(given), CHUNK):
        _write(given[start : start + CHUNK], project, rows, people, ontology)
    bodies = _bodies(project, ontology)
    _write_pairs(rows, bodies, ontology)
    _write_scores(project, bodies, {rows[row].pk: read[label.pk] for row, (label, _) in golds.items()}, ontology)


def _write(
    given: Sequence[tuple[int, int, Answer, bool]],
    project: Project,
    rows: Sequence[ProjectRow],
    people: Sequence[Person],
    ontology: OntologyVersion,
) -> None:
    slots = Slot.objects.bulk_create(
        Slot(
            project=project,
            project_row=rows[row],
            labeler=people[person],
            state=Slot.State.DONE,
            is_check=is_check,
            order_key=rows[row].pk,
            submitted_at=ClockTimestamp(),
        )
        for row, person, _, is_check in given
    )
    labels = Label.objects.bulk_create(
        Label(project=project, project_row=slot.project_row, slot=slot, labeler=slot.labeler, last_version=1)
        for slot in slots
    )
    LabelVersion.objects.bulk_create(
        _version(
            label, people[person], ontology, payload_of(answer.colour, answer.boxes, (row, person)), answer.seconds
        )
        for label, (row, person, answer, _) in zip(labels, given, strict=True)
    )


def _write_golds(
    crew: Crew, project: Project, rows: Sequence[ProjectRow], maker: Person, ontology: OntologyVersion
) -> dict[int, tuple[Label, Any]]:
    labels = Label.objects.bulk_create(
        Label(project=project, project_row=rows[row], kind=Label.Kind.GOLD, labeler=maker, last_version=1)
        for row in crew.golds
    )
    found = {
        row: (label, payload_of(colour, crew.objects[row], ("gold", row)))
        for label, (row, colour) in zip(labels, crew.golds.items(), strict=True)
    }
    LabelVersion.objects.bulk_create(_version(label, maker, ontology, body, None) for label, body in found.values())
    Benchmark.objects.bulk_create(
        Benchmark(project=project, project_row=label.project_row, gold=label, made_by=maker)
        for label, _ in found.values()
    )
    return found


def _version(label: Label, author: Person, ontology: OntologyVersion, body: Any, seconds: float | None) -> LabelVersion:
    return LabelVersion(
        label=label,
        number=1,
        author=author,
        ontology_version=ontology,
        payload=body,
        payload_hash="",
        active_seconds=seconds,
    )


def _bodies(project: Project, ontology: OntologyVersion) -> dict[int, list[tuple[LabelVersion, Opinion]]]:
    """Row → its opinions and checks, the oldest first."""
    found: dict[int, list[tuple[LabelVersion, Opinion]]] = defaultdict(list)
    schema = schema_of(ontology)
    versions = LabelVersion.objects.filter(label__project=project, label__kind=Label.Kind.OPINION)
    for version in versions.select_related("label__slot").order_by("label_id"):
        opinion = read_opinion(schema, version.payload, size=None, path="label")
        found[version.label.project_row_id].append((version, opinion))
    return found


def _write_pairs(
    rows: Sequence[ProjectRow], bodies: dict[int, list[tuple[LabelVersion, Opinion]]], ontology: OntologyVersion
) -> None:
    schema = schema_of(ontology)
    pairs: list[PairScore] = []
    for row in rows:
        if len(pairs) > CHUNK:
            PairScore.objects.bulk_create(pairs)
            pairs = []
        own = [one for one in bodies[row.pk] if one[0].label.slot is not None and not one[0].label.slot.is_check]
        for at, (a, of_a) in enumerate(own):
            for b, of_b in own[at + 1 :]:
                agreement = compare_opinions(schema, of_a, of_b)
                pairs.append(
                    PairScore(
                        project_row=row,
                        label_a=a.label,
                        label_b=b.label,
                        version_a=1,
                        version_b=1,
                        score=agreement.score,
                        explanation=[asdict(feature) for feature in agreement.features],
                        method="bench",
                        method_version=1,
                    )
                )
    PairScore.objects.bulk_create(pairs)


def _write_scores(
    project: Project,
    bodies: dict[int, list[tuple[LabelVersion, Opinion]]],
    golds: dict[int, Opinion],
    ontology: OntologyVersion,
) -> None:
    schema = schema_of(ontology)
    scores = []
    for row, gold in golds.items():
        for version, opinion in bodies[row]:
            agreement = compare_opinions(schema, opinion, gold)
            scores.append(
                LabelScore(
                    label=version.label,
                    project=project,
                    labeler_id=version.author_id,
                    benchmark=agreement.score,
                    benchmark_version=1,
                    benchmark_explanation=[asdict(feature) for feature in agreement.features],
                )
            )
    LabelScore.objects.bulk_create(scores, batch_size=CHUNK)
