"""Conditional gradient: Gromov-Wasserstein between maps of any masses, from a given plan downhill.

The objective is concave on the plans (see `annealing`), so the exact linear problem at the current
plan has a solution that is no worse, a vertex, and the full step to it is the best one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.distance._pot import ot
from unhans.distance.support import Support

ROUNDS = 100
"""Most linear problems of a pair; two to ten are usual."""


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
    """Squared objective of a plan, sum (A_ik - B_jl)^2 T_ij T_kl, pair by pair of its entries.

    Expanding the square would be quicker and lose all digits between maps that are alike.
    """
    rows, columns = np.nonzero(plan)
    moved = plan[rows, columns]
    stretch = first.distances[np.ix_(rows, rows)] - second.distances[np.ix_(columns, columns)]
    stretch *= stretch
    return float(moved @ stretch @ moved)


def descend(
    first: Measured, second: Measured, plan: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Improve a plan.

    Parameters
    ----------
    first, second : maps of N and M points
    plan : (N, M) with their masses as marginals
    tolerance : end where a step lowers the squared value by no more than this share of it

    Returns
    -------
    (N, M) plan, no worse, a vertex unless none is better; its marginals are the masses to 1e-9

    """
    squares = first.square + second.square
    gain = first.distances @ plan @ second.distances
    best = squares - 2 * float(np.sum(gain * plan))
    potentials = None
    for _ in range(ROUNDS):
        if best <= 1e-12 * squares:
            break
        # POT takes negative costs for an infeasible problem.
        trial, solved = ot.emd(
            first.mass, second.mass, gain.max() - gain, log=True, potentials_init=potentials
        )
        potentials = solved["u"], solved["v"]
        gain = first.distances @ trial @ second.distances
        reached = squares - 2 * float(np.sum(gain * trial))
        if not reached < best:
            break
        plan, lowered, best = trial, best - reached, reached
        if lowered <= tolerance * best:
            break
    return plan


def to_the_end(first: Measured, second: Measured, plan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Improve a plan until no linear problem does; see `descend`."""
    return descend(first, second, plan, tolerance=0)
