"""Exact Wasserstein distances of single pairs by POT's network simplex, each with a lower bound."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.spray.transport import linear_ot
from unhans.spray.transport.coarse import Mass, Points, coarsened
from unhans.spray.transport.linear_ot import Costs, distance_costs
from unhans.spray.transport.pair_solver import Pairs
from unhans.spray.transport.support import Support, first_equal, require_at_most
from unhans.types import Array

MOST_POINTS = 2000
"""Most points of a heatmap: a pair of that size takes seconds."""

FEW_ARCS = 8_000
"""Arcs (pairs of points) up to which the network simplex uses all of them."""

CELL = 2
"""Side of a coarse pixel."""

SLACK = 5.0
"""Arcs whose reduced cost exceeds this many duality gaps are dropped."""

ROUNDS = 4
"""Times that arcs are added before all of them are used."""

GAP = 1e-10
"""Relative difference of primal and dual value below which a problem is solved."""

Solved = tuple[float, float]
"""A least cost, or its root, and the lower bound that a dual solution gives; equal but for rounding."""


class Exact:
    """Chosen pairs, each solved to the optimum by POT's network simplex.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class, none empty.
    pairs : ndarray of int32, shape (m, 2)
        Pairs to solve.
    p : {1, 2}
        Exponent of the distance between points.
    notes : mapping or None
        Notes on how the pairs were chosen.
    known : mapping or None
        Distances and bounds of pairs that are solved already.
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
        # Equal heatmaps get one number: the same problem in the same order has the same digits.
        self._number = first_equal(supports)

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs.

        Parameters
        ----------
        pairs : ndarray of int32, shape (m, 2)
            Any pairs of the class.

        Returns
        -------
        dict of str to ndarray of float64, shape (m,)
            ``distance`` and ``lower_bound``, in pixels.

        Raises
        ------
        InputError
            POT finds no optimal plan of a pair.
        """
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


def require_solvable(supports: Sequence[Support], p: int, metric: str) -> None:
    """Refuse what `transport` cannot solve.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class.
    p : int
        Order of the distance.
    metric : str
        Name of the metric, for the message.

    Raises
    ------
    InputError
        p is neither 1 nor 2, or a heatmap has more than `MOST_POINTS` points.
    """
    if p not in (1, 2):
        raise InputError(f"{metric}: p is {p}; expected 1 or 2")
    require_at_most(supports, MOST_POINTS, metric)


def transport(x: Support, y: Support, p: int) -> Solved:
    """Move the mass of one heatmap onto the other's at the least mean of |x - y|^p.

    Parameters
    ----------
    x, y : Support
        Both not empty.
    p : {1, 2}
        Exponent of the distance between points.

    Returns
    -------
    least : float
        That mean, W_p^p.
    bound : float
        At most W_p^p, whatever the solver did: the value of feasible dual potentials.

    Raises
    ------
    InputError
        POT finds no optimal plan.
    """
    (points, mass), (others, wanted), moved = x[:2], y[:2], 1.0
    if p == 1:
        # By the triangle inequality, mass that both maps have in a pixel may stay there.
        points, mass, others, wanted, moved = _without_shared(x, y)
        if not moved:
            return 0.0, 0.0
    wanted = wanted * (mass.sum() / wanted.sum())
    cost = distance_costs(points, others, p)
    found = None
    if cost.size > FEW_ARCS:
        guess, gap = _guess(points, mass, others, wanted, p)
        found = _solve_sparsely(mass, wanted, cost, _promising(mass, wanted, cost, guess, gap))
    if found is None:
        _, least, u, _ = linear_ot.solve(mass, wanted, cost)
        found = least, _dual(mass, wanted, cost, u)
    least, bound = found
    return moved * least, moved * float(np.clip(bound, 0, least))


def _solve_sparsely(
    mass: Mass, wanted: Mass, cost: Costs, allowed: NDArray[np.bool_]
) -> Solved | None:
    """Solve with few arcs, until the dual solution proves that no other arc would help."""
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
    """Lower bound of the least cost: the dual value of u and the greatest potential feasible with it."""
    return float(u @ mass + (cost - u[:, None]).min(axis=0) @ wanted)


def _guess(
    points: Points, mass: Mass, others: Points, wanted: Mass, p: int
) -> tuple[NDArray[np.float64], float]:
    """Solve the problem on coarse pixels; return the potential of ``others`` and the least cost."""
    (centres, lumps), (goals, demand) = (
        coarsened(points, mass, CELL),
        coarsened(others, wanted, CELL),
    )
    _, rough, u, _ = linear_ot.solve(lumps, demand, distance_costs(centres, goals, p))
    return (distance_costs(centres, others, p) - u[:, None]).min(axis=0), rough


def _promising(
    mass: Mass, wanted: Mass, cost: Costs, v: NDArray[np.float64], rough: float
) -> NDArray[np.bool_]:
    """Arcs of small reduced cost at the potentials of a guess."""
    excess = cost - v
    u = excess.min(axis=1)
    excess -= u[:, None]
    allowed: NDArray[np.bool_] = excess <= SLACK * abs(rough - (u @ mass + v @ wanted))
    # Some plan must remain feasible: that which moves the mass in the order of its pixels.
    rank, goal = np.cumsum(mass), np.cumsum(wanted)
    rows, columns = np.arange(len(mass)), np.arange(len(wanted))
    allowed[rows, np.searchsorted(goal, rank).clip(max=columns[-1])] = True
    allowed[np.searchsorted(rank, goal).clip(max=rows[-1]), columns] = True
    return allowed


def _without_shared(x: Support, y: Support) -> tuple[Points, Mass, Points, Mass, float]:
    """Points where one map has more mass than the other, the surplus of unit mass, and its fraction."""
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
