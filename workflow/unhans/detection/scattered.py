"""Scattered: images with relevance at unusual places, each at its own."""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import null, outliers, places
from unhans.detection.evidence import Evidence, Found
from unhans.detection.groups import Group

POWER = 0.07
"""Power of the number of images that the indicator follows."""


def find(evidence: Evidence) -> Found:
    """Find outliers.

    A mark at random places makes no group, but images that each have much relevance in a bin where the
    class has little.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found
        One group, the outliers (`outliers.find`), and their surplus of relevance.

    """
    excess = outliers.excesses(evidence.points)
    group = Group(outliers.find(excess), outliers.scattered(excess), excess)
    where = places.surplus(evidence.points, group.members, evidence.side)
    drawn = null.values(evidence.points, _value, power=POWER, seed=evidence.seed)
    return Found([group], where, drawn)


def _value(points: NDArray[np.float64], _: int) -> float:
    return outliers.scattered(outliers.excesses(points))
