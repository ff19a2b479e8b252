"""How near the answers made from a crowd come to the truth: real crowds, each way to merge, against gold.

    REFERENCE_DATA=<folder> python -m bench.truth_inference

Prints the tables of bench/README.md. The tests hold the same figures to their bars.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from bench.reference_crowds import Row, crowd_boxes, crowd_labels, lidc_polygons, pico_spans, thinned, valence
from quality.agreement.boxes import box_iou
from quality.agreement.matching import match_objects, union_mean
from quality.agreement.merging.boxes import merge_boxes
from quality.agreement.merging.polygons import majority_area
from quality.agreement.merging.spans import merge_spans
from quality.agreement.polygons import area_of_rings
from quality.agreement.truth.dawid_skene import dawid_skene
from quality.agreement.truth.default import infer_truth
from quality.agreement.truth.medoid import medoid
from quality.agreement.truth.numbers import merge_numbers
from quality.agreement.truth.result import SAME, Truth
from quality.agreement.votes import Votes, read_votes

Figures = dict[str, dict[str, float]]
KEEP = 4
STRATEGIES: dict[str, Callable[[Votes], Truth]] = {
    "majority": lambda votes: infer_truth(votes, "majority"),
    "skill-weighted": lambda votes: infer_truth(votes, "skill_weighted"),
    "DS ML": lambda votes: infer_truth(votes, "ds_ml"),
    "DS pooled": dawid_skene,
    "**default**": lambda votes: infer_truth(votes, "default"),
}


def label_sets(folder: Path) -> dict[str, tuple[list[Row], dict[str, str]]]:
    """Name -> rows and truth: the crowds as they are, and rte with at most four answers of each worker."""
    rte, truth = crowd_labels(folder, "rte")
    return {
        "bluebird": crowd_labels(folder, "bluebird"),
        "rte": (rte, truth),
        f"rte, first {KEEP} of each worker": (thinned(rte, KEEP), truth),
        **{f"rte, {KEEP} drawn of each worker, seed {s}": (thinned(rte, KEEP, s), truth) for s in range(3)},
    }


def accuracy(found: Truth, truth: Mapping[str, str]) -> float:
    """Share of items whose answer is right; a tie among k options counts 1/k where one of them is right."""
    right = 0.0
    for item, answer in found.answers().items():
        best = max(answer.posteriors.values())
        leaders = [option for option, value in answer.posteriors.items() if value >= best - SAME]
        right += (truth[item] in leaders) / len(leaders)
    return right / len(found.votes.items)


def label_figures(folder: Path) -> Figures:
    """Set -> strategy -> accuracy."""
    found: Figures = {}
    for name, (rows, truth) in label_sets(folder).items():
        votes = read_votes(rows)
        found[name] = {strategy: accuracy(infer(votes), truth) for strategy, infer in STRATEGIES.items()}
    return found


def number_figures(folder: Path) -> Figures:
    """Way -> correlation with gold, mean absolute error, root of the mean square."""
    answers, gold = valence(folder)
    ways: dict[str, Callable[[dict[str, float]], float | None]] = {
        "**mean**": lambda own: merge_numbers(own).value,
        "median": lambda own: merge_numbers(own, method="median").value,
    }
    found = {}
    for name, way in ways.items():
        made = np.array([way(answers[item]) for item in gold], dtype=np.float64)
        off = made - np.array(list(gold.values()))
        found[name] = {
            "r": float(np.corrcoef(made, list(gold.values()))[0, 1]),
            "MAE": float(np.abs(off).mean()),
            "RMSE": float(np.sqrt(np.square(off).mean())),
        }
    return found


def box_scores(a: Sequence[Any], b: Sequence[Any]) -> tuple[float, float]:
    """F1 of matches with IoU 0.5 or more, and the union mean; two empty labels are 1."""
    if not len(a) and not len(b):
        return 1.0, 1.0
    iou = box_iou(*(np.array(boxes, dtype=np.float64).reshape(-1, 4) for boxes in (a, b)))
    matched = iou[match_objects(iou)].tolist()
    return 2 * len(match_objects(iou, gate=0.5)[0]) / (len(a) + len(b)), union_mean(matched, len(a), len(b)) or 0.0


def box_figures(folder: Path) -> Figures:
    """Way -> mean F1 at IoU 0.5 and mean union score over the pictures."""
    labels, gold = crowd_boxes(folder)

    def against_gold(way: Callable[[dict[str, list[Any]]], list[list[Any]]]) -> dict[str, float]:
        scores = [
            np.mean([box_scores(made, gold[picture]) for made in way(own)], axis=0) for picture, own in labels.items()
        ]
        f1, union = np.mean(scores, axis=0)
        return {"F1": float(f1), "union": float(union)}

    def merged(own: dict[str, list[Any]], **more: Any) -> list[list[Any]]:
        return [[found.value for found in merge_boxes(own, **more)]]

    def like_most(own: dict[str, list[Any]]) -> list[list[Any]]:
        best = medoid(own, lambda a, b: box_scores(a, b)[1])
        return [own[name] for name in best.leaders]

    return {
        "one label": against_gold(lambda own: list(own.values())),
        "label most like the others": against_gold(like_most),
        "merged, quorum half": against_gold(lambda own: merged(own, quorum=-(-len(own) // 2))),
        "**merged**": against_gold(merged),
        "merged of any three labels": against_gold(
            lambda own: [merged({name: own[name] for name in three})[0] for three in combinations(sorted(own), 3)][::7]
        ),
    }


def character_f1(a: Sequence[Any], b: Sequence[Any]) -> float:
    one, other = ({place for start, end in spans for place in range(start, end)} for spans in (a, b))
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0


def span_figures(folder: Path) -> Figures:
    """Way -> mean F1 of characters over the abstracts."""
    labels, gold = pico_spans(folder)

    def merged(threshold: float) -> dict[str, float]:
        made = {name: [found.value for found in merge_spans(own, threshold=threshold)] for name, own in labels.items()}
        return {"F1": float(np.mean([character_f1(made[name], gold[name]) for name in gold]))}

    single = [np.mean([character_f1(own, gold[name]) for own in labels[name].values()]) for name in gold]
    return {
        "one label": {"F1": float(np.mean(single))},
        "characters of more than half": merged(0.5 + 1e-6),
        "**characters of 0.4 or more**": merged(0.4),
    }


def polygon_figures(folder: Path) -> Figures:
    """Way -> mean IoU with the reader who was left out."""
    single, merged = [], []
    for readers in lidc_polygons(folder).values():
        areas = {name: shapely.union_all(area_of_rings(polygons)[0]) for name, polygons in readers.items()}
        for name, left_out in areas.items():
            others = [area for other, area in areas.items() if other != name]
            single.append(np.mean([_iou(area, left_out) for area in others]))
            merged.append(_iou(majority_area(others), left_out))
    return {"one reader": {"IoU": float(np.mean(single))}, "**area of the majority**": {"IoU": float(np.mean(merged))}}


def _iou(a: Any, b: Any) -> float:
    union = shapely.area(shapely.union(a, b))
    return float(shapely.area(shapely.intersection(a, b)) / union) if union else 0.0


def table(head: str, figures: Figures) -> str:
    columns = list(next(iter(figures.values())))
    lines = [f"| {head} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in figures.items():
        lines.append(f"| {name} | " + " | ".join(f"{row[column]:.3f}" for column in columns) + " |")
    return "\n".join(lines)


def main() -> None:
    folder = Path(os.environ["REFERENCE_DATA"])
    for head, figures in (
        ("accuracy", label_figures(folder)),
        ("valence, numbers", number_figures(folder)),
        ("boxes", box_figures(folder)),
        ("spans", span_figures(folder)),
        ("polygons", polygon_figures(folder)),
    ):
        print(table(head, figures), end="\n\n")


if __name__ == "__main__":
    main()
