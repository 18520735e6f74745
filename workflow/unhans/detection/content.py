"""Content: images that a wide gap separates from the others by their brightness."""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import grouped, groups
from unhans.detection.evidence import Evidence, Found
from unhans.types import Array

POWER = -0.25
"""Power of the number of images that the widest gap follows."""


def find(evidence: Evidence) -> Found | None:
    """Find groups by content.

    An artefact that covers an image (a texture, a tint) moves relevance nowhere. Whether the network uses
    it is for the response of the network to decide.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found or None
        Groups by the widest gap, and their difference of brightness; None without images.

    """
    contents = evidence.contents
    if contents is None:
        return None
    found = grouped.separated(contents, evidence)
    where = difference(contents, found[0].members, evidence.side)
    return Found(found, where, grouped.gaps(contents, evidence, POWER))


def difference(contents: Array, members: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Difference of the mean content of a group from that of the other images, in each bin.

    Parameters
    ----------
    contents : ndarray of float, shape (n, c * side * side)
        Mean brightness.
    members : ndarray of bool, shape (n,)
        The group.
    side : int
        Bins along each side.

    Returns
    -------
    ndarray of float64, shape (side, side)
        The largest of the channels, in units of the others' spread, so that bins that hardly vary count
        for more.

    """
    apart = contents[members].mean(axis=0) - contents[~members].mean(axis=0)
    spread = contents[~members].std(axis=0)
    scaled = np.abs(apart) / (spread + groups.RIDGE * spread.mean() + 1e-9)
    return np.asarray(scaled.reshape(-1, side, side).max(axis=0))
