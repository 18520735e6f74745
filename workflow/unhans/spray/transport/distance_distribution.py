"""Distance distribution: a lower bound of Gromov-Wasserstein from how far apart a map's points are.

Any plan between two maps moves the distribution of distances within the one to that within the
other, so that the one-dimensional transport between the two costs no more (Memoli 2011, second lower
bound). It is exact, and not tight: it knows nothing of where the distances lie.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.pair_solver import Pairs


class Distribution(NamedTuple):
    """Distances between two points of a map, drawn independently by their masses."""

    values: NDArray[np.float64]
    """(v,) rising"""
    shares: NDArray[np.float64]
    """(v,) sums of the shares up to each, the last one 1"""


def of(distances: NDArray[np.float64], mass: NDArray[np.float64]) -> Distribution:
    """Distribution of the distances within a map.

    Parameters
    ----------
    distances : (N, N) between the points
    mass : (N,) of sum 1

    """
    values, places = np.unique(distances, return_inverse=True)
    weights = np.bincount(places.ravel(), np.outer(mass, mass).ravel())
    shares = np.cumsum(weights)
    return Distribution(values, shares / shares[-1])


def lower_bounds(distributions: Sequence[Distribution], pairs: Pairs) -> NDArray[np.float64]:
    """Lower bound of the Gromov-Wasserstein distance of each pair: (p,) float64."""
    return np.array([_transport(distributions[i], distributions[j]) for i, j in pairs])


def _transport(first: Distribution, second: Distribution) -> float:
    """2-Wasserstein distance of two distributions on a line, exactly: (int |F^-1 - G^-1|^2)^1/2."""
    levels = np.union1d(first.shares, second.shares)
    steps = np.diff(levels, prepend=0.0)
    # A level that two sums reach but for rounding: left out, the bound stays below what it bounds.
    steps[steps < 1e-12] = 0
    at = np.minimum(np.searchsorted(first.shares, levels), len(first.values) - 1)
    there = np.minimum(np.searchsorted(second.shares, levels), len(second.values) - 1)
    return float(np.sqrt(np.sum(steps * (first.values[at] - second.values[there]) ** 2)))
