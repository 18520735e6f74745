"""explainer: wrong input is refused, and the network is left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.attribution.explainer import attribute, explain
from unhans.errors import InputError

ENGINES = ("auto", "zennit")
IMAGES = np.random.default_rng(0).integers(0, 9, (3, 1, 4, 4)).astype(np.float32)
TARGETS = np.array([0, 1, 2])


@pytest.fixture
def network():
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.Dropout(),
        nn.Flatten(),
        nn.Linear(64, 3),
    ]
    built = nn.Sequential(*layers)
    built[2].eval()
    return built


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64])
def test_heatmaps_are_float32_whatever_number_the_images_are(network, engine, dtype):
    expected = attribute(network, IMAGES, TARGETS, engine=engine)
    found = attribute(network, IMAGES.astype(dtype), TARGETS, engine=engine)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.complex64, bool, object])
def test_images_that_are_no_numbers_are_refused(network, dtype):
    with pytest.raises(InputError, match=r"images of type .*; expected float or integer"):
        explain(network, IMAGES.astype(dtype), TARGETS)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("target", [-1, 3])
def test_a_target_that_is_no_class_is_refused(network, engine, target):
    with pytest.raises(
        InputError, match=f"target {target} is none of the 3 classes; expected 0 to 2"
    ):
        attribute(network, IMAGES, np.array([0, target, 1]), engine=engine)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0; expected at least 1"),
        ({"batch_size": -2}, "batch_size is -2; expected at least 1"),
        ({"engine": "fast"}, "unknown engine 'fast'; expected auto or zennit"),
        ({"targets": np.array([0.0, 1.0, 2.0])}, "targets of type float64; expected integer"),
        ({"targets": np.array([0, 1])}, r"targets of shape \(2,\); expected"),
        (
            {"images": np.where(np.arange(3)[:, None, None, None] == 1, np.nan, IMAGES)},
            "image 1 holds NaN",
        ),
        (
            {"images": np.where(np.arange(3)[:, None, None, None] == 2, np.inf, IMAGES)},
            "image 2 holds",
        ),
        ({"images": IMAGES[:0], "targets": TARGETS[:0]}, r"images of shape \(0, 1, 4, 4\)"),
    ],
)
def test_wrong_arguments_are_refused(network, wrong, message):
    with pytest.raises(InputError, match=message):
        attribute(network, **{"images": IMAGES, "targets": TARGETS, **wrong})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("target", [0, 3])
def test_modules_keep_their_training_mode_also_after_an_error(network, engine, target):
    before = [module.training for module in network.modules()]
    try:
        attribute(network, IMAGES, np.full(3, target), engine=engine)
    except InputError:
        assert target == 3
    assert [module.training for module in network.modules()] == before
    assert set(before) == {True, False}
