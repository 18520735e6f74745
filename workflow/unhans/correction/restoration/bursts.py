"""Bursts: synthetic bursts of noisy or compressed frames, made from clean images.

Frames are shifted against the first one, most by a pixel or two and a few by more, and get noise of
standard deviation sqrt(read^2 + shot x) at a pixel of value x, with a read and a shot noise drawn for
each burst (Mildenhall et al. 2018, arXiv:1712.02327; Marinc et al. 2019, arXiv:1902.05392). Here values
are cut to 0 and 1, as in files of images. A share of the bursts is compressed by JPEG instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.changes.catalogue import Step, changed
from unhans.types import Array

Images = NDArray[np.float32]

READ = (-3.0, -1.5)
"""Decimal logarithms between which the read noise of a burst is drawn."""

SHOT = (-4.0, -2.0)
"""Decimal logarithms between which the shot noise of a burst is drawn."""

QUALITY = (5, 50)
"""JPEG qualities between which that of a compressed burst is drawn."""


class Noise(NamedTuple):
    """Noise of a camera: its standard deviation at a pixel of value x is sqrt(read^2 + shot x).

    Parameters
    ----------
    read : float
        Standard deviation in the dark; 1 is from black to white.
    shot : float
        What the variance grows by, for each unit of the pixel's value.

    """

    read: float
    shot: float

    def deviation(self, images: Array) -> Images:
        """Compute the standard deviation of each pixel.

        Parameters
        ----------
        images : ndarray
            Values from 0 to 1; noisy ones below 0 count as 0.

        Returns
        -------
        ndarray of float32

        """
        return np.sqrt(self.read**2 + self.shot * np.maximum(images, 0)).astype(np.float32)


GAINS: Mapping[int, Noise] = {
    1: Noise(10**-2.2, 10**-2.6),
    2: Noise(10**-1.8, 10**-2.2),
    4: Noise(10**-1.4, 10**-1.8),
    8: Noise(10**-1.1, 10**-1.5),
}
"""Noise of the four gains at which denoisers are compared. Gains 4 and 8 are noisier than any burst of
training."""


@dataclass(frozen=True)
class Making:
    """How bursts are made.

    Parameters
    ----------
    frames : int
        Of a burst.
    patch : int
        Side of the frames, in pixels; of smaller images, their own side.
    shift : int
        Pixels by which most frames are shifted at most, in each direction.
    far_shift : int
        The same of a few frames. No shift is larger than a quarter of the frame's side.
    far_share : float
        Probability that a frame, other than the first, is one of these few.
    compressed : float
        Share of bursts that are compressed instead of noisy.

    """

    frames: int = 1
    patch: int = 64
    shift: int = 2
    far_shift: int = 16
    far_share: float = 0.2
    compressed: float = 0.0


class Bursts(NamedTuple):
    """Bursts and the images that they are of.

    Parameters
    ----------
    frames : ndarray of float32, shape (b, n, c, h, w)
        Values from 0 to 1.
    truth : ndarray of float32, shape (b, c, h, w)
        The first frame of each without noise.
    deviation : ndarray of float32, shape (b, c, h, w)
        Standard deviation of the first frame's noise, estimated from the frame; 0 of compressed ones.

    """

    frames: Images
    truth: Images
    deviation: Images


def draw_noise(random: np.random.Generator) -> Noise:
    """Draw read and shot noise, each uniform in its logarithm.

    Parameters
    ----------
    random : Generator
        Of the draw.

    Returns
    -------
    Noise

    """
    return Noise(10 ** random.uniform(*READ), 10 ** random.uniform(*SHOT))


def make(
    images: Array, making: Making, seed: int | tuple[int, ...], noise: Noise | None = None
) -> Bursts:
    """Make a burst of each image.

    Parameters
    ----------
    images : ndarray of uint8, shape (b, c, h, w)
        Clean images.
    making : Making
        Frames, shifts and kinds of damage.
    seed : int or tuple of int
        Of all that is random.
    noise : Noise, optional
        Of all bursts; without it each burst draws its own, or is compressed.

    Returns
    -------
    Bursts

    Raises
    ------
    InputError
        The images are of another type or shape.

    """
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[1] not in (1, 3):
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}; expected uint8 (n, 1 or 3, h, w)"
        )
    random = np.random.default_rng(seed)
    parts = [_burst(image, making, random, noise) for image in images]
    if not parts:
        raise InputError("no image to make a burst of; expected one at least")
    return Bursts(*(np.stack(part) for part in zip(*parts, strict=True)))


def _burst(
    image: NDArray[np.uint8], making: Making, random: np.random.Generator, noise: Noise | None
) -> tuple[Images, Images, Images]:
    clean = shifted(image, making, random)
    if noise is None and random.random() < making.compressed:
        quality = int(random.integers(QUALITY[0], QUALITY[1] + 1))
        return changed(clean, Step("jpeg", quality)), clean[0], np.zeros_like(clean[0])
    own = draw_noise(random) if noise is None else noise
    drawn = random.standard_normal(clean.shape, np.float32)
    noisy = np.clip(clean + own.deviation(clean) * drawn, 0, 1)
    return noisy, clean[0], own.deviation(noisy[0])


def shifted(image: Array, making: Making, random: np.random.Generator) -> Images:
    """Cut the same patch out of an image several times, shifted against the first one.

    Parameters
    ----------
    image : ndarray of uint8, shape (c, h, w)
        It goes on beyond its border as its mirror image.
    making : Making
        Frames and shifts.
    random : Generator
        Of the patch's place and of the shifts.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Values from 0 to 1.

    """
    sides = [min(making.patch, length) for length in image.shape[1:]]
    most = min(making.far_shift, min(sides) // 4)
    near = min(making.shift, most)
    padded = np.pad(image, ((0, 0), (most, most), (most, most)), mode="symmetric")
    place = [
        int(random.integers(length - side + 1))
        for length, side in zip(image.shape[1:], sides, strict=True)
    ]
    found = []
    for number in range(making.frames):
        reach = most if random.random() < making.far_share else near
        steps = random.integers(-reach, reach + 1, 2) if number else (0, 0)
        top, left = (at + most + int(step) for at, step in zip(place, steps, strict=True))
        found.append(padded[:, top : top + sides[0], left : left + sides[1]])
    return np.stack(found).astype(np.float32) / np.float32(255)
