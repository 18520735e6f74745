"""Coarse pixels: points that are summed up in square cells."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Mass = NDArray[np.float64]


class Coarse(NamedTuple):
    """Points that stand for the cells with mass."""

    points: Points
    """(c, 2) centres of mass"""
    mass: Mass
    """(c,) mass of each"""


def coarsened(points: Points, mass: Mass, side: int) -> Coarse:
    """Sum up points in square cells.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 2)
        Not negative.
    mass : ndarray of float64, shape (N,)
        Mass of each point.
    side : int
        Side of a cell.

    Returns
    -------
    Coarse
        Centre of mass, and mass, of each cell that has some.
    """
    rows, columns = (points // side).astype(np.int64).T
    cell = rows * (columns.max() + 1) + columns
    lumps = np.bincount(cell, mass).astype(np.float64)
    sums = np.stack([np.bincount(cell, mass * points[:, axis]) for axis in (0, 1)], axis=1)
    there = lumps > 0
    return Coarse(sums[there] / lumps[there, None], lumps[there])
