"""penultimate: networks that end in an average pooling and a linear layer, and those that do not."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from unhans.errors import InputError
from unhans.networks import penultimate, small
from unhans.networks.outputs import Logits

IMAGES = np.random.default_rng(0).random((2, 3, 12, 12)).astype(np.float32)


class Functional(nn.Module):
    """Ends in functions, as torchvision's DenseNet does, and has its head twice in its layers."""

    def __init__(self):
        super().__init__()
        self.norm = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6))
        self.head = nn.Linear(6, 4)
        self.same = self.head

    def forward(self, images):
        return self.head(functional.relu(self.norm(images)).mean(dim=(2, 3)))


def pooled(*last, outputs=4):
    layers = (nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.Conv2d(6, 5, 3), nn.ReLU6(inplace=True))
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *last, nn.Linear(5, outputs)
    )


@pytest.mark.parametrize(
    "module",
    [pooled(), pooled(nn.Dropout(0.5)), Functional(), Logits(pooled(outputs=1), one=True)],
    ids=["layers", "dropout", "functions", "one output"],
)
def test_the_ending_is_found_and_says_what_the_network_computes(module):
    torch.manual_seed(0)
    module.eval()
    ending = penultimate.find(module, IMAGES)
    with penultimate.watched(module, ending) as see:
        seen = see(IMAGES)
    np.testing.assert_allclose(seen.maps.mean(axis=(2, 3)), seen.activation, atol=1e-5)
    logits = seen.activation @ ending.weights.T + ending.bias
    np.testing.assert_allclose(logits, seen.logits, atol=1e-5)
    assert seen.maps.shape[2] > 1


def test_the_network_stays_as_it_is():
    module = pooled(nn.Dropout(0.5)).train()
    with penultimate.watched(module, penultimate.find(module, IMAGES)):
        assert not module.training
    assert module.training
    assert not any(layer._forward_hooks for layer in module.modules())


def test_other_endings_are_refused_with_the_reason():
    digits = np.random.default_rng(0).random((1, 1, 28, 28)).astype(np.float32)
    with pytest.raises(InputError, match=r"not the average over positions .* expected a network"):
        penultimate.find(small.build("small_vgg", 10, 0), digits)
    convolution = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(InputError, match="not the output of a linear layer"):
        penultimate.find(convolution, IMAGES)
    with pytest.raises(InputError, match="not the average over positions"):
        penultimate.find(pooled(nn.ReLU(), nn.Linear(5, 5)), IMAGES)
    maximum = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    )
    with pytest.raises(InputError, match="not the average over positions"):
        penultimate.find(maximum, IMAGES)
