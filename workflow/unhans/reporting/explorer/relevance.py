"""Relevance: heatmaps small enough for a page."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.reporting.hot_region import BINS, pool
from unhans.types import Array

LEVELS = 127
"""Steps of relevance up to the largest of an image, on either side of zero."""


class Small(NamedTuple):
    """Small heatmaps of a class.

    Parameters
    ----------
    values : ndarray of int8, shape (n, h, w)
        Of `LEVELS` steps; 0 is no relevance.
    largest : ndarray of float32, shape (n,)
        Relevance of a bin of `LEVELS` steps; 0 where an image has none.

    """

    values: NDArray[np.int8]
    largest: NDArray[np.float32]


def shrink(heatmaps: Array, bins: int = BINS) -> Small:
    """Pool heatmaps and round them to steps.

    Parameters
    ----------
    heatmaps : ndarray of float32, shape (n, h, w)
    bins : int
        Most bins along a side; smaller heatmaps are not pooled.

    Returns
    -------
    Small

    """
    pooled = pool(heatmaps, bins)
    largest = np.abs(pooled).max(axis=(1, 2)).astype(np.float32)
    scale = np.where(largest > 0, largest, 1)[:, None, None]
    values = np.rint(pooled / scale * LEVELS).astype(np.int8)
    return Small(values, largest)
