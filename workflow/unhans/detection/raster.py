"""Raster: relevance, brightness and details of images in the bins of a coarse square raster."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_array, as_maps, shown
from unhans.detection import repeated_details
from unhans.errors import InputError
from unhans.spray.preprocessing import sum_pool
from unhans.types import Array, Flags

POSITIVE = 0.01
"""Share of an image's absolute relevance that is positive where the image shows something of its class.
It is half and more in networks that tell their classes, also in images that they are wrong about."""


def coordinates(heatmaps: Array, bins: int) -> NDArray[np.float64]:
    """Square roots of the shares of positive relevance in the bins of a raster.

    The euclidean distance between two rows is the Hellinger distance of their shares, up to a factor.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images of a class.
    bins : int
        Bins along each side. At most as many as pixels are used.

    Returns
    -------
    ndarray of float64, shape (n, bins * bins)
        Rows of unit norm; a row of zeros for a heatmap without positive relevance.

    Raises
    ------
    InputError
        The heatmaps are not (n, h, w), or hold NaN or infinite values.

    """
    maps = as_maps(heatmaps)
    side = min(bins, *maps.shape[1:])
    mass = sum_pool(np.maximum(maps, 0), side).reshape(len(maps), -1).astype(np.float64)
    total = mass.sum(axis=1, keepdims=True)
    return np.sqrt(mass / np.where(total > 0, total, 1))


def with_positive(heatmaps: Array) -> Flags:
    """Find the heatmaps with positive relevance: the others show nothing that speaks for the class.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images of a class.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether at least `POSITIVE` of the absolute relevance is positive.

    Raises
    ------
    InputError
        See `coordinates`.

    """
    maps = as_maps(heatmaps)
    positive = np.maximum(maps, 0).sum(axis=(1, 2), dtype=np.float64)
    absolute = 2 * positive - maps.sum(axis=(1, 2), dtype=np.float64)
    return np.asarray((positive > 0) & (positive >= POSITIVE * absolute))


def _as_picture(given: Array, number: int) -> NDArray[np.uint8]:
    """Check that an image is a picture."""
    expected = "(h, w) or (h, w, 3) of uint8"
    image = as_array(given, f"image {number}", expected)
    if image.ndim not in (2, 3) or not image.size or image.shape[2:] not in ((), (1,), (3,)):
        raise InputError(f"image {number} has shape {image.shape}; expected {expected}")
    if image.dtype != np.uint8:
        raise InputError(f"image {number} is of type {image.dtype}; expected {expected}")
    return image


def contents_and_details(
    images: Iterable[Array], bins: int
) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
    """Brightness and details of images, each of which is read once.

    Parameters
    ----------
    images : iterable of ndarray of uint8, shape (h, w) or (h, w, 3)
        Images of a class. One at a time is held in memory.
    bins : int
        Bins along each side. At most as many as pixels are used.

    Returns
    -------
    contents : ndarray of float32, shape (n, c, bins, bins)
        Mean brightness in each bin, from 0 to 1, by colour channel.
    details : ndarray of float16, shape (n, h, w), or None
        See `repeated_details.details`. None if an image is too small for details in each bin.

    Raises
    ------
    InputError
        There are no images, or one is no picture.

    """
    if isinstance(images, str) or not isinstance(images, Iterable):
        raise InputError(f"images are {shown(images)}; expected a sequence of pictures")
    contents, details = [], []
    for number, given in enumerate(images):
        image = _as_picture(given, number)
        planes = np.moveaxis(np.atleast_3d(image), 2, 0).astype(np.float32) / np.float32(255)
        side = min(bins, *planes.shape[1:])
        contents.append(sum_pool(planes, side) * np.float32(side**2 / planes[0].size))
        if repeated_details.fits(image.shape, bins):
            details.append(repeated_details.details(image))
    if not contents:
        raise InputError("there are no images; expected at least one")
    for number, one in enumerate(contents):
        if one.shape != contents[0].shape:
            raise InputError(
                f"image {number} has {len(one)} channels in {one.shape[1]} x {one.shape[2]} bins, image "
                f"0 {len(contents[0])} in {contents[0].shape[1]} x {contents[0].shape[2]}; expected the "
                "same"
            )
    return np.stack(contents), np.stack(details) if len(details) == len(contents) else None
