"""Small networks for digits, which are trained here."""

from collections.abc import Callable, Mapping

import torch
from torch import nn


def small_vgg(classes: int) -> nn.Sequential:
    """Make a small VGG: 3 x 3 convolutions, max pooling, dense layers.

    Parameters
    ----------
    classes : int
        Logits of the network.

    Returns
    -------
    Sequential
        From grey images (n, 1, 28, 28) to logits (n, classes); weights are drawn from torch's
        generator.

    """
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(32 * 7 * 7, 128), nn.ReLU()),
        nn.Linear(128, classes),
    )


def small_pooled(classes: int) -> nn.Sequential:
    """Make a small network that ends in an average pooling and one linear layer.

    Parameters
    ----------
    classes : int
        Logits of the network.

    Returns
    -------
    Sequential
        From grey images (n, 1, 28, 28) to logits (n, classes); its last map has 64 channels of 7 x 7
        positions. Weights are drawn from torch's generator.
    """
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(64, classes),
    )


ARCHITECTURES: Mapping[str, Callable[[int], nn.Module]] = {
    "small_vgg": small_vgg,
    "small_pooled": small_pooled,
}
"""Small networks by name; each is made from its number of classes."""


def build(architecture: str, classes: int, seed: int) -> nn.Module:
    """Make a small network with freshly drawn weights.

    Parameters
    ----------
    architecture : str
        One of `ARCHITECTURES`.
    classes : int
        Logits of the network.
    seed : int
        Of torch's generator, from which the weights are drawn.

    Returns
    -------
    Module
        In training mode.

    """
    torch.manual_seed(seed)
    return ARCHITECTURES[architecture](classes)
