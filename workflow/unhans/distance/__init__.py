"""Distances between the heatmaps of one class: one metric a module.

A metric is a module of this package with ``pairwise(heatmaps, **options) -> (n, n) float32``. It is
imported by name when it is asked for, so that a metric's own dependencies cost only those who use it.
"""

from importlib import import_module
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.types import Array, Distances, MetricName

METRICS: tuple[str, ...] = get_args(MetricName)


def pairwise(heatmaps: Array, metric: str, **options: Any) -> Distances:
    """Distances between all pairs of heatmaps.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    metric : one of `METRICS`
    options : passed on to the metric

    Returns
    -------
    (n, n) float32, symmetric, zero diagonal, not negative

    Raises
    ------
    InputError
        The metric is unknown, or the heatmaps have the wrong shape or hold NaN or infinite values.

    """
    if metric not in METRICS:
        raise InputError(f"unknown metric '{metric}'; expected one of {', '.join(METRICS)}")
    maps = as_maps(heatmaps)
    distances: Distances = import_module(f"unhans.distance.{metric}").pairwise(maps, **options)
    return distances


def neighbours(
    heatmaps: Array, metric: str, k: int, **options: Any
) -> tuple[NDArray[np.int64], Distances]:
    """Find the ``k`` nearest other heatmaps of each, nearest first; ties go to the lower index.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    metric : one of `METRICS`
    k : neighbours a heatmap, from 1 to n - 1
    options : passed on to the metric

    Returns
    -------
    indices : (n, k) int64
    distances : (n, k) float32

    """
    distances = pairwise(heatmaps, metric, **options)
    indices = nearest(distances, k)
    return indices, np.take_along_axis(distances, indices, axis=1)


def require_distinct(distances: Array) -> None:
    """Refuse a class whose maps are all alike: its clusters would be made of ties.

    Raises
    ------
    InputError

    """
    if len(distances) > 1 and not np.any(distances):
        raise InputError(
            f"all {len(distances)} maps are equal; expected at least two distinct ones"
        )


def nearest(distances: Array, k: int) -> NDArray[np.int64]:
    """Find the ``k`` nearest others in a matrix of distances, nearest first, ties to the lower index.

    Parameters
    ----------
    distances : (n, n) array; the diagonal is not read
    k : from 1 to n - 1

    Returns
    -------
    (n, k) int64

    """
    n = len(distances)
    if not 1 <= k < n:
        raise InputError(f"{k} nearest neighbours need at least {k + 1} images; there are {n}")
    others = np.array(distances, dtype=np.result_type(distances, np.float32))
    np.fill_diagonal(others, np.inf)
    # The k-th smallest value bounds the set in linear time; ties at the bound fill up by index.
    bound = np.partition(others, k - 1, axis=1)[:, k - 1 : k]
    closer = others < bound
    ties = others == bound
    np.fill_diagonal(ties, False)  # where even the k-th distance is infinite
    room = k - closer.sum(axis=1, keepdims=True)
    chosen = closer | (ties & (np.cumsum(ties, axis=1, dtype=np.int32) <= room))
    indices = np.nonzero(chosen)[1].reshape(n, k)
    order = np.argsort(np.take_along_axis(others, indices, axis=1), axis=1, kind="stable")
    return np.take_along_axis(indices, order, axis=1)
