"""Donors: for each image one of another class and one of its own, whose surroundings are put into it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.images.changes.catalogue import Donated
from unhans.images.changes.pixels import Images, as_display
from unhans.probes.groups import Group

NONE = -1
"""Place of the class of a donor where there is none."""


class Donors(NamedTuple):
    """Donors of the n images of a class.

    Parameters
    ----------
    place : ndarray of int, shape (n,)
        Class of each donor of another class; `NONE` where there is none.
    images : Donated
        The donors. Where there is none, it is the image itself.

    """

    place: NDArray[np.int64]
    images: Donated


def assigned(sizes: Sequence[int], place: int) -> NDArray[np.int64]:
    """Assign an image of another class to each image of a class; all classes give about as often.

    Parameters
    ----------
    sizes : sequence of int
        Number of images of each class.
    place : int
        The class.

    Returns
    -------
    ndarray of int, shape (n, 2)
        Class and image of each donor, `NONE` where no other class has images. The classes that follow
        give in turn, the last one before the first, each its images in their order.

    """
    count = len(sizes)
    following = [(place + turn) % count for turn in range(1, count)]
    givers = [one for one in following if sizes[one]]
    if not givers:
        return np.full((sizes[place], 2), NONE, dtype=np.int64)
    at = np.arange(sizes[place])
    chosen = np.array(givers)[at % len(givers)]
    turn = at // len(givers) + place
    return np.stack([chosen, turn % np.array(sizes)[chosen]], axis=1).astype(np.int64)


def of_class(groups: Sequence[Group], place: int, images: Images) -> Donors:
    """Read the donors of a class's images.

    Parameters
    ----------
    groups : sequence of Group
        Images by class.
    place : int
        The class.
    images : ndarray of float32, shape (n, c, h, w)
        Its images, all of them.

    Returns
    -------
    Donors

    """
    pairs = assigned([group.size for group in groups], place)[: len(images)]
    other, known = images.copy(), pairs[:, 0].copy()
    for giver, rows in _by_class(pairs):
        given = as_display(groups[giver].read(pairs[rows, 1]))
        if len(given) == len(rows):
            other[rows] = given
        else:  # One cannot be read any more: which is not known.
            known[rows] = NONE
    return Donors(known, Donated(own=np.roll(images, -1, axis=0), other=other))


def none(images: Images) -> Donors:
    """Give the images themselves where no donors are needed.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        Images of a class.

    Returns
    -------
    Donors

    """
    return Donors(np.full(len(images), NONE, dtype=np.int64), Donated(images, images))


def _by_class(pairs: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Rows of each class of donors."""
    for giver in np.unique(pairs[:, 0]).tolist():
        if giver != NONE:
            yield giver, np.flatnonzero(pairs[:, 0] == giver)
