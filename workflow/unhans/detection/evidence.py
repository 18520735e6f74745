"""Evidence: what is known of the images of a class, and what an indicator finds in it.

An indicator is a function from `Evidence` to `Found`, or to None where the evidence lacks what it needs.
`indicators` is the table of all indicators.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups
from unhans.detection.concepts import Concepts
from unhans.detection.groups import Group
from unhans.types import Array


class Rises(NamedTuple):
    """By how much one piece of each image raises the class in images of others; see `transplanted`.

    Parameters
    ----------
    rise : ndarray of float32, shape (n, hosts)
        Of the class's margin; NaN for images that were not tried.
    probability : ndarray of float32, shape (n, hosts)
        Of its probability.
    evidence : float
        Mean margin of the class's images, less that of the hosts.

    """

    rise: NDArray[np.float32]
    probability: NDArray[np.float32]
    evidence: float


class Points(NamedTuple):
    """What pieces of images do to the probability of their class in other images.

    Parameters
    ----------
    inside, elsewhere : float
        By how many points a piece of the first group raises it, and one of the other images.
    tried : int
        Images of the class that were tried.

    """

    inside: float
    elsewhere: float
    tried: int


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
    rises : mapping of str to Rises
        By piece; empty where none was put into images of other classes.
    concepts : Concepts, optional
        What the network sees at hidden layers; None where none were kept, and for small images.
    whitened : ndarray of float64, shape (n, channels), optional
        Relevance of its channels in units of other classes, see `whitening.whitened`.
    hidden : ndarray of float64, shape (n, d), optional
        The same in its principal directions, see `refined.coordinates`.

    """

    points: NDArray[np.float64]
    contents: NDArray[np.float64] | None = None
    details: Array | None = None
    bins: int = 7
    smallest: float = 0.015
    seed: int = 0
    rises: Mapping[str, Rises] = field(default_factory=dict)
    concepts: Concepts | None = None
    whitened: NDArray[np.float64] | None = None
    hidden: NDArray[np.float64] | None = None

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
    points : Points, optional
        What pieces of the images do in images of other classes.

    """

    groups: list[Group]
    where: NDArray[np.float64]
    null: NDArray[np.float64]
    points: Points | None = None

    @property
    def value(self) -> float:
        """Value of the indicator."""
        return self.groups[0].gap
