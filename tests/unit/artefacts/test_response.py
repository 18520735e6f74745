"""response: wrong input is refused, and the network is left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts.response import response
from unhans.errors import InputError

IMAGES = np.random.default_rng(0).random((3, 1, 2, 2), dtype=np.float32)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Dropout().eval(), nn.Linear(4, 2))


@pytest.mark.parametrize("target", [-1, 2])
def test_a_target_that_is_no_class_is_refused(network, target):
    with pytest.raises(
        InputError, match=f"target {target} is none of the 2 classes; expected 0 to 1"
    ):
        response(network, IMAGES, IMAGES, target)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_that_are_not_finite_are_refused(network, value):
    spoiled = IMAGES.copy()
    spoiled[1, 0, 1, 1] = value
    with pytest.raises(InputError, match=r"^image 1 holds NaN or infinite values"):
        response(network, spoiled, IMAGES, 0)
    with pytest.raises(InputError, match=r"^altered image 1 holds NaN or infinite values"):
        response(network, IMAGES, spoiled, 0)


def test_no_images_are_refused(network):
    with pytest.raises(InputError, match="there are no images; expected at least one"):
        response(network, IMAGES[:0], IMAGES[:0], 0)


@pytest.mark.parametrize("shape", [(3, 1, 2, 2), (3, 1, 3, 3)])
def test_modules_keep_their_training_mode_also_after_an_error(network, shape):
    before = [module.training for module in network.modules()]
    images = np.zeros(shape, dtype=np.float32)
    try:
        response(network, images, images, 1)
    except InputError:
        assert shape[2] == 3
    assert [module.training for module in network.modules()] == before
