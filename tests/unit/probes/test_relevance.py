"""relevance: heatmaps of the images that interventions change."""

import numpy as np
import pytest
import torch

from unhans.attribution.explainer import explain
from unhans.images.changes.catalogue import Step, changed
from unhans.images.changes.pixels import as_display
from unhans.io import store
from unhans.networks import small, weights
from unhans.probes import interventions
from unhans.probes.class_movement import measure_class
from unhans.probes.groups import Group, of_arrays
from unhans.probes.relevance import with_heatmaps

FEW = ["brightness", "background"]

OPTIONS = {"corpus": "x", "model": "y", "level": 0.05, "least": 5.0}

NAMES = {"3": "three", "7": "seven"}


@pytest.fixture
def network(tmp_path):
    """Record and weights of an untrained network of digits."""
    path = tmp_path / "weights.safetensors"
    sha256 = weights.save_weights(small.build("small_vgg", 10, 0), path)
    notes = {"architecture": "small_vgg", "classes": 10, "sha256": sha256}
    arrays = {"sha256": weights.as_array(sha256)}
    store.write(tmp_path / "model.zarr.zip", arrays, store.Recipe("training", {}, "x"), notes=notes)
    return store.read(tmp_path / "model.zarr.zip"), path


def digits():
    images = np.random.default_rng(0).random((22, 1, 28, 28), dtype=np.float32)
    return of_arrays(images, np.repeat([0, 1], 11), NAMES)


def test_heatmaps_are_those_of_the_class_in_batches(network):
    _, own = digits()
    found = with_heatmaps(own, *network, composite="epsilon_plus_flat")
    module = weights.load(*network)
    targets = np.ones(11, dtype=np.int64)
    expected = explain(module, as_display(own.read()), targets, "epsilon_plus_flat").heatmap
    np.testing.assert_allclose(found.relevance, expected, rtol=1e-4, atol=1e-6)
    assert found.size == own.size


def test_no_heatmap_is_made_where_no_intervention_needs_one(network):
    own = digits()[0]
    assert with_heatmaps(own, *network, composite="epsilon_plus", families=("colour",)) is own


def test_a_network_that_cannot_be_explained_is_probed_without(network, monkeypatch):
    class Odd(torch.nn.Module):
        def forward(self, images):
            return torch.cdist(images.flatten(1), torch.zeros(10, 784))

    monkeypatch.setattr(weights, "load", lambda *_: weights.of_small(Odd(), 10))
    own = digits()[0]
    assert with_heatmaps(own, *network, composite="epsilon_plus_flat") is own


def test_a_class_whose_images_cannot_be_read_is_left_as_it_is(network):
    none = Group("3", "three", 0, lambda *_: np.zeros((0, 1, 28, 28), np.float32), 2)
    assert with_heatmaps(none, *network, composite="epsilon_plus_flat") is none


def test_images_without_relevance_stay_as_they_are():
    images = np.random.default_rng(0).random((2, 3, 16, 16), dtype=np.float32)
    maps = np.zeros((2, 16, 16))
    maps[1, 4:8, 4:8] = 1
    for change in ("background_blurred", "elsewhere_blurred"):
        made = changed(images, Step(change, 6), maps)
        np.testing.assert_array_equal(made[0], images[0])
        assert not np.array_equal(made[1], images[1])


def test_answers_of_explained_images_are_read_again(network, tmp_path):
    paths, module = [], weights.load(*network).module
    for own in digits():
        group = with_heatmaps(own, *network, composite="epsilon_plus_flat")
        givers = [one for one in digits() if one.class_id != own.class_id]
        notes = interventions.notes(group, None, FEW, [givers[0].class_id])
        found = measure_class(module, None, group, givers, interventions.steps_of(notes))
        assert "no heatmaps" not in interventions.describe_class(group, found)
        assert "no heatmaps: background" in interventions.describe_class(own, found)
        paths.append(tmp_path / f"{own.class_id}.zarr.zip")
        store.write(paths[-1], found.arrays(), store.Recipe("movement", {}, "x"), notes=notes)
    table = interventions.of_results(store.classes(paths), families=FEW, **OPTIONS)
    assert "background_blurred" in set(table["intervention"])
