"""Sliced Wasserstein distances: transport along lines, which sorting solves.

It is cheap enough for all pairs: each heatmap becomes one vector, and the distances are those of vectors.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from unhans.errors import InputError
from unhans.spray.distance import euclidean
from unhans.spray.transport.pair_solver import beside_empty
from unhans.spray.transport.shadows import quantiles
from unhans.spray.transport.support import of_all
from unhans.types import Array, Distances


def pairwise(
    heatmaps: Array, *, mass_fraction: float = 0.99, projections: int = 32, p: int = 2
) -> Distances:
    """Compute the sliced Wasserstein distance between the positive parts of all pairs, in pixels.

    It is the mean over directions of W_p^p between the projections of two heatmaps on a line of that
    direction, to the power of 1 / p. It stands in for W_p: two heatmaps are equal in the one where they
    are equal in the other, but distances differ by a few percent, and more where shapes do. Three things
    are simplified. The directions are evenly spaced instead of all. Each projection is `BINS` parts of
    equal mass that move as wholes, which lowers the distance a little. The mean is divided by that of
    |cos|^p, so that a heatmap that is moved by some pixels is that many pixels away. For p = 2 and an
    even number of projections the result never exceeds W_2.

    Heatmaps without positive relevance are at 0 from each other and, from all others, at the diagonal of
    the map, which no distance exceeds.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    mass_fraction : float
        Fraction of the positive relevance that is compared, in (0, 1].
    projections : int
        Directions, at least 2.
    p : {1, 2}
        Order of the distance.

    Returns
    -------
    ndarray of float32, shape (n, n)

    Raises
    ------
    InputError
        An option is out of its range.

    References
    ----------
    Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3.
    """
    if p not in (1, 2):
        raise InputError(f"sliced_wasserstein: p is {p}; expected 1 or 2")
    if projections < 2:
        raise InputError(f"sliced_wasserstein: {projections} projections; expected at least 2")
    supports = of_all(heatmaps, mass_fraction)
    full = np.array([len(support.mass) > 0 for support in supports])
    projected = quantiles([one for one in supports if len(one.mass)], projections)
    return beside_empty(_lengths(projected, p), full, supports[0].diagonal)


def _lengths(projected: NDArray[np.float64], p: int) -> Distances:
    n, projections, bins = projected.shape
    angles = np.arange(projections) * (np.pi / projections)
    mean = (np.abs(np.cos(angles)) ** p).mean() * projections * bins
    if n < 2:
        return np.zeros((n, n), dtype=np.float32)
    if p == 2:
        return euclidean.pairwise(projected / np.sqrt(mean))
    lengths: Distances = squareform(pdist(projected.reshape(n, -1), "cityblock") / mean)
    return lengths.astype(np.float32)
