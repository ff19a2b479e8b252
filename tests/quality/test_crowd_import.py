"""Real annotators' boxes through the front door: an import job of labels with their authors, scores as published."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from labeling import datasets, imports, ontologies, projects
from labeling.imports import ImportOrder
from labeling.models import Label, ProjectRow
from quality import consensus
from quality.models import LabelScore, RowConsensus
from quality.performance import performance_of
from tests.cast import Cast
from workforce.models import Event, Job, Person

ANNOTATORS, LABELS = 133, 516


def lines_of(folder: Path) -> io.BytesIO:
    """The data set in the format of score files: one line per label, the expert's as benchmark."""
    lines: list[dict[str, Any]] = []
    for item, boxes in json.loads((folder / "gold.json").read_text()).items():
        lines.append({"asset": item, "labeler": "expert", "is_benchmark": True, "features": objects(boxes)})
    for entry in json.loads((folder / "labels.json").read_text()):
        features = objects(entry["boxes_xyxy"])
        lines.append({"asset": entry["item"], "labeler": entry["annotator"], "features": features})
    return io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())


def objects(boxes: list[list[float]]) -> list[dict[str, Any]]:
    return [{"feature": "Thing", "kind": "box", "value": box} for box in boxes]


@pytest.mark.django_db
@pytest.mark.reference_data
def test_the_crowds_boxes_come_in_with_their_authors_and_score_as_published(cast: Cast, reference_data: Path) -> None:
    document = {"features": [{"name": "Thing", "kind": "box"}]}
    ontology = ontologies.create_ontology(cast.ada, cast.home, name="Things", document=document)
    dataset = datasets.create_dataset(cast.ada, cast.home, name="Crowd")
    project = projects.create_project(cast.max, cast.home, name="Crowd", brief="Boxes.", ontology=ontology.ontology)
    order = ImportOrder("labels", dataset, project=project, author_source="crowd")
    job = imports.start_import(cast.max, order, upload=lines_of(reference_data / "crowd_boxes"), key="crowd")
    imports.run_import(str(job.uid))
    job.refresh_from_db()
    assert (job.state, job.refused_count) == (Job.State.DONE, 0)
    assert Person.objects.filter(kind=Person.Kind.EXTERNAL).count() == ANNOTATORS
    assert Label.objects.filter(kind=Label.Kind.OPINION).count() == LABELS

    jobs = Event.objects.filter(task="quality.tasks.score_rows", queue="bulk").values_list("payload__rows", flat=True)
    asked = [row for rows in jobs for row in rows]
    rows = list(ProjectRow.objects.filter(project=project).select_related("data_row"))
    assert set(asked) == {str(row.uid) for row in rows}
    expected = json.loads((reference_data / "expected.json").read_text())["crowd_boxes"]["assets"]
    assert {row.data_row.external_id for row in rows} == set(expected)
    for row in rows:
        consensus.score_row(row.pk)
        published = expected[row.data_row.external_id]
        found = RowConsensus.objects.get(project_row=row)
        assert found.score == pytest.approx(published["consensus"]["union_mean"], abs=1e-6)
        scores = list(LabelScore.objects.filter(label__project_row=row).values_list("benchmark", flat=True))
        assert sum(scores) / len(scores) == pytest.approx(published["benchmark_union_mean"], abs=1e-6)

    days = [label.created_at.date() for label in Label.objects.filter(project=project)]
    shown = performance_of(cast.max, project, since=min(days), until=max(days))
    assert len(shown.people) == ANNOTATORS
    assert {one.time_note for one in shown.people} == {"imported, not measured"}
