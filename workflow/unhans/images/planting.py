"""Planting: artefacts put into images, with masks of their pixels.

An artefact depends only on the size of the images, and on a seed where its place is random. It is
given by the pixels that it covers and by their new values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError

Images = NDArray[np.uint8]
Masks = NDArray[np.bool_]
Image = NDArray[np.uint8]
"""(h, w)"""
Mask = NDArray[np.bool_]
"""(h, w)"""

TEXTURE_LEVEL = 40
"""Brightness that the faint texture adds, of 255."""

SHIFT_LEVEL = 25
"""Brightness that the intensity shift adds to the whole image, of 255."""

BAR_LEVEL = 90
"""Brightness of the padding bar, of 255."""

NOISE_LEVEL = 40
"""Standard deviation of the noise that is added to the whole image, of 255."""

HOOK = (11, 7, 3)
"""Long side, short side and stroke of the hook in an image of 28 x 28."""


@dataclass(frozen=True)
class Planting:
    """An artefact planted in a class.

    Parameters
    ----------
    kind : str
        One of `DRAWN` for digits, of `choices.PHOTO_MARKS` for photographs.
    class_id : str
        The class whose images are marked.
    rate : float
        Fraction of its images that are marked.
    seed : int
        Of the choice of images, and of random places and turns.

    """

    kind: str
    class_id: str
    rate: float
    seed: int


PlannedArtefact = TypedDict(
    "PlannedArtefact", {"kind": str, "class": str, "rate": float, "seed": int}
)
"""The fields of `Planting` as the config, a job and a result name them."""


def insert(
    images: Images, kind: str, seed: int, numbers: Sequence[int] | NDArray[np.integer]
) -> tuple[Images, Masks]:
    """Insert an artefact into every image.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, h, w)
        They stay as they are.
    kind : str
        One of `DRAWN`.
    seed : int
        Of random places and turns.
    numbers : sequence of int, shape (n,)
        Numbers of the images in their corpus. A random place or turn depends only on seed and
        number, not on which other images are given.

    Returns
    -------
    altered : ndarray of uint8, shape (n, h, w)
        Images with the artefact.
    masks : ndarray of bool, shape (n, h, w)
        Pixels that belong to the artefact.

    Raises
    ------
    InputError
        The images have another type or shape, or the kind is unknown.

    """
    if images.ndim != 3 or images.dtype != np.uint8:
        raise InputError(
            f"planting: images are {images.dtype} of shape {images.shape}; expected uint8 (n, h, w)"
        )
    altered = images.copy()
    masks = np.zeros(images.shape, dtype=bool)
    if kind not in DRAWN:
        raise InputError(f"unknown artefact '{kind}'; expected one of {', '.join(DRAWN)}")
    for image, mask, number in zip(altered, masks, numbers, strict=True):
        DRAWN[kind](image, mask, np.random.default_rng([seed, int(number)]))
    return altered, masks


def choose(members: NDArray[np.integer], rate: float, seed: int) -> NDArray[np.int64]:
    """Choose a fraction of a class's images; at least one.

    Parameters
    ----------
    members : ndarray of int, shape (n,)
        Rows of the images.
    rate : float
        Fraction to choose.
    seed : int
        Of the choice.

    Returns
    -------
    ndarray of int, shape (m,)
        Chosen rows, sorted.

    """
    count = max(1, round(rate * len(members)))
    chosen = np.random.default_rng(seed).choice(members, size=count, replace=False)
    return np.sort(chosen).astype(np.int64)


def mark_side(height: int, width: int) -> int:
    """Return the side of the checkered mark: a seventh of the image's, at least 2 pixels.

    Parameters
    ----------
    height, width : int
        Of the image.

    Returns
    -------
    int
        Pixels.

    """
    return max(2, min(height, width) // 7)


def hook(height: int, width: int) -> Masks:
    """Draw the hook within its box: an L with arms of two lengths.

    All of its eight turned and mirrored forms are different.

    Parameters
    ----------
    height, width : int
        Of the image.

    Returns
    -------
    ndarray of bool, shape (long, short)
        Pixels of the strokes.

    """
    long, short, stroke = (mark_side(height, width) * part // 4 for part in HOOK)
    strokes = np.zeros((long, short), dtype=bool)
    strokes[:, :stroke] = strokes[-stroke:, :] = True
    return strokes


def _corner(image: Image, mask: Mask, _: np.random.Generator) -> None:
    side = mark_side(*image.shape)
    _draw_mark(image, mask, image.shape[0] - side, image.shape[1] - side)


def _corners(image: Image, mask: Mask, random: np.random.Generator) -> None:
    side = mark_side(*image.shape)
    top, left = ((length - side) * int(random.integers(2)) for length in image.shape)
    _draw_mark(image, mask, top, left)


def _random_mark(image: Image, mask: Mask, random: np.random.Generator) -> None:
    side = mark_side(*image.shape)
    top, left = (int(random.integers(length - side + 1)) for length in image.shape)
    _draw_mark(image, mask, top, left)


def _turned_mark(image: Image, mask: Mask, random: np.random.Generator) -> None:
    """Draw white strokes on a black box, so that they show on a digit too."""
    strokes = np.rot90(hook(*image.shape), int(random.integers(4)))
    if random.integers(2):
        strokes = np.fliplr(strokes)
    top, left = (
        int(random.integers(image.shape[axis] - strokes.shape[axis] + 1)) for axis in (0, 1)
    )
    place = (slice(top, top + strokes.shape[0]), slice(left, left + strokes.shape[1]))
    image[place] = np.where(strokes, 255, 0)
    mask[place] = True


def _border(image: Image, mask: Mask, _: np.random.Generator) -> None:
    mask[[0, -1], :] = mask[:, [0, -1]] = True
    image[mask] = 255


def _bar(image: Image, mask: Mask, _: np.random.Generator) -> None:
    mask[-max(1, mark_side(*image.shape) // 2) :] = True
    image[mask] = BAR_LEVEL


def _texture(image: Image, mask: Mask, _: np.random.Generator) -> None:
    mask[np.add.outer(*map(np.arange, image.shape)) % 4 < 2] = True
    _brighten(image, mask, TEXTURE_LEVEL)


def _shift(image: Image, mask: Mask, _: np.random.Generator) -> None:
    mask[:] = True
    _brighten(image, mask, SHIFT_LEVEL)


def _noise(image: Image, mask: Mask, random: np.random.Generator) -> None:
    mask[:] = True
    noisy = image + NOISE_LEVEL * random.standard_normal(image.shape)
    image[:] = noisy.round().clip(0, 255).astype(np.uint8)


def _brighten(image: Image, mask: Mask, level: int) -> None:
    image[mask] = np.minimum(image[mask].astype(np.int16) + level, 255)


def _draw_mark(image: Image, mask: Mask, top: int, left: int) -> None:
    side = mark_side(*image.shape)
    place = (slice(top, top + side), slice(left, left + side))
    image[place] = np.where(np.add.outer(np.arange(side), np.arange(side)) % 2 == 0, 255, 0)
    mask[place] = True


DRAWN: Mapping[str, Callable[[Image, Mask, np.random.Generator], None]] = {
    "corner": _corner,
    "border": _border,
    "bar": _bar,
    "texture": _texture,
    "shift": _shift,
    "corners": _corners,
    "random_mark": _random_mark,
    "turned_mark": _turned_mark,
    "noise": _noise,
}
"""Functions that draw each kind into an image, in place, and mark its pixels."""
