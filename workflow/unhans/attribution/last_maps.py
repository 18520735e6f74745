"""Last maps: what neural features need of the images of a class, kept while they are explained.

A penultimate activation is the mean of a channel of the last map. Both come with the forward pass of an
explanation, so that neural features need no pass of their own. Maps are kept in 8 bits: masks are maps
divided by their maxima. Those of a component, a sum of channels that may cancel, are less exact where it
contributes little.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from unhans.attribution import hidden_layers
from unhans.attribution.hidden import LastMapError
from unhans.errors import InputError
from unhans.networks import penultimate
from unhans.networks.registry import Network
from unhans.types import Array

LEVELS = 255
"""Steps between the least and the greatest value of a channel in an image."""

SAME = 0.01
"""Most that equal values may differ, in parts of the greatest; TF32 rounds to a thousandth."""


class LastMap(NamedTuple):
    """Where a network has its last map, and what it makes of it; see `penultimate.Ending`.

    Parameters
    ----------
    layer : str
        Name of a layer in whose rewritten form the map is the output (`hidden_layers.find`).
    rectified : bool
        What is below zero counts as zero.
    weights : ndarray of float32, shape (classes, d)
        A row a logit.
    bias : ndarray of float32, shape (classes,)
    """

    layer: str
    rectified: bool
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class Activations:
    """Last maps of n images.

    Parameters
    ----------
    activation : ndarray of float32, shape (n, d)
        Means of the channels over positions.
    level : ndarray of uint8, shape (n, d, k, l)
        The maps, 0 for the least value of a channel in an image and `LEVELS` for its greatest one.
    least, greatest : ndarray of float32, shape (n, d)
        These values.
    """

    activation: NDArray[np.float32]
    level: NDArray[np.uint8]
    least: NDArray[np.float32]
    greatest: NDArray[np.float32]


def of_batch(
    asked: LastMap | None, maps: Tensor | None, logits: NDArray[np.float32]
) -> Activations | None:
    """Take the maps of a batch.

    Parameters
    ----------
    asked : LastMap or None
        None: nothing is kept.
    maps : Tensor, shape (n, d, k, l), or None
        What the layer gave; None where nothing went through it.
    logits : ndarray of float32, shape (n, classes)
        Of the network, for these images.

    Returns
    -------
    Activations or None

    Raises
    ------
    LastMapError
        The layer gave no map, or one that the logits do not come from.
    """
    if asked is None:
        return None
    if maps is None or maps.ndim != 4:
        found = "nothing" if maps is None else f"values of shape {tuple(maps.shape)}"
        raise LastMapError(f"layer {asked.layer} gives {found}; expected the last map")
    own = maps.relu() if asked.rectified else maps
    least, greatest = own.amin(dim=(2, 3)), own.amax(dim=(2, 3))
    extent = (greatest - least).where(greatest > least, 1)[:, :, None, None]
    level = ((own - least[:, :, None, None]) / extent * LEVELS).round().nan_to_num()
    activation = np.asarray(own.mean(dim=(2, 3)).cpu().numpy(), dtype=np.float32)
    own_logits = activation @ asked.weights.T + asked.bias
    if not same(own_logits, logits):
        raise LastMapError(
            f"means of the map of layer {asked.layer} do not give the network's logits; expected its "
            "last map"
        )
    return Activations(
        activation,
        np.asarray(level.cpu().numpy(), dtype=np.uint8),
        *(np.asarray(end.cpu().numpy(), dtype=np.float32) for end in (least, greatest)),
    )


def same(found: Array, expected: Array) -> bool:
    """Whether two arrays are the same up to rounding: `SAME` of the greatest expected value.

    Parameters
    ----------
    found, expected : ndarray of float, of one shape
        What is NaN or infinite in the second is not compared.

    Returns
    -------
    bool
    """
    values = np.asarray(expected, dtype=np.float64)
    finite = np.isfinite(values)
    apart = np.abs(np.asarray(found, dtype=np.float64)[finite] - values[finite])
    return bool((apart <= SAME * np.abs(values[finite]).max(initial=0)).all())


def joined(parts: list[Activations]) -> Activations:
    """Put the images of several batches one after another.

    Parameters
    ----------
    parts : list of Activations
        At least one.

    Returns
    -------
    Activations
    """
    return Activations(
        np.concatenate([part.activation for part in parts]),
        np.concatenate([part.level for part in parts]),
        np.concatenate([part.least for part in parts]),
        np.concatenate([part.greatest for part in parts]),
    )


def restored(level: Array, least: Array, greatest: Array) -> NDArray[np.float32]:
    """Bring maps back from their levels.

    Parameters
    ----------
    level : ndarray of uint8, shape (n, d, k, l)
    least, greatest : ndarray of float32, shape (n, d)
        See `Activations`.

    Returns
    -------
    ndarray of float32, shape (n, d, k, l)
        The maps within 1/510 of the extent of each channel. The zeros of a ReLU are zeros again.
    """
    low, high = (np.asarray(end, dtype=np.float32)[:, :, None, None] for end in (least, greatest))
    step = (high - low) / np.float32(LEVELS)
    return np.asarray(np.asarray(level, dtype=np.float32) * step + low)


class Found(NamedTuple):
    """The last map of a network, and what it is in an image.

    Parameters
    ----------
    last : LastMap
        Of the network.
    image : ndarray of float32, shape (1, c, h, w)
        An input of the network.
    maps : ndarray of float32, shape (1, d, k, l)
        What a plain pass makes of it.
    """

    last: LastMap
    image: NDArray[np.float32]
    maps: NDArray[np.float32]

    def is_kept_by(self, explained: Activations | None) -> bool:
        """Whether an explanation of the image kept the same map, position by position.

        Parameters
        ----------
        explained : Activations or None
            Of the image.

        Returns
        -------
        bool
        """
        if explained is None or explained.level.shape != self.maps.shape:
            return False
        return same(restored(explained.level, explained.least, explained.greatest), self.maps)


def of_network(network: Network, shape: tuple[int, ...]) -> Found:
    """Find the last map of a network.

    Parameters
    ----------
    network : Network
        On the device that it runs on, as it is (not rewritten).
    shape : tuple of int
        Of an input: channels, height and width.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        The network does not end in an average pooling and one linear layer, or its last map is not the
        output of a layer when images are explained.
    """
    # Noise, so that no two layers give the same by chance, as they may of an image of one colour.
    image = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    ending = penultimate.find(network.module, image)
    with penultimate.watched(network.module, ending) as see:
        maps = see(image).maps
    rewriters, _ = network.rewriters()
    reasons = []
    # An activation that a network calls again and again has no name of its own: the layer before it does.
    for name in penultimate.before(network.module, image, ending.last_map):
        try:
            hidden_layers.find(network.module, rewriters, [name])
        except InputError as error:
            reasons.append(str(error))
        else:
            last = LastMap(name, ending.rectified, ending.weights, ending.bias)
            return Found(last, image, maps)
    raise InputError(f"the last map: {reasons[0]}")
