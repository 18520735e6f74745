"""Distance distribution: a lower bound of Gromov-Wasserstein from the distances within each map.

Any plan between two maps moves the distribution of distances within the one to that within the other, so
that the one-dimensional transport between the two costs no more (Memoli 2011, second lower bound). The
bound is not tight: it does not depend on where the distances lie.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.pair_solver import Pairs


class Distribution(NamedTuple):
    """Distances between two points of a map, drawn independently by their masses."""

    values: NDArray[np.float64]
    """(v,) ascending"""
    cumulative: NDArray[np.float64]
    """(v,) cumulative probability of each, the last one 1"""


def of(distances: NDArray[np.float64], mass: NDArray[np.float64]) -> Distribution:
    """Compute the distribution of the distances within a map.

    Parameters
    ----------
    distances : ndarray of float64, shape (N, N)
        Between the points.
    mass : ndarray of float64, shape (N,)
        Of sum 1.

    Returns
    -------
    Distribution
    """
    values, places = np.unique(distances, return_inverse=True)
    weights = np.bincount(places.ravel(), np.outer(mass, mass).ravel())
    cumulative = np.cumsum(weights)
    return Distribution(values, cumulative / cumulative[-1])


def lower_bounds(distributions: Sequence[Distribution], pairs: Pairs) -> NDArray[np.float64]:
    """Compute a lower bound of the Gromov-Wasserstein distance of each pair.

    Parameters
    ----------
    distributions : sequence of Distribution
        Of the maps of a class.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of maps.

    Returns
    -------
    ndarray of float64, shape (p,)

    References
    ----------
    Memoli 2011, second lower bound.
    """
    return np.array([_transport(distributions[i], distributions[j]) for i, j in pairs])


def _transport(first: Distribution, second: Distribution) -> float:
    """2-Wasserstein distance of two distributions on a line, exactly: (int |F^-1 - G^-1|^2)^1/2."""
    levels = np.union1d(first.cumulative, second.cumulative)
    steps = np.diff(levels, prepend=0.0)
    # Levels that differ by rounding alone are left out, so that the bound stays a lower bound.
    steps[steps < 1e-12] = 0
    own = np.minimum(np.searchsorted(first.cumulative, levels), len(first.values) - 1)
    other = np.minimum(np.searchsorted(second.cumulative, levels), len(second.values) - 1)
    return float(np.sqrt(np.sum(steps * (first.values[own] - second.values[other]) ** 2)))
