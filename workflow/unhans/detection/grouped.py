"""Grouped: images that a wide gap separates from the others by where their relevance lies."""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups, null, places
from unhans.detection.evidence import Evidence, Found

POWER = -0.3
"""Power of the number of images that the widest gap follows."""


def find(evidence: Evidence) -> Found:
    """Find groups by relevance.

    A mark at one place makes a wide gap even where it takes a tenth of the relevance of one image in
    fifty, since no other image has relevance there. Strokes and shapes vary by degrees and leave no gap.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found
        Groups by the widest gap (`groups.search`), and their surplus of relevance.

    """
    points = evidence.points
    found = separated(points, evidence)
    where = places.surplus(points, found[0].members, evidence.side)
    return Found(found, where, gaps(points, evidence, POWER))


def separated(points: NDArray[np.float64], evidence: Evidence) -> list[groups.Group]:
    """Search groups in some coordinates; of two halves, choose the one with more relevance.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        The coordinates.
    evidence : Evidence
        Of the class.

    Returns
    -------
    list of Group
        The widest gap first.

    """
    found = groups.search(points, evidence.least, seed=evidence.seed)
    return groups.with_more_relevance(found, points, evidence.points)


def gaps(points: NDArray[np.float64], evidence: Evidence, power: float) -> NDArray[np.float64]:
    """Widest gaps in points without groups.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Coordinates that groups were searched in.
    evidence : Evidence
        Of the class.
    power : float
        Power of the number of images that the widest gap follows.

    Returns
    -------
    ndarray of float64, shape (draws,)
        See `null.values`.

    """

    def widest(drawn: NDArray[np.float64], seed: int) -> float:
        least = groups.smallest_size(len(drawn), evidence.smallest)
        return groups.search(drawn, least, count=1, seed=seed)[0].gap

    return null.values(points, widest, power=power, seed=evidence.seed)
