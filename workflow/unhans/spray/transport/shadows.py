"""Shadows: heatmaps projected on lines, where sorting solves optimal transport."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from unhans.spray.transport.support import Support

BINS = 64
"""Parts of equal mass along a line, whose mean positions are kept."""

FRAMES = 8
"""Pairs of directions at right angles that the lower bounds use."""


def quantiles(supports: Sequence[Support], projections: int) -> NDArray[np.float64]:
    """Compute the mean position of each of `BINS` parts of the mass of each heatmap, along lines.

    The distance between such means never exceeds that between the projections themselves, by the
    convexity of |x - y|^p; it is lower by what differs within a part.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class, none empty.
    projections : int
        Directions, evenly spaced over half a turn.

    Returns
    -------
    ndarray of float64, shape (n, projections, BINS)
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
    """Compute lower bounds of W_p between all pairs.

    For p = 2, |x - y|^2 is the sum of its squared projections on two directions at right angles, so that
    W_2^2 is at least the sum of the W_2^2 of both projections. For p = 1, W_1 is at least that of any
    projection. The best of several directions counts, and the distances between projections are bounded
    from below (see `quantiles`).

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class, none empty.
    p : {1, 2}
        Order of the distance.

    Returns
    -------
    ndarray of float64, shape (n, n)
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
