"""Pixels: images as interventions take and leave them, and what several of these share."""

import zlib

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_array, require_finite
from unhans.errors import InputError
from unhans.types import Array

Images = NDArray[np.float32]
"""Images of shape (n, c, h, w), values from 0 to 1."""

LEAST_SIDE = 8
"""Pixels of the shortest side that can be changed in a graded way."""

USUAL_SIDE = 224
"""Side of an image for which lengths in pixels are given."""

SMALL_SIDE = 64
"""Lengths of smaller images are those of images of this side: else they would vanish."""


def as_display(images: Array) -> Images:
    """Check images, and convert them to values from 0 to 1.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        Integers from 0 to 255 (uint8), or floats from 0 to 1; c is 1 (grey), 3 (RGB) or 4 (RGB and
        opacity).

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    Raises
    ------
    InputError
        Shape, type or values are others.

    """
    found = as_array(images, "images", "(n, channels, height, width)")
    if found.ndim != 4 or found.shape[1] not in (1, 3, 4) or min(found.shape[2:]) < LEAST_SIDE:
        raise InputError(
            f"images have shape {found.shape}; expected (n, channels, height, width) of 1, 3 or 4 "
            f"channels and at least {LEAST_SIDE} pixels"
        )
    if found.dtype == np.uint8:
        return found.astype(np.float32) / np.float32(255)
    if found.dtype.kind != "f":
        raise InputError(f"images of type {found.dtype}; expected uint8, or floats from 0 to 1")
    require_finite(found)
    if found.size and not 0 <= found.min() <= found.max() <= 1:
        raise InputError(
            f"images have values from {found.min():.4g} to {found.max():.4g}; expected 0 to 1"
        )
    return found.astype(np.float32, copy=False)


def as_picture(image: Array) -> NDArray[np.uint8]:
    """Give an image as people see it, without its opacity.

    Parameters
    ----------
    image : ndarray of float, shape (c, h, w)
        Values from 0 to 1.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)

    """
    shades = np.rint(255 * image[:3]).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(shades, (3, *shades.shape[1:])).transpose(1, 2, 0))


def length(pixels: float, images: Images) -> float:
    """Scale a length to the size of images.

    Parameters
    ----------
    pixels : float
        Length in an image whose shorter side has `USUAL_SIDE` pixels.
    images : ndarray, shape (n, c, h, w)
        The images; those smaller than `SMALL_SIDE` count as being of that size.

    Returns
    -------
    float

    """
    return float(pixels * max(min(images.shape[2:]), SMALL_SIDE) / USUAL_SIDE)


def generators(images: Images) -> list[np.random.Generator]:
    """Make a random generator for each image, seeded by its content.

    What is drawn for an image then depends neither on the other images nor on their order.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        The images.

    Returns
    -------
    list of Generator

    """
    return [
        np.random.default_rng(zlib.crc32(np.ascontiguousarray(image).tobytes())) for image in images
    ]


def of_equal_size(patterns: Images, changes: Images) -> Images:
    """Scale patterns to the root mean square of changes, an image at a time.

    Parameters
    ----------
    patterns, changes : ndarray, shape (n, c, h, w)
        What is scaled, and what has the size wanted.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Zero where a pattern is zero.

    """
    own, wanted = (np.sqrt(np.square(part).mean(axis=(1, 2, 3))) for part in (patterns, changes))
    factor = np.divide(wanted, own, out=np.zeros_like(wanted), where=own > 0)
    return np.asarray(patterns * factor[:, None, None, None], dtype=np.float32)


def shuffled(images: Images, altered: Images) -> Images:
    """Change images by as much as an intervention does, with its pixels in random order.

    The change keeps its values and loses its shape: its spectrum is that of white noise.

    Parameters
    ----------
    images, altered : ndarray, shape (n, c, h, w)
        Before and after the intervention.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    changes = (altered - images).reshape(*images.shape[:2], -1)
    mixed = np.empty_like(changes)
    for place, random in enumerate(generators(images)):
        mixed[place] = changes[place][:, random.permutation(changes.shape[2])]
    return np.asarray(images + mixed.reshape(images.shape), dtype=np.float32)
