"""Whitening: what a network sees at hidden layers in images of a class, in units of other classes.

Channels vary in images of any class. They are measured in units of how images of other classes vary, in
all directions, so that what is usual counts for little.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.detection.concepts import Concepts
from unhans.types import Array

FLAT = 0.1
"""Share of the mean spread of all channels that is added to that of each: a channel that is silent in
other classes would outweigh all others."""

RIDGE = 0.03
"""Share of the mean variance of all directions that is added to that of each, before whitening."""

Points = NDArray[np.float64]


def whitened(concepts: Concepts) -> Points:
    """Relevance of channels, in units of how images of other classes vary in all directions.

    Relevance of the channels of a layer is divided by the sum of its absolute values in the image; of
    each share its root is taken, with its sign. The layers are put side by side.

    Parameters
    ----------
    concepts : Concepts
        Of a class.

    Returns
    -------
    ndarray of float64, shape (n, channels)

    """
    own, others = (
        np.concatenate([_shares(layer) for layer in layers], axis=1)
        for layers in (concepts.relevance, concepts.other_relevance)
    )
    return _whitened(own, others)


def _shares(relevance: Array) -> Points:
    """Root of each channel's share of an image's absolute relevance, with its sign."""
    values = np.asarray(relevance, dtype=np.float64)
    total = np.abs(values).sum(axis=1, keepdims=True)
    shares = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return np.asarray(np.sign(shares) * np.sqrt(np.abs(shares)))


def _whitened(own: Points, others: Points) -> Points:
    """Own rows in coordinates in which those of others have unit variance in all directions."""
    spread = others.std(axis=0)
    scale = spread + FLAT * spread.mean()
    scale = np.where(scale > 0, scale, 1)
    known, rows = ((one - others.mean(axis=0)) / scale for one in (others, own))
    variance, axes = np.linalg.eigh(known.T @ known / len(known))
    floor = RIDGE * variance.mean()
    return np.asarray(
        rows @ (axes / np.sqrt(np.maximum(variance, 0) + (floor if floor > 0 else 1)))
    )
