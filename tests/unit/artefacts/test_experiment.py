"""experiment: what a group shares, and a control of the same size, in images of other classes."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import experiment
from unhans.artefacts.artefact import Artefact
from unhans.artefacts.experiment import APPEARANCE, STYLE, Laboratory
from unhans.artefacts.positives import Group
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store

RECIPE = store.Recipe("test", {}, "x")
PLAIN = {"per_class": 40, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0, "planting": []}


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
    """Digits 1, of which the first ten are the group."""
    made = of_digits(Entry("1", "1", "1", 0), settings_of(**PLAIN))
    images = made.arrays["image"].astype(np.float32)
    stages = {
        "corpus": (dict(made.arrays), made.notes),
        "attribution": ({"heatmap": images, "image": np.arange(len(images))}, {}),
    }
    for stage, (arrays, notes) in stages.items():
        store.write(tmp_path / stage / "1.zarr.zip", arrays, RECIPE, notes=notes)
    opened = {stage: store.read(tmp_path / stage / "1.zarr.zip") for stage in stages}
    members = np.arange(len(images)) < 10
    return Group(
        ClassDataset(opened["corpus"], None), opened["attribution"], members, transform=None
    )


def images(random, n=6):
    return (random.random((n, 1, 28, 28)) / 4).astype(np.float32)


def test_the_control_of_a_fixed_artefact_is_what_the_others_have_there(group, random):
    mask = np.zeros((28, 28), dtype=bool)
    mask[10:14, 5:20] = True
    own = images(random)
    found = experiment.control(Artefact(mask, np.ones((1, 28, 28), np.float32), 1.0), group, own, 0)
    assert np.array_equal(found[:, :, ~mask], own[:, :, ~mask])
    pieces = {one.tobytes() for one in group.others[:, :, mask]}
    assert {one.tobytes() for one in found[:, :, mask]} <= pieces


def test_the_control_of_a_free_artefact_is_where_the_network_looks_in_the_others(group, random):
    mask = np.zeros((28, 28), dtype=bool)
    mask[:5, :5] = True
    own = images(random)
    piece = Artefact(mask, np.ones((1, 28, 28), np.float32), 1.0, "free", seed=3)
    found = experiment.control(piece, group, own, 0)
    wanted = {  # heatmaps are the images themselves: the brightest piece of each
        max(
            (one[:, y : y + 5, x : x + 5] for y in range(24) for x in range(24)),
            key=lambda part: part.astype(np.float64).sum(),
        ).tobytes()
        for one in group.others
    }
    for image, where in zip(found, piece.masks(len(own)), strict=True):
        assert image[:, where].tobytes() in wanted


def test_a_mask_is_laid_where_it_holds_most_relevance(random):
    heatmaps = random.standard_normal((3, 12, 15))
    mask = np.zeros((12, 15), dtype=bool)
    mask[4:7, 3:5] = True
    mask[5, 5] = True
    box = mask[4:7, 3:6]
    for heatmap, (y, x) in zip(heatmaps, experiment.most_relevant(heatmaps, mask), strict=True):
        held = {
            (row, column): np.maximum(heatmap[row : row + 3, column : column + 3], 0)[box].sum()
            for row in range(10)
            for column in range(13)
        }
        assert (y, x) == max(held, key=held.get)


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
