"""neural: features in the order of the explained images, with what is known of them."""

from pathlib import Path

import numpy as np
import pytest

from unhans.features import sensitivity
from unhans.features.sensitivity import Scores
from unhans.io.store import Result
from unhans.reporting.explorer import encoding, neural

IMAGES = np.array([2, 3, 5, 7, 8, 9])
"""Rows that were explained; the network saw all but 9 for its features, and 4 as well."""

SEEN = np.array([8, 7, 5, 4, 3, 2])
GROUP = np.array([True, True, False, False, False, False])


@pytest.fixture
def described():
    random = np.random.default_rng(0)
    activation = random.random((6, 4)).astype(np.float32)
    activation[:, 3] = [0, 0, 0, 5, 2, 3]  # most in 4, which was not explained, then 2 and 3
    activation[:, 1] = [0, 1, 0, 1, 0, 1]
    arrays = {
        **{"image": SEEN, "activation": activation, "neuron": np.array([3, 1])},
        **{"alpha": random.normal(size=(6, 1)), "member": np.ones(6, dtype=bool)},
        "neuron_mask": random.random((2, 6, 3, 4)).astype(np.float16),
        "component_mask": random.random((1, 6, 3, 4)).astype(np.float16),
    }
    named = (("neuron3", "background", "person"), ("neuron1", "core", "planted"))
    rows = [
        {**dict.fromkeys(sensitivity.COLUMNS, 0.25), "feature": name, "label": label, "source": by}
        for name, label, by in (*named, ("component1", "unsure", ""))
    ]
    table = sensitivity.as_array(rows, Scores(0.9, 0.5, 0.8, 0.7, 0.75))
    neurons, measured = (
        Result(Path("1.zarr.zip"), {"status": "ok"}, own) for own in (arrays, {"table": table})
    )
    groups = {"grouped": GROUP, "window": ~GROUP}
    return arrays, neural.describe(IMAGES, groups, neurons, measured)


def test_strength_and_masks_follow_the_images_that_were_explained(described):
    arrays, value = described
    first, second, component = value["features"]
    strength = encoding.unpacked(first["strength"])
    np.testing.assert_array_equal(strength, [3, 2, 0, 0, 0, np.nan])
    masks = encoding.unpacked(second["masks"])
    assert masks.shape == (len(IMAGES), value["height"], value["width"]) == (6, 3, 4)
    assert not masks[5].any()
    for at, row in enumerate([5, 4, 2, 1, 0]):
        expected = arrays["neuron_mask"][1, row].astype(np.float32)
        np.testing.assert_allclose(masks[at] / 127, expected / expected.max(), atol=1 / 127)
    assert [one["ends"] for one in value["features"]] == [1, 1, 2]
    assert component["label"] == "unsure"


def test_a_feature_names_the_groups_whose_images_show_it_most(described):
    _, value = described
    first, second, _ = value["features"]
    assert first["groups"] == [{"indicator": "grouped", "auc": 1.0}]
    assert second["groups"] == []
    said = neural.summary(value)
    assert (said["count"], said["spurious"]) == (3, ["neuron3"])
    assert "neuron3" in said["grouped"]


def test_what_a_person_may_answer_is_said_with_the_columns_of_the_table(described):
    _, value = described
    assert value["labels"]["columns"] == ["corpus", "model", "class", "feature", "label"]
    assert "background" in value["labels"]["answers"]
    assert value["words"].startswith(
        "Accuracy 90% of the images that noise is put into, with noise on spurious features 50% ("
    )
