"""Conditional gradient: Gromov-Wasserstein between maps of any masses, downhill from a given plan.

The objective is concave on the plans (see `annealing`). The exact linear problem at the current plan
therefore has a solution that is no worse, a vertex, and the full step to it is the best one.
"""

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from unhans.compilation import compiled
from unhans.spray.transport import linear_ot
from unhans.spray.transport.pot import ot
from unhans.spray.transport.support import Support

ROUNDS = 100
"""Most linear problems of a pair; two to ten are usual."""

ARCS = 0.06
"""Fraction of the arcs that a linear problem is restricted to, those of least reduced cost."""

FEW_ARCS = 2000
"""Number of arcs up to which all of them are used."""

PASSES = 4
"""Most times that arcs are added to a linear problem before all are used."""

DIGITS = 1e-6
"""Fraction of the squared sizes below which a value is summed without expanding the square."""


class Measured(NamedTuple):
    """A heatmap by the distances between its points."""

    distances: NDArray[np.float64]
    """(N, N) distances between its points"""
    mass: NDArray[np.float64]
    """(N,) mass of each point"""
    square: float
    """Mean squared distance of two points"""


def measured(support: Support, normalise: bool) -> Measured:
    """Measure the distances within a map.

    Parameters
    ----------
    support : Support
        Of the map.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.

    Returns
    -------
    Measured
    """
    distances = np.asarray(ot.dist(support.points, metric="euclidean"))
    square = float(support.mass @ distances**2 @ support.mass)
    if normalise and square > 0:
        return Measured(distances / np.sqrt(square), support.mass, 1.0)
    return Measured(distances, support.mass, square)


def value(first: Measured, second: Measured, plan: NDArray[np.float64]) -> float:
    """Compute the squared objective of a plan, sum (A_ik - B_jl)^2 T_ij T_kl.

    Expanding the square is faster, but loses all digits between maps that are alike. There the sum is
    taken pair by pair over the entries of the plan.

    Parameters
    ----------
    first, second : Measured
        Maps of N and M points.
    plan : ndarray of float64, shape (N, M)
        Its marginals are their masses.

    Returns
    -------
    float
    """
    squares = first.square + second.square
    expanded = squares - 2 * float(np.sum(_gain(first, second, plan) * plan))
    if expanded > DIGITS * squares:
        return expanded
    rows, columns = np.nonzero(plan)
    moved = plan[rows, columns]
    stretch = first.distances[np.ix_(rows, rows)] - second.distances[np.ix_(columns, columns)]
    stretch *= stretch
    return float(moved @ stretch @ moved)


def descend(
    first: Measured,
    second: Measured,
    plan: NDArray[np.float64],
    tolerance: float,
    potential: NDArray[np.float64] | None = None,
    rival: float = np.inf,
) -> NDArray[np.float64]:
    """Improve a plan.

    Parameters
    ----------
    first, second : Measured
        Maps of N and M points.
    plan : ndarray of float64, shape (N, M)
        Plan to start from; its marginals are the masses of both maps.
    tolerance : float
        End where a step lowers the squared value by no more than this fraction of it.
    potential : ndarray of float64, shape (M,), or None
        Approximate potential of the first linear problem. Where it is given, no problem is proved to be
        solved to the optimum: faster, and every step still lowers the value.
    rival : float
        Squared value that is reached already. End where another step as large as the last would not get
        below it, since steps become smaller.

    Returns
    -------
    ndarray of float64, shape (N, M)
        Plan that is no worse: a vertex, unless no vertex is better. Its marginals are the masses to 1e-9.
    """
    squares = first.square + second.square
    gain = _gain(first, second, plan)
    best = squares - 2 * float(np.sum(gain * plan))
    linear = Linear(first, second, potential, prove=potential is None)
    for _ in range(ROUNDS):
        if best <= 1e-12 * squares:
            break
        trial = linear.solve(gain, plan)
        gain = _gain(first, second, trial)
        reached = squares - 2 * float(np.sum(gain * trial))
        if not reached < best:
            break
        plan, lowered, best = trial, best - reached, reached
        if lowered <= tolerance * best or best - lowered > rival:
            break
    return plan


def _gain(first: Measured, second: Measured, plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain A T B of each arc at a plan: (N, M)."""
    gain: NDArray[np.float64] = _carried(first.distances, np.ascontiguousarray(plan)).T
    return gain @ second.distances


@compiled
def _carried(distances: NDArray[np.float64], plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """(A T)^T; for a vertex, a sum of few rows for each point."""
    n, m = plan.shape
    carried = np.zeros((m, n))
    for k in range(n):
        for j in range(m):
            mass = plan[k, j]
            if mass != 0:
                for i in range(n):
                    carried[j, i] += mass * distances[k, i]
    return carried


class Linear:
    """Linear problems of a pair, one after the other, each solved with few arcs.

    Parameters
    ----------
    first, second : Measured
        Maps of N and M points.
    potential : ndarray of float64, shape (M,), or None
        Approximate potential of the first problem. Without it, that problem is solved with all arcs.
    prove : bool
        Add arcs until the dual solution proves that no other arc would help.
    """

    def __init__(
        self,
        first: Measured,
        second: Measured,
        potential: NDArray[np.float64] | None,
        prove: bool,
    ) -> None:
        self._masses = first.mass, second.mass
        self._potential, self._prove = potential, prove

    def solve(self, gain: NDArray[np.float64], plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve the linear problem at a plan.

        Parameters
        ----------
        gain : ndarray of float64, shape (N, M)
            Gain of each arc at the plan.
        plan : ndarray of float64, shape (N, M)
            The plan.

        Returns
        -------
        ndarray of float64, shape (N, M)
            Plan of the highest gain or, without a proof, of a gain at least that of the given plan.
        """
        # POT reports problems with negative costs as infeasible.
        cost = gain.max() - gain
        if self._potential is not None and cost.size >= FEW_ARCS:
            allowed = self._promising(cost, plan)
            for _ in range(PASSES):
                found = linear_ot.solve_among(*self._masses, cost, allowed)
                if found is None:
                    break
                self._potential = found.v
                missed = cost - found.u[:, None] < found.v - 1e-12 * cost.max()
                if not (self._prove and missed.any()):
                    return found.dense()
                allowed |= missed
        best, _, _, self._potential = linear_ot.solve(*self._masses, cost)
        return best

    def _promising(self, cost: NDArray[np.float64], plan: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Arcs of the least reduced cost, and those of the given plan, so that some plan is feasible."""
        excess = cost - cast("NDArray[np.float64]", self._potential)
        excess -= excess.min(axis=1)[:, None]
        excess -= excess.min(axis=0)
        last = int(ARCS * excess.size)
        allowed: NDArray[np.bool_] = excess <= np.partition(excess, last, axis=None)[last]
        allowed |= plan > 0
        return allowed


def to_the_end(first: Measured, second: Measured, plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Improve a plan until no linear problem improves it further; see `descend`.

    Parameters
    ----------
    first, second : Measured
        Maps of N and M points.
    plan : ndarray of float64, shape (N, M)
        Plan to start from.

    Returns
    -------
    ndarray of float64, shape (N, M)
    """
    return descend(first, second, plan, tolerance=0)
