"""Principal axes: transport plans between two maps laid upon each other in each of eight ways.

Two maps in their principal axes can be laid upon each other with the axes in order or exchanged, and each
axis one way round or the other. Optimal transport at the squared distance then makes eight plans, from
which solvers of Gromov-Wasserstein problems start.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.pot import ot
from unhans.spray.transport.support import Support


def of(support: Support) -> NDArray[np.float64]:
    """Points of a map about its centre of mass, in its principal axes, the longest first: (N, 2)."""
    centred = support.points - support.mass @ support.points
    _, axes = np.linalg.eigh((centred * support.mass[:, None]).T @ centred)
    principal: NDArray[np.float64] = centred @ axes[:, ::-1]
    return principal


def plans(
    points: NDArray[np.float64],
    mass: NDArray[np.float64],
    others: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> Iterator[NDArray[np.float64]]:
    """Optimal transport in each of the eight ways.

    Parameters
    ----------
    points, mass : (N, 2) in their principal axes and (N,), of the first map
    others, wanted : (M, 2) and (M,), of the second

    Yields
    ------
    (N, M) plan

    """
    for side in (others, others[:, ::-1]):
        for sign in [np.array([a, b]) for a in (1, -1) for b in (1, -1)]:
            yield np.asarray(ot.emd(mass, wanted, ot.dist(points, side * sign)))
