"""Hellinger distances: heatmaps compared as distributions of positive relevance.

Source: Hellinger 1909.
"""

import numpy as np

from unhans.spray.distance import euclidean
from unhans.spray.preprocessing import as_distribution
from unhans.types import Array, Distances


def pairwise(heatmaps: Array) -> Distances:
    """Compute the Hellinger distance between the positive parts of all pairs of heatmaps.

    H(p, q) = |sqrt(p) - sqrt(q)| / sqrt(2), between 0 and 1, of the positive parts with unit mass. The
    square root raises faint, widespread relevance, which euclidean distances overlook. A map without
    positive relevance counts as zero everywhere, at 1 / sqrt(2) from all maps that have some.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.

    Returns
    -------
    ndarray of float32, shape (n, n)
        At most 1.
    """
    roots = np.sqrt(as_distribution(heatmaps))
    distances = euclidean.pairwise(roots) / np.float32(np.sqrt(2))
    np.minimum(distances, np.float32(1), out=distances)
    return distances
