"""Evidence: what is known of the images of a class, and what an indicator finds in it.

An indicator is a function from `Evidence` to `Found`, or to None where the evidence lacks what it needs.
`indicators` is the table of all indicators.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups
from unhans.detection.groups import Group
from unhans.types import Array


@dataclass(frozen=True, eq=False)
class Evidence:
    """What indicators look at, for the images of one class.

    Parameters
    ----------
    points : ndarray of float64, shape (n, side * side)
        Square roots of the shares of positive relevance in the bins of a raster, see
        `raster.coordinates`.
    contents : ndarray of float64, shape (n, c * side * side), or None
        Mean brightness in each bin and channel; None without images.
    details : ndarray of float, shape (n, h, w), or None
        Details of the images, see `repeated_details.details`; None of small images.
    bins : int
        Bins along each side that were asked for. Small heatmaps have as many as pixels.
    smallest : float
        Share of the class that a group has at least.
    seed : int
        Seed of all draws.

    """

    points: NDArray[np.float64]
    contents: NDArray[np.float64] | None = None
    details: Array | None = None
    bins: int = 7
    smallest: float = 0.015
    seed: int = 0

    @property
    def least(self) -> int:
        """Images of a group at least."""
        return groups.smallest_size(len(self.points), self.smallest)

    @property
    def side(self) -> int:
        """Bins along each side of ``points``."""
        side: int = round(self.points.shape[1] ** 0.5)
        return side


@dataclass(frozen=True, eq=False)
class Found:
    """What an indicator finds in a class.

    Parameters
    ----------
    groups : list of Group
        At least one; the gap of the first is the value of the indicator.
    where : ndarray of float64, shape (side, side)
        What the first group has more of than the other images, in each bin of a raster.
    null : ndarray of float64, shape (draws,)
        Values of the indicator in images without groups that are otherwise like those of the class; see
        `null`.

    """

    groups: list[Group]
    where: NDArray[np.float64]
    null: NDArray[np.float64]

    @property
    def value(self) -> float:
        """Value of the indicator."""
        return self.groups[0].gap
