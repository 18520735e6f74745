"""Gromov-Wasserstein distances: heatmaps compared by their shape, wherever it lies and however turned.

GW(X, Y)^2 = min over plans T of sum (|x_i - x_k| - |y_j - y_l|)^2 T_ij T_kl, between the points of two
maps (Memoli 2011, with the factor 1/2 left out; Peyre, Cuturi and Solomon 2016). The value is its root,
in pixels, or without a unit where maps are normalised.

Near pairs are found by a cascade (see `cascade`). Their plans between atoms are extended to plans
between all points and improved by conditional gradient: values of feasible plans, hence upper bounds of
the distance, with a lower bound beside each. Maps with more points than ``full`` are compared by
``dense`` atoms of equal mass instead, all maps of the class alike, since values at different
numbers of atoms cannot be ranked together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.distance import conditional_gradient as gradient
from unhans.distance import distance_distribution, linear_problem, quantisation
from unhans.distance.annealing import permutations, sets_of
from unhans.distance.cascade import Matched
from unhans.distance.comparison import Comparison, Pairs
from unhans.distance.support import Support, first_equal, require_at_most

MOST = 4000
"""Points a map: more would take minutes to quantise, and hide that maps should be pooled."""


def compare(
    supports: Sequence[Support],
    near: int | None,
    *,
    points: int = 32,
    normalise: bool = False,
    device: str = "cpu",
    candidates: int = 40,
    references: int = 16,
    full: int = 256,
    dense: int = 128,
    tolerance: float = 3e-3,
) -> Comparison:
    """Gromov-Wasserstein distances of near pairs, or of all.

    Parameters
    ----------
    supports : n of them, none empty
    near : others wanted for each map, the nearest; None for all
    points : atoms a map by which near pairs are found
    normalise : scale each map to a mean squared distance of 1: invariant to size
    device : where atoms are matched: ``cpu``, or a GPU by its name in PyTorch
    candidates : others of each map whose atoms are matched, at least
    references : maps that candidates are found by way of
    full : most points of a map up to which all points are compared
    dense : atoms a map where some map has more
    tolerance : relative step of the squared value at which a plan of a near pair counts as done;
        where all pairs are asked for, each goes to the end, and once more from the product of the
        masses, where POT's solver starts

    """
    require_at_most(supports, MOST, "gromov_wasserstein")
    matched = Matched(supports, near, points, normalise, device, candidates, references)
    if max((len(support.mass) for support in supports), default=0) > full:
        return Dense(supports, matched.pairs, dense, normalise, device)
    return Full(supports, matched, normalise, tolerance if near is not None else None)


class Full:
    """Pairs compared by all of their points.

    Parameters
    ----------
    supports : n of them
    matched : their atoms
    normalise : see `compare`
    tolerance : see `compare`; None to go to the end, from two starts

    """

    def __init__(
        self,
        supports: Sequence[Support],
        matched: Matched,
        normalise: bool,
        tolerance: float | None,
    ) -> None:
        self._maps = [gradient.measured(support, normalise) for support in supports]
        self._distributions = [
            distance_distribution.of(one.distances, one.mass) for one in self._maps
        ]
        self._matched, self._tolerance = matched, tolerance
        self._first = first_equal(supports)
        self.pairs: Pairs = matched.pairs
        self.notes: Mapping[str, Any] = {"compared": "all points"}

    def plan(self, i: int, j: int) -> NDArray[np.float64]:
        """Plan between all points of two maps: (N, M)."""
        first, second = self._maps[i], self._maps[j]
        plans, places = self._matched.quantised.plans, self._matched.match(i, j)
        extended = len(places) * plans[i] @ plans[j][:, places].T
        if self._tolerance is not None:
            promise = self._promise(i, j, extended)
            return gradient.descend(first, second, extended, self._tolerance, promise)
        ends = [
            gradient.to_the_end(first, second, start)
            for start in (extended, np.outer(first.mass, second.mass))
        ]
        return min(ends, key=lambda plan: gradient.value(first, second, plan))

    def _promise(self, i: int, j: int, plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Potential of the linear problem at a plan, roughly: that between the maps' atoms."""
        first, second = self._maps[i], self._maps[j]
        mine, theirs = self._matched.quantised.plans[i], self._matched.quantised.plans[j]
        gain = (mine.T @ first.distances) @ plan @ (second.distances @ theirs) * len(theirs.T) ** 2
        mass = np.full(len(gain), 1 / len(gain))
        *_, potential = linear_problem.solve(mass, mass, gain.max() - gain)
        return theirs @ potential / second.mass

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Upper bounds from plans that are feasible, and lower bounds: (p,) each."""
        squared = [self._squared(self._first[i], self._first[j]) for i, j in pairs.tolist()]
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(np.array(squared, dtype=np.float64)), "lower_bound": lower}

    def _squared(self, i: int, j: int) -> float:
        """Squared value of a plan: of equal maps that which leaves all in place."""
        if i == j:
            return 0.0
        i, j = min(i, j), max(i, j)
        return gradient.value(self._maps[i], self._maps[j], self.plan(i, j))


class Dense:
    """Pairs compared by atoms: Gromov-Wasserstein between the quantised maps, and its lower bound."""

    def __init__(
        self,
        supports: Sequence[Support],
        pairs: Pairs,
        points: int,
        normalise: bool,
        device: str,
    ) -> None:
        quantised = quantisation.quantise(supports, points)
        self._sets = sets_of(quantised.atoms, normalise, device)
        mass = np.full(points, 1 / points)
        self._distributions = [distance_distribution.of(own, mass) for own in self._sets.distances]
        self.pairs: Pairs = pairs
        errors = [
            quantisation.distortion(support, plan)
            for support, plan in zip(supports, quantised.plans, strict=True)
        ]
        self.notes: Mapping[str, Any] = {
            "compared": f"{points} atoms",
            "distortion": round(float(np.mean(errors)), 6),
        }

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Upper and lower bounds of the distances between the quantised maps: (p,) each."""
        squared, _ = permutations(self._sets, pairs)
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(squared), "lower_bound": lower}
