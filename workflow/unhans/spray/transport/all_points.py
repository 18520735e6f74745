"""All points: Gromov-Wasserstein between maps by all of their points, from matches of their atoms."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport import conditional_gradient as gradient
from unhans.spray.transport import distance_distribution, linear_ot, principal_axes
from unhans.spray.transport.annealing import STARTS
from unhans.spray.transport.candidate_search import Matched
from unhans.spray.transport.matching import matches
from unhans.spray.transport.pair_solver import Pairs
from unhans.spray.transport.support import Support, first_equal

PROMISING = 1.2
"""Multiple of the least squared value up to which matches of atoms are improved too."""

TOLERANCE = 3e-3
"""A plan is final where a step lowers its squared value by no more than this fraction."""


class AllPoints:
    """Pairs of maps compared by all of their points.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    matched : Matched
        Their atoms, and the pairs to solve.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    thorough : bool
        See `gromov_wasserstein.compare`.
    """

    def __init__(
        self,
        supports: Sequence[Support],
        matched: Matched,
        normalise: bool,
        thorough: bool,
    ) -> None:
        self._axes = [principal_axes.of(support) for support in supports]
        self._maps = [gradient.measured(support, normalise) for support in supports]
        self._distributions = [
            distance_distribution.of(one.distances, one.mass) for one in self._maps
        ]
        self._matched, self._thorough = matched, thorough
        self._first = first_equal(supports)
        self.pairs: Pairs = matched.pairs
        self.notes: Mapping[str, Any] = {"compared": "all points"}

    def plan(self, i: int, j: int) -> NDArray[np.float64]:
        """Compute a plan between all points of two maps.

        Parameters
        ----------
        i, j : int
            Numbers of the maps.

        Returns
        -------
        ndarray of float64, shape (N, M)
        """
        values, places = matches(self._matched.sets, np.array([[i, j]], dtype=np.int32), STARTS)
        return self._best(i, j, values[0], places[0])[0]

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Compute upper bounds, of feasible plans, and lower bounds.

        Parameters
        ----------
        pairs : ndarray of int32, shape (m, 2)
            Any pairs of the class.

        Returns
        -------
        dict of str to ndarray of float64, shape (m,)
            ``distance`` and ``lower_bound``.
        """
        owners = np.sort(np.asarray(self._first, dtype=np.int32)[pairs], axis=1)
        squared = np.zeros(len(pairs))
        # Between equal maps the plan that moves nothing is best.
        apart = np.flatnonzero(owners[:, 0] != owners[:, 1])
        found = matches(self._matched.sets, owners[apart], STARTS)
        for at, (i, j), values, places in zip(apart, owners[apart].tolist(), *found, strict=True):
            _, squared[at] = self._best(i, j, values, places)
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(squared), "lower_bound": lower}

    def _best(
        self, i: int, j: int, values: NDArray[np.float64], matched: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], float]:
        """Best plan, and its value, from the matches (s, m) of a pair's atoms and their values (s,)."""
        first, second = self._maps[i], self._maps[j]
        order = np.argsort(values, kind="stable")
        promising = order[values[order] <= PROMISING * values.min()]
        distinct = dict.fromkeys(tuple(places) for places in matched[promising].tolist())
        starts = [self._extended(i, j, np.array(places)) for places in distinct]
        if self._thorough:
            starts.append(np.outer(first.mass, second.mass))
            starts += principal_axes.plans(self._axes[i], first.mass, self._axes[j], second.mass)
        best, least = starts[0], np.inf
        for start in starts:
            plan = self._improved(i, j, start, least)
            value = gradient.value(first, second, plan)
            if value < least:
                best, least = plan, value
        return best, least

    def _improved(
        self, i: int, j: int, plan: NDArray[np.float64], rival: float
    ) -> NDArray[np.float64]:
        first, second = self._maps[i], self._maps[j]
        if self._thorough:
            return gradient.to_the_end(first, second, plan)
        potential = self._approximate_potential(i, j, plan)
        return gradient.descend(first, second, plan, TOLERANCE, potential, rival)

    def _extended(self, i: int, j: int, places: NDArray[np.int32]) -> NDArray[np.float64]:
        """Plan between all points that corresponds to a match of atoms."""
        plans = self._matched.quantised.plans
        extended: NDArray[np.float64] = len(places) * plans[i] @ plans[j][:, places].T
        return extended

    def _approximate_potential(
        self, i: int, j: int, plan: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Approximate potential of the linear problem at a plan: that of the problem between atoms."""
        first, second = self._maps[i], self._maps[j]
        mine, theirs = self._matched.quantised.plans[i], self._matched.quantised.plans[j]
        gain = (mine.T @ first.distances) @ plan @ (second.distances @ theirs) * len(theirs.T) ** 2
        mass = np.full(len(gain), 1 / len(gain))
        *_, potential = linear_ot.solve(mass, mass, gain.max() - gain)
        return theirs @ potential / second.mass
