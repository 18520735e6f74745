"""class_features: the neurons and components of a class, from one pass over its images."""

import time

import numpy as np
import pytest

from unhans.errors import InputError, StoreError
from unhans.features import class_activations, class_features
from unhans.features.class_activations import Activations
from unhans.io import store
from unhans.networks.penultimate import Ending


def test_contributions_sum_to_the_logits_of_the_network(planted, network, neurons):
    weight, activation = neurons["weight"].astype(float), neurons["activation"].astype(float)
    seen, ending = class_activations.of_class(network, planted, None)
    found = class_features.features(seen, ending, planted.index, top=3)
    assert found.rest < 1e-5
    assert found.logit_rest < 1e-4
    np.testing.assert_allclose(activation @ weight + ending.bias[3], neurons["logit"], atol=1e-4)


def test_features_are_found_in_images_that_are_trained_on_and_called_the_class(planted, neurons):
    validation = planted.result["validation"][neurons["image"]]
    assert (neurons["trained"] == ~validation).all()
    assert (neurons["member"] == (neurons["prediction"] == 3) & ~validation).all()
    mean = neurons["activation"][neurons["member"]].mean(axis=0) * neurons["weight"]
    assert neurons["neuron"].tolist() == np.argsort(-mean, kind="stable")[:3].tolist()


def test_masks_are_maps_divided_by_their_maxima(neurons):
    names = class_features.names(neurons.arrays)
    assert names[3:] == ["component1", "component2", "component3"]
    assert names[0] == f"neuron{neurons['neuron'][0]}"
    assert neurons["neuron_mask"].shape == (3, len(neurons["image"]), 7, 7)
    own = class_features.masks(neurons.arrays, 0, np.arange(5), (28, 28))
    assert own.shape == (5, 28, 28)
    assert own.max() <= 1
    values = class_features.values(neurons.arrays)
    assert values.shape == (6, len(neurons["image"]))
    shown = neurons["neuron_mask"].max(axis=(2, 3))
    assert (shown[values[:3] > 0] == 1).all()
    assert (shown[values[:3] == 0] == 0).all()


def test_a_component_is_the_mean_of_its_map_but_for_a_constant(planted, network):
    seen, ending = class_activations.of_class(network, planted, None)
    found = class_features.features(seen, ending, 3, top=2)
    part = class_features.components.coefficients(found.principal, 0, ending.weights[3])
    means = np.einsum("d,ndkl->n", part, seen.maps.astype(float)) / 49
    assert np.ptp(means - found.alpha[:, 0]) < 1e-4


def test_a_class_that_is_never_recognised_is_set_aside(planted, network):
    seen, ending = class_activations.of_class(network, planted, None)
    with pytest.raises(InputError, match="0 of 40 images are called the class; expected 3"):
        class_features.features(seen._replace(prediction=seen.prediction * 0), ending, 3, 5)


def test_features_of_1300_images_cost_seconds():
    random = np.random.default_rng(0)
    maps = np.maximum(random.standard_normal((1300, 256, 4, 4), dtype=np.float32), 0)
    weights = random.standard_normal((2, 256), dtype=np.float32)
    ending = Ending("", False, "", weights, np.zeros(2, np.float32))
    every = np.ones(1300, dtype=bool)
    activation = maps.mean(axis=(2, 3))
    rows, label = np.arange(1300), np.zeros(1300, dtype=np.int64)
    seen = Activations(rows, every, activation, activation @ weights[0], label, maps)
    start = time.process_time()
    class_features.features(seen, ending, 0, 5)
    assert time.process_time() - start < 3


def test_the_network_is_run_where_its_activations_were_set_aside(planted, network, tmp_path):
    path = tmp_path / "3.zarr.zip"
    store.write_set_aside(path, store.Recipe("activations", {}, "x"), "no layer gives the last map")
    kept = store.opened({"activations": str(path)})
    seen, _ = class_activations.of_class(network, planted, None, kept=kept)
    again, _ = class_activations.of_class(network, planted, None)
    np.testing.assert_array_equal(seen.activation, again.activation)


def test_activations_of_another_network_are_refused(planted, network, tmp_path):
    seen, _ = class_activations.of_class(network, planted, None)
    least, greatest = seen.maps.min(axis=(2, 3)), seen.maps.max(axis=(2, 3))
    arrays = {
        **{"image": seen.row, "activation": seen.activation, "prediction": seen.prediction},
        **{"level": np.zeros(seen.maps.shape, np.uint8), "least": least, "greatest": greatest},
    }
    path = tmp_path / "3.zarr.zip"
    for logit, fits in ((seen.logit, True), (seen.logit + 1, False)):
        recipe = store.Recipe("activations", {}, "x")
        store.write(path, {**arrays, "logit": logit}, recipe)
        kept = store.opened({"activations": str(path)})
        if fits:
            found, _ = class_activations.of_class(network, planted, None, kept=kept)
            np.testing.assert_array_equal(found.trained, seen.trained)
            continue
        with pytest.raises(StoreError, match="do not give the logits beside them"):
            class_activations.of_class(network, planted, None, kept=kept)
