"""Quantisation: the points of a heatmap represented by m atoms of equal mass.

Two maps with m equal masses each are matched by permutations, the vertices of their transport plans, so
that all maps of a class have problems of one size (see `annealing`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.pot import ot
from unhans.spray.transport.support import Support

STEPS = 4
"""Rounds of transport and re-centring; more lower the distortion by less than 1 %."""


class Quantised(NamedTuple):
    """The atoms of n maps, and the points that each represents."""

    atoms: NDArray[np.float64]
    """(n, m, 2) positions, each of mass 1 / m"""
    plans: list[NDArray[np.float64]]
    """(N, m) for each map: mass of each of its N points that each atom represents"""

    @property
    def size(self) -> int:
        """Atoms of each map."""
        return int(self.atoms.shape[1])


def quantise(supports: Sequence[Support], size: int) -> Quantised:
    """Represent each map by ``size`` atoms of equal mass.

    The plan of `halve` is improved as Lloyd's algorithm does, with capacities: the points are transported
    to the atoms at the least squared distance, then each atom moves to the centre of its mass
    (free-support Wasserstein barycentre of one measure).

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class, none empty.
    size : int
        Atoms of each map. It may exceed the number of points, which are then split.

    Returns
    -------
    Quantised

    References
    ----------
    Cuturi and Doucet 2014.
    """
    plans = []
    for support in supports:
        plan = halve(support, size)
        for _ in range(STEPS):
            costs = ot.dist(support.points, _centres(support, plan))
            plan = np.asarray(ot.emd(support.mass, np.full(size, 1 / size), costs))
        plans.append(plan)
    centres = [_centres(support, plan) for support, plan in zip(supports, plans, strict=True)]
    return Quantised(np.stack(centres), plans)


def halve(support: Support, size: int) -> NDArray[np.float64]:
    """Cut a map across its longest axis, each half again, until there are ``size`` equal masses.

    The cuts follow the principal axes, so that a map that is moved, turned or mirrored is cut alike.

    Parameters
    ----------
    support : Support
        Of the map, not empty.
    size : int
        Number of masses.

    Returns
    -------
    ndarray of float64, shape (N, size)
        Mass of each point in each part. A point on a cut belongs to both sides.
    """
    parts, waiting = [], [(support.mass, size)]
    while waiting:
        mass, count = waiting.pop()
        if count == 1:
            parts.append(mass)
            continue
        own = np.nonzero(mass > 0)[0]
        order = own[np.argsort(_along_longest_axis(support.points[own], mass[own]), kind="stable")]
        target = mass.sum() * (count // 2) / count
        before = np.cumsum(mass[order]) - mass[order]
        first, second = np.zeros_like(mass), np.zeros_like(mass)
        first[order] = np.clip(target - before, 0, mass[order])
        second[order] = mass[order] - first[order]
        waiting += [(second, count - count // 2), (first, count // 2)]
    return np.stack(parts, axis=1)


def distortion(support: Support, plan: NDArray[np.float64]) -> float:
    """Compute the root mean squared distance of the points of a map to their atoms.

    Parameters
    ----------
    support : Support
        Of the map.
    plan : ndarray of float64, shape (N, m)
        See `Quantised`.

    Returns
    -------
    float
    """
    costs = ot.dist(support.points, _centres(support, plan))
    return float(np.sqrt(np.sum(plan * costs)))


def _centres(support: Support, plan: NDArray[np.float64]) -> NDArray[np.float64]:
    centres: NDArray[np.float64] = (plan.T @ support.points) / plan.sum(axis=0)[:, None]
    return centres


def _along_longest_axis(
    points: NDArray[np.float64], mass: NDArray[np.float64]
) -> NDArray[np.float64]:
    centred = points - mass @ points / mass.sum()
    _, axes = np.linalg.eigh((centred * mass[:, None]).T @ centred)
    along: NDArray[np.float64] = centred @ axes[:, 1]
    return along
