"""Neighbour purity: whether the splits of a class lie among each other in the plane."""

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array

CHUNK = 4_000_000
"""Distances held at once: 32 MB."""


def neighbour_purity(points: Array, splits: Array, k: int = 10) -> tuple[float, float]:
    """Measure how often the nearest neighbours of a point belong to its own split, and what chance gives.

    With N(i) the k nearest neighbours of point i (itself left out) and s_i its split,
    ``observed = 1/n sum_i |{j in N(i): s_j = s_i}| / k``. Of points at the same distance that compete for
    the last places in N(i), each counts for its fraction of a place, so that the order of the points does
    not matter.

    Chance is the mean over all ways to assign the same splits to the points: a point of a split of n_s
    then has a point of its own split at any other place with probability (n_s - 1) / (n - 1), so that
    ``expected = sum_s n_s (n_s - 1) / (n (n - 1))``, for any k and any points.

    Where observed equals expected, the splits are mixed. At 1 they lie apart. Below expected, each point
    is surrounded by the other splits.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Finite, n at least 2.
    splits : ndarray of int, shape (n,)
        Split of each point.
    k : int
        Neighbours of each point; n - 1 at most are taken.

    Returns
    -------
    observed, expected : float
        From 0 to 1.

    Raises
    ------
    InputError
        The shapes do not fit, or the points are not finite.
    """
    points, splits = np.asarray(points, dtype=np.float64), np.asarray(splits)
    n = len(points)
    if points.ndim != 2 or splits.shape != (n,) or n < 2 or k < 1:
        raise InputError(
            f"points of shape {points.shape}, splits of shape {splits.shape} and k = {k}; "
            "expected (n, d), (n,) with n >= 2, and k >= 1"
        )
    if not np.isfinite(points).all():
        raise InputError("points are NaN or infinite; expected finite ones")
    rows = max(1, CHUNK // n)
    shares = [
        _own_shares(points, splits, np.arange(start, min(start + rows, n)), min(k, n - 1))
        for start in range(0, n, rows)
    ]
    _, sizes = np.unique(splits, return_counts=True)
    expected = float((sizes * (sizes - 1)).sum() / (n * (n - 1)))
    return float(np.concatenate(shares).mean()), expected


def _own_shares(
    points: NDArray[np.float64], splits: Array, rows: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Fraction of the own split among the k nearest neighbours of some points."""
    # Differences, not a matrix product: points at equal distance have to come out equal.
    squares = np.zeros((len(rows), len(points)))
    for axis in points.T:
        squares += np.square(axis[rows, None] - axis)
    squares[np.arange(len(rows)), rows] = np.inf
    last = np.partition(squares, k - 1, axis=1)[:, k - 1, None]
    nearer, level = squares < last, squares == last
    own = splits[rows, None] == splits
    places = k - nearer.sum(axis=1)
    shared = places * (level & own).sum(axis=1) / level.sum(axis=1)
    share: NDArray[np.float64] = ((nearer & own).sum(axis=1) + shared) / k
    return share
