"""Support: the points of a heatmap that optimal transport moves, and the mass of each.

The paper's choice (Anders et al. 2019): pixels by falling relevance until 99 % of the positive sum is
reached, their relevance scaled to unit mass.
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
    """share of the positive relevance that lies outside of them"""
    diagonal: float
    """greatest distance between two pixels of the map"""


def of(heatmap: Array, mass_fraction: float = 0.99) -> Support:
    """Take the points of a heatmap: where its relevance is positive.

    Pixels that tie with the last one taken are taken too, so that a map that is turned or mirrored
    has its points turned or mirrored.

    Parameters
    ----------
    heatmap : (h, w) finite array
    mass_fraction : of the positive relevance, in (0, 1]

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
    # Summed up from small to large the shares reach 1 exactly where all pixels are asked for.
    left = np.concatenate([np.cumsum(falling[::-1])[::-1][1:], [0.0]])
    last = falling[np.argmax(left <= (1 - mass_fraction) * falling.sum())]
    points = np.argwhere((relevance >= last) & (relevance > 0))
    mass = relevance[tuple(points.T)]
    total = relevance.sum()
    return Support(
        points.astype(np.float64), mass / mass.sum(), float(1 - mass.sum() / total), diagonal
    )


def of_all(heatmaps: Array, mass_fraction: float = 0.99) -> list[Support]:
    """Take the points of each of (n, h, w) heatmaps; see `of`."""
    return [of(heatmap, mass_fraction) for heatmap in heatmaps]


def first_equal(supports: Sequence[Support]) -> list[int]:
    """Place of the first support that equals each."""
    places: dict[bytes, int] = {}
    keys = [support.points.tobytes() + support.mass.tobytes() for support in supports]
    return [places.setdefault(key, place) for place, key in enumerate(keys)]


def require_at_most(supports: Sequence[Support], most: int, metric: str) -> None:
    """Refuse maps of so many points that no transport problem between them ends.

    Raises
    ------
    InputError

    """
    largest = max((len(support.mass) for support in supports), default=0)
    if largest > most:
        raise InputError(
            f"{metric}: a heatmap has {largest} points; expected at most {most}. "
            "Pool the maps first, with a representation such as [{sum_pool: 28}]"
        )
