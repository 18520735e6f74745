"""Soft masks: where in an image a neuron or component is active, and how masks are joined and compared.

With a final average pooling, a neuron of the penultimate layer is the mean of a channel of the last map.
The channel, divided by its maximum and brought to the size of the image, is the neuron's mask (Singla &
Feizi 2022).
"""

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array

Masks = NDArray[np.float32]


def activation_masks(maps: Array, size: tuple[int, int]) -> Masks:
    """Make soft masks of maps: divided by their maximum, interpolated bilinearly, not thresholded.

    Parameters
    ----------
    maps : ndarray of float, shape (n, k, l)
        A channel of the last map, or a weighted sum of channels. What is below zero counts as zero.
    size : (int, int)
        Height and width of the image.

    Returns
    -------
    ndarray of float32, shape (n, h, w)
        From 0 to 1; zeros where a map is not above zero anywhere.

    Raises
    ------
    InputError
        The maps have another number of dimensions, have no positions, or are not finite.

    References
    ----------
    Singla & Feizi 2022, section 3.2.
    """
    own = np.asarray(maps, dtype=np.float64)
    if own.ndim != 3 or not all(own.shape[1:]):
        raise InputError(f"maps of shape {own.shape}; expected (images, height, width)")
    if not np.isfinite(own).all():
        raise InputError("maps are NaN or infinite; expected finite numbers")
    own = np.maximum(own, 0)
    most = own.max(axis=(1, 2), initial=0, keepdims=True)
    own = own / np.where(most > 0, most, 1)
    down, across = (bilinear(old, new) for old, new in zip(own.shape[1:], size, strict=True))
    return np.asarray(down @ own @ across.T, dtype=np.float32)


def bilinear(old: int, new: int) -> NDArray[np.float64]:
    """Give the matrix that interpolates a line of values linearly, as PyTorch does.

    Centres of pixels lie at (i + 1/2) / length (``align_corners=False``); beyond the outermost centres
    the value of the outermost pixel is taken.

    Parameters
    ----------
    old, new : int
        Length of the line before and after.

    Returns
    -------
    ndarray of float64, shape (new, old)
        Rows sum to 1.
    """
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    low = np.minimum(place.astype(np.int64), max(old - 2, 0))
    part = place - low
    matrix = np.zeros((new, old))
    matrix[np.arange(new), low] = 1 - part
    matrix[np.arange(new), np.minimum(low + 1, old - 1)] += part
    return matrix


def joined(masks: Array) -> Masks:
    """Join the masks of several features of an image by their pixelwise maximum.

    Parameters
    ----------
    masks : ndarray of float, shape (f, n, h, w)
        Of f features of n images.

    Returns
    -------
    ndarray of float32, shape (n, h, w)
        Zeros where there is no feature.
    """
    own = np.asarray(masks, dtype=np.float32)
    return np.asarray(own.max(axis=0, initial=0))


def overlap(masks: Array, truth: Array, threshold: float = 0.5) -> NDArray[np.float64]:
    """Measure the intersection over union of soft masks with true ones.

    Parameters
    ----------
    masks : ndarray of float, shape (n, h, w)
        From 0 to 1. A pixel belongs to the mask from ``threshold`` on.
    truth : ndarray of bool, shape (n, h, w) or (h, w)
        Pixels of an artefact.
    threshold : float
        Above 0.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 where both are empty.
    """
    own, other = np.asarray(masks) >= threshold, np.asarray(truth, dtype=bool)
    both = (own & other).sum(axis=(1, 2))
    either = (own | other).sum(axis=(1, 2))
    return np.asarray(both / np.maximum(either, 1), dtype=np.float64)


def elsewhere(mask: Array) -> NDArray[np.float32]:
    """Move a mask to where it covers itself least: the control of the same area.

    Parameters
    ----------
    mask : ndarray of float, shape (h, w)
        From 0 to 1.

    Returns
    -------
    ndarray of float32, shape (h, w)
        The same values, shifted around the edges of the image. Of equally good shifts the first, row by
        row, is taken.
    """
    own = np.asarray(mask, dtype=np.float64)
    spectrum = np.fft.fft2(own)
    shared = np.fft.ifft2(spectrum * spectrum.conj()).real
    # Rounding makes equal overlaps differ: they are compared to nine digits of the greatest.
    least = np.round(shared / max(shared.max(), np.finfo(float).tiny), 9)
    down, across = np.unravel_index(int(least.argmin()), own.shape)
    return np.asarray(np.roll(own, (int(down), int(across)), axis=(0, 1)), dtype=np.float32)
