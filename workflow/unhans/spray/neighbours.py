"""Neighbours: the nearest other heatmaps of each, by a metric."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.spray.nearest import nearest, require_others
from unhans.spray.pairwise import distances_of
from unhans.types import Array


def neighbours(
    heatmaps: Array, metric: str = "euclidean", k: int = 10, **options: Any
) -> tuple[NDArray[np.int64], Array]:
    """Find the ``k`` nearest other heatmaps of each, nearest first.

    Ties go to the lower index. A metric that works pair by pair solves the 2 k nearest candidates of
    each heatmap, at least 20, of which the nearest k count.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    metric : str
        See `pairwise`.
    k : int
        Neighbours of each heatmap, from 1 to n - 1.
    **options
        Options of the metric; see `pairwise`.

    Returns
    -------
    indices : ndarray of int64, shape (n, k)
        The neighbours of each heatmap. It is not its own neighbour.
    distances : ndarray, shape (n, k)
        float32, or float64 where a metric works pair by pair.

    Raises
    ------
    InputError
        As `pairwise`, or k is not from 1 to n - 1.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> maps = np.array([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 5.0]]])
    >>> indices, distances = uh.neighbours(maps, "euclidean", 1)
    >>> indices.ravel().tolist(), distances.ravel().tolist()
    ([1, 0, 1], [1.0, 1.0, 4.0])
    """
    maps = as_maps(heatmaps)
    require_others(k, len(maps))
    distances = distances_of(maps, metric, max(20, 2 * k), **options)
    indices = nearest(distances, k)
    rows = np.repeat(np.arange(len(maps)), k)
    return indices, np.asarray(distances[rows, indices.ravel()]).reshape(-1, k)
