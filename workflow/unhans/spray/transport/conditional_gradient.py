"""Conditional gradient: Gromov-Wasserstein between maps of any masses, from a given plan downhill.

The objective is concave on the plans (see `annealing`), so the exact linear problem at the current
plan has a solution that is no worse, a vertex, and the full step to it is the best one.
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

WAYS = 0.06
"""Share of the ways from point to point that a linear problem is restricted to, the most promising."""

FEW_WAYS = 2000
"""Ways between two maps that are so few that none need be left out."""

PASSES = 4
"""Most times that ways are added to a linear problem before it is solved among all."""

DIGITS = 1e-6
"""Share of the squared sizes below which a value is summed without expanding the square."""


class Measured(NamedTuple):
    """A heatmap as Gromov-Wasserstein sees it."""

    distances: NDArray[np.float64]
    """(N, N) between its points"""
    mass: NDArray[np.float64]
    """(N,)"""
    square: float
    """mean squared distance of two points"""


def measured(support: Support, normalise: bool) -> Measured:
    """Measure the distances within a map.

    Parameters
    ----------
    support : of the map
    normalise : scale them to a mean square of 1, so that the size of what is shown does not count

    """
    distances = np.asarray(ot.dist(support.points, metric="euclidean"))
    square = float(support.mass @ distances**2 @ support.mass)
    if normalise and square > 0:
        return Measured(distances / np.sqrt(square), support.mass, 1.0)
    return Measured(distances, support.mass, square)


def value(first: Measured, second: Measured, plan: NDArray[np.float64]) -> float:
    """Squared objective of a plan, sum (A_ik - B_jl)^2 T_ij T_kl.

    Expanding the square is quicker. It loses all digits between maps that are alike; there the sum
    goes pair by pair over the plan's entries.
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
    promise: NDArray[np.float64] | None = None,
    rival: float = np.inf,
) -> NDArray[np.float64]:
    """Improve a plan.

    Parameters
    ----------
    first, second : maps of N and M points
    plan : (N, M) with their masses as marginals
    tolerance : end where a step lowers the squared value by no more than this share of it
    promise : (M,) potential of the first linear problem, roughly. Where it is given, no problem is
        proved to be solved: quicker, and the steps that are found are downhill all the same
    rival : squared value that is reached already: end where another step as large as the last would
        not get below it, for steps become smaller

    Returns
    -------
    (N, M) plan, no worse, a vertex unless none is better; its marginals are the masses to 1e-9

    """
    squares = first.square + second.square
    gain = _gain(first, second, plan)
    best = squares - 2 * float(np.sum(gain * plan))
    linear = Linear(first, second, promise, prove=promise is None)
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
    """A T B: what moving from one point to another is worth at a plan. (N, M)."""
    gain: NDArray[np.float64] = _carried(first.distances, np.ascontiguousarray(plan)).T
    return gain @ second.distances


@compiled
def _carried(distances: NDArray[np.float64], plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """(A T)^T: of a vertex a sum of few rows for each point, which costs next to nothing."""
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
    """Linear problems of a pair, one after the other, each solved among few ways from point to point.

    Parameters
    ----------
    first, second : maps of N and M points
    promise : (M,) potential of the first problem, roughly; without it that is solved among all ways
    prove : add ways until the dual proves that no other would help

    """

    def __init__(
        self,
        first: Measured,
        second: Measured,
        promise: NDArray[np.float64] | None,
        prove: bool,
    ) -> None:
        self._masses = first.mass, second.mass
        self._potential, self._prove = promise, prove

    def solve(self, gain: NDArray[np.float64], plan: NDArray[np.float64]) -> NDArray[np.float64]:
        """Plan of the highest gain, or of one higher than the given plan's if no proof is asked for.

        Returns
        -------
        (N, M)

        """
        # POT takes negative costs for an infeasible problem.
        cost = gain.max() - gain
        if self._potential is not None and cost.size >= FEW_WAYS:
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
        """Ways of the least reduced cost, and those of the given plan: some plan must be left."""
        excess = cost - cast("NDArray[np.float64]", self._potential)
        excess -= excess.min(axis=1)[:, None]
        excess -= excess.min(axis=0)
        last = int(WAYS * excess.size)
        allowed: NDArray[np.bool_] = excess <= np.partition(excess, last, axis=None)[last]
        allowed |= plan > 0
        return allowed


def to_the_end(first: Measured, second: Measured, plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Improve a plan until no linear problem does; see `descend`."""
    return descend(first, second, plan, tolerance=0)
