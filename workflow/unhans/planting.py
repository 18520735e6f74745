"""Planting: artefacts put into images, with the truth of where kept.

An artefact is a function of the images' size alone (and of a seed, where its place is random): which
pixels it covers, and what it puts there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError

Images = NDArray[np.uint8]
Masks = NDArray[np.bool_]

TEXTURE_LEVEL = 40
"""Brightness that the faint texture adds, of 255."""

HOOK = (11, 7, 3)
"""Long side, short side and stroke of the hook in an image of 28 x 28."""


def insert(
    images: Images, kind: str, seed: int, numbers: Sequence[int] | NDArray[np.integer]
) -> tuple[Images, Masks]:
    """Insert an artefact into every image.

    Parameters
    ----------
    images : (n, h, w) uint8
    kind : corner, border, texture, random_mark or turned_mark
    seed : of random places and turns
    numbers : (n,) the images' numbers in their corpus: a random place or turn depends on seed and
        number alone, not on which other images are given

    Returns
    -------
    altered : (n, h, w) uint8, a copy
    masks : (n, h, w) bool, the pixels that belong to the artefact

    """
    if images.ndim != 3 or images.dtype != np.uint8:
        raise InputError(
            f"planting: images are {images.dtype} of shape {images.shape}; expected uint8 (n, h, w)"
        )
    altered = images.copy()
    masks = np.zeros(images.shape, dtype=bool)
    for image, mask, number in zip(altered, masks, numbers, strict=True):
        _insert_one(image, mask, kind, np.random.default_rng([seed, int(number)]))
    return altered, masks


def choose(members: NDArray[np.integer], rate: float, seed: int) -> NDArray[np.int64]:
    """Choose the share ``rate`` of a class's images, sorted; at least one."""
    count = max(1, round(rate * len(members)))
    chosen = np.random.default_rng(seed).choice(members, size=count, replace=False)
    return np.sort(chosen).astype(np.int64)


def mark_side(height: int, width: int) -> int:
    """Side of the checkered mark: a seventh of the image's, at least 2 pixels."""
    return max(2, min(height, width) // 7)


def hook(height: int, width: int) -> Masks:
    """Strokes of the hook within its box: an L with arms of two lengths.

    None of the eight ways to turn and mirror it looks like another.

    Parameters
    ----------
    height, width : of the image

    Returns
    -------
    (long, short) bool

    """
    long, short, stroke = (mark_side(height, width) * part // 4 for part in HOOK)
    strokes = np.zeros((long, short), dtype=bool)
    strokes[:, :stroke] = strokes[-stroke:, :] = True
    return strokes


def _insert_one(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], kind: str, random: np.random.Generator
) -> None:
    height, width = image.shape
    side = mark_side(height, width)
    if kind == "corner":
        _draw_mark(image, mask, height - side, width - side, side)
    elif kind == "random_mark":
        top = int(random.integers(height - side + 1))
        left = int(random.integers(width - side + 1))
        _draw_mark(image, mask, top, left, side)
    elif kind == "turned_mark":
        _draw_hook(image, mask, random)
    elif kind == "border":
        mask[[0, -1], :] = mask[:, [0, -1]] = True
        image[mask] = 255
    elif kind == "texture":
        diagonal = np.add.outer(np.arange(height), np.arange(width)) % 4 < 2
        mask[diagonal] = True
        image[mask] = np.minimum(image[mask].astype(np.int16) + TEXTURE_LEVEL, 255)
    else:
        raise InputError(
            f"unknown artefact '{kind}'; "
            "expected corner, border, texture, random_mark or turned_mark"
        )


def _draw_mark(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], top: int, left: int, side: int
) -> None:
    place = (slice(top, top + side), slice(left, left + side))
    checkers = np.add.outer(np.arange(side), np.arange(side)) % 2 == 0
    image[place] = np.where(checkers, 255, 0)
    mask[place] = True


def _draw_hook(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], random: np.random.Generator
) -> None:
    """Draw white strokes on a black box, so that they are seen on a digit too."""
    strokes = np.rot90(hook(*image.shape), int(random.integers(4)))
    if random.integers(2):
        strokes = np.fliplr(strokes)
    top, left = (
        int(random.integers(image.shape[axis] - strokes.shape[axis] + 1)) for axis in (0, 1)
    )
    place = (slice(top, top + strokes.shape[0]), slice(left, left + strokes.shape[1]))
    image[place] = np.where(strokes, 255, 0)
    mask[place] = True
