"""Cosine distances: maps compared by their direction, whatever their size.

The equation is 1 - cosine similarity.
"""

import numpy as np

from unhans.spray.distance import euclidean
from unhans.spray.preprocessing import unit_norm
from unhans.types import Array, Distances


def pairwise(heatmaps: Array) -> Distances:
    """Compute the cosine distance between all pairs of heatmaps.

    1 - cos of the angle between x and y is |x - y|^2 / 2 of maps with unit norm, which keeps the digits
    of small angles. A map of zeros has no direction: it is at 1 from all others, and at 0 from its like.

    It obeys no triangle inequality.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.

    Returns
    -------
    ndarray of float32, shape (n, n)
        At most 2.
    """
    maps = unit_norm(heatmaps)
    distances = np.minimum(np.square(euclidean.pairwise(maps)) / 2, 2).astype(np.float32)
    zero = ~np.asarray(maps.any(axis=(1, 2)))
    distances[zero[:, None] != zero[None]] = 1
    return distances
