"""Published and independently computed values, by `score` on files made from the data sets."""

import csv
import json
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from quality.agreement.object_scores import OBJECT_SCORES
from quality.agreement.score_file.result import score_lines
from tests.quality.agreement.shorthand import item

pytestmark = pytest.mark.reference_data

NO_BOOTSTRAP = {"bootstrap": {"draws": 0}}


@pytest.fixture
def expected(reference_data):
    return json.loads((reference_data / "expected.json").read_text())


@pytest.fixture
def pairs(expected):
    return expected["geometry_pairs"]


def close(value, tolerance=1e-6):
    return pytest.approx(value, abs=tolerance)


def line(asset, labeler, *features, **more):
    return {"asset": str(asset), "labeler": str(labeler), "features": list(features)} | more


def result(lines, ontology=(), **settings):
    first = {"ontology": list(ontology), "settings": NO_BOOTSTRAP | settings}
    found, faults = score_lines(json.dumps(one).encode() for one in (first, *lines))
    assert faults == []
    return found


def pair_scores(kind, values, **of_feature):
    """The scores of pairs of values of one kind, each pair an asset."""
    lines = [
        line(index, who, item("x", kind, value))
        for index, pair in enumerate(values)
        for who, value in zip("ab", pair, strict=True)
    ]
    found = result(lines, [{"feature": "x", "kind": kind} | of_feature])["assets"]
    return [found[str(index)]["consensus"] for index in range(len(values))]


# Pairs of values


def test_boxes(pairs):
    found = pair_scores("box", [(pair["a"], pair["b"]) for pair in pairs["boxes_xyxy"]])
    identical = [pair["note"] == "zero width, identical" for pair in pairs["boxes_xyxy"]]
    wanted = [1 if same else pair["reference"] for same, pair in zip(identical, pairs["boxes_xyxy"], strict=True)]
    assert found == close(wanted)
    inclusive = pairs["boxes_inclusive_pixel_convention"]
    assert pair_scores("box", [(inclusive["a"], inclusive["b"])]) == close([inclusive["coco_continuous"]])


def test_rotated_boxes(pairs):
    found = pair_scores("rotated_box", [(pair["a_cx_cy_w_h_deg"], pair["b"]) for pair in pairs["rotated"]])
    assert found == close([pair["iou"] for pair in pairs["rotated"]])


def test_polygons(pairs):
    points = pairs["polygon_points"]
    found = pair_scores("polygon", [(points[pair["a"]], points[pair["b"]]) for pair in pairs["polygons"]])
    # Null: both without area; identical ones agree.
    assert found == close([1 if pair["iou"] is None else pair["iou"] for pair in pairs["polygons"]])


def test_polylines(pairs):
    for pair in pairs["polylines"]:
        assert pair_scores("polyline", [(pair["a"], pair["b"])], tolerance=pair["tol"]) == close([pair["length_f"]])


def test_points(pairs):
    for pair in pairs["points"]:
        size = dict(zip(("width", "height"), pair["image"], strict=True))
        places = ([0, 0], [pair["distance_px"], 0])
        lines = [line("p", who, item("x", "point", place), **size) for who, place in zip("ab", places, strict=True)]
        found = result(lines)["assets"]["p"]["consensus"]
        # Points under 0.1 are not matched.
        assert found == close(pair["similarity"] if pair["similarity"] >= 0.1 else 0)


def test_spans_texts_and_checklists(pairs):
    assert pair_scores("span", [(pair["a"], pair["b"]) for pair in pairs["spans"]]) == close(
        [pair["half_open_char_iou"] for pair in pairs["spans"]]
    )
    texts = [pair for pair in pairs["texts"] if pair["a"]]
    assert pair_scores("text", [(pair["a"], pair["b"]) for pair in texts]) == close(
        [pair["after_nfc_trim_collapse"] for pair in texts]
    )
    lists = pairs["checklist"]
    found = pair_scores("checklist", [(pair["a"], pair["b"]) for pair in lists], required=True)
    assert found == close([pair["jaccard"] for pair in lists])


def test_classification_of_an_asset(pairs):
    cases = pairs["classification_asset_scores"]
    lines = [
        line(index, who, item("x", "radio", option))
        for index, case in enumerate(cases)
        for who, option in enumerate(case["labels"])
    ]
    found = result(lines)["assets"]
    for index, case in enumerate(cases):
        assert found[str(index)]["consensus"] == close(case["mean_pairwise"])
        assert found[str(index)]["vote_share"]["x"] == close(case["vote_share"])


# Objects of crowds


def boxes(values):
    return [item("face", "box", list(value)) for value in values]


@pytest.mark.parametrize("name", OBJECT_SCORES)
def test_real_boxes_with_gold(expected, reference_data, name):
    folder = reference_data / "crowd_boxes"
    rows = json.loads((folder / "labels.json").read_text())
    gold = json.loads((folder / "gold.json").read_text())
    lines = [line(row["item"], row["annotator"], *boxes(row["boxes_xyxy"])) for row in rows]
    lines += [line(asset, "gold", *boxes(values), is_benchmark=True) for asset, values in gold.items()]
    found = result(lines, object_score=name)["assets"]
    for asset, values in expected["crowd_boxes"]["assets"].items():
        assert found[asset]["n"] == values["n_labels"]
        if name in values["consensus"]:
            assert found[asset]["consensus"] == close(values["consensus"][name]), asset
        if name == "union_mean":
            scores = found[asset]["benchmark"].values()
            assert sum(scores) / len(scores) == close(values["benchmark_union_mean"]), asset
    merged = [found[asset]["merged"]["face"] for asset in found]
    assert all(0 < one["support"] <= one["of"] for objects in merged for one in objects)


def test_outlines_of_four_radiologists(expected, reference_data):
    nodules = json.loads((reference_data / "lidc_polygons" / "polygons.json").read_text())
    lines = [
        line(nodule["nodule"], reader, item("nodule", "polygon", {"rings": drawn["polygons"]}))
        for nodule in nodules
        for reader, drawn in nodule["readers"].items()
    ]
    found = result(lines)["assets"]
    for asset in expected["lidc_polygons"]["assets"]:
        scored = found[str(asset["nodule"])]
        assert {pair["a"] + pair["b"]: pair["score"] for pair in scored["pairs"]} == close(asset["iou"])
        assert scored["consensus"] == close(asset["mean"])


def test_crowd_spans(reference_data):
    """No published agreement for these: sets of characters, compared one by one, stand in."""
    crowd, gold = (
        [json.loads(row) for row in (reference_data / "crowd_spans_pico" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("crowd", "gold")
    )
    lines = [
        line(document["docid"], who, *(item("p", "span", span) for span in spans), is_benchmark=document in gold)
        for document in (*crowd, *gold)
        for who, spans in document["annotators"].items()
    ]
    found = result(lines)["assets"]
    assert len(found) == 20
    for document in crowd[:5]:
        for a, b in combinations(sorted(document["annotators"]), 2):
            own, other = (document["annotators"][who] for who in (a, b))
            (pair,) = (one for one in found[document["docid"]]["pairs"] if (one["a"], one["b"]) == (a, b))
            alike = np.array([[overlap(x, y) for y in other] for x in own]).reshape(len(own), len(other))
            matched = [value for value in alike[linear_sum_assignment(alike, maximize=True)] if value > 0]
            wanted = sum(matched) / (len(own) + len(other) - len(matched)) if own or other else 1
            assert pair["score"] == close(wanted)


def overlap(x, y):
    one, other = set(range(*x)), set(range(*y))
    return len(one & other) / len(one | other)


# Beyond chance


def test_krippendorffs_table(expected, reference_data):
    wanted = expected["agreement_coefficients"]["krippendorff_12x4"]
    rows = list(csv.DictReader((reference_data / "krippendorff" / "cac.raw4raters.csv").open()))
    answers = [(row["Units"], rater, row[rater]) for row in rows for rater in list(row)[1:] if row[rater]]
    options = sorted({answer for _, _, answer in answers})
    lines = [
        line(
            unit,
            rater,
            item("nominal", "radio", answer),
            item("ordinal", "ordinal", answer),
            item("interval", "number", float(answer)),
        )
        for unit, rater, answer in answers
    ]
    ontology = [
        {"feature": "nominal", "kind": "radio", "options": options},
        {"feature": "ordinal", "kind": "ordinal", "options": options},
        {"feature": "interval", "kind": "number"},
    ]
    names = ["gwet", "fleiss", "conger", "brennan_prediger", "cohen"]
    found = result(lines, ontology, coefficients=names, bootstrap={"draws": 2000, "seed": 1})["features"]
    for metric in ("nominal", "ordinal", "interval"):
        assert found[metric]["metric"] == metric
        assert found[metric]["alpha"] == close(wanted[metric]["value"])
        low, high = wanted["bootstrap_ci95_unit_resampling_2000_seed1"][metric]
        assert (found[metric]["alpha_low"], found[metric]["alpha_high"]) == close((low, high))
    nominal = found["nominal"]
    assert nominal["ac1"] == close(wanted["gwet"]["reference_formula"])
    assert nominal["agreement"] == close(wanted["percent_agreement_mean_pairwise"])
    for name, key in zip(names, ("gwet", "fleiss", "conger", "bp"), strict=False):
        assert nominal["coefficients"][name] == close(wanted[key]["value"], 1e-5)
        assert nominal["coefficient_errors"][name] == close(wanted[key]["se"], 1e-5)
    assert nominal["coefficients"]["cohen"] is None
    assert "two raters" in nominal["why_no_coefficient"]["cohen"]


def test_fleiss_diagnoses(expected, reference_data):
    wanted = expected["agreement_coefficients"]["fleiss_1971"]
    rows = list(csv.DictReader((reference_data / "fleiss_1971" / "diagnoses.csv").open()))
    lines = [
        line(unit, rater, item("d", "radio", answer)) for unit, row in enumerate(rows) for rater, answer in row.items()
    ]
    found = result(lines, coefficients=["fleiss", "brennan_prediger"])["features"]["d"]
    assert found["coefficients"]["fleiss"] == close(wanted["kappa"]["reference_formula"])
    assert found["coefficients"]["brennan_prediger"] == close(wanted["randolph_free_marginal"])
    assert found["agreement"] == close(wanted["percent_agreement"])
    assert found["ac1"] == close(wanted["ac1"]["reference_formula"])
    assert found["alpha"] == close(wanted["krippendorff_nominal"])


def test_numbers_of_a_crowd(expected, reference_data):
    wanted = expected["numeric_labels"]["valence"]
    rows = list(csv.DictReader((reference_data / "snow2008" / "valence.csv").open()))
    lines = [line(row["item"], row["worker"], item("v", "number", float(row["response"]))) for row in rows]
    gold = {row["item"]: float(row["gold"]) for row in rows}
    found = result(lines, [{"feature": "v", "kind": "number", "range": [-100, 100]}])
    assert found["features"]["v"]["alpha"] == close(wanted["alpha_interval"]["reference_formula"])
    means = np.array([found["assets"][name]["answers"]["v"]["value"] for name in gold])
    truth = np.array(list(gold.values()))
    assert np.corrcoef(means, truth)[0, 1] == close(wanted["mean_vs_gold"]["pearson"])
    assert np.abs(means - truth).mean() == close(wanted["mean_vs_gold"]["mae"])


# Truth


def crowd(reference_data, name):
    folder = reference_data / "crowd_labels" / name
    truth = {row["item"]: row["truth"] for row in csv.DictReader((folder / "truth.csv").open())}
    rows = csv.DictReader((folder / "label.csv").open())
    return [line(row["item"], row["worker"], item("x", "radio", row["label"])) for row in rows], truth


def accuracy(found, truth):
    """A tie is right half of the time: these sets have two classes."""
    answers = {name: found["assets"][name]["answers"]["x"] for name in truth}
    right = [0.5 if answers[name]["status"] == "tie" else answers[name]["value"] == truth[name] for name in truth]
    return sum(right) / len(right)


@pytest.mark.parametrize("name", ["bluebird", "rte"])
def test_crowds_with_truth(expected, reference_data, name):
    wanted = expected["truth_inference"][name]
    lines, truth = crowd(reference_data, name)
    found = result(lines)
    assert found["features"]["x"]["alpha"] == close(wanted["alpha_nominal"]["reference_formula"])
    assert found["project"]["alpha"] == found["features"]["x"]["alpha"]
    assert found["project"]["consensus"] == close(wanted["mean_pairwise_agreement"])
    shares = [asset["vote_share"]["x"] for asset in found["assets"].values()]
    assert sum(shares) / len(shares) == close(wanted["mean_vote_share"])
    assert accuracy(found, truth) >= wanted["pass_if_default_accuracy_at_least"]
    assert accuracy(found, truth) == close(wanted["accuracy"]["dawid_skene_pooled_s1"])


def test_the_truth_may_be_asked_for_by_method(expected, reference_data):
    wanted = expected["truth_inference"]["rte"]["accuracy"]
    lines, truth = crowd(reference_data, "rte")
    majority = result(lines, truth="majority")
    assert accuracy(majority, truth) == close(wanted["majority"]["expected_random_ties"])
    ml = result(lines, truth="ds_ml")
    assert accuracy(ml, truth) == close(wanted["dawid_skene_ml_reference"])
    assert ml["features"]["x"]["truth"] == "Dawid–Skene, ML"


def test_the_table_of_dawid_and_skene(expected, reference_data):
    """One observer rated each patient three times: all of it counts for the truth, the last for agreement."""
    wanted = expected["truth_inference"]["dawid_skene_1979_anesthesia_dallascard"]
    rows = list(csv.DictReader((reference_data / "dawid_skene_1979" / "anesthesia_dallascard.csv").open()))
    lines = [line(row["item"], row["rater"], item("x", "radio", row["rating"])) for row in rows]
    found = result(lines, truth="ds_ml")
    patients = [found["assets"][str(index)] for index in range(1, 46)]
    assert [int(one["answers"]["x"]["value"]) for one in patients] == wanted["labels_argmax"]["reference_EM"]
    marginals = [sum(one["answers"]["x"]["posteriors"][option] for one in patients) / 45 for option in "1234"]
    assert marginals == close(wanted["class_marginals"]["reference_EM"], 1e-3)
    assert {one["n"] for one in patients} == {5}
