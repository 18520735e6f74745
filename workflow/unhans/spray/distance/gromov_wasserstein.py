"""Gromov-Wasserstein distances: heatmaps compared by their shape, wherever it lies and however turned.

GW(X, Y)^2 = min over plans T of sum (|x_i - x_k| - |y_j - y_l|)^2 T_ij T_kl, between the points of two
maps (Memoli 2011, with the factor 1/2 left out; Peyre, Cuturi and Solomon 2016). The value is its root,
in pixels, or without a unit where maps are normalised.

Near pairs are found by a cascade (see `cascade`). The best matches of their atoms are extended to plans
between all points and improved by conditional gradient, and the least value counts: values of feasible
plans, hence upper bounds of the distance, with a lower bound beside each. Where a map has more than
``max_points`` points, all maps of the class are compared by ``n_atoms_dense`` atoms of equal mass,
since values at different numbers of atoms cannot be ranked together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport import conditional_gradient as gradient
from unhans.spray.transport import distance_distribution, linear_ot, principal_axes, quantisation
from unhans.spray.transport.annealing import STARTS
from unhans.spray.transport.candidate_search import Matched
from unhans.spray.transport.matching import matches, permutations, sets_of
from unhans.spray.transport.pair_solver import Comparison, Pairs
from unhans.spray.transport.support import Support, first_equal, require_at_most

PROMISING = 1.2
"""Matches of atoms of up to this multiple of the best one's squared value are improved too."""

TOLERANCE = 3e-3
"""Share of its squared value by which a plan's last step may lower it."""

MOST = 4000
"""Points a map: more would take minutes to quantise, and hide that maps should be pooled."""


def compare(
    supports: Sequence[Support],
    n_candidates: int | None,
    *,
    n_atoms: int = 32,
    normalise: bool = False,
    device: str = "cpu",
    n_proposed: int = 40,
    references: int = 16,
    max_points: int = 256,
    n_atoms_dense: int = 128,
    thorough: bool = False,
) -> Comparison:
    """Gromov-Wasserstein distances of near pairs, or of all.

    Parameters
    ----------
    supports : n of them, none empty
    n_candidates : others wanted for each map, the nearest; None for all
    n_atoms : atoms a map by which near pairs are found
    normalise : scale each map to a mean squared distance of 1: invariant to size
    device : where atoms are matched: ``cpu``, or a GPU by its name in PyTorch
    n_proposed : others of each map whose atoms are matched, at least
    references : maps that proposals are found by way of
    max_points : most points of a map up to which all points are compared
    n_atoms_dense : atoms a map where some map has more
    thorough : improve plans of near pairs to the end, and from the starts of POT's solver and of
        `gromov_wasserstein_reference` too, so that no value is above theirs: as it is done where all
        pairs are asked for. Otherwise a plan is done where a step lowers it by less than `TOLERANCE`

    """
    require_at_most(supports, MOST, "gromov_wasserstein")
    matched = Matched(supports, n_candidates, n_atoms, normalise, device, n_proposed, references)
    if max((len(support.mass) for support in supports), default=0) > max_points:
        return Dense(supports, matched.pairs, n_atoms_dense, normalise, device)
    return Full(supports, matched, normalise, thorough or n_candidates is None)


class Full:
    """Pairs compared by all of their points.

    Parameters
    ----------
    supports : n of them
    matched : their atoms
    normalise : see `compare`
    thorough : see `compare`

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
        """Plan between all points of two maps: (N, M)."""
        values, places = matches(self._matched.sets, np.array([[i, j]], dtype=np.int32), STARTS)
        return self._best(i, j, values[0], places[0])[0]

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Upper bounds from plans that are feasible, and lower bounds: (p,) each."""
        owners = np.sort(np.asarray(self._first, dtype=np.int32)[pairs], axis=1)
        squared = np.zeros(len(pairs))
        # Of equal maps the plan that leaves all in place is best.
        apart = np.flatnonzero(owners[:, 0] != owners[:, 1])
        found = matches(self._matched.sets, owners[apart], STARTS)
        for at, (i, j), values, places in zip(apart, owners[apart].tolist(), *found, strict=True):
            _, squared[at] = self._best(i, j, values, places)
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(squared), "lower_bound": lower}

    def _best(
        self, i: int, j: int, values: NDArray[np.float64], matched: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], float]:
        """Best plan from the matches (s, m) of a pair's atoms, with their values (s,); and its value."""
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
        promise = self._promise(i, j, plan)
        return gradient.descend(first, second, plan, TOLERANCE, promise, rival)

    def _extended(self, i: int, j: int, places: NDArray[np.int32]) -> NDArray[np.float64]:
        """Plan between all points that follows a match of atoms."""
        plans = self._matched.quantised.plans
        extended: NDArray[np.float64] = len(places) * plans[i] @ plans[j][:, places].T
        return extended

    def _promise(self, i: int, j: int, plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Potential of the linear problem at a plan, roughly: that between the maps' atoms."""
        first, second = self._maps[i], self._maps[j]
        mine, theirs = self._matched.quantised.plans[i], self._matched.quantised.plans[j]
        gain = (mine.T @ first.distances) @ plan @ (second.distances @ theirs) * len(theirs.T) ** 2
        mass = np.full(len(gain), 1 / len(gain))
        *_, potential = linear_ot.solve(mass, mass, gain.max() - gain)
        return theirs @ potential / second.mass


class Dense:
    """Pairs compared by atoms: Gromov-Wasserstein between the quantised maps, and its lower bound."""

    def __init__(
        self,
        supports: Sequence[Support],
        pairs: Pairs,
        n_atoms: int,
        normalise: bool,
        device: str,
    ) -> None:
        quantised = quantisation.quantise(supports, n_atoms)
        self._sets = sets_of(quantised.atoms, normalise, device)
        mass = np.full(n_atoms, 1 / n_atoms)
        self._distributions = [distance_distribution.of(own, mass) for own in self._sets.distances]
        self.pairs: Pairs = pairs
        errors = [
            quantisation.distortion(support, plan)
            for support, plan in zip(supports, quantised.plans, strict=True)
        ]
        self.notes: Mapping[str, Any] = {
            "compared": f"{n_atoms} atoms",
            "distortion": round(float(np.mean(errors)), 6),
        }

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Upper and lower bounds of the distances between the quantised maps: (p,) each."""
        squared, _ = permutations(self._sets, pairs)
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(squared), "lower_bound": lower}
