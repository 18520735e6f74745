"""Donors: for each image one of another class and one of its own, whose surroundings are put into it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.images.changes.catalogue import Donated
from unhans.images.changes.pixels import Images, as_display
from unhans.probes.groups import Group

NONE = -1
"""Output of the class of a donor where there is none."""


class Donors(NamedTuple):
    """Donors of the n images of a class.

    Parameters
    ----------
    output : ndarray of int64, shape (n,)
        Output of the class of each donor; `NONE` where there is none.
    images : Donated
        The donors. Where there is none, it is the image itself.

    """

    output: NDArray[np.int64]
    images: Donated


def assigned(count: int, sizes: Sequence[int], turn: int = 0) -> NDArray[np.int64]:
    """Assign an image of another class to each image of a class; all classes give about as often.

    Parameters
    ----------
    count : int
        Images of the class.
    sizes : sequence of int
        Images of each class that gives.
    turn : int
        Place of the class among all: each takes other images of a giver.

    Returns
    -------
    ndarray of int64, shape (count, 2)
        Place of the giver and of its image, `NONE` where no giver has images. They give in turn, each
        its images in their order.

    """
    givers = np.flatnonzero(sizes)
    if not len(givers):
        return np.full((count, 2), NONE, dtype=np.int64)
    at = np.arange(count)
    chosen = givers[at % len(givers)]
    return np.stack([chosen, (at // len(givers) + turn) % np.array(sizes)[chosen]], axis=1)


def of_class(givers: Sequence[Group], images: Images, turn: int = 0) -> Donors:
    """Read the donors of a class's images.

    Parameters
    ----------
    givers : sequence of Group
        Classes that give to it; see `givers.following`.
    images : ndarray of float32, shape (n, c, h, w)
        Images of the class.
    turn : int
        See `assigned`.

    Returns
    -------
    Donors

    """
    pairs = assigned(len(images), [group.size for group in givers], turn)
    other, outputs = images.copy(), np.full(len(images), NONE, dtype=np.int64)
    for place, giver in enumerate(givers):
        rows = np.flatnonzero(pairs[:, 0] == place)
        given = as_display(giver.read(pairs[rows, 1])) if len(rows) else images[:0]
        if len(given) == len(rows):  # else one cannot be read any more: which is not known
            other[rows], outputs[rows] = given, giver.output
    return Donors(outputs, Donated(own=np.roll(images, -1, axis=0), other=other))


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
