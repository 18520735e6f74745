"""Style: what the images of a group differ by all over, as the first layers of a network see them.

Some changes of a whole image cannot be described by colours and frequencies: the edges of the blocks
that compression leaves lie on a grid. The channels of a network's first layers see them. Each image is
described by the mean, and by the logarithm of the standard deviation, of each channel of a map within
the network (`networks.cutting`). The mean difference between the group and the other images of its
class is applied to maps of images of other classes, and the rest of the network is computed from there.

The control applies, in each image, the deviation of one of the class's other images from their mean. It
is scaled to the same size, in standard deviations of the other images: a style that the class has as
well, but not that of the group.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unhans.artefacts.transplant import FLAT
from unhans.networks.cutting import Cut
from unhans.networks.inference import device_of
from unhans.types import Array

BATCH = 4
"""Images that are computed at once; see `inference.VALUES`."""

LEAST = 1e-6
"""Standard deviation that is added to that of each value, so that values without any can be divided."""

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Style:
    """What a group differs by.

    Parameters
    ----------
    move : ndarray of float64, shape (2 d,)
        Differences of the means of the d channels, and of the logarithms of their standard deviations.
    others : ndarray of float64, shape (n, 2 d)
        Deviations of the other images from their mean, scaled to the size of ``move``.
    consistency : float
        Share of the squared size of ``move`` that is not due to chance, if the images of both parts were
        drawn from one; 0 if chance explains all.

    """

    move: Values
    others: Values
    consistency: float


def difference(inside: Values, outside: Values) -> Style:
    """Measure what a group differs by from other images.

    Parameters
    ----------
    inside, outside : ndarray of float64, shape (m, 2 d) and (n, 2 d)
        From `values`, of the group and of the others: two at least.

    Returns
    -------
    Style

    """
    centre, spread = outside.mean(axis=0), outside.std(axis=0) + LEAST
    move = inside.mean(axis=0) - centre
    squared = float(((move / spread) ** 2).mean())
    chance = 1 / len(inside) + 1 / len(outside)
    apart = outside - centre
    sizes = np.sqrt(((apart / spread) ** 2).mean(axis=1, keepdims=True))
    scale = np.divide(np.sqrt(squared), sizes, out=np.zeros_like(sizes), where=sizes > 0)
    consistency = max(0.0, 1 - chance / squared) if squared > 0 else 0.0
    return Style(move, apart * scale, consistency)


def maps(cut: Cut, images: Array) -> Tensor:
    """Compute the maps of images.

    Parameters
    ----------
    cut : Cut
        The network in two parts, in evaluation mode.
    images : ndarray of float32, shape (n, c, h, w)
        As the network takes them.

    Returns
    -------
    Tensor, shape (n, d, rows, columns)
        On the device of the network.

    """
    device = device_of(cut.rest)
    with torch.no_grad():
        parts = [
            cut.trunk(torch.from_numpy(np.ascontiguousarray(images[at : at + BATCH])).to(device))
            for at in range(0, len(images), BATCH)
        ]
    return torch.cat(parts)


def values(found: Tensor) -> Values:
    """Describe maps by mean and logarithm of the standard deviation of each channel.

    Parameters
    ----------
    found : Tensor, shape (n, d, rows, columns)
        From `maps`.

    Returns
    -------
    ndarray of float64, shape (n, 2 d)

    """
    plane = (-2, -1)
    parts = [found.mean(plane), (found.std(plane) + FLAT).log()]
    return np.asarray(torch.cat(parts, dim=1).cpu().numpy(), dtype=np.float64)


def answers(cut: Cut, found: Tensor, moves: Values) -> NDArray[np.float32]:
    """Change the style of maps and compute the logits.

    Parameters
    ----------
    cut : Cut
        The network in two parts, in evaluation mode.
    found : Tensor, shape (n, d, rows, columns)
        From `maps`; they stay as they are.
    moves : ndarray of float64, shape (n, 2 d) or (2 d,)
        What is added to the values of each.

    Returns
    -------
    ndarray of float32, shape (n, classes)

    """
    each = np.broadcast_to(moves, (len(found), 2 * found.shape[1]))
    shift, spread = np.split(each.astype(np.float32), 2, axis=1)
    logits = []
    with torch.no_grad():
        for at in range(0, len(found), BATCH):
            own = found[at : at + BATCH]
            mean = own.mean((-2, -1), keepdim=True)
            gain, moved = (
                torch.from_numpy(part[at : at + BATCH, :, None, None]).to(own.device)
                for part in (np.exp(spread), shift)
            )
            logits.append(cut.rest((own - mean) * gain + mean + moved).cpu().numpy())
    return np.concatenate(logits)
