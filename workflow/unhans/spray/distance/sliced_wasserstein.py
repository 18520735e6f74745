"""Sliced Wasserstein distances: transport along lines, where sorting solves it.

Cheap enough for all pairs: each heatmap becomes one vector, and the distances are those of vectors.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from unhans.errors import InputError
from unhans.spray.distance import euclidean
from unhans.spray.transport.pair_solver import beside_empty
from unhans.spray.transport.support import Support, of_all
from unhans.types import Array, Distances

BINS = 64
"""Parts of the mass, by rank along a line, whose mean places are kept."""

FRAMES = 8
"""Pairs of directions at right angles that the lower bounds are taken of."""


def pairwise(
    heatmaps: Array, *, mass_fraction: float = 0.99, projections: int = 32, p: int = 2
) -> Distances:
    """Sliced Wasserstein distance between the positive parts of all pairs of heatmaps, in pixels.

    The mean over directions of W_p^p between the heatmaps' shadows on a line of that direction, to
    the power of 1 / p (Bonneel et al. 2015, doi:10.1007/s10851-014-0506-3). It stands in for W_p:
    two heatmaps are equal in the one where they are in the other, but distances differ, by a few
    percent and more where shapes do. Three things are made easier. The directions are evenly spaced
    instead of all; each shadow is `BINS` parts of equal mass, moved as wholes, which takes a little
    off; and the mean is divided by that of |cos|^p, so that a heatmap moved by some pixels is that
    many pixels away. For p = 2 and an even number of projections this never exceeds W_2.

    Heatmaps without positive relevance are at 0 of each other and the diagonal of the map, which no
    distance exceeds, away from all others.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    mass_fraction : of the positive relevance that is compared, in (0, 1]
    projections : directions, at least 2
    p : order of the distance, 1 or 2

    Returns
    -------
    (n, n) float32

    Raises
    ------
    InputError
        An option is out of its range.

    """
    if p not in (1, 2):
        raise InputError(f"sliced_wasserstein: p is {p}; expected 1 or 2")
    if projections < 2:
        raise InputError(f"sliced_wasserstein: {projections} projections; expected at least 2")
    supports = of_all(heatmaps, mass_fraction)
    full = np.array([len(support.mass) > 0 for support in supports])
    shadows = quantiles([one for one in supports if len(one.mass)], projections)
    return beside_empty(_lengths(shadows, p), full, supports[0].diagonal)


def quantiles(supports: Sequence[Support], projections: int) -> NDArray[np.float64]:
    """Mean place of each of `BINS` parts of a heatmap's mass, by rank along lines.

    The distance between such means is never greater than that between the shadows themselves, by
    the convexity of |x - y|^p; it falls short by what differs within a part.

    Parameters
    ----------
    supports : of a class, none empty
    projections : directions, evenly spaced over half a turn

    Returns
    -------
    (n, projections, BINS)

    """
    angles = np.arange(projections) * (np.pi / projections)
    directions = np.stack([np.sin(angles), np.cos(angles)])
    edges = np.linspace(0, 1, BINS + 1)
    result = np.empty((len(supports), projections, BINS))
    for number, (points, mass, *_) in enumerate(supports):
        places = points @ directions
        order = np.argsort(places, axis=0, kind="stable")
        ranked = mass[order]
        rank = np.cumsum(ranked, axis=0)
        moment = np.cumsum(ranked * np.take_along_axis(places, order, axis=0), axis=0)
        for line in range(projections):
            # The integral of the quantile function is piecewise linear.
            knots = np.append(0, rank[:, line] / rank[-1, line])
            result[number, line] = np.diff(np.interp(edges, knots, np.append(0, moment[:, line])))
    return result * BINS


def lower_bounds(supports: Sequence[Support], p: int) -> NDArray[np.float64]:
    """Lower bounds of W between all pairs: (n, n).

    For p = 2, |x - y|^2 is the sum of its squared projections on two directions at right angles, so
    W_2^2 is at least the sum of both shadows' W_2^2; for p = 1, no shadow moves further than what
    throws it. The best of several directions counts, and shadows are measured from below.

    """
    shadows = quantiles(supports, 2 * FRAMES)
    bins = shadows.shape[2]
    if p == 1:
        bounds = [pdist(shadows[:, line], "cityblock") / bins for line in range(2 * FRAMES)]
    else:
        frames = [shadows[:, line::FRAMES].reshape(len(shadows), -1) for line in range(FRAMES)]
        bounds = [pdist(frame) / np.sqrt(bins) for frame in frames]
    best: NDArray[np.float64] = squareform(np.max(bounds, axis=0))
    return best


def _lengths(shadows: NDArray[np.float64], p: int) -> Distances:
    n, projections, bins = shadows.shape
    angles = np.arange(projections) * (np.pi / projections)
    mean = (np.abs(np.cos(angles)) ** p).mean() * projections * bins
    if n < 2:
        return np.zeros((n, n), dtype=np.float32)
    if p == 2:
        return euclidean.pairwise(shadows / np.sqrt(mean))
    lengths: Distances = squareform(pdist(shadows.reshape(n, -1), "cityblock") / mean)
    return lengths.astype(np.float32)
