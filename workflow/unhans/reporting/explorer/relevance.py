"""Relevance: heatmaps small enough for a page, and where a selection of images has more than the rest."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.spray.preprocessing import sum_pool
from unhans.types import Array

BINS = 28
"""Bins along a side of the small heatmaps, the size of a digit."""

LEVELS = 127
"""Steps of relevance up to the largest of an image, on either side of zero."""

HOT = 0.5
"""A bin is hot from this fraction of the largest surplus on."""


class Small(NamedTuple):
    """Small heatmaps of a class.

    Parameters
    ----------
    values : ndarray of int8, shape (n, h, w)
        Of `LEVELS` steps; 0 is no relevance.
    largest : ndarray of float32, shape (n,)
        Relevance of a bin of `LEVELS` steps; 0 where an image has none.

    """

    values: NDArray[np.int8]
    largest: NDArray[np.float32]


def shrink(heatmaps: Array, bins: int = BINS) -> Small:
    """Pool heatmaps and round them to steps.

    Parameters
    ----------
    heatmaps : ndarray of float32, shape (n, h, w)
    bins : int
        Most bins along a side; smaller heatmaps are not pooled.

    Returns
    -------
    Small

    """
    pooled = heatmaps if max(heatmaps.shape[1:]) <= bins else sum_pool(heatmaps, bins)
    largest = np.abs(pooled).max(axis=(1, 2)).astype(np.float32)
    scale = np.where(largest > 0, largest, 1)[:, None, None]
    values = np.rint(pooled / scale * LEVELS).astype(np.int8)
    return Small(values, largest)


def shares(values: Array) -> NDArray[np.float64]:
    """Share of an image's positive relevance that each bin has.

    Parameters
    ----------
    values : ndarray of int8, shape (n, h, w)
        See `Small`.

    Returns
    -------
    ndarray of float64, shape (n, h, w)
        Sums to 1, or 0 where no relevance is positive.

    """
    positive = np.maximum(values, 0).astype(np.float64)
    total = positive.sum(axis=(1, 2), keepdims=True)
    found = np.zeros_like(positive)
    np.divide(positive, total, out=found, where=total > 0)
    return found


def hot(values: Array, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find where some images have more of their relevance than the others.

    Parameters
    ----------
    values : ndarray of int8, shape (n, h, w)
        See `Small`.
    members : ndarray of bool, shape (n,)
        The images. Without others, their own relevance counts.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Bins of at least `HOT` times the largest surplus; none without a surplus.

    """
    share = shares(values)
    surplus = share[members].mean(axis=0)
    if not members.all():
        surplus = surplus - share[~members].mean(axis=0)
    largest = surplus.max()
    if largest <= 0:
        return np.zeros(surplus.shape, dtype=bool)
    return np.asarray(surplus >= HOT * largest)


def by_heat(values: Array, members: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Sort some images by how much of their relevance lies where they have more than the others.

    Parameters
    ----------
    values : ndarray of int8, shape (n, h, w)
        See `Small`.
    members : ndarray of bool, shape (n,)
        The images.

    Returns
    -------
    ndarray of int, shape (m,)
        Their places among the n, the most first; ties in their order.

    """
    places = np.flatnonzero(members)
    within = shares(values[places])[:, hot(values, members)].sum(axis=1)
    return np.asarray(places[np.argsort(-within, kind="stable")], dtype=np.int64)
