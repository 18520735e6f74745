"""Wasserstein distances: exact between each heatmap and those that linear transport proposes.

The distances of all pairs cost hours, while the graph needs a few nearest ones. Linear optimal transport
solves one transport for each heatmap, to a reference that all share. Euclidean distances between the
results propose the pairs that are solved exactly.

Source: Wang et al. 2013, doi:10.1007/s11263-012-0566-z.
"""

from collections.abc import Sequence

from unhans.errors import InputError
from unhans.spray.nearest import nearest
from unhans.spray.transport.exact_wasserstein import Exact, require_solvable
from unhans.spray.transport.linear_wasserstein import linear_distances
from unhans.spray.transport.pair_solver import Comparison, every_pair, pairs_of
from unhans.spray.transport.support import Support


def compare(
    supports: Sequence[Support],
    n_candidates: int | None,
    *,
    p: int = 2,
    n_proposed: int | None = None,
) -> Comparison:
    """Choose the pairs whose exact Wasserstein distance is computed.

    W_p(x, y) is the least mean of |x - y|^p over all plans that move the mass of one heatmap onto the
    other's, to the power of 1 / p. Nothing proves that all neighbours are among the proposed pairs;
    `wasserstein_certified` does.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty. At most `MOST_POINTS` points each.
    n_candidates : int or None
        Nearest others that each heatmap is compared with; None: all.
    p : {1, 2}
        Order of the distance.
    n_proposed : int or None
        Nearest others by linear transport that are solved for each heatmap. None: three times
        ``n_candidates``, at least 30.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A heatmap has too many points, p is neither 1 nor 2, or ``n_proposed`` is below ``n_candidates``.
    """
    require_solvable(supports, p, "wasserstein")
    n = len(supports)
    if n_candidates is None or n_candidates >= n - 1:
        return Exact(supports, every_pair(n), p)
    count = max(3 * n_candidates, 30) if n_proposed is None else n_proposed
    if count < n_candidates:
        raise InputError(
            f"{count} proposed heatmaps for {n_candidates} candidates; expected at least {n_candidates}"
        )
    count = min(count, n - 1)
    pairs = pairs_of(nearest(linear_distances(supports), count))
    return Exact(supports, pairs, p, {"n_proposed": count})
