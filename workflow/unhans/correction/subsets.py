"""Subsets: what a network is trained on for un-Hansing."""

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.artefact import Artefact
from unhans.artefacts.whole_change import WholeChange

SUBSETS = ("A", "B")
"""Training images as they are, and the same with the artefact in all of them."""

RESTORED = "R"
"""The same images, all of them restored by a denoiser."""


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
    """Give the training images of a subset.

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

    """
    if subset == "B":
        return artefact.insert(images)
    if subset == RESTORED and isinstance(artefact, WholeChange):
        return artefact.taken_out(images)
    return images
