"""Pairwise: distances between the heatmaps of one class, by any metric."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from unhans.checks import as_maps, as_single, require_single
from unhans.errors import InputError
from unhans.spray.metrics import find, require_options
from unhans.spray.transport.pair_solver import (
    Both,
    Comparison,
    Nothing,
    WithEmpty,
    as_matrix,
    blocks,
)
from unhans.spray.transport.support import of_all
from unhans.types import Array, Distances

FACTORS: Mapping[str, tuple[int, ...]] = {"positive": (1,), "negative": (-1,), "both": (1, -1)}
"""Factors that turn the parts of a heatmap that are compared into positive relevance."""

BLOCK = 1000
"""Pairs of a block: what a killed job loses."""


class Sink(Protocol):
    """Receives the rows of a result; see `unhans.io.resumable.ResumableWriter`."""

    @property
    def done(self) -> int:
        """Rows that are written already."""

    @property
    def notes(self) -> Sequence[Mapping[str, Any]]:
        """Notes of the rows that are written."""

    def append(
        self, arrays: Mapping[str, Array], *, notes: Mapping[str, Any] | None = None
    ) -> None:
        """Add rows.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            New rows by array, all of the same length.
        notes : mapping, optional
            On these rows, plain JSON values.
        """

    def finish(self, notes: Mapping[str, Any] | None = None) -> None:
        """Make the result of all rows.

        Parameters
        ----------
        notes : mapping, optional
            On the whole result, plain JSON values.
        """

    def discard(self) -> None:
        """Delete the rows."""


def pairwise(heatmaps: Array, metric: str = "euclidean", **options: Any) -> Distances:
    """Measure the distances between all pairs of heatmaps.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    metric : str
        One of `unhans.choices.METRICS`, a registered metric (see `register_metric`), or a function
        ``package.module:function``.
    **options
        Options of the metric. Those of optimal transport also take ``mass_fraction`` (fraction of the
        relevance that is compared) and ``sign`` (``positive``, ``negative`` or ``both``). All pairs are
        measured: ``n_candidates`` is an option of `neighbours`.

    Returns
    -------
    ndarray of float32, shape (n, n)
        Symmetric, not negative, with a zero diagonal.

    Raises
    ------
    InputError
        The metric or an option is unknown, or the heatmaps have the wrong shape or hold NaN or infinite
        values.
    MetricError
        A metric of a user's own returns no matrix of distances.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> maps = np.zeros((2, 5, 5))
    >>> maps[0, 1, 1] = maps[1, 4, 1] = 1
    >>> uh.pairwise(maps, "wasserstein")
    array([[0., 3.],
           [3., 0.]], dtype=float32)
    """
    maps = _as_floats(as_maps(heatmaps))
    require_options(metric, options)
    if "n_candidates" in options:
        raise InputError(
            "pairwise measures all pairs and takes no n_candidates; expected it of neighbours"
        )
    found = find(metric).pairwise
    if found is None:
        comparison = compare(maps, metric, None, **options)
        values = comparison.solve(comparison.pairs)["distance"]
        matrix = as_matrix(len(maps), comparison.pairs, values)
        return np.asarray(matrix.toarray(), dtype=np.float32)
    factors = _factors(options.pop("sign", "positive"))
    parts = [found(factor * maps, **options) for factor in factors]
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
    """Choose the pairs of heatmaps whose distance is measured.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    metric : str
        A metric that works pair by pair.
    n_candidates : int or None
        Nearest others that each heatmap is compared with; None: all.
    mass_fraction : float
        Fraction of the relevance that is compared, in (0, 1].
    sign : {"positive", "negative", "both"}
        Relevance that is compared: what speaks for the class, what speaks against it, or both: the
        root of the sum of the two squared distances.
    **options
        Options of the metric.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        The metric or an option is unknown, the metric only gives whole matrices, or the heatmaps have
        the wrong shape or hold NaN or infinite values.
    """
    maps = _as_floats(as_maps(heatmaps))
    compare_supports = find(metric).compare
    if compare_supports is None:
        raise InputError(
            f"metric '{metric}' only gives whole matrices; expected a metric that compares single pairs"
        )
    require_options(metric, options)
    compared = []
    for factor in _factors(sign):
        supports = of_all(factor * maps, mass_fraction)
        full = np.nonzero([len(support.mass) > 0 for support in supports])[0]
        own: Comparison = Nothing()
        if full.size:
            own = compare_supports([supports[place] for place in full], n_candidates, **options)
        compared.append(WithEmpty(own, full, len(maps), n_candidates, supports[0].diagonal))
    return compared[0] if len(compared) == 1 else Both(*compared)


def _as_floats(maps: Array) -> Array:
    """Convert integers to float32, since unsigned ones have no negative; floats stay as they are."""
    if maps.dtype.kind != "f":
        return as_single(maps)
    require_single(maps)
    return maps


def _factors(sign: str) -> tuple[int, ...]:
    if sign not in FACTORS:
        raise InputError(f"unknown sign '{sign}'; expected one of {', '.join(FACTORS)}")
    return FACTORS[sign]


def distances_of(
    heatmaps: Array, metric: str, n_candidates: int, **options: Any
) -> Array | sparse.csr_array:
    """Measure the distances of each heatmap to others: to all, or to its nearest candidates.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    metric : str
        See `pairwise`.
    n_candidates : int
        Nearest others that each heatmap is compared with, where the metric works pair by pair.
    **options
        Options of the metric; see `pairwise`.

    Returns
    -------
    ndarray of float32 or csr_array of float64, shape (n, n)
        Sparse where the metric works pair by pair; entries that it does not hold are unknown.

    Raises
    ------
    InputError, MetricError
        See `pairwise`.
    """
    if find(metric).pairwise is not None:
        return pairwise(heatmaps, metric, **options)
    comparison = compare(heatmaps, metric, n_candidates, **options)
    values = comparison.solve(comparison.pairs)["distance"]
    return as_matrix(len(heatmaps), comparison.pairs, values)


def measure(
    heatmaps: Array,
    sink: Sink,
    *,
    metric: str,
    n_candidates: int | None = None,
    source: str | None = None,
    **options: Any,
) -> str:
    """Measure the distances of a class and write them.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    sink : Sink
        Receives the rows: those of a matrix ``distance``, or one row a pair: ``row``, ``column``,
        ``distance``, and what else the metric knows. Pairs that are written already are not measured
        again.
    metric : str
        See `pairwise`.
    n_candidates : int or None
        See `compare`; metrics that measure all pairs at once do not read it.
    source : str or None
        Digest of the file of a metric of a user's own. It is part of the settings so that an edit of
        the file is noticed, and not read.
    **options
        Options of the metric; see `pairwise`.

    Returns
    -------
    str
        One line that says what was done.

    Raises
    ------
    InputError
        The heatmaps cannot be compared, or are all equal.
    MetricError
        A metric of a user's own returns no matrix of distances.
    """
    n = len(heatmaps)
    if find(metric).pairwise is not None:
        distances = pairwise(heatmaps, metric, **options)
        require_distinct(n, bool(np.any(distances)))
        sink.append({"distance": distances})
        sink.finish({"n": n})
        return f"distance: all pairs of {n} maps"
    if n < 2:
        raise InputError("there is one map; expected at least two to compare")
    comparison = compare(heatmaps, metric, n_candidates, **options)
    return _measure_pairs(comparison, n, n_candidates, sink)


def _measure_pairs(comparison: Comparison, n: int, n_candidates: int | None, sink: Sink) -> str:
    """Measure pairs block by block; those that are written already are left out."""
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
    sink.finish({"n": n, "n_candidates": n_candidates, "metric": dict(comparison.notes)})
    return f"distance: {len(comparison.pairs)} pairs of {n} maps{resumed}"


def stored(arrays: Mapping[str, Array], n: int) -> Array | sparse.csr_array:
    """Make a matrix of distances as `measure` writes them.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays of the result.
    n : int
        Images of the class.

    Returns
    -------
    ndarray or csr_array, shape (n, n)
        Sparse where only some pairs are known.
    """
    if "row" not in arrays:
        return arrays["distance"]
    pairs = np.stack([arrays["row"], arrays["column"]], axis=1)
    return as_matrix(n, pairs, arrays["distance"])


def require_distinct(n: int, distinct: bool) -> None:
    """Refuse a class whose maps are all equal: ties alone would make its clusters.

    Parameters
    ----------
    n : int
        Maps of the class.
    distinct : bool
        Whether any distance is not zero.

    Raises
    ------
    InputError
        There are several maps and none is distinct.
    """
    if n > 1 and not distinct:
        raise InputError(f"all {n} maps are equal; expected at least two distinct ones")
