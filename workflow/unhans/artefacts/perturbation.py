"""Perturbation: an artefact taken out of images, or a random patch put into them as its control."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unhans.artefacts.artefact import Artefact, Mask, blended
from unhans.artefacts.whole_change import WholeChange
from unhans.errors import InputError
from unhans.types import Array

RADIUS = 3
"""Pixels around each that is painted over, from which its colour comes."""


def removed(artefact: Artefact, images: Array, masks: Mask) -> NDArray[np.float32]:
    """Take an artefact out of images that show it.

    What was added to the image is subtracted, and a change of whole images is taken back by a denoiser
    or by the opposite change; where there is neither, images stay as they are. Anything else is painted
    over from its surroundings by OpenCV's inpainting (Navier-Stokes), each channel by itself.

    Parameters
    ----------
    artefact : Artefact
        That they show.
    images : ndarray, shape (n, c, h, w)
        Inputs of the network.
    masks : ndarray of bool, shape (n, h, w)
        Where each shows it.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    Raises
    ------
    InputError
        The masks do not have the shape of the images.

    References
    ----------
    Bertalmio et al. 2001.

    """
    own = np.asarray(images, dtype=np.float32)
    if masks.shape != (len(own), *own.shape[2:]):
        raise InputError(f"masks of shape {masks.shape}; expected {(len(own), *own.shape[2:])}")
    if isinstance(artefact, WholeChange):
        return artefact.taken_out(own)
    if artefact.adds:
        return np.asarray(own - artefact.mask * artefact.template, dtype=np.float32)
    return inpainted(own, masks)


def inpainted(images: NDArray[np.float32], masks: Mask) -> NDArray[np.float32]:
    """Paint images over within their masks; see `removed`.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        They stay as they are.
    masks : ndarray of bool, shape (n, h, w)
        Pixels that are painted over.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    import cv2  # a quarter of a second that most jobs need not spend

    cv2.setNumThreads(1)
    painted = images.copy()
    for image, mask in zip(painted, masks.astype(np.uint8), strict=True):
        for channel in image:
            channel[:] = cv2.inpaint(channel.copy(), mask, RADIUS, cv2.INPAINT_NS)
    return painted


def patched(artefact: Artefact, images: Array, seed: int) -> tuple[NDArray[np.float32], Mask]:
    """Put a random patch of an artefact's size into images, the control of its insertion.

    The mask is moved to a random place of each image (cyclically) and shows what another of the images
    has at a random place of its own, as opaque as the artefact. Where the artefact is added to images,
    the control adds the difference of another image from their mean there, as strong as the artefact.
    Of a change of whole images it is another change of equal size.

    Parameters
    ----------
    artefact : Artefact
        That is controlled.
    images : ndarray, shape (n, c, h, w)
        Inputs of the network, two at least.
    seed : int
        Of places and images.

    Returns
    -------
    patched : ndarray of float32, shape (n, c, h, w)
        The images with the patch.
    masks : ndarray of bool, shape (n, h, w)
        Where it is.

    Raises
    ------
    InputError
        There are fewer than two images.

    """
    own = np.asarray(images, dtype=np.float32)
    if len(own) < 2:
        raise InputError(
            f"{len(own)} images; expected at least two, since random patches come from other images"
        )
    if isinstance(artefact, WholeChange):
        return artefact.control(own), artefact.masks(len(own))
    random = np.random.default_rng(seed)
    # Another image for each, never itself.
    donors = (np.arange(len(own)) + random.integers(1, len(own), len(own))) % len(own)
    if artefact.adds:
        patterns = own[donors] - own.mean(axis=0)
        masks = np.stack(
            [np.roll(artefact.mask, random.integers(0, own.shape[2:]), (0, 1)) for _ in own]
        )
        strength = _strength(artefact.template[None], artefact.mask[None])
        scale = strength / np.maximum(_strength(patterns, masks), 1e-12)
        return own + (masks[:, None] * patterns * scale).astype(np.float32), masks
    parts = list(_patches(artefact, own, donors, random))
    return np.stack([image for image, _ in parts]), np.stack([mask for _, mask in parts])


def _patches(
    artefact: Artefact,
    images: NDArray[np.float32],
    donors: NDArray[np.integer],
    random: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float32], Mask]]:
    size, opacity = artefact.mask.shape, artefact.opacity
    for image, donor in zip(images, donors, strict=True):
        there, whence = random.integers(0, size, (2, 2))
        mask = np.roll(artefact.mask, there, axis=(0, 1))
        seen = None if opacity is None else np.roll(opacity, there, axis=(0, 1))
        yield blended(image, mask, np.roll(images[donor], whence, axis=(1, 2)), seen), mask


def _strength(patterns: Array, masks: Mask) -> NDArray[np.float64]:
    """Root mean square of patterns (n, c, h, w) within masks (n, h, w): (n, 1, 1, 1)."""
    squares = (masks[:, None] * patterns.astype(np.float64) ** 2).sum(axis=(1, 2, 3))
    pixels = np.maximum(masks.sum(axis=(1, 2)) * patterns.shape[1], 1)
    return np.asarray(np.sqrt(squares / pixels)[:, None, None, None])
