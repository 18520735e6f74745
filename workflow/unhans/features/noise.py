"""Noise: images with noise inside masks, and how much a network depends on what they cover.

Singla & Feizi 2022 put noise into spurious masks (core accuracy) and core masks (spurious accuracy).
Moayeri et al. 2022 compare both by the relative foreground sensitivity (RFS).
"""

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_seed
from unhans.errors import InputError
from unhans.types import Array

SIGMA = 0.25
"""Standard deviation of the noise in Salient ImageNet, for values from 0 to 1."""


def noisy(images: Array, masks: Array, sigma: float = SIGMA, seed: int = 0) -> NDArray[np.float32]:
    """Add noise where masks are: clip(x + sigma z m, 0, 1), z standard normal.

    Parameters
    ----------
    images : ndarray of float, shape (n, c, h, w)
        Values from 0 to 1, before they are normalised for the network.
    masks : ndarray of float, shape (n, h, w)
        From 0 to 1; one for all channels.
    sigma : float
        Standard deviation of the noise; not negative.
    seed : int
        Of the noise. An image's noise depends on its place among the n, and not on the others.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    Raises
    ------
    InputError
        Images and masks are not of the same number and size.

    References
    ----------
    Singla & Feizi 2022, section 5.
    """
    own, where = np.asarray(images), np.asarray(masks)
    if own.ndim != 4 or where.shape != (own.shape[0], *own.shape[2:]):
        raise InputError(
            f"images of shape {own.shape} with masks of shape {where.shape}; expected "
            "(n, channels, height, width) and (n, height, width)"
        )
    altered = np.empty(own.shape, dtype=np.float32)
    start = as_seed(seed)
    for place, (image, mask) in enumerate(zip(own, where, strict=True)):
        drawn = np.random.default_rng([start, place]).standard_normal(image.shape)
        altered[place] = np.clip(image + sigma * drawn * mask, 0, 1)
    return altered


def relative_sensitivity(background: float, foreground: float) -> float:
    """Compute the relative foreground sensitivity (RFS).

    Parameters
    ----------
    background, foreground : float
        Accuracy with noise in the background and in the foreground, from 0 to 1.

    Returns
    -------
    float
        ``(background - foreground) / (2 min(a, 1 - a))``, a the mean of both; from -1 to 1. NaN where a
        is 0 or 1: no difference is possible there.

    References
    ----------
    Moayeri et al. 2022, "A comprehensive study of image classification model sensitivity to foregrounds,
    backgrounds, and visual attributes".
    """
    mean = (background + foreground) / 2
    room = 2 * min(mean, 1 - mean)
    return (background - foreground) / room if room > 0 else float("nan")
