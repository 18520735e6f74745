"""Support: the points of a heatmap that optimal transport moves, and the mass of each.

The points are pixels by descending relevance until 99 % of the positive sum is reached, with their
relevance scaled to unit mass (Anders et al. 2019).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array


class Support(NamedTuple):
    """Points of one heatmap with their masses; N of them, none for a map without positive relevance."""

    points: NDArray[np.float64]
    """(N, 2) row and column, in pixels"""
    mass: NDArray[np.float64]
    """(N,) positive, of sum 1"""
    discarded: float
    """Fraction of the positive relevance that lies outside of them"""
    diagonal: float
    """Greatest distance between two pixels of the map"""


def of(heatmap: Array, mass_fraction: float = 0.99) -> Support:
    """Take the points of a heatmap: pixels where its relevance is positive.

    Pixels that tie with the last one taken are taken too, so that the points of a map that is turned or
    mirrored are turned or mirrored.

    Parameters
    ----------
    heatmap : ndarray, shape (h, w)
        Finite values.
    mass_fraction : float
        Fraction of the positive relevance, in (0, 1].

    Returns
    -------
    Support

    Raises
    ------
    InputError
        ``mass_fraction`` is out of its range.
    """
    if not 0 < mass_fraction <= 1:
        raise InputError(f"mass_fraction is {mass_fraction}; expected a number above 0, up to 1")
    relevance = np.maximum(np.asarray(heatmap, dtype=np.float64), 0)
    diagonal = float(np.hypot(*(side - 1 for side in relevance.shape)))
    peak = relevance.max()
    if peak == 0:
        return Support(np.zeros((0, 2)), np.zeros(0), 0.0, diagonal)
    relevance /= peak  # sums of relevance at 1e-300 or 1e300 leave float64
    falling = np.sort(relevance, axis=None)[::-1]
    # Summed up from small to large, the fractions reach 1 exactly where all pixels are taken.
    left = np.concatenate([np.cumsum(falling[::-1])[::-1][1:], [0.0]])
    last = falling[np.argmax(left <= (1 - mass_fraction) * falling.sum())]
    points = np.argwhere((relevance >= last) & (relevance > 0))
    mass = relevance[tuple(points.T)]
    total = relevance.sum()
    return Support(
        points.astype(np.float64), mass / mass.sum(), float(1 - mass.sum() / total), diagonal
    )


def of_all(heatmaps: Array, mass_fraction: float = 0.99) -> list[Support]:
    """Take the points of each heatmap; see `of`.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    mass_fraction : float
        See `of`.

    Returns
    -------
    list of Support

    Raises
    ------
    InputError
        ``mass_fraction`` is out of its range.
    """
    return [of(heatmap, mass_fraction) for heatmap in heatmaps]


def first_equal(supports: Sequence[Support]) -> list[int]:
    """Number of the first support that equals each.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class.

    Returns
    -------
    list of int
        One number each: its own where no earlier support equals it.
    """
    places: dict[bytes, int] = {}
    keys = [support.points.tobytes() + support.mass.tobytes() for support in supports]
    return [places.setdefault(key, place) for place, key in enumerate(keys)]


def require_at_most(supports: Sequence[Support], most: int, metric: str) -> None:
    """Refuse maps of so many points that no transport problem between them ends.

    Parameters
    ----------
    supports : sequence of Support
        Supports of a class.
    most : int
        Points that a map may have.
    metric : str
        Name of the metric, for the message.

    Raises
    ------
    InputError
        A map has more points.
    """
    largest = max((len(support.mass) for support in supports), default=0)
    if largest > most:
        raise InputError(
            f"{metric}: a heatmap has {largest} points; expected at most {most}. "
            "Pool the maps first, with a representation such as [{sum_pool: 28}]"
        )
