"""Colour: a cast, grey, brightness and contrast."""

import numpy as np
from numpy.typing import NDArray

from unhans.images.changes.pixels import Images, of_equal_size

HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")
"""Colours of a cast, each 60 degrees from the next."""

LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


def direction(hue: str) -> NDArray[np.float32]:
    """Find the direction of a hue among colours of equal mean.

    Parameters
    ----------
    hue : str
        One of `HUES`.

    Returns
    -------
    ndarray of float32, shape (3,)
        Change of red, green and blue: its mean is 0, its root mean square 1.

    """
    angle = 2 * np.pi * (HUES.index(hue) - 2 * np.arange(3)) / len(HUES)
    return np.asarray(np.sqrt(2) * np.cos(angle), dtype=np.float32)


def cast(images: Images, size: float, hue: str) -> Images:
    """Add a colour to all pixels.

    Parameters
    ----------
    images : ndarray of float32, shape (n, 3, h, w)
        The images.
    size : float
        Root mean square of the change over red, green and blue; 1 is from black to white.
    hue : str
        One of `HUES`. The opposite hue takes a cast out.

    Returns
    -------
    ndarray of float32, shape (n, 3, h, w)
        Not cut to 0 and 1.

    """
    return np.asarray(images + np.float32(size) * direction(hue)[:, None, None])


def grey(images: Images, share: float) -> Images:
    """Take colour out.

    Parameters
    ----------
    images : ndarray of float32, shape (n, 3, h, w)
        The images.
    share : float
        Of the colour; 1 leaves grey.

    Returns
    -------
    ndarray of float32, shape (n, 3, h, w)

    """
    shade = np.tensordot(images, LUMINANCE, ([1], [0]))[:, None]
    return np.asarray(images + np.float32(share) * (shade - images))


def colour_as_brightness(images: Images, share: float) -> Images:
    """Add the pattern of the colour that `grey` takes out to the brightness, and leave the colour.

    Parameters
    ----------
    images, share : ndarray, float
        As `grey` takes them.

    Returns
    -------
    ndarray of float32, shape (n, 3, h, w)
        Changed by as much as by `grey`, as a root mean square.

    """
    changes = grey(images, share) - images
    pattern = np.repeat(changes[:, :1] - changes[:, 2:], 3, axis=1)
    return images + of_equal_size(pattern, changes)


def brighter(images: Images, amount: float) -> Images:
    """Add to all values.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    amount : float
        1 is from black to white; below 0 images become darker.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    return np.asarray(images + np.float32(amount))


def contrasted(images: Images, change: float) -> Images:
    """Stretch the values of each channel about its mean, which stays: brightness and cast are kept.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    change : float
        Of the contrast: 0.5 for half as much again, -0.5 for half of it.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    mean = images.mean(axis=(2, 3), keepdims=True)
    return np.asarray(images + np.float32(change) * (images - mean))


def nearest_hue(difference: NDArray[np.floating]) -> str:
    """Name the hue of a difference of colours.

    Parameters
    ----------
    difference : ndarray of float, shape (3,)
        Of red, green and blue.

    Returns
    -------
    str
        One of `HUES`, the nearest.

    """
    near = [float(direction(hue) @ (difference - difference.mean())) for hue in HUES]
    return HUES[int(np.argmax(near))]
