"""transform_trial: the transform that a network was trained with gives more right answers."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from unhans.images.transform import Transform
from unhans.networks import transform_trial
from unhans.networks.registry import Network
from unhans.networks.transform_trial import Trial


class Light(nn.Module):
    """Calls inputs light (1) whose mean is above a half, as values from 0 to 1 are."""

    def forward(self, images):
        light = images.mean((1, 2, 3)) - 0.5
        return torch.stack([-light, light], dim=1)


class Framed(nn.Module):
    """Calls inputs 1 whose leftmost column is light."""

    def forward(self, images):
        light = images[..., 0].mean((1, 2))
        return torch.stack([-light, light], dim=1)


def network(module, mean=0.0, std=1.0, resize=16):
    return Network(module, list, Transform(resize, 16, (mean,) * 3, (std,) * 3), 2, "")


def shades(low, high, count=40):
    values = np.r_[np.full(count // 2, low), np.full(count // 2, high)]
    images = [Image.new("RGB", (16, 16), (int(value),) * 3) for value in values]
    return images, np.repeat([0, 1], count // 2)


def test_a_network_that_is_right_is_asked_once():
    trials = transform_trial.compare(network(Light()), *shades(100, 160))
    assert [one.said for one in trials] == [{}]
    assert trials[0].right.all()
    assert transform_trial.better(trials) is None


def test_the_mean_of_the_training_is_found():
    trials = transform_trial.compare(network(Light(), 0.5, 0.1), *shades(100, 135))
    assert trials[0].right.mean() == 0.5
    found = transform_trial.better(trials)
    assert found.said == {"mean": (0.0,), "std": (1.0,)}
    assert found.right.all()


def test_what_is_cut_away_is_found():
    images = []
    for number in range(40):
        pixels = np.full((24, 24, 3), 100, dtype=np.uint8)
        pixels[:, :4] = 255 if number % 2 else 0
        images.append(Image.fromarray(pixels))
    trials = transform_trial.compare(
        network(Framed(), 0.45, 0.1, resize=24), images, np.arange(40) % 2
    )
    assert transform_trial.better(trials).said == {"resize": 16, "crop": 16}


@pytest.mark.parametrize(("gained", "found"), [(7, False), (12, True)])
def test_a_difference_that_chance_may_make_is_none(gained, found):
    first, second = np.zeros((2, 40), dtype=bool)
    first[:5], second[2 : 5 + gained] = True, True
    trials = [Trial({}, first), Trial({"resize": 16}, second), Trial({"resize": 18}, first)]
    assert (transform_trial.better(trials) is not None) == found


def test_images_that_cannot_be_transformed_are_not_right():
    images = [Image.new("RGB", (16, 16), (200,) * 3), Image.new("RGB", (1, 65_537), (200,) * 3)]
    (first, *_) = transform_trial.compare(network(Light()), images, np.array([1, 1]))
    assert first.right.tolist() == [True, False]


def test_networks_of_digits_and_no_images_have_no_trial():
    assert transform_trial.compare(Network(Light(), list, None, 2, ""), *shades(1, 2)) == []
    assert transform_trial.compare(network(Light()), [], np.zeros(0, dtype=int)) == []
