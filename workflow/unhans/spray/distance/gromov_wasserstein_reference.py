"""Reference for Gromov-Wasserstein distances: POT's solver from eight starts, for audits.

POT's own start, the product of the masses, ends in bad local minima: on digits half of the pairs are
more than 1 % above the best known value, and some are ten times as large. Here the solver starts from
the optimal transport between the maps in their principal axes, for each of the eight ways to align two
pairs of axes, and the least value counts.

Source: Memoli 2011, with the factor 1/2 left out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport import conditional_gradient as gradient
from unhans.spray.transport import distance_distribution, principal_axes
from unhans.spray.transport.pair_solver import Comparison, Pairs, every_pair
from unhans.spray.transport.pot import ot
from unhans.spray.transport.support import Support, require_at_most

Solver = Callable[[gradient.Measured, gradient.Measured, NDArray[np.float64]], NDArray[np.float64]]

MOST = 1000
"""Most points of a map: a pair with twice as many takes eight times as long."""


def compare(
    supports: Sequence[Support], n_candidates: int | None, *, normalise: bool = False
) -> Comparison:
    """Compute Gromov-Wasserstein distances of all pairs by POT, two tenths of a second each.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    n_candidates : int or None
        Not used: all pairs are compared.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A map has more than `MOST` points.
    """
    require_at_most(supports, MOST, "gromov_wasserstein_reference")
    return Reference(supports, normalise)


class Reference:
    """All pairs, each solved from eight starts.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    """

    notes: Mapping[str, Any] = {"compared": "all points"}

    def __init__(self, supports: Sequence[Support], normalise: bool) -> None:
        self.pairs: Pairs = every_pair(len(supports))
        self._maps = [gradient.measured(support, normalise) for support in supports]
        self._axes = [principal_axes.of(support) for support in supports]
        self._distributions = [
            distance_distribution.of(one.distances, one.mass) for one in self._maps
        ]

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Solve pairs.

        Parameters
        ----------
        pairs : ndarray of int32, shape (m, 2)
            Any pairs of the class.

        Returns
        -------
        dict of str to ndarray of float64, shape (m,)
            ``distance``, the least value found, and ``lower_bound``.
        """
        squared = [self.least(int(i), int(j)) for i, j in pairs]
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(np.array(squared, dtype=np.float64)), "lower_bound": lower}

    def least(self, i: int, j: int, solver: Solver | None = None) -> float:
        """Compute the least squared value of the eight starts.

        Parameters
        ----------
        i, j : int
            Numbers of two maps.
        solver : callable or None
            Takes both maps and a plan, and returns a better plan; None: POT's.

        Returns
        -------
        float
        """
        first, second = self._maps[i], self._maps[j]
        found = np.inf
        starts = principal_axes.plans(self._axes[i], first.mass, self._axes[j], second.mass)
        for start in starts:
            plan = (solver or by_pot)(first, second, start)
            found = min(found, gradient.value(first, second, plan))
        return found


def by_pot(
    first: gradient.Measured, second: gradient.Measured, start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Improve a plan by POT's solver.

    Parameters
    ----------
    first, second : Measured
        Maps of N and M points.
    start : ndarray of float64, shape (N, M)
        Plan to start from.

    Returns
    -------
    ndarray of float64, shape (N, M)
    """
    plan = ot.gromov_wasserstein(
        first.distances, second.distances, first.mass, second.mass, "square_loss", G0=start
    )
    return np.asarray(plan)
