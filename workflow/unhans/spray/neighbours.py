"""Neighbours: the nearest other heatmaps of each, by a metric."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.spray.metrics import require_options
from unhans.spray.nearest import nearest, require_others
from unhans.spray.pairwise import distances_of
from unhans.types import Array


def neighbours(
    heatmaps: Array,
    metric: str = "euclidean",
    k: int = 10,
    *,
    n_candidates: int | None = None,
    **options: Any,
) -> tuple[NDArray[np.int64], Array]:
    """Find the ``k`` nearest other heatmaps of each, nearest first.

    Ties go to the lower index. A metric that works pair by pair solves the 2 k nearest candidates of
    each heatmap, at least 20, of which the nearest k count; ``n_candidates`` asks for another number.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    metric : str
        See `pairwise`.
    k : int
        Neighbours of each heatmap, from 1 to n - 1.
    n_candidates : int, optional
        Nearest candidates of each heatmap that are solved, k at least. Only metrics that have this
        option take it.
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
        As `pairwise`, or k is not from 1 to n - 1, or n_candidates is below k.

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
    k = require_others(k, len(maps))
    if n_candidates is not None:
        options["n_candidates"] = n_candidates
    require_options(metric, options, ("k",))
    n_candidates = candidates_for(k, options.pop("n_candidates", None))
    distances = distances_of(maps, metric, n_candidates, **options)
    indices = nearest(distances, k)
    rows = np.repeat(np.arange(len(maps)), k)
    return indices, np.asarray(distances[rows, indices.ravel()]).reshape(-1, k)


def candidates_for(k: int, asked: int | None, name: str = "k") -> int:
    """Choose how many candidates of each heatmap a metric solves that works pair by pair.

    Parameters
    ----------
    k : int
        Neighbours of each heatmap.
    asked : int or None
        Number that a caller asks for; None: 2 k, at least 20.
    name : str
        Of the argument k.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Fewer than k are asked for.
    """
    if asked is None:
        return max(20, 2 * k)
    if asked < k:
        raise InputError(f"n_candidates is {asked}; expected at least {name} = {k}")
    return asked
