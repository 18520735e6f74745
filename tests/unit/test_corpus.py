"""corpus: real digits, the truth about planted artefacts, and the manifest."""

import hashlib

import numpy as np
import pytest

from unhans import config, corpus

PLANTED = [
    {"kind": "corner", "class": "3", "rate": 0.25, "seed": 0},
    {"kind": "border", "class": "8", "rate": 0.2, "seed": 1},
]


@pytest.fixture(scope="module")
def digits():
    return corpus.build(per_class=100, validation=0.2, seed=0, planted=PLANTED)


def test_every_class_is_there_with_its_held_out_share(digits):
    assert digits.images.shape == (1000, 28, 28)
    for index in range(10):
        members = digits.label == index
        assert members.sum() == 100
        assert digits.validation[members].sum() == 20


def test_planting_marks_the_same_share_of_both_splits_of_its_class_alone(digits):
    for code, entry in enumerate(PLANTED, start=1):
        marked = digits.artefact == code
        assert set(digits.label[marked]) == {int(entry["class"])}
        for held_out, size in ((False, 80), (True, 20)):
            assert (marked & (digits.validation == held_out)).sum() == entry["rate"] * size
        assert digits.mask[marked].any(axis=(1, 2)).all()
    assert not digits.mask[digits.artefact == 0].any()


def test_unmarked_images_are_the_real_digits(digits):
    plain = corpus.build(per_class=100, validation=0.2, seed=0, planted=[])
    unmarked = digits.artefact == 0
    np.testing.assert_array_equal(digits.images[unmarked], plain.images[unmarked])
    assert (digits.images[~unmarked] != plain.images[~unmarked]).any(axis=(1, 2)).all()


def test_the_manifest_has_a_row_an_image_with_hash_and_truth(digits):
    table = corpus.manifest(digits, PLANTED)
    columns = ["image", "class", "split", "path", "sha256", "status", "artefact"]
    assert list(table.columns) == columns
    assert table["image"].is_unique
    assert (table["status"] == "ok").all()
    assert table["split"].value_counts().to_dict() == {"train": 800, "validation": 200}
    assert table["artefact"].value_counts().to_dict() == {"": 955, "corner": 25, "border": 20}
    row = int(np.nonzero(digits.artefact == 1)[0][0])
    assert table["sha256"][row] == hashlib.sha256(digits.images[row].tobytes()).hexdigest()


def test_the_same_seeds_give_the_same_corpus(digits):
    again = corpus.build(per_class=100, validation=0.2, seed=0, planted=PLANTED)
    for name, array in digits.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
    other = corpus.build(per_class=100, validation=0.2, seed=1, planted=PLANTED)
    assert (other.validation != digits.validation).any()


def test_the_config_knows_the_same_classes():
    assert corpus.DIGITS == config.DIGITS  # each has its own: a digest must see the corpus'


def test_inputs_lie_between_zero_and_one(digits):
    inputs = corpus.as_inputs(digits.images[:3])
    assert inputs.shape == (3, 1, 28, 28)
    assert inputs.dtype == np.float32
    assert inputs.min() == 0
    assert inputs.max() == 1
