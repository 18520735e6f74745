"""Places: where in the image a group has more relevance than the other images, in words."""

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

CONCENTRATED = 0.7
"""Share of a group's surplus of relevance from which it counts as lying in one place."""

NOWHERE = "nowhere in particular"
"""Place of a group that has no more relevance anywhere than the others."""


ELSEWHERE = "each at its own place"
"""Place of a pattern that lies elsewhere in each image."""

SEVERAL = 6.0
"""Bins that a pattern is spread over from which it has no one place, and..."""

APART = 0.6
"""...the share of the images that may be instead, of few images."""


def surplus(points: Array, members: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Mean share of relevance in each bin of some images, less that of the others.

    Parameters
    ----------
    points : ndarray of float, shape (n, side * side)
        Square roots of the shares, see `raster.coordinates`.
    members : ndarray of bool, shape (n,)
        The images; neither all nor none.
    side : int
        Bins along each side.

    Returns
    -------
    ndarray of float64, shape (side, side)
        Sums to zero if all images have relevance.

    """
    shares = np.asarray(points) ** 2
    difference = shares[members].mean(axis=0) - shares[~members].mean(axis=0)
    return np.asarray(difference.reshape(side, side))


def spread(surplus: Array) -> float:
    """Count the bins that a surplus of relevance is spread over.

    Parameters
    ----------
    surplus : ndarray of float, any shape
        Share of relevance of some images, less that of the others. Only the positive part counts.

    Returns
    -------
    float
        Inverse of the sum of squared shares: k for k equal bins; infinity without any surplus.

    References
    ----------
    Hill 1973, "Diversity and evenness", of order 2.

    """
    positive = np.maximum(np.asarray(surplus, dtype=np.float64), 0)
    total = positive.sum()
    return float(total**2 / (positive**2).sum()) if total > 0 else float("inf")


def describe(surplus: Array) -> str:
    """Describe where in the image a surplus of relevance lies.

    Parameters
    ----------
    surplus : ndarray of float, shape (h, w)
        Share of relevance of some images, less that of the others. Only the positive part counts.

    Returns
    -------
    str
        A corner, a side or the border, if that holds `CONCENTRATED` of the surplus; else the third of the
        image, in both directions, that holds the centre of mass.

    """
    positive = np.maximum(np.asarray(surplus, dtype=np.float64), 0)
    if not positive.any() or min(positive.shape) < 3:
        return NOWHERE
    positive /= positive.sum()
    sides = {
        "top": positive[0].sum(),
        "bottom": positive[-1].sum(),
        "left": positive[:, 0].sum(),
        "right": positive[:, -1].sum(),
    }
    inside = positive[1:-1, 1:-1].sum()
    corner = max(
        ((down, across) for down in ("top", "bottom") for across in ("left", "right")),
        key=lambda ends: _corner(positive, *ends),
    )
    if _corner(positive, *corner) >= CONCENTRATED:
        return f"in the {corner[0]} {corner[1]} corner"
    strongest = max(sides, key=lambda side: sides[side])
    if sides[strongest] >= CONCENTRATED:
        return f"along the {strongest} edge"
    if 1 - inside >= CONCENTRATED:
        return "on the border"
    down = ("upper part", "middle", "lower part")[_third(positive.sum(axis=1))]
    across = ("left", "centre", "right")[_third(positive.sum(axis=0))]
    return f"in the {down}, {across}"


def describe_pattern(where: Array, images: int) -> str:
    """Describe where in the image a pattern lies that may lie elsewhere in each image.

    Parameters
    ----------
    where : ndarray of float, shape (h, w)
        Share of the images that have it in each bin.
    images : int
        How many images have it.

    Returns
    -------
    str
        `ELSEWHERE` where it is spread over `SEVERAL` bins, or more than `APART` of the images; else
        as `describe`.

    """
    apart = spread(where) > min(SEVERAL, APART * images)
    return ELSEWHERE if apart else describe(where)


def _corner(positive: Array, down: str, across: str) -> float:
    """Share within a third of the height and width from a corner."""
    high, wide = (max(1, length // 3) for length in positive.shape)
    rows = slice(high) if down == "top" else slice(-high, None)
    columns = slice(wide) if across == "left" else slice(-wide, None)
    return float(positive[rows, columns].sum())


def _third(profile: Array) -> int:
    """Third of a side that holds the centre of mass."""
    middle = float(profile @ (np.arange(len(profile)) + 0.5) / profile.sum() / len(profile))
    return min(2, int(3 * middle))
