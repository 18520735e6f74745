"""Wasserstein distances: exact between each heatmap and those that linear transport calls near.

The distances of all pairs cost hours, while the graph wants a few nearest ones. Linear optimal transport
(Wang et al. 2013, doi:10.1007/s11263-012-0566-z) takes one transport a heatmap, to a reference that all
share; Euclidean distances between what comes of it propose the pairs that are solved exactly.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.spray.distance import euclidean
from unhans.spray.nearest import nearest
from unhans.spray.transport import linear_ot
from unhans.spray.transport.pair_solver import Comparison, Pairs, every_pair, pairs_of
from unhans.spray.transport.support import Support, first_equal, require_at_most
from unhans.types import Array

MOST_POINTS = 2000
"""A pair of such heatmaps takes seconds."""

REFERENCE_POINTS = 200
"""A finer reference finds hardly more neighbours, and costs as much as the pairs."""

FEW_WAYS = 8_000
"""Up to so many pairs of points, the network simplex looks at all of them."""

CELL = 2
"""Side of a coarse pixel."""

REACH = 5.0
"""Ways are left out whose cost exceeds their potentials by more than so many duality gaps."""

ROUNDS = 4
GAP = 1e-10
"""Relative difference of primal and dual value below which a problem is solved."""

Points = NDArray[np.float64]
Mass = NDArray[np.float64]
Costs = NDArray[np.float64]
Solved = tuple[float, float]
"""A least cost, or its root, and a lower bound that the dual proves; equal but for rounding."""


class Exact:
    """Chosen pairs, each solved to the end by POT's network simplex.

    Parameters
    ----------
    supports : of a class
    pairs : that are to be solved
    p : exponent of the distance between points, 1 or 2
    notes : what there is to say of the choice
    known : distances and bounds of pairs that are solved already

    """

    def __init__(
        self,
        supports: Sequence[Support],
        pairs: Pairs,
        p: int,
        notes: Mapping[str, Any] | None = None,
        known: Mapping[tuple[int, int], Solved] | None = None,
    ) -> None:
        self._supports, self._p, self._known = supports, p, known or {}
        every = len(supports) * (len(supports) - 1) // 2
        self.pairs = pairs
        self.notes = {"p": p, "pairs": every, "solved": len(pairs), **(notes or {})}
        # Equal heatmaps have one number: the same problem in the same order has the same digits.
        self._number = first_equal(supports)

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs, in pixels: ``distance`` and ``lower_bound``, (p,) float64 each."""
        solved = [self._root(i, j) for i, j in pairs.tolist()]
        values = np.array(solved, dtype=np.float64).reshape(-1, 2)
        return {"distance": values[:, 0], "lower_bound": values[:, 1]}

    def _root(self, i: int, j: int) -> Solved:
        if self._number[i] == self._number[j]:
            return 0.0, 0.0
        if (i, j) in self._known:
            return self._known[i, j]
        if self._number[i] > self._number[j]:
            i, j = j, i
        least, bound = transport(self._supports[i], self._supports[j], self._p)
        return least ** (1 / self._p), bound ** (1 / self._p)


def compare(
    supports: Sequence[Support],
    n_candidates: int | None,
    *,
    p: int = 2,
    n_proposed: int | None = None,
) -> Comparison:
    """Choose the pairs whose exact Wasserstein distance is worth its time.

    W_p(x, y) is the least mean |x - y|^p over all plans that move one heatmap's mass onto the
    other's, to the power of 1 / p. Nothing proves that all neighbours are among the proposed ones, as
    `wasserstein_certified` does.

    Parameters
    ----------
    supports : of a class, none empty, at most `MOST_POINTS` points each
    n_candidates : others of each heatmap that are asked for; None for all pairs
    p : order of the distance, 1 or 2
    n_proposed : nearest by linear transport that are solved for each heatmap; by default three times
        ``n_candidates``, at least 30

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


def require_solvable(supports: Sequence[Support], p: int, metric: str) -> None:
    """Refuse what `transport` cannot work out.

    Raises
    ------
    InputError

    """
    if p not in (1, 2):
        raise InputError(f"{metric}: p is {p}; expected 1 or 2")
    require_at_most(supports, MOST_POINTS, metric)


def linear_distances(supports: Sequence[Support]) -> NDArray[np.float32]:
    """Approximate W_2 between all pairs: (n, n), a few percent too long or too short.

    The class's coarse mean is transported to each heatmap, at squared distances. A heatmap becomes
    the places that the points of the mean go to on average, each times the root of its mass.

    Parameters
    ----------
    supports : of a class

    """
    reference, share = _mean(supports)
    features = np.empty((len(supports), *reference.shape))
    for number, (points, mass, *_) in enumerate(supports):
        plan, *_ = linear_ot.solve(share, mass, _cost(reference, points, 2))
        features[number] = plan @ points / np.sqrt(share)[:, None]
    return euclidean.pairwise(features)


def transport(x: Support, y: Support, p: int) -> Solved:
    """Move one heatmap's mass onto the other's at the least mean of |x - y|^p.

    Returns
    -------
    least : that mean, W^p
    bound : at most W^p, whatever the solver did: the value of feasible dual potentials

    """
    (points, mass), (others, wanted), share = x[:2], y[:2], 1.0
    if p == 1:
        # By the triangle inequality, mass that both have in a pixel may stay.
        points, mass, others, wanted, share = _without_shared(x, y)
        if not share:
            return 0.0, 0.0
    wanted = wanted * (mass.sum() / wanted.sum())
    cost = _cost(points, others, p)
    found = None
    if cost.size > FEW_WAYS:
        guess, gap = _guess(points, mass, others, wanted, p)
        found = _solve_sparsely(mass, wanted, cost, _promising(mass, wanted, cost, guess, gap))
    if found is None:
        _, least, u, _ = linear_ot.solve(mass, wanted, cost)
        found = least, _dual(mass, wanted, cost, u)
    least, bound = found
    return share * least, share * float(np.clip(bound, 0, least))


def _solve_sparsely(
    mass: Mass, wanted: Mass, cost: Costs, allowed: NDArray[np.bool_]
) -> Solved | None:
    """Solve with few ways from point to point, until the dual proves that no other would help."""
    for _ in range(ROUNDS):
        found = linear_ot.solve_among(mass, wanted, cost, allowed)
        if found is None:
            break
        bound = _dual(mass, wanted, cost, found.u)
        if abs(found.cost - bound) <= GAP * found.cost:
            return found.cost, bound
        allowed |= cost - found.u[:, None] < found.v
    return None


def _dual(mass: Mass, wanted: Mass, cost: Costs, u: NDArray[np.float64]) -> float:
    """Lower bound of the least cost: the other potential is as great as it may be beside u."""
    return float(u @ mass + (cost - u[:, None]).min(axis=0) @ wanted)


def _guess(
    points: Points, mass: Mass, others: Points, wanted: Mass, p: int
) -> tuple[NDArray[np.float64], float]:
    """Solve the problem on coarse pixels: the potential of ``others``, and the least cost."""
    (centres, lumps), (goals, demand) = _lumped(points, mass, CELL), _lumped(others, wanted, CELL)
    _, rough, u, _ = linear_ot.solve(lumps, demand, _cost(centres, goals, p))
    return (_cost(centres, others, p) - u[:, None]).min(axis=0), rough


def _promising(
    mass: Mass, wanted: Mass, cost: Costs, v: NDArray[np.float64], rough: float
) -> NDArray[np.bool_]:
    """Ways that cost little more than the potentials of a guess allow."""
    excess = cost - v
    u = excess.min(axis=1)
    excess -= u[:, None]
    allowed: NDArray[np.bool_] = excess <= REACH * abs(rough - (u @ mass + v @ wanted))
    # Some plan must be left: that of the mass in the order of its pixels.
    rank, goal = np.cumsum(mass), np.cumsum(wanted)
    rows, columns = np.arange(len(mass)), np.arange(len(wanted))
    allowed[rows, np.searchsorted(goal, rank).clip(max=columns[-1])] = True
    allowed[np.searchsorted(rank, goal).clip(max=rows[-1]), columns] = True
    return allowed


def _cost(points: Points, others: Points, p: int) -> Costs:
    """|x - y|^p between points; its square is exact where they are whole pixels."""
    cost: Costs = (points[:, :1] - others[:, 0]) ** 2
    cost += (points[:, 1:] - others[:, 1]) ** 2
    return np.sqrt(cost, out=cost) if p == 1 else cost


def _without_shared(x: Support, y: Support) -> tuple[Points, Mass, Points, Mass, float]:
    """Points with more mass than the other heatmap has there; their mass, and its share of all."""
    width = max(x.points[:, 1].max(), y.points[:, 1].max()) + 1
    places, goals = (one.points @ np.array([width, 1.0]) for one in (x, y))
    _, own, others = np.intersect1d(places, goals, assume_unique=True, return_indices=True)
    mass, wanted = x.mass.copy(), y.mass.copy()
    shared = np.minimum(mass[own], wanted[others])
    mass[own] -= shared
    wanted[others] -= shared
    left, missing = mass > 0, wanted > 0
    share = float(mass.sum()) if missing.any() else 0.0
    whole = share or 1.0
    return x.points[left], mass[left] / whole, y.points[missing], wanted[missing] / whole, share


def _mean(supports: Sequence[Support]) -> tuple[Points, Mass]:
    """Mean of the heatmaps on the finest square cells that are few."""
    points = np.concatenate([support.points for support in supports])
    mass = np.concatenate([support.mass for support in supports]) / len(supports)
    side = 1
    while len((lumps := _lumped(points, mass, side)).mass) > REFERENCE_POINTS:
        side += 1
    return lumps


class _Lumps(NamedTuple):
    points: Points
    mass: Mass


def _lumped(points: Points, mass: Mass, side: int) -> _Lumps:
    """Centres of mass, and the mass, of all square cells that have some."""
    rows, columns = (points // side).astype(np.int64).T
    cell = rows * (columns.max() + 1) + columns
    lumps = np.bincount(cell, mass).astype(np.float64)
    sums = np.stack([np.bincount(cell, mass * points[:, axis]) for axis in (0, 1)], axis=1)
    there = lumps > 0
    return _Lumps(sums[there] / lumps[there, None], lumps[there])
