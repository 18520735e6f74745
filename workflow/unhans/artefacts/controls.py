"""Controls: what is put into images in the place of an artefact, of the same size."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from unhans.artefacts.artefact import Artefact, Mask
from unhans.artefacts.perturbation import patched
from unhans.artefacts.pieces import Pieces, in_turn
from unhans.artefacts.positives import Group
from unhans.types import Array


def of_artefact(
    found: Artefact, group: Group, images: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """Put the control of an artefact into images.

    Of what is added to images it is the contrast of another image, of the same strength. Otherwise it is
    a cut-out of an image of the class outside the group, of the same form and at the same places: what
    this image has at the same pixels, or, for a free artefact, where it has most positive relevance.

    Parameters
    ----------
    found : Artefact
        That was isolated.
    group : Group
        Images of its class.
    images : ndarray of float32, shape (n, c, h, w)
        Images of other classes.
    seed : int
        Of what is random.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    if found.adds:
        return patched(found, images, seed)[0]
    donors = np.random.default_rng(seed).integers(len(group.others), size=len(images))
    masks = found.masks(len(images))
    if found.kind == "free":
        return _relevant(group, donors, masks, images)
    return np.where(masks[:, None], group.others[donors], images)


def of_pieces(
    found: Pieces, group: Group, images: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """Put the control of pieces into images: pieces of images of the class outside the group.

    Each has the form and the place of the piece that it stands for, and shows that part of its own image
    with most positive relevance.

    Parameters
    ----------
    found : Pieces
        Of the group's images.
    group : Group
        Images of the class.
    images : ndarray of float32, shape (n, c, h, w)
        Images of other classes.
    seed : int
        Of what is random.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    donors = in_turn(len(group.others), len(images), seed)
    return _relevant(group, donors, found.masks[found.donors(len(images))], images)


def _relevant(
    group: Group, donors: NDArray[np.int64], masks: Mask, images: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Fill masks, one an image, with the most relevant pieces of other images of the group's class."""
    others, heatmaps = group.others, group.other_heatmaps
    found = images.copy()
    for image, mask, donor in zip(found, masks, donors, strict=True):
        whence = most_relevant(heatmaps[donor : donor + 1], mask)[0]
        image[:, mask] = np.roll(others[donor], _corner(mask) - whence, axis=(1, 2))[:, mask]
    return found


def most_relevant(heatmaps: Array, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find where a mask holds most of the positive relevance of each image.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Of the images.
    mask : ndarray of bool, shape (h, w)
        It may be moved, and stays within the image.

    Returns
    -------
    ndarray of int, shape (n, 2)
        Row and column of the upper left corner of the mask's bounding box.

    """
    rows, columns = np.nonzero(mask)
    box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    room = np.array(mask.shape) - box.shape + 1
    size = [fft.next_fast_len(length, real=True) for length in mask.shape]
    form = np.conj(fft.rfft2(box.astype(np.float64), size))
    places = []
    for heatmap in heatmaps:
        positive = np.maximum(np.asarray(heatmap, dtype=np.float64), 0)
        held = fft.irfft2(fft.rfft2(positive, size) * form, size)[: room[0], : room[1]]
        places.append(np.unravel_index(int(held.argmax()), held.shape))
    return np.array(places, dtype=np.int64)


def _corner(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Upper left corner of the bounding box of a mask."""
    return np.array([int(along.min()) for along in np.nonzero(mask)], dtype=np.int64)
