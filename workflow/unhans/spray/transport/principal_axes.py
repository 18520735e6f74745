"""Principal axes: transport plans between two maps aligned in each of eight ways.

Two maps in their principal axes can be aligned with the axes in order or exchanged, and each axis in
either direction. Optimal transport at the squared distance then makes eight plans, from which solvers of
Gromov-Wasserstein problems start.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.pot import ot
from unhans.spray.transport.support import Support


def of(support: Support) -> NDArray[np.float64]:
    """Express the points of a map in its principal axes, about its centre of mass.

    Parameters
    ----------
    support : Support
        Of the map, not empty.

    Returns
    -------
    ndarray of float64, shape (N, 2)
        The longest axis first.
    """
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
    """Compute optimal transport at the squared distance for each of the eight alignments.

    Parameters
    ----------
    points, mass : ndarray of float64, shapes (N, 2) and (N,)
        Of the first map, in its principal axes.
    others, wanted : ndarray of float64, shapes (M, 2) and (M,)
        Of the second map, in its principal axes.

    Yields
    ------
    ndarray of float64, shape (N, M)
    """
    for side in (others, others[:, ::-1]):
        for sign in [np.array([a, b]) for a in (1, -1) for b in (1, -1)]:
            yield np.asarray(ot.emd(mass, wanted, ot.dist(points, side * sign)))
