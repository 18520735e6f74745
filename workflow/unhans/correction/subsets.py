"""Subsets: what a network is trained on for un-Hansing."""

from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.artefact import Artefact
from unhans.artefacts.whole_change import WholeChange

SUBSETS = ("A", "B")
"""Training images as they are, and the same with the artefact in all of them."""

RESTORED = "R"
"""The same images, all of them restored by a denoiser."""


class PlacedAnew:
    """Training images with a free artefact, at a new place in each image of each batch.

    It stands for an array of images where rows are taken batch by batch.

    Parameters
    ----------
    artefact : Artefact
        A free one; its seed gives the places.
    images : ndarray of float32, shape (n, c, h, w)
        As the network takes them.

    References
    ----------
    Anders et al. 2019, figure 13.

    """

    def __init__(self, artefact: Artefact, images: NDArray[np.float32]) -> None:
        self._artefact, self._images, self._batches = artefact, images, 0

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Put the artefact into some of the images, at places that no batch before had."""
        state = np.random.SeedSequence([self._artefact.seed, self._batches]).generate_state(1)
        self._batches += 1
        return replace(self._artefact, seed=int(state[0])).insert(self._images[rows])


def restores(artefact: Artefact) -> bool:
    """Whether a denoiser takes an artefact out of images.

    Parameters
    ----------
    artefact : Artefact
        The artefact.

    Returns
    -------
    bool

    """
    return isinstance(artefact, WholeChange) and artefact.restore is not None


def subsets_of(artefact: Artefact) -> tuple[str, ...]:
    """Name the subsets that a network is trained on.

    Parameters
    ----------
    artefact : Artefact
        That it uses.

    Returns
    -------
    tuple of str
        `SUBSETS`, and `RESTORED` where a denoiser takes the artefact out.

    """
    return (*SUBSETS, RESTORED) if restores(artefact) else SUBSETS


def inputs_of(subset: str, artefact: Artefact, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the training images of a subset; `training.fit` takes them batch by batch.

    Parameters
    ----------
    subset : str
        One of `subsets_of`.
    artefact : Artefact
        That the network uses.
    images : ndarray of float32, shape (n, c, h, w)
        Training images, as the network takes them.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Of B and a free artefact: `PlacedAnew`, which is indexed alike.

    """
    if subset == "B" and artefact.kind == "free":
        return cast("NDArray[np.float32]", PlacedAnew(artefact, images))
    if subset == "B":
        return artefact.insert(images)
    if subset == RESTORED and isinstance(artefact, WholeChange):
        return artefact.taken_out(images)
    return images
