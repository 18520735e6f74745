"""experiment: what a group shares, and a control of the same size, in images of other classes."""

import digit_group
import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import experiment
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.experiment import APPEARANCE, PIECES, STYLE, Laboratory


class Bright(nn.Module):
    """Rates class 0 the higher the brighter an image is."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(9.0))

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3))
        return torch.stack([self.weight * mean, 2 * torch.ones_like(mean)], dim=1)


@pytest.fixture
def group(tmp_path):
    return digit_group.write(tmp_path)


def images(random, n=6):
    return (random.random((n, 1, 28, 28)) / 4).astype(np.float32)


class Squares(nn.Module):
    """Rates class 0 the higher the brighter the brightest square of 5 x 5 pixels is."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(6.0))

    def forward(self, x):
        brightest = nn.functional.avg_pool2d(x, 5, stride=1).amax(dim=(1, 2, 3))
        return torch.stack([self.weight * brightest, 4 * torch.ones_like(brightest)], dim=1)


@pytest.fixture
def marked(group, random):
    """The group's images have a square each at its own place, and the network looks at it."""
    group._inputs, group._heatmaps = group._inputs / 4, group._heatmaps / 4
    for at in np.flatnonzero(group._members):
        y, x = random.integers(0, 22, 2)
        group._inputs[at, :, y : y + 6, x : x + 6] = 1
        group._heatmaps[at] = 0
        group._heatmaps[at, y : y + 6, x : x + 6] = 1
    return group


def test_pieces_at_a_place_of_their_own_raise_the_class_more_than_those_of_others(marked, random):
    made = Laboratory(Squares(), images(random, 40), 0, 0)("group", PIECES, marked)
    assert made.change.probability.min() > 0.3
    assert made.control.probability.mean() < 0.1


def test_pieces_need_have_nothing_in_common(marked, random):
    made = Laboratory(Squares(), images(random), 0, 0)("group", PIECES, marked)
    assert not made.isolated
    assert np.isnan(made.found.consistency)


def test_both_sides_of_a_class_can_be_tried(group):
    other = group.reversed()
    assert len(other.others) == 10
    assert len(group.others) == 30
    assert other.appearance().shift == pytest.approx(-group.appearance().shift)
    assert len(other.other_heatmaps) == 10


def test_an_experiment_is_made_once(group, random):
    laboratory = Laboratory(Bright(), images(random), 0, 0)
    made = laboratory("group", APPEARANCE, group)
    assert laboratory("group", APPEARANCE, group) is made
    assert laboratory("group", "free", group) is not made


def test_a_style_is_applied_within_the_network(group, random):
    laboratory = Laboratory(Bright(), images(random), 0, 0)
    made = laboratory("group", STYLE, group)
    # The network is not cut: its map is the image. Brighter by the difference of the means.
    moved = (laboratory.images.mean(axis=(1, 2, 3)) + made.found.move[0]) * 9
    plain = laboratory.images.mean(axis=(1, 2, 3)) * 9
    rises = 1 / (1 + np.exp(2 - moved)) - 1 / (1 + np.exp(2 - plain))
    assert made.change.probability == pytest.approx(rises, abs=1e-4)


def test_nothing_is_isolated_without_pixels_or_by_a_speck():
    speck = np.zeros((224, 224), dtype=bool)
    speck[5, 5] = True
    found = Artefact(speck, np.zeros((1, 224, 224), np.float32), 1.0)
    assert not experiment.Experiment("group", "fixed", found, None, None).isolated
    empty = Artefact(np.zeros((4, 4), dtype=bool), np.zeros((1, 4, 4), np.float32), 1.0)
    assert not experiment.Experiment("group", "fixed", empty, None, None).isolated
    full = Artefact(np.ones((4, 4), dtype=bool), np.zeros((1, 4, 4), np.float32), 1.0)
    assert experiment.Experiment("group", "fixed", full, None, None).isolated
