"""Audit: how exact the neighbours of a metric are, checked on some images of each class.

A sample of images is compared with all others by a reference that leaves out no pair: optimal transport
solved exactly for the Wasserstein metrics, the best of eight starts for the Gromov-Wasserstein ones.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans import distance
from unhans.distance.comparison import Comparison, Pairs, blocks
from unhans.errors import InputError
from unhans.types import METRIC_OPTIONS, REFERENCES, Array


class Queries:
    """The pairs of each query with all others, query after query.

    Parameters
    ----------
    comparison : of n images, which solves any pair
    queries : (q,) places of images
    n : images

    """

    def __init__(self, comparison: Comparison, queries: NDArray[np.integer], n: int) -> None:
        self._comparison, self.queries = comparison, queries
        rows = np.repeat(queries, n - 1)
        others = np.concatenate([np.delete(np.arange(n), query) for query in queries])
        self.pairs: Pairs = np.stack([rows, others], axis=1).astype(np.int32)

    @property
    def notes(self) -> Mapping[str, Any]:
        """Those of the comparison."""
        return self._comparison.notes

    def solve(self, pairs: Pairs) -> Mapping[str, Array]:
        """Solve pairs, whichever of the two comes first."""
        return self._comparison.solve(np.sort(pairs, axis=1))


def sample(n: int, images: int, seed: int) -> NDArray[np.int64]:
    """Choose queries among n images, sorted."""
    random = np.random.default_rng(seed)
    return np.sort(random.choice(n, size=min(images, n), replace=False)).astype(np.int64)


def audit(
    heatmaps: Array,
    distances: Array | sparse.csr_array,
    settings: Mapping[str, Any],
    sink: distance.Sink,
) -> str:
    """Hold the distances of a class against the reference, into a result.

    Parameters
    ----------
    heatmaps : (n, h, w) array
    distances : (n, n) of the metric; sparse where only some pairs are known
    settings : ``metric`` and its options, ``images`` (queries), ``k`` and ``seed``
    sink : where the rows go, one a query and other image: ``row``, ``column``, ``reference``; the
        notes of the result are ``queries``, ``recall`` (of the k nearest, by query), ``excess`` and
        ``above`` (see `agreement`)

    Returns
    -------
    what was found, in a line

    Raises
    ------
    InputError
        There are not more than k images.

    """
    n, k = len(heatmaps), settings["k"]
    if n <= k:
        raise InputError(f"{k} nearest neighbours need at least {k + 1} images; there are {n}")
    reference = REFERENCES[settings["metric"]]
    options = {key: settings[key] for key in METRIC_OPTIONS[reference] if key in settings}
    queries = sample(n, settings["images"], settings["seed"])
    compared = Queries(distance.compare(heatmaps, reference, None, **options), queries, n)
    for block in blocks(compared, size=n - 1, start=sink.done):
        found = agreement(block.pairs, block.values["distance"], distances, k)
        rows, columns = block.pairs.T
        values = {"row": rows, "column": columns, "reference": block.values["distance"]}
        sink.append(values, notes=found)
    told = {name: [note[name] for note in sink.notes] for name in ("recall", "excess", "above")}
    sink.finish({"n": n, "k": k, "reference": reference, "queries": queries.tolist(), **told})
    recall = np.mean(told["recall"])
    return f"audit: recall@{k} {recall:.3f} of {len(queries)} images against {reference}"


def agreement(
    pairs: Pairs, reference: Array, distances: Array | sparse.csr_array, k: int
) -> dict[str, float]:
    """Hold one query's distances against the reference.

    Parameters
    ----------
    pairs : (n - 1, 2) the query and each other
    reference : (n - 1,) distances
    distances : (n, n), or sparse
    k : neighbours

    Returns
    -------
    ``recall``, the share of the k nearest found that are no farther by the reference than its k-th
    nearest; of the pairs that are known to the metric, ``excess``, the mean of how far squared
    values lie above the reference's, and ``above``, the share that lies more than 1 % above

    """
    query = int(pairs[0, 0])
    known = _row(distances, query)[pairs[:, 1]]
    nearest = np.argsort(known, kind="stable")[:k]
    bound = np.partition(reference, k - 1)[k - 1]
    hits = np.isfinite(known[nearest]) & (reference[nearest] <= bound * (1 + 1e-9) + 1e-9)
    both = np.isfinite(known) & (reference > 1e-6)
    excess = (known[both] / reference[both]) ** 2 - 1
    mean, above = (
        (float(excess.mean()), float(np.mean(excess > 0.01))) if both.any() else (0.0, 0.0)
    )
    return {"recall": float(hits.mean()), "excess": mean, "above": above}


def _row(distances: Array | sparse.csr_array, query: int) -> Array:
    """Distances of an image to all, infinite where they are not known, and to itself."""
    n = distances.shape[0]
    row = np.full(n, np.inf)
    if isinstance(distances, sparse.csr_array):
        own = slice(distances.indptr[query], distances.indptr[query + 1])
        row[distances.indices[own]] = distances.data[own]
    else:
        row[:] = distances[query]
    row[query] = np.inf
    return row
