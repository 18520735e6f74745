"""Detail: blur, sharpening, noise, JPEG, and the low or high frequencies alone."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

from unhans.images.changes.pixels import Images, generators, length, of_equal_size

SHARPENED = 1.5
"""Standard deviation, in pixels of an image of 224, of the detail that sharpening enhances."""

SMOOTH_NOISE = 4.0
"""Standard deviation, in pixels of an image of 224, by which noise is smoothed."""

ORDER = 4
"""Of the filter of frequencies: steep, and without the ringing of a sharp cut."""


def blurred(images: Images, pixels: float) -> Images:
    """Blur images by a Gaussian.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    pixels : float
        Standard deviation, in images of 224 pixels.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Edges are mirrored.

    """
    import cv2  # a quarter of a second that most jobs need not spend

    cv2.setNumThreads(1)
    sigma = length(pixels, images)
    side = 2 * int(np.ceil(4 * sigma)) + 1
    made = np.empty(images.shape, dtype=np.float32)
    for image, seen in zip(images, made, strict=True):
        for channel, changed in zip(image, seen, strict=True):
            given = np.ascontiguousarray(channel)
            cv2.GaussianBlur(given, (side, side), sigma, changed, sigma, cv2.BORDER_REFLECT)
    return made


def sharpened(images: Images, amount: float) -> Images:
    """Add the detail that a blur takes out (unsharp masking).

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    amount : float
        How many times it is added.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    return np.asarray(images + np.float32(amount) * (images - blurred(images, SHARPENED)))


def noisy(images: Images, sigma: float) -> Images:
    """Add white Gaussian noise.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images; the noise of each depends on its content alone.
    sigma : float
        Standard deviation; 1 is from black to white.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    return np.asarray(images + np.float32(sigma) * _noise(images))


def smoothly_noisy(images: Images, sigma: float) -> Images:
    """Add smooth noise of the size that `noisy` adds.

    Parameters
    ----------
    images, sigma : ndarray, float
        As `noisy` takes them.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    noise = _noise(images)
    return np.asarray(
        images + np.float32(sigma) * of_equal_size(blurred(noise, SMOOTH_NOISE), noise)
    )


def detailed(images: Images, sigma: float) -> Images:
    """Add the images' own fine detail, in the size of the noise that `noisy` adds.

    Parameters
    ----------
    images, sigma : ndarray, float
        As `noisy` takes them.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Not cut to 0 and 1.

    """
    fine = images - blurred(images, SHARPENED)
    return np.asarray(images + np.float32(sigma) * of_equal_size(fine, _noise(images)))


def compressed(images: Images, quality: float) -> Images:
    """Save images as JPEG and read them again.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        Grey images or RGB, values from 0 to 1.
    quality : float
        Of Pillow's JPEG, 1 to 95.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.stack([_through_jpeg(image, round(quality)) for image in images])


def low_frequencies(images: Images, cutoff: float) -> Images:
    """Keep what changes slowly from pixel to pixel (a Butterworth filter of order `ORDER`).

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    cutoff : float
        Frequency that is kept by half, as a share of half a cycle a pixel.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    gain = 1 / (1 + (_frequency(images) / cutoff) ** (2 * ORDER))
    spectrum = fft.rfft2(images) * gain.astype(np.float32)
    return np.asarray(fft.irfft2(spectrum, images.shape[2:]), dtype=np.float32)


def high_frequencies(images: Images, cutoff: float) -> Images:
    """Keep what changes fast from pixel to pixel, and the mean of each channel.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    cutoff : float
        As `low_frequencies` takes it, which takes out what that keeps.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    mean = images.mean(axis=(2, 3), keepdims=True)
    return np.asarray(images - low_frequencies(images, cutoff) + mean)


def _noise(images: Images) -> Images:
    shape = images.shape[1:]
    return np.stack([one.standard_normal(shape, np.float32) for one in generators(images)])


def _frequency(images: Images) -> NDArray[np.float64]:
    """Frequency of each term of the real Fourier transform, 1 for half a cycle a pixel."""
    height, width = images.shape[2:]
    return np.asarray(2 * np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None]))


def _through_jpeg(image: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    shades = np.rint(image * 255).astype(np.uint8)
    seen = Image.fromarray(shades[0] if len(shades) == 1 else shades.transpose(1, 2, 0))
    saved = io.BytesIO()
    seen.save(saved, "JPEG", quality=quality)
    with Image.open(saved) as opened:
        read = np.asarray(opened, dtype=np.float32) / np.float32(255)
    return read[None] if read.ndim == 2 else np.ascontiguousarray(read.transpose(2, 0, 1))
