"""Wasserstein distances of all pairs that can be among the nearest: the true neighbours, proved.

A pair is left out where a lower bound of its distance exceeds an upper bound of the distances to the
nearest others of both heatmaps.

The equation is W_p(x, y)^p = min over plans T of sum |x_i - y_j|^p T_ij.
"""

from collections.abc import Sequence

import numpy as np

from unhans.spray.nearest import nearest
from unhans.spray.transport.exact_wasserstein import Exact, require_solvable
from unhans.spray.transport.linear_wasserstein import linear_distances
from unhans.spray.transport.pair_solver import Comparison, as_matrix, every_pair, pairs_of
from unhans.spray.transport.shadows import lower_bounds
from unhans.spray.transport.support import Support

SLACK = 1e-9
"""Pixels by which rounding may have raised a lower bound or lowered a distance."""


def compare(supports: Sequence[Support], n_candidates: int | None, *, p: int = 2) -> Comparison:
    """Choose all pairs that may be among the ``n_candidates`` nearest of either heatmap.

    The ``n_candidates`` nearest of each heatmap by linear transport are solved first. The greatest of
    their distances bounds how far its neighbours can be. Every pair whose lower bound exceeds these
    bounds of both heatmaps is left out. The notes say how many of all ``pairs`` are ``solved``.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty. At most `MOST_POINTS` points each.
    n_candidates : int or None
        Nearest others that each heatmap is compared with; None: all.
    p : {1, 2}
        Order of the distance.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A heatmap has too many points, or p is neither 1 nor 2.
    """
    require_solvable(supports, p, "wasserstein_certified")
    n = len(supports)
    if n_candidates is None or n_candidates >= n - 1:
        return Exact(supports, every_pair(n), p)
    first = pairs_of(nearest(linear_distances(supports), n_candidates))
    solved = Exact(supports, first, p).solve(first)
    distances = as_matrix(n, first, solved["distance"])
    rows = np.split(distances.data, distances.indptr[1:-1])
    reach = np.array([np.partition(row, n_candidates - 1)[n_candidates - 1] for row in rows])
    possible = lower_bounds(supports, p) <= np.maximum(reach[:, None], reach) + SLACK
    possible[tuple(first.T)] = True
    pairs = np.argwhere(np.triu(possible, 1)).astype(np.int32)
    values = zip(solved["distance"].tolist(), solved["lower_bound"].tolist(), strict=True)
    known = dict(zip(map(tuple, first.tolist()), values, strict=True))
    return Exact(supports, pairs, p, {"first": len(first)}, known)
