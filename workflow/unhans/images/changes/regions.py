"""Regions: parts of images that are replaced, and as many pixels elsewhere as their control."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.changes.detail import blurred
from unhans.images.changes.pixels import Images

Region = NDArray[np.bool_]
Marker = Callable[[tuple[int, int], float], Region]
"""Marks a region of images of a height and width, of a strength."""

Fill = Literal["mean", "black", "white"]

KEPT = 0.3
"""Share of an image that counts as its relevant region."""

SMOOTH = 8.0
"""Standard deviation in pixels by which relevance is smoothed before its region is cut."""


@lru_cache(maxsize=64)
def rim(size: tuple[int, int], width: float) -> Region:
    """Mark the outermost pixels.

    Parameters
    ----------
    size : tuple of int
        Height and width.
    width : float
        Share of the shorter side.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    return _depth(size) < max(1, round(width * min(size)))


@lru_cache(maxsize=64)
def ring(size: tuple[int, int], width: float) -> Region:
    """Mark as many pixels as `rim` does, halfway between rim and middle.

    Parameters
    ----------
    size, width : tuple of int, float
        As `rim` takes them.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    depth = _depth(size)
    return _least(np.abs(depth - depth.max() / 2), int(rim(size, width).sum()))


@lru_cache(maxsize=64)
def corners(size: tuple[int, int], share: float) -> Region:
    """Mark the pixels farthest from the middle, as a lens leaves them dark.

    Parameters
    ----------
    size : tuple of int
        Height and width.
    share : float
        Of the pixels.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    down, right = _places(size)
    return _least(-np.hypot(down, right), round(share * down.size))


@lru_cache(maxsize=64)
def edges(size: tuple[int, int], share: float) -> Region:
    """Mark as many pixels as `corners` does, around the middle of each edge.

    Parameters
    ----------
    size, share : tuple of int, float
        As `corners` takes them.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    down, right = _places(size)
    distances = [np.hypot(down - y, right - x) for y, x in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    return _least(np.min(distances, axis=0), round(share * down.size))


@lru_cache(maxsize=64)
def surround(size: tuple[int, int], share: float) -> Region:
    """Mark all but the middle.

    Parameters
    ----------
    size : tuple of int
        Height and width.
    share : float
        Of the pixels that are marked, to whole layers of them.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    depth = _depth(size)
    marked = np.cumsum(np.bincount(depth.ravel()))
    return np.asarray(depth <= np.abs(marked - share * depth.size).argmin())


@lru_cache(maxsize=64)
def middle(size: tuple[int, int], share: float) -> Region:
    """Mark as many pixels as `surround` does, those of the middle.

    Parameters
    ----------
    size, share : tuple of int, float
        As `surround` takes them.

    Returns
    -------
    ndarray of bool, shape (h, w)

    """
    return _least(-_depth(size).astype(float), int(surround(size, share).sum()))


def replaced(
    images: Images,
    strength: float,
    region: Marker,
    fill: Fill,
) -> Images:
    """Replace a region of images by one colour.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    strength : float
        Size of the region.
    region : callable
        One of those of this module.
    fill : {"mean", "black", "white"}
        The colour; ``mean`` is that of each image.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    mask = region((images.shape[2], images.shape[3]), strength)
    colours = {"black": np.float32(0), "white": np.float32(1)}
    put = images.mean(axis=(2, 3), keepdims=True) if fill == "mean" else colours[fill]
    return np.where(mask, put, images).astype(np.float32)


def ring_flipped(images: Images, width: float) -> Images:
    """Exchange left and right in the ring halfway to the middle.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    width : float
        As `ring` takes it.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.where(ring((images.shape[2], images.shape[3]), width), images[..., ::-1], images)


def exchanged(
    images: Images,
    strength: float,
    donors: Images,
    region: Marker,
) -> Images:
    """Put a region of other images into images.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    strength : float
        Size of the region.
    donors : ndarray of float32, shape (n, c, h, w)
        Another image for each.
    region : callable
        One of those of this module.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.where(region((images.shape[2], images.shape[3]), strength), donors, images)


def relevant(relevance: NDArray[np.floating]) -> Region:
    """Find the region of each image that relevance is greatest in.

    Parameters
    ----------
    relevance : ndarray of float, shape (n, h, w)
        Heatmaps.

    Returns
    -------
    ndarray of bool, shape (n, h, w)
        The share `KEPT` of the pixels of each, where the smoothed absolute relevance is greatest; all
        pixels of a heatmap without relevance.

    Raises
    ------
    InputError
        The heatmaps have another shape, or values that are not finite.

    """
    if relevance.ndim != 3 or not np.isfinite(relevance).all():
        raise InputError(
            f"heatmaps have shape {relevance.shape}; expected (n, height, width), finite values"
        )
    smooth = blurred(np.abs(relevance[:, None]).astype(np.float32), SMOOTH)[:, 0]
    count = round(KEPT * smooth[0].size)
    # Of a map without relevance no place is more relevant than another: nothing is changed.
    return np.stack([_least(-one, count if one.any() else one.size) for one in smooth])


def background_blurred(images: Images, pixels: float, relevance: NDArray[np.floating]) -> Images:
    """Blur images outside of the region that is relevant.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    pixels : float
        Standard deviation, in images of 224 pixels.
    relevance : ndarray of float, shape (n, h, w)
        Heatmap of each image.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.where(relevant(relevance)[:, None], images, blurred(images, pixels))


def elsewhere_blurred(images: Images, pixels: float, relevance: NDArray[np.floating]) -> Images:
    """Blur as many pixels as `background_blurred` does: all outside of such a region elsewhere.

    Parameters
    ----------
    images, pixels, relevance : ndarray, float, ndarray
        As `background_blurred` takes them.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    height, width = images.shape[2:]
    moved = np.roll(relevant(relevance), (height // 2, width // 2), axis=(1, 2))
    return np.where(moved[:, None], images, blurred(images, pixels))


def _depth(size: tuple[int, int]) -> NDArray[np.int64]:
    """Pixels between each pixel and the nearest edge."""
    down, right = (np.minimum(np.arange(side), np.arange(side)[::-1]) for side in size)
    return np.minimum(down[:, None], right[None])


def _places(size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place of each pixel, from -1 to 1 between opposite edges."""
    down, right = ((2 * np.arange(side) + 1) / side - 1 for side in size)
    y, x = np.meshgrid(down, right, indexing="ij")
    return y, x


def _least(values: NDArray[np.floating], count: int) -> Region:
    """Mark so many least values; of equal ones the first."""
    marked = np.zeros(values.size, dtype=bool)
    marked[np.argsort(values, axis=None, kind="stable")[:count]] = True
    return marked.reshape(values.shape)
