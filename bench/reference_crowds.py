"""The real crowds of the reference data, read for the bench and for the tests."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

Row = tuple[str, str, str]
Labels = dict[str, dict[str, list[Any]]]
"""Asset -> labeler -> objects."""


def crowd_labels(folder: Path, name: str) -> tuple[list[Row], dict[str, str]]:
    """(item, worker, answer) and item -> truth of `crowd_labels/<name>`."""
    here = folder / "crowd_labels" / name
    rows = [(row["item"], row["worker"], row["label"]) for row in _table(here / "label.csv")]
    return rows, {row["item"]: row["truth"] for row in _table(here / "truth.csv")}


def thinned(rows: list[Row], keep: int, seed: int | None = None) -> list[Row]:
    """Only the first `keep` answers of each worker, or `keep` drawn: many people with little work each."""
    ordered = list(rows)
    if seed is not None:
        random.Random(seed).shuffle(ordered)
    given: dict[str, int] = {}
    kept = []
    for item, worker, answer in ordered:
        given[worker] = given.get(worker, 0) + 1
        if given[worker] <= keep:
            kept.append((item, worker, answer))
    return kept


def valence(folder: Path) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Item -> worker -> number in -100..100, and item -> gold."""
    rows = _table(folder / "snow2008" / "valence.csv")
    answers: dict[str, dict[str, float]] = {}
    for row in rows:
        answers.setdefault(row["item"], {})[row["worker"]] = float(row["response"])
    return answers, {row["item"]: float(row["gold"]) for row in rows}


def crowd_boxes(folder: Path) -> tuple[Labels, dict[str, list[Any]]]:
    """Picture -> annotator -> boxes, and picture -> gold boxes."""
    found: Labels = {}
    for row in json.loads((folder / "crowd_boxes" / "labels.json").read_text()):
        found.setdefault(row["item"], {})[row["annotator"]] = [tuple(box) for box in row["boxes_xyxy"]]
    return found, json.loads((folder / "crowd_boxes" / "gold.json").read_text())


def pico_spans(folder: Path) -> tuple[Labels, dict[str, list[Any]]]:
    """Abstract -> worker -> spans, and abstract -> gold spans, of the abstracts that have gold."""
    crowd = {row["docid"]: row["annotators"] for row in _lines(folder / "crowd_spans_pico" / "crowd.jsonl")}
    gold = {
        row["docid"]: next(iter(row["annotators"].values()))
        for row in _lines(folder / "crowd_spans_pico" / "gold.jsonl")
        if row["annotators"]
    }
    labels = {name: {worker: [tuple(span) for span in spans] for worker, spans in crowd[name].items()} for name in gold}
    return labels, gold


def lidc_polygons(folder: Path) -> Labels:
    """Nodule -> reader -> polygons of one ring each."""
    return {
        str(nodule["nodule"]): {
            name: [(tuple((x, y) for x, y in ring),) for ring in reader["polygons"]]
            for name, reader in nodule["readers"].items()
        }
        for nodule in json.loads((folder / "lidc_polygons" / "polygons.json").read_text())
    }


def _table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]
