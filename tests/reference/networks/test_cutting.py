"""Cutting, against the whole network, and the maps that it may choose."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.networks import cutting, registry


class Residual(nn.Module):
    """A block that adds its input."""

    def __init__(self, channels):
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU())

    def forward(self, x):
        return x + self.inner(x)


class Sized(nn.Module):
    """Uses the size of the batch at the end, as many do."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(inplace=True), Residual(6))
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        count, height = x.size(0), x.shape[2]
        x = self.stem(x)
        return self.head(x.mean((2, 3)).view(count, -1)) * (height / 64)


class Bypassed(nn.Module):
    """Every map but the input and the logits has a way around it."""

    def __init__(self):
        super().__init__()
        self.left, self.right = (nn.Conv2d(3, 4, 3, 2, 1) for _ in range(2))
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        left = self.left(x).mean((2, 3))
        return self.head(left + self.right(x).mean((2, 3)))


class Untraceable(nn.Module):
    """Its path depends on the values of its input."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.LazyLinear(3))

    def forward(self, x):
        return self.net(x) if x.sum() > -1e9 else self.net(-x)


def images(n=3, side=64, channels=3):
    return torch.from_numpy(
        np.random.default_rng(0).normal(size=(n, channels, side, side)).astype(np.float32)
    )


def sequential():
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 1)),
        *(Residual(4), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(4 * 64, 5)),
    )


def resnet():
    return registry.load("resnet18", classes=7).module


def small():
    return registry.load("squeezenet1_1", classes=5).module


@pytest.mark.parametrize("make", [sequential, Sized, resnet, small])
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_both_parts_make_the_network(make, batch):
    module, given = make().eval(), images(side=128 if make in (resnet, small) else 64)
    found = cutting.cut(module, given)
    assert found.name
    tried = given[torch.arange(batch) % 3]
    with torch.no_grad():
        kept = found.trunk(tried)
        assert kept.ndim == 4
        assert min(kept.shape[2:]) >= cutting.LEAST_SIDE
        torch.testing.assert_close(found.rest(kept.clone()), module(tried))


def test_the_smallest_map_with_enough_places_is_taken():
    found = cutting.cut(sequential().eval(), images())
    # 32 x 32 at 4 channels; after pooling 8 x 8 are too few.
    assert found.trunk(images()).shape == (3, 4, 32, 32)


def test_a_map_with_a_way_around_it_is_not_taken():
    found = cutting.cut(Bypassed().eval(), images())
    assert isinstance(found.trunk, nn.Identity)
    assert found.name == ""


def test_a_network_that_cannot_be_traced_is_cut_before_its_first_layer():
    module = Untraceable().eval()
    module(images())
    found = cutting.cut(module, images())
    assert isinstance(found.trunk, nn.Identity)
    assert found.rest is module
    assert str(found) == "before the first layer"


def test_the_network_is_left_as_it_was():
    module = sequential().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    cutting.cut(module, images())
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
