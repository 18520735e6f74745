"""Similar: images of a class that are like each other, and that a wide gap separates from the others.

As `groups`, where images have no coordinates and only the similarity of each pair is known. The
search starts from each image with its nearest few. The images of a class are sorted by their mean
similarity to the group, and the order is cut at its widest gap. The images above the cut are the new
group; `groups.ROUNDS` rounds.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.detection import groups
from unhans.detection.groups import FEWEST, ROUNDS, SIZES, STARTS, Group
from unhans.errors import InputError
from unhans.types import Array, Flags


def search(similarity: Array, least: int, count: int = 8, seed: int = 0) -> list[Group]:
    """Find the groups of images with the widest gaps.

    Parameters
    ----------
    similarity : ndarray of float, shape (n, n)
        Of each pair of images; symmetric. The diagonal does not count.
    least : int
        Images of a group at least. A group has at most half of all images.
    count : int
        Groups at most.
    seed : int
        Seed of the draw of the images that groups start from, if the class has more than
        `groups.STARTS`.

    Returns
    -------
    list of Group
        At least one group, the widest gap first. No group holds more than half of another.

    Raises
    ------
    InputError
        The similarities are not finite or not (n, n), or ``least`` is below `groups.FEWEST` or above
        n / 2.

    """
    alike = np.array(similarity, dtype=np.float64)
    n = len(alike)
    if (
        alike.shape != (n, n)
        or not FEWEST <= least <= n // 2
        or not np.isfinite(alike[~np.eye(n, dtype=bool)]).all()
    ):
        raise InputError(
            f"similarities have shape {alike.shape} for groups of {least}; expected finite (n, n), with "
            f"n at least twice that, and that at least {FEWEST}"
        )
    np.fill_diagonal(alike, 0)
    found: list[tuple[float, Flags]] = []
    for members in _starts(alike, seed):
        gaps = np.zeros(len(members))
        for _ in range(ROUNDS):
            gaps, members = groups.unique(*groups.cut(affinity(alike, members), least))
        found += zip(gaps.tolist(), members, strict=True)
    return [
        groups.scored(affinity(alike, members[None])[0], gap, members)
        for gap, members in groups.distinct(found, count)
    ]


def affinity(alike: NDArray[np.float64], members: Flags) -> NDArray[np.float64]:
    """Mean similarity of each image to the images of each group, itself left out.

    Parameters
    ----------
    alike : ndarray of float64, shape (n, n)
        Similarities, with a diagonal of zeros.
    members : ndarray of bool, shape (groups, n)
        The groups, of two images at least.

    Returns
    -------
    ndarray of float64, shape (groups, n)

    """
    inside = members.astype(np.float64)
    return np.asarray(inside @ alike / (inside.sum(axis=1, keepdims=True) - inside))


def _starts(alike: NDArray[np.float64], seed: int) -> list[Flags]:
    """Groups that the search starts from: each image with its nearest others, for each size."""
    n = len(alike)
    centres = np.arange(n)
    if n > STARTS:
        centres = np.sort(np.random.default_rng(seed).choice(n, STARTS, replace=False))
    nearness = alike[centres]
    nearness[np.arange(len(centres)), centres] = np.inf
    nearest = np.argsort(-nearness, axis=1, kind="stable")
    return [groups.first(nearest, size) for size in SIZES if size == SIZES[0] or size <= n // 4]
