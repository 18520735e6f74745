"""Channels: images that a wide gap separates from the others by what channels of hidden layers see.

Relevance of each channel, summed over positions, says what the network sees in an image and not where: a
sticker anywhere, a frame, a tint. Channels vary in images of any class. They are therefore measured in
units of how images of other classes vary, in all directions (whitening), so that what is usual counts for
little. An image has the direction of its deviation from the class's mean, and no length: few images
that are far from everything else make no group. The groups are sought in the few directions in which the
class varies most.

A wide gap above few images is chance sooner than one above many. Groups are therefore sought several
times, of at least the smallest size, of twice as many images, and so on, and each gap is compared with
what it is, for groups of that size, in images without groups.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups, null, places, refined
from unhans.detection.evidence import Evidence, Found
from unhans.detection.groups import FEWEST

DIRECTIONS = 8
"""Directions in which groups are sought."""

STARTS = 192
"""Images that groups are started from at each size. Of a larger class, so many are drawn by chance."""

ROUNDING = 1e-9
"""Share of the largest coordinate up to which a deviation from the class's mean is a rounding error."""

POWER = -0.33
"""Power of the number of images that the value follows in images without groups."""

Points = NDArray[np.float64]


def find(evidence: Evidence) -> Found | None:
    """Find groups by the relevance of channels.

    Parameters
    ----------
    evidence : Evidence
        Of a class.

    Returns
    -------
    Found or None
        Groups by their gap, in units of what it is without groups for their size, and their surplus of
        relevance in the image; None where no hidden layers were kept.

    """
    if evidence.whitened is None:
        return None
    points = coordinates(evidence.whitened)
    n = len(points)
    drawn = list(null.gaussian(points, min(n, null.IMAGES), evidence.seed))
    sizes = floors(n, evidence.least)
    gaps = (
        np.array([[_widest(one, size / n, evidence.seed) for size in sizes] for one in drawn])
        * max(1.0, n / null.IMAGES) ** POWER
    )
    usual = np.exp(np.log(np.maximum(gaps, np.finfo(float).tiny)).mean(axis=0))
    found = [
        (group.gap / chance, group.members)
        for size, chance in zip(sizes, usual, strict=True)
        for group in groups.search(points, size, seed=evidence.seed, starts=STARTS)
    ]
    best = [groups.of_points(points, *one) for one in groups.distinct(found, 8)]
    best[0] = refined.refine(evidence, best[0])
    where = places.surplus(evidence.points, best[0].members, evidence.side)
    return Found(best, where, (gaps / usual).max(axis=1))


def coordinates(whitened: Points) -> Points:
    """Directions in which images deviate from their class, in a space where other classes vary alike.

    Parameters
    ----------
    whitened : ndarray of float64, shape (n, channels)
        Relevance of channels, from `whitening.whitened`.

    Returns
    -------
    ndarray of float64, shape (n, d)
        At most `DIRECTIONS` principal components of rows of unit norm, and their mean square is 1.

    """
    rounding = ROUNDING * np.abs(whitened).max()
    moved = whitened - whitened.mean(axis=0)
    norm = np.linalg.norm(moved, axis=1, keepdims=True)
    turned = np.divide(moved, norm, out=np.zeros_like(moved), where=norm > rounding)
    turned -= turned.mean(axis=0)
    _, _, axes = np.linalg.svd(turned, full_matrices=False)
    axes = axes[:DIRECTIONS]
    # Either sign of an axis is as good; the same one everywhere.
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    points = turned @ (axes * np.where(largest < 0, -1, 1)).T
    scale = np.sqrt((points**2).sum(axis=1).mean())
    return np.asarray(points / scale if scale > 0 else points)


def floors(n: int, least: int) -> list[int]:
    """Sizes of the smallest group that is sought: the least, twice that, and so on.

    Parameters
    ----------
    n : int
        Images of the class.
    least : int
        The smallest.

    Returns
    -------
    list of int
        Up to a quarter of the class, but the least at any rate.

    """
    sizes = [least]
    while 2 * sizes[-1] <= n // 4:
        sizes.append(2 * sizes[-1])
    return sizes


def _widest(points: Points, share: float, seed: int) -> float:
    """Widest gap of a group of at least a share of some images."""
    least = min(max(FEWEST, round(share * len(points))), len(points) // 2)
    return groups.search(points, least, count=1, seed=seed, starts=STARTS)[0].gap
