"""Pieces: what the network looks at in each image of a group, cut out of that image.

Patches of several colours, hands or signs share no pixels, so that no one cut-out stands for all of them.
Each is then taken from its own image, and put into another one at the place where it was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from unhans.artefacts.artefact import Mask
from unhans.types import Array

GROWN = 0.25
"""By how much a region of relevance grows on every side, as a share of the root of its area: relevance
seldom fills a mark."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """A piece of each image of a group.

    Parameters
    ----------
    masks : ndarray of bool, shape (m, h, w)
        Where the piece of each image is.
    images : ndarray of float32, shape (m, c, h, w)
        Inputs of the network.
    seed : int
        Of the order in which they are put into images.
    consistency : float
        NaN: nothing is asked to be the same in all of them.

    """

    masks: Mask
    images: NDArray[np.float32]
    seed: int = 0
    consistency: float = float("nan")

    def donors(self, n: int) -> NDArray[np.int64]:
        """Choose whose piece is put into each of n images.

        Parameters
        ----------
        n : int
            Number of images.

        Returns
        -------
        ndarray of int, shape (n,)

        """
        return in_turn(len(self.masks), n, self.seed)

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Put a piece into each of some images, at the place where it was.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            Inputs of the network; they stay as they are.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        """
        own = np.asarray(images, dtype=np.float32)
        donors = self.donors(len(own))
        return np.where(self.masks[donors][:, None], self.images[donors], own)


def of_images(images: Array, places: Mask, seed: int) -> Pieces:
    """Cut the pieces out of the images of a group.

    Parameters
    ----------
    images : ndarray, shape (m, c, h, w)
        Inputs of the network.
    places : ndarray of bool, shape (m, h, w)
        Where it looks in each, from `isolation.places`.
    seed : int
        See `Pieces`.

    Returns
    -------
    Pieces
        Their masks are the places, grown by `GROWN` (at least one pixel) on every side.

    """
    grown = [
        ndimage.binary_dilation(place, iterations=max(1, round(GROWN * float(place.sum()) ** 0.5)))
        for place in places
    ]
    return Pieces(np.stack(grown), np.asarray(images, dtype=np.float32), seed)


def in_turn(count: int, n: int, seed: int) -> NDArray[np.int64]:
    """Choose n of some images, each about as often as the others.

    Parameters
    ----------
    count : int
        Images that are chosen among, at least one.
    n : int
        Choices.
    seed : int
        Of their order.

    Returns
    -------
    ndarray of int, shape (n,)

    """
    return np.resize(np.random.default_rng(seed).permutation(count), n).astype(np.int64)
