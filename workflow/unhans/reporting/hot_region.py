"""Hot region: where some images of a class have more relevance than the rest, and which show it most.

Relevance is compared as shares: of each image, the part of its positive relevance that lies in each bin.
The hot region of some images is where their mean share exceeds that of the other images of the class by
at least `HOT` times the most. Images are sorted by the share of their relevance within it.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.spray.preprocessing import sum_pool
from unhans.types import Array

BINS = 28
"""Bins along a side, the size of a digit."""

HOT = 0.5
"""A bin is hot from this fraction of the largest surplus on."""

Shares = NDArray[np.float64]


def pool(heatmaps: Array, bins: int = BINS) -> Array:
    """Sum heatmaps over bins.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance.
    bins : int
        Most bins along a side; smaller heatmaps are not pooled.

    Returns
    -------
    ndarray of float, shape (n, h', w')

    """
    height, width = heatmaps.shape[1:]
    return heatmaps if max(height, width) <= bins else sum_pool(heatmaps, min(bins, height, width))


def shares(values: Array) -> Shares:
    """Share of an image's positive relevance that each bin has.

    Parameters
    ----------
    values : ndarray, shape (n, h, w)
        Relevance by bins; any unit.

    Returns
    -------
    ndarray of float64, shape (n, h, w)
        Each image sums to 1, or 0 where none of its relevance is positive.

    """
    positive = np.maximum(values, 0).astype(np.float64)
    total = positive.sum(axis=(1, 2), keepdims=True)
    found = np.zeros_like(positive)
    np.divide(positive, total, out=found, where=total > 0)
    return found


def hot(share: Shares, members: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find where some images have more of their relevance than the others.

    Parameters
    ----------
    share : ndarray of float64, shape (n, h, w)
        From `shares`.
    members : ndarray of bool, shape (n,)
        The images, at least one. Without others, their own relevance counts.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Bins of at least `HOT` times the largest surplus; none without a surplus.

    """
    surplus = share[members].mean(axis=0)
    if not members.all():
        surplus = surplus - share[~members].mean(axis=0)
    largest = surplus.max()
    if largest <= 0:
        return np.zeros(surplus.shape, dtype=bool)
    return np.asarray(surplus >= HOT * largest)


def within(share: Shares, members: NDArray[np.bool_]) -> Shares:
    """Measure how much of the relevance of some images lies in their hot region.

    Parameters
    ----------
    share : ndarray of float64, shape (n, h, w)
        From `shares`.
    members : ndarray of bool, shape (n,)
        The images.

    Returns
    -------
    ndarray of float64, shape (m,)
        Of each of them, from 0 to 1.

    """
    return np.asarray(share[members][:, hot(share, members)].sum(axis=1))


def by_heat(share: Shares, members: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Sort some images by how much of their relevance lies where they have more than the others.

    Parameters
    ----------
    share : ndarray of float64, shape (n, h, w)
        From `shares`.
    members : ndarray of bool, shape (n,)
        The images.

    Returns
    -------
    ndarray of int, shape (m,)
        Their places among the n, the most first; ties in their order.

    """
    order = np.argsort(-within(share, members), kind="stable")
    return np.asarray(np.flatnonzero(members)[order], dtype=np.int64)


def samples(share: Shares, members: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Choose the images of a group that a figure shows.

    The first half are those with most of their relevance in the hot region, which show what the group
    has in common. The others are spread evenly over the rest of that order, the last with next to least:
    they show how pure the group is.

    Parameters
    ----------
    share : ndarray of float64, shape (n, h, w)
        From `shares`.
    members : ndarray of int, shape (m,)
        Places of the group's images among the n.
    count : int
        Images to choose at most.

    Returns
    -------
    ndarray of int, shape (min(m, count),)
        Places among the n, by falling relevance in the hot region.

    """
    flags = np.zeros(len(share), dtype=bool)
    flags[members] = True
    if not flags.any():
        return np.zeros(0, dtype=np.int64)
    order = by_heat(share, flags)
    clear = (min(count, len(order)) + 1) // 2
    return np.concatenate([order[:clear], spread(order[clear:], count - clear)])


def spread(members: Array, count: int) -> NDArray[np.int64]:
    """Choose at most ``count`` members, evenly spread over their order.

    Parameters
    ----------
    members : ndarray of int, shape (m,)
        In some order.
    count : int
        At most so many are chosen.

    Returns
    -------
    ndarray of int, shape (min(m, count),)

    """
    count = max(0, min(count, len(members)))
    places = (np.arange(count) + 0.5) * len(members) / max(count, 1)
    return np.asarray(members, dtype=np.int64)[places.astype(np.int64)]
