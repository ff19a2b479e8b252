"""Alpha, truth inference and merging on real crowds, against values of independent libraries and against gold."""

import csv
import json

import numpy as np
import pytest

from bench.reference_crowds import crowd_boxes, crowd_labels, lidc_polygons, valence
from bench.truth_inference import (
    STRATEGIES,
    accuracy,
    box_figures,
    label_figures,
    number_figures,
    polygon_figures,
    span_figures,
)
from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.boxes import box_iou
from quality.agreement.coefficients.fleiss import fleiss_by_class, fleiss_kappa
from quality.agreement.distance_alpha import distance_alpha
from quality.agreement.intervals import jeffreys_interval
from quality.agreement.matching import match_objects, union_mean
from quality.agreement.merging.polygons import merge_polygons
from quality.agreement.truth.dawid_skene import dawid_skene_ml
from quality.agreement.truth.skill import fit_prior, labeler_skills
from quality.agreement.votes import read_votes
from tests.quality.agreement.tables import anaesthesia, diagnoses, four_raters

pytestmark = pytest.mark.reference_data


@pytest.fixture(scope="module")
def expected(reference_data):
    return json.loads((reference_data / "expected.json").read_text())


@pytest.fixture(scope="module")
def accuracies(reference_data):
    return label_figures(reference_data)


def rows_of(path, unit, rater, answer):
    with path.open() as file:
        return [(row[unit], row[rater], row[answer]) for row in csv.DictReader(file)]


def test_the_tables_typed_into_the_tests_are_those_of_the_files(reference_data):
    table = reference_data / "dawid_skene_1979" / "anesthesia_dallascard.csv"
    assert sorted(rows_of(table, "item", "rater", "rating")) == sorted(anaesthesia())
    with (reference_data / "krippendorff" / "cac.raw4raters.csv").open() as file:
        raw = [
            (row["Units"], rater, int(row[column]))
            for row in csv.DictReader(file)
            for rater, column in zip("abcd", ("Rater1", "Rater2", "Rater3", "Rater4"), strict=True)
            if row[column]
        ]
    assert sorted(raw) == sorted(four_raters())


def test_alpha_and_kappa(expected):
    coefficients = expected["agreement_coefficients"]
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        found = krippendorff_alpha(read_votes(four_raters()), metric)
        table = coefficients["krippendorff_12x4"]
        assert found.value == pytest.approx(table[metric]["value"], abs=1e-6)
        interval = table["bootstrap_ci95_unit_resampling_2000_seed1"].get(metric, [found.low, found.high])
        assert [found.low, found.high] == pytest.approx(interval, abs=1e-6)
    kappa = coefficients["fleiss_1971"]
    votes = read_votes(diagnoses())
    assert fleiss_kappa(votes).value == pytest.approx(kappa["kappa"]["reference_formula"], abs=1e-6)
    by_class = list(kappa["per_category"]["value"].values())
    assert list(fleiss_by_class(votes).values()) == pytest.approx(by_class, abs=1e-6)
    found = krippendorff_alpha(votes, draws=0)
    assert found.value == pytest.approx(kappa["krippendorff_nominal"], abs=1e-5)


@pytest.mark.parametrize("name", ["bluebird", "rte"])
def test_alpha_and_accuracies_of_the_crowds(name, reference_data, expected, accuracies):
    known = expected["truth_inference"][name]
    rows, truth = crowd_labels(reference_data, name)
    votes = read_votes(rows)
    assert (len(votes.items), len(votes.workers), len(votes)) == (
        known["n_items"],
        known["n_workers"],
        known["n_labels"],
    )
    found = krippendorff_alpha(votes, draws=200)
    assert found.value == pytest.approx(known["alpha_nominal"]["reference_formula"], abs=1e-6)
    assert found.low < found.value < found.high
    figures, published = accuracies[name], known["accuracy"]
    assert figures["majority"] == pytest.approx(published["majority"]["expected_random_ties"], abs=1e-6)
    assert figures["DS ML"] == pytest.approx(published["dawid_skene_ml_reference"], abs=1e-6)
    assert figures["**default**"] == pytest.approx(published["dawid_skene_pooled_s1"], abs=1e-6)
    assert figures["**default**"] >= known["pass_if_default_accuracy_at_least"]
    ties = [answer for answer in STRATEGIES["majority"](votes).answers().values() if answer.status == "tie"]
    assert len(ties) == published["majority"]["n_ties"]
    assert accuracy(STRATEGIES["skill-weighted"](votes), truth) == pytest.approx(published["crowdkit_Wawa"], abs=0.002)


def test_the_default_is_never_a_point_below_the_majority(accuracies):
    assert len(accuracies) == 6
    for name, figures in accuracies.items():
        assert figures["**default**"] >= figures["majority"] - 0.01, name


def test_thinned_crowds_show_why_the_default_asks_for_ten_labels_of_a_worker(accuracies):
    figures = accuracies["rte, first 4 of each worker"]
    assert figures["**default**"] == figures["majority"]
    assert figures["DS pooled"] < figures["majority"] - 0.03


def test_the_anaesthetists_of_1979(expected):
    known = expected["truth_inference"]["dawid_skene_1979_anesthesia_dallascard"]
    found = dawid_skene_ml(read_votes(anaesthesia()))
    assert found.class_shares == pytest.approx(known["class_marginals"]["reference_EM"], abs=1e-3)
    answers = found.answers()
    labels = [int(answers[str(patient)].value) for patient in range(1, 46)]
    assert labels == known["labels_argmax"]["reference_EM"]


def test_the_prior_fitted_to_bluebird(reference_data):
    rows, truth = crowd_labels(reference_data, "bluebird")
    records = {}
    for item, worker, answer in rows:
        k, n = records.get(worker, (0, 0))
        records[worker] = (k + (answer == truth[item]), n + 1)
    assert fit_prior(list(records.values())) == pytest.approx((6.63, 3.80), abs=0.005)


def test_skills_of_small_samples(expected):
    for case in expected["labeler_accuracy"]["grid"]:
        record = (case["k"], case["n"])
        skill = labeler_skills({"ada": record}, prior=(0.5, 0.5))["ada"]
        assert skill.mean == pytest.approx(case["jeffreys_mean"], abs=1e-6)
        assert jeffreys_interval(*record) == pytest.approx(tuple(case["jeffreys_ci95"]), abs=1e-6)
        uniform = labeler_skills({"ada": record}, prior=(1, 1))["ada"]
        assert uniform.lower == pytest.approx(case["uniform_prior_lower05"], abs=1e-6)


def test_numbers(reference_data, expected):
    known = expected["numeric_labels"]["valence"]
    figures = number_figures(reference_data)
    for way, column in (("**mean**", "mean_vs_gold"), ("median", "median_vs_gold")):
        published = known[column]
        assert figures[way]["r"] == pytest.approx(published["pearson"], abs=1e-6)
        assert figures[way]["MAE"] == pytest.approx(published["mae"], abs=1e-6)
        assert figures[way]["RMSE"] == pytest.approx(published["rmse"], abs=1e-6)
    answers, _ = valence(reference_data)
    votes = read_votes([(item, worker, value) for item, own in answers.items() for worker, value in own.items()])
    alpha = krippendorff_alpha(votes, "interval", draws=200)
    assert alpha.value == pytest.approx(known["alpha_interval"]["reference_formula"], abs=1e-6)


def test_merged_boxes_come_near_the_experts(reference_data):
    figures = box_figures(reference_data)
    assert figures["**merged**"]["F1"] >= 0.80
    assert figures["merged of any three labels"]["F1"] >= 0.76
    assert figures["**merged**"]["F1"] > figures["merged, quorum half"]["F1"] > figures["one label"]["F1"]
    assert figures["**merged**"]["union"] > figures["label most like the others"]["union"]


def test_alpha_of_boxes_beside_sigma_and_ks(reference_data):
    labels, _ = crowd_boxes(reference_data)
    arrays = {
        picture: {name: np.array(boxes, dtype=np.float64).reshape(-1, 4) for name, boxes in own.items()}
        for picture, own in labels.items()
    }

    def score(a, b):
        if not len(a) and not len(b):
            return 1.0
        iou = box_iou(a, b)
        return union_mean(iou[match_objects(iou)].tolist(), len(a), len(b))

    found = distance_alpha(arrays, score, draws=200)
    assert found.value == pytest.approx(0.464, abs=0.005)
    assert found.sigma == pytest.approx(0.837, abs=0.01)
    assert found.ks == pytest.approx(0.797, abs=0.01)


def test_merged_spans_come_near_the_medical_student(reference_data):
    figures = {way: row["F1"] for way, row in span_figures(reference_data).items()}
    default = figures["**characters of 0.4 or more**"]
    assert default > figures["one label"] + 0.1
    assert default >= figures["characters of more than half"] - 0.01


def test_merged_outlines_come_nearer_a_fourth_radiologist_than_one_reader(reference_data):
    figures = {way: row["IoU"] for way, row in polygon_figures(reference_data).items()}
    assert figures["**area of the majority**"] > figures["one reader"] + 0.02


def test_the_outlines_of_a_nodule_merge_into_one(reference_data):
    for nodule, readers in lidc_polygons(reference_data).items():
        merged = merge_polygons(readers)
        assert merged, nodule
        assert max(found.support for found in merged) >= 2
