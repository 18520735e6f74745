"""Sliced Gromov-Wasserstein distances: a preview of similar shapes, without a guarantee.

On a line, two sets of centred points that are matched in their order have the Gromov-Wasserstein value
2 mean (x - y)^2 (Vayer et al. 2019 consider this match and its reverse). Heatmaps in their principal axes
are compared by this value along evenly spaced lines, and the best of the eight ways to align two pairs of
axes counts. Similar shapes get small distances; no inequality with Gromov-Wasserstein holds.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.matching import sets_of
from unhans.spray.transport.pair_solver import beside_empty
from unhans.spray.transport.quantisation import quantise
from unhans.spray.transport.support import of_all
from unhans.types import Array, Distances


def pairwise(
    heatmaps: Array,
    *,
    mass_fraction: float = 0.99,
    normalise: bool = False,
    n_atoms: int = 64,
    projections: int = 16,
) -> Distances:
    """Compute the sliced Gromov-Wasserstein distance between the positive parts of all pairs.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    mass_fraction : float
        Fraction of the positive relevance that is compared, in (0, 1].
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    n_atoms : int
        Atoms of equal mass that stand for each map.
    projections : int
        Lines, evenly spaced over half a turn.

    Returns
    -------
    ndarray of float32, shape (n, n)
        In pixels, or without a unit where maps are normalised.

    Raises
    ------
    InputError
        ``mass_fraction`` is out of its range.
    """
    supports = of_all(heatmaps, mass_fraction)
    full = np.array([len(support.mass) > 0 for support in supports])
    if not full.any():
        return np.zeros((len(supports), len(supports)), dtype=np.float32)
    quantised = quantise([one for one in supports if len(one.mass)], n_atoms)
    axes = sets_of(quantised.atoms, normalise).principal
    squared = _least_squares(axes, projections) * (2 / (n_atoms * projections))
    return beside_empty(np.sqrt(squared).astype(np.float32), full, supports[0].diagonal)


def _least_squares(axes: NDArray[np.float64], projections: int) -> NDArray[np.float64]:
    """Least sum of squared differences of the ordered projections, over eight ways to turn one."""
    turns = [np.diag([a, b]) for a in (1.0, -1.0) for b in (1.0, -1.0)]
    turns += [turn[::-1] for turn in turns]
    first = _ordered(axes, projections)
    squares = np.sum(first**2, axis=1)
    least: NDArray[np.float64] = np.full((len(axes), len(axes)), np.inf)
    for turn in turns:
        product = first @ _ordered(axes @ turn, projections).T
        np.minimum(least, squares[:, None] + squares - 2 * product, out=least)
    least = np.maximum(np.minimum(least, least.T), 0)
    # Equal maps differ by rounding alone.
    least[least <= 1e-13 * (squares[:, None] + squares)] = 0
    return least


def _ordered(points: NDArray[np.float64], projections: int) -> NDArray[np.float64]:
    """Positions of points along lines, in order: (n, projections * m)."""
    angles = np.arange(projections) * (np.pi / projections)
    along = points @ np.stack([np.cos(angles), np.sin(angles)])
    ordered: NDArray[np.float64] = np.sort(along, axis=1).reshape(len(points), -1)
    return ordered
