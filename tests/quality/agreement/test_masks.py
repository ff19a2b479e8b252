import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.labels import score_labels
from quality.agreement.masks import mask_iou, prepare_masks, read_mask
from tests.quality.agreement.shorthand import feature, item, label

SKY = feature("sky", "mask")


def counts_of(pixels):
    """COCO's counts of a picture of 0 and 1, by walking down its columns."""
    counts, covered = [0], 0
    for pixel in np.asarray(pixels).ravel(order="F").tolist():
        if pixel != covered:
            counts.append(0)
            covered = pixel
        counts[-1] += 1
    return counts


def compressed(counts):
    """COCO's compressed text, as its C code writes it."""
    text = ""
    for index, count in enumerate(counts):
        rest = count - counts[index - 2] if index > 2 else count
        is_more = True
        while is_more:
            bits, rest = rest & 31, rest >> 5
            is_more = rest != -1 if bits & 16 else rest != 0
            text += chr((bits | 32 if is_more else bits) + 48)
    return text


def rle(pixels, is_compressed=False):
    counts = counts_of(pixels)
    return {"size": list(np.shape(pixels)), "counts": compressed(counts) if is_compressed else counts}


def mask(pixels, **more):
    return label(item("sky", "mask", rle(pixels, **more), id="sky0"))


def score(a, b, size=None):
    return score_labels([SKY], a, b, size=size)


pictures = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
    lambda shape: st.lists(
        st.lists(
            st.lists(st.integers(0, 1), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        ),
        min_size=2,
        max_size=5,
    )
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(drawn=pictures)
def test_iou_is_that_of_the_pixels(drawn):
    pixels = np.array(drawn, dtype=bool)
    lists = [read_mask(rle(picture), "here") for picture in drawn]
    texts = [read_mask(rle(picture, is_compressed=True), "here") for picture in drawn]
    assert lists == texts
    geometry = prepare_masks(lists, None).geometry
    shared = (pixels[:, None] & pixels[None, :]).sum(axis=(2, 3))
    union = (pixels[:, None] | pixels[None, :]).sum(axis=(2, 3))
    assert mask_iou(geometry, geometry) == pytest.approx(np.where(union, shared / np.maximum(union, 1), 0), abs=1e-15)


def test_long_counts_in_a_compressed_text():
    counts = [100_000, 70_000, 3, 5, 200_000, 0, 29_992]
    text = {"size": [500, 800], "counts": compressed(counts)}
    assert read_mask(text, "here") == read_mask(text | {"counts": counts}, "here")


def test_counts_of_nothing_change_nothing():
    once = read_mask({"size": [2, 3], "counts": [1, 4, 1]}, "here")
    assert once.runs == ((1, 5),)
    assert read_mask({"size": [2, 3], "counts": [1, 2, 0, 2, 1, 0, 0]}, "here") == once


def test_masks_of_one_label_are_matched_as_other_shapes_are():
    # Three of four columns shared, and one object that only b has.
    a = label(item("sky", "mask", rle([[1, 1, 1, 0]])))
    b = label(item("sky", "mask", rle([[1, 1, 1, 1]])), item("sky", "mask", rle([[0, 0, 0, 1]])))
    found = score(a, b)
    assert found.score == pytest.approx(0.75 / 2)
    assert [o.error for o in found.features[0].objects] == ["loose", "missing"]


def test_a_mask_without_pixels_agrees_only_with_its_like():
    empty, full = mask([[0, 0]]), mask([[1, 1]])
    assert score(empty, empty).score == 1
    assert score(empty, empty).features[0].objects[0].error == "degenerate"
    assert score(empty, full).score == 0
    assert score(empty, full).features[0].objects[0].note == "no area"


def test_masks_of_different_size_are_an_error_not_0():
    with pytest.raises(ValueError, match=r"^b\.features\[0\]\.value\.size: "):
        score(mask([[1, 1]]), mask([[1], [1]]))
    with pytest.raises(ValueError, match=r"^a\.features\[1\]\.value\.size: 1 x 1 pixels, where the picture has 1 x 2"):
        score(label(*mask([[1, 1]])["features"], *mask([[1]])["features"]), label())
    with pytest.raises(
        ValueError, match=r"^a\.features\[0\]\.value\.size: 1 x 2 pixels, where the picture has 480 x 640"
    ):
        score(mask([[1, 1]]), label(), size=(640, 480))
    geometry = [prepare_masks([read_mask(rle(picture), "here")], None).geometry for picture in ([[1]], [[1, 1]])]
    with pytest.raises(ValueError, match=r"^size: "):
        mask_iou(*geometry)


def test_empty_sides():
    none, one = prepare_masks([], None).geometry, prepare_masks([read_mask(rle([[1]]), "here")], None).geometry
    assert (mask_iou(none, one).shape, mask_iou(one, none).shape) == ((0, 1), (1, 0))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("mask", "here"),
        ({"counts": [1]}, "here.size"),
        ({"size": [1], "counts": [1]}, "here.size"),
        ({"size": [1, 0], "counts": [0]}, r"here.size\[1\]"),
        ({"size": [1, -3], "counts": [3]}, r"here.size\[1\]"),
        ({"size": [1.5, 2], "counts": [3]}, r"here.size\[0\]"),
        ({"size": [2**30, 2**30], "counts": [3]}, "here.size"),
        ({"size": [2, 2]}, "here.counts"),
        ({"size": [2, 2], "counts": [1, 2]}, "here.counts"),
        ({"size": [2, 2], "counts": [5, -1]}, r"here.counts\[1\]"),
        ({"size": [2, 2], "counts": [4.0]}, r"here.counts\[0\]"),
        ({"size": [2, 2], "counts": [True, 3]}, r"here.counts\[0\]"),
        ({"size": [2, 2], "counts": ""}, "here.counts"),
        ({"size": [2, 2], "counts": "PP"}, "here.counts"),
        ({"size": [2, 2], "counts": "4é"}, "here.counts"),
        ({"size": [2, 2], "counts": "4 "}, "here.counts"),
        ({"size": [2, 2], "counts": "o" * 40 + "1"}, "here.counts"),
        ({"size": [2, 2], "counts": compressed([1, 5, -2])}, "here.counts"),
    ],
)
def test_malformed_masks_are_refused_with_their_path(value, path):
    with pytest.raises(ValueError, match=f"^{path}:"):
        read_mask(value, "here")


@pytest.mark.reference_data
def test_real_masks_read_the_same_in_both_encodings(reference_data):
    found = json.loads((reference_data / "coco_eval" / "instances_val2014_100.json").read_text())
    crowds = [one["segmentation"] for one in found["annotations"] if isinstance(one["segmentation"], dict)]
    assert len(crowds) > 5
    for one in crowds:
        text = {"size": one["size"], "counts": compressed(one["counts"])}
        assert read_mask(text, "here") == read_mask(one, "here")
        covered = sum(end - start for start, end in read_mask(one, "here").runs)
        assert covered == sum(one["counts"][1::2])
