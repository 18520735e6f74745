"""Distances between the heatmaps of one class: one metric a module.

A metric of all pairs is a module with ``pairwise(heatmaps, **options) -> (n, n) float32``. One that
works pair by pair has ``compare(supports, n_candidates, **options) -> Comparison`` instead: it chooses
the pairs that are worth it. A module is imported by name when its metric is asked for, so that its
dependencies cost only those who use it.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.spray.transport.pair_solver import (
    Both,
    Comparison,
    Nothing,
    WithEmpty,
    as_matrix,
    blocks,
    nearest_entries,
)
from unhans.spray.transport.support import of_all
from unhans.types import Array, Distances, MetricName

METRICS: tuple[str, ...] = get_args(MetricName)

FACTORS: Mapping[str, tuple[int, ...]] = {"positive": (1,), "negative": (-1,), "both": (1, -1)}
"""Parts of a heatmap, and what they are multiplied by to be positive."""

BLOCK = 1000
"""Pairs a block: what a killed job loses."""


class Sink(Protocol):
    """Where the rows of a result go; see `resumable.ResumableWriter`."""

    @property
    def done(self) -> int:
        """Rows that are there already."""

    @property
    def notes(self) -> Sequence[Mapping[str, Any]]:
        """Notes of what is there."""

    def append(
        self, arrays: Mapping[str, Array], *, notes: Mapping[str, Any] | None = None
    ) -> None:
        """Add rows."""

    def finish(self, notes: Mapping[str, Any] | None = None) -> None:
        """Make the result of all rows."""

    def discard(self) -> None:
        """Throw the rows away."""


def pairwise(heatmaps: Array, metric: str, **options: Any) -> Distances:
    """Distances between all pairs of heatmaps.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    metric : one of `METRICS`
    options : of the metric; those of optimal transport also take ``mass_fraction`` (of the relevance that
        is compared) and ``sign`` (``positive``, ``negative`` or ``both``)

    Returns
    -------
    (n, n) float32, symmetric, zero diagonal, not negative

    Raises
    ------
    InputError
        The metric is unknown, or the heatmaps have the wrong shape or hold NaN or infinite values.

    """
    maps = as_maps(heatmaps)
    module = _module(metric)
    if not hasattr(module, "pairwise"):
        comparison = compare(maps, metric, None, **options)
        found = comparison.solve(comparison.pairs)["distance"]
        matrix = as_matrix(len(maps), comparison.pairs, found)
        return np.asarray(matrix.toarray(), dtype=np.float32)
    factors = FACTORS[options.pop("sign", "positive")]
    parts: list[Distances] = [module.pairwise(factor * maps, **options) for factor in factors]
    return parts[0] if len(parts) == 1 else np.hypot(*parts)


def compare(
    heatmaps: Array,
    metric: str,
    n_candidates: int | None,
    *,
    mass_fraction: float = 0.99,
    sign: str = "positive",
    **options: Any,
) -> Comparison:
    """Choose the pairs of heatmaps whose distance is to be worked out.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    metric : one that works pair by pair
    n_candidates : others wanted for each heatmap, the nearest; None for all
    mass_fraction : of the relevance that is compared, in (0, 1]
    sign : ``positive``, ``negative`` (what speaks against the class), or ``both``: the root of the
        sum of both squared distances
    options : of the metric

    """
    maps = as_maps(heatmaps)
    module = _module(metric)
    compared = []
    for factor in FACTORS[sign]:
        supports = of_all(factor * maps, mass_fraction)
        full = np.nonzero([len(support.mass) > 0 for support in supports])[0]
        own: Comparison = Nothing()
        if full.size:
            own = module.compare([supports[place] for place in full], n_candidates, **options)
        compared.append(WithEmpty(own, full, len(maps), n_candidates, supports[0].diagonal))
    return compared[0] if len(compared) == 1 else Both(*compared)


def neighbours(
    heatmaps: Array, metric: str, k: int, **options: Any
) -> tuple[NDArray[np.int64], Array]:
    """Find the ``k`` nearest other heatmaps of each, nearest first; ties go to the lower index.

    Metrics that work pair by pair are asked for twice as many, of which the nearest count.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    metric : one of `METRICS`
    k : neighbours a heatmap, from 1 to n - 1
    options : of the metric, and of `pairwise`

    Returns
    -------
    indices : (n, k) int64
    distances : (n, k) float32, or float64 where they are worked out pair by pair

    """
    maps = as_maps(heatmaps)
    if hasattr(_module(metric), "pairwise"):
        distances: Array = pairwise(maps, metric, **options)
        indices = nearest(distances, k)
        return indices, np.take_along_axis(distances, indices, axis=1)
    _require_others(k, len(maps))
    comparison = compare(maps, metric, max(20, 2 * k), **options)
    found = comparison.solve(comparison.pairs)["distance"]
    matrix = as_matrix(len(maps), comparison.pairs, found)
    indices = nearest(matrix, k)
    rows = np.repeat(np.arange(len(maps)), k)
    return indices, np.asarray(matrix[rows, indices.ravel()]).reshape(-1, k)


def measure(heatmaps: Array, settings: Mapping[str, Any], sink: Sink) -> str:
    """Work out the distances of a class, into a result.

    Parameters
    ----------
    heatmaps : (n, h, w) array, finite
    settings : ``metric``, ``n_candidates`` where it works pair by pair, and its options
    sink : where the distances go: rows of a matrix ``distance``, or one row a pair, ``row``,
        ``column``, ``distance`` and what else the metric knows; pairs that are there already are
        not worked out again

    Returns
    -------
    what was done, in a line

    Raises
    ------
    InputError
        The heatmaps cannot be compared, or are all alike.

    """
    options = {
        key: value for key, value in settings.items() if key not in ("metric", "n_candidates")
    }
    metric, n = settings["metric"], len(heatmaps)
    if hasattr(_module(metric), "pairwise"):
        distances = pairwise(heatmaps, metric, **options)
        require_distinct(n, bool(np.any(distances)))
        sink.append({"distance": distances})
        sink.finish({"n": n})
        return f"distance: all pairs of {n} maps"
    if n < 2:
        raise InputError("there is one map; expected at least two to compare")
    comparison = compare(heatmaps, metric, settings.get("n_candidates"), **options)
    resumed = f", {sink.done} of them before" if sink.done else ""
    for block in blocks(comparison, BLOCK, start=sink.done):
        rows, columns = block.pairs.T
        distinct = bool(np.any(block.values["distance"]))
        arrays = {"row": rows, "column": columns, **block.values}
        sink.append(arrays, notes={"distinct": distinct})
    try:
        require_distinct(n, any(note["distinct"] for note in sink.notes))
    except InputError:
        sink.discard()
        raise
    sink.finish(
        {"n": n, "n_candidates": settings.get("n_candidates"), "metric": dict(comparison.notes)}
    )
    return f"distance: {len(comparison.pairs)} pairs of {n} maps{resumed}"


def stored(arrays: Mapping[str, Array], n: int) -> Array | sparse.csr_array:
    """Distances as `measure` stored them: a matrix, sparse where only some pairs are known.

    Parameters
    ----------
    arrays : of the result
    n : images

    """
    if "row" not in arrays:
        return arrays["distance"]
    pairs = np.stack([arrays["row"], arrays["column"]], axis=1)
    return as_matrix(n, pairs, arrays["distance"])


def nearest(distances: Array | sparse.csr_array, k: int) -> NDArray[np.int64]:
    """Find the ``k`` nearest others in a matrix of distances, nearest first, ties to the lower index.

    Parameters
    ----------
    distances : (n, n) array, whose diagonal is not read; or sparse, whose entries are what is known
    k : from 1 to n - 1

    Returns
    -------
    (n, k) int64

    """
    n = distances.shape[0]
    _require_others(k, n)
    if sparse.issparse(distances):
        return nearest_entries(distances, k)
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


def _module(metric: str) -> Any:
    if metric not in METRICS:
        raise InputError(f"unknown metric '{metric}'; expected one of {', '.join(METRICS)}")
    return import_module(f"unhans.spray.distance.{metric}")


def _require_others(k: int, n: int) -> None:
    if not 1 <= k < n:
        raise InputError(f"{k} nearest neighbours need at least {k + 1} images; there are {n}")


def require_distinct(n: int, distinct: bool) -> None:
    """Refuse a class whose maps are all alike: its clusters would be made of ties."""
    if n > 1 and not distinct:
        raise InputError(f"all {n} maps are equal; expected at least two distinct ones")
