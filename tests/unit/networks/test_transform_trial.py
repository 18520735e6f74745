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
    outputs = np.repeat([0, 1], count // 2).tolist()
    return [
        (Image.new("RGB", (16, 16), (int(value),) * 3), output)
        for value, output in zip(values, outputs, strict=True)
    ]


def test_a_network_that_is_right_is_asked_once():
    trials = transform_trial.compare(network(Light()), shades(100, 160))
    assert [one.said for one in trials] == [{}]
    assert trials[0].right.all()
    assert transform_trial.better(trials) is None


def test_the_mean_of_the_training_is_found():
    trials = transform_trial.compare(network(Light(), 0.5, 0.1), shades(100, 135))
    assert trials[0].right.mean() == 0.5
    found = transform_trial.better(trials)
    assert found.said == {"mean": (0.0,), "std": (1.0,)}
    assert found.right.all()


def test_what_is_cut_away_is_found():
    images = []
    for number in range(40):
        pixels = np.full((24, 24, 3), 100, dtype=np.uint8)
        pixels[:, :4] = 255 if number % 2 else 0
        images.append((Image.fromarray(pixels), number % 2))
    trials = transform_trial.compare(network(Framed(), 0.45, 0.1, resize=24), iter(images))
    assert transform_trial.better(trials).said == {"resize": 16, "crop": 16}


@pytest.mark.parametrize(("gained", "found"), [(7, False), (12, True)])
def test_a_difference_that_chance_may_make_is_none(gained, found):
    outputs = np.arange(40) % 2
    first, second = np.full((2, 40), transform_trial.NOTHING)
    first[:4], second[2 : 4 + gained] = outputs[:4], outputs[2 : 4 + gained]
    said = [({}, first), ({"resize": 16}, second), ({"resize": 18}, first)]
    trials = [Trial(own, called, outputs) for own, called in said]
    assert (transform_trial.better(trials) is not None) == found


def test_a_large_class_that_gains_what_others_lose_is_no_better_transform():
    outputs = np.repeat([0, 1], [60, 8])
    half = np.where(np.arange(68) % 2, 0, 1)
    first = Trial({}, np.where(outputs == 1, 1, half), outputs)
    constant = Trial({"mean": (0.5,)}, np.zeros(68, dtype=int), outputs)
    assert constant.right.sum() > first.right.sum()
    assert transform_trial.better([first, constant]) is None
    assert first.balanced == 0.75
    assert not constant.knows


def test_logits_that_are_not_finite_are_no_answer():
    class Odd(nn.Module):
        def forward(self, images):
            return torch.full((len(images), 2), float("nan"))

    (first, *_) = transform_trial.compare(network(Odd()), shades(100, 160))
    assert (first.called == transform_trial.NOTHING).all()
    assert not first.knows


def test_images_that_cannot_be_transformed_are_not_right():
    sizes = [(16, 16), (1, 65_537)]
    images = [(Image.new("RGB", size, (200,) * 3), 1) for size in sizes]
    (first, *_) = transform_trial.compare(network(Light()), images)
    assert first.called.tolist() == [1, transform_trial.NOTHING]


def test_networks_of_digits_and_no_images_have_no_trial():
    assert transform_trial.compare(Network(Light(), list, None, 2, ""), shades(1, 2)) == []
    assert transform_trial.compare(network(Light()), []) == []
