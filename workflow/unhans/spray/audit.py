"""Audit: how exact the neighbours of a metric are, checked on some images of each class.

A sample of images is compared with all others by a reference that leaves out no pair: optimal transport
solved exactly for the Wasserstein metrics, the best of eight starts for the Gromov-Wasserstein ones.
Eight starts do not prove a minimum. The audit therefore also measures the same pairs by another metric of
upper bounds, and compares both metric and reference with the least known value too.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.choices import METRICS
from unhans.errors import InputError
from unhans.spray import pairwise
from unhans.spray.distance.gromov_wasserstein_reference import MOST
from unhans.spray.transport.pair_solver import Comparison, Pairs, blocks
from unhans.types import Array


class Queries:
    """The pairs of each query with all others, query after query.

    Parameters
    ----------
    comparison : Comparison
        Of n images; it solves any pair.
    queries : ndarray of int, shape (q,)
        Numbers of images.
    n : int
        Images.
    rival : Comparison or None
        Another one, whose values are upper bounds of the same distances; None where those of
        ``comparison`` are exact.
    """

    def __init__(
        self,
        comparison: Comparison,
        queries: NDArray[np.integer],
        n: int,
        rival: Comparison | None = None,
    ) -> None:
        self._comparison, self._rival, self.queries = comparison, rival, queries
        rows = np.repeat(queries, n - 1)
        others = np.concatenate([np.delete(np.arange(n), query) for query in queries])
        self.pairs: Pairs = np.stack([rows, others], axis=1).astype(np.int32)

    @property
    def notes(self) -> Mapping[str, Any]:
        """Notes of the comparison."""
        return self._comparison.notes

    def solve(self, pairs: Pairs) -> Mapping[str, Array]:
        """Solve pairs in any order of the two.

        Parameters
        ----------
        pairs : ndarray of int32, shape (p, 2)
            Any pairs of the class.

        Returns
        -------
        mapping of str to ndarray, shape (p,)
            ``distance`` of the reference, and ``least``, the least known value.
        """
        ordered = np.sort(pairs, axis=1)
        reference = least = self._comparison.solve(ordered)["distance"]
        if self._rival is not None:
            least = np.minimum(reference, self._rival.solve(ordered)["distance"])
        return {"distance": reference, "least": least}


def sample(n: int, images: int, seed: int) -> NDArray[np.int64]:
    """Choose queries among the images of a class.

    Parameters
    ----------
    n : int
        Images of the class.
    images : int
        Queries; n at most are chosen.
    seed : int
        Of the choice.

    Returns
    -------
    ndarray of int64, shape (min(images, n),)
        Ascending.
    """
    random = np.random.default_rng(seed)
    return np.sort(random.choice(n, size=min(images, n), replace=False)).astype(np.int64)


def audit(
    heatmaps: Array,
    distances: Array | sparse.csr_array,
    sink: pairwise.Sink,
    *,
    metric: str,
    images: int,
    k: int,
    seed: int,
    **options: Any,
) -> str:
    """Compare the distances of a class with those of the reference, and write the result.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.
    distances : ndarray or csr_array, shape (n, n)
        Distances of the metric; sparse where only some pairs are known.
    sink : Sink
        Receives one row for each query and other image: ``row``, ``column``, ``reference`` and ``least``
        (known distance). The notes of the result are ``queries`` and, by query, those of `agreements`.
    metric : str
        The metric that is audited.
    images, seed : int
        Queries, and seed of their choice.
    k : int
        Neighbours whose recall is computed.
    **options
        Options of the metric; the reference takes those that it knows.

    Returns
    -------
    str
        One line that says what was found.

    Raises
    ------
    InputError
        There are no more than k images, or the metric has no reference.
    """
    n, reference = len(heatmaps), METRICS[metric].reference
    if reference is None:
        raise InputError(f"metric '{metric}' has no reference to audit it by")
    if n <= k:
        raise InputError(f"{k} nearest neighbours need at least {k + 1} images; there are {n}")
    own = {key: options[key] for key in METRICS[reference].options if key in options}
    rival, queries = _rival(heatmaps, reference, **own), sample(n, images, seed)
    compared = Queries(pairwise.compare(heatmaps, reference, None, **own), queries, n, rival)
    for block in blocks(compared, size=n - 1, start=sink.done):
        rows, columns = block.pairs.T
        exact, least = block.values["distance"], block.values["least"]
        known = _row(distances, int(rows[0]))[columns]
        values = {"row": rows, "column": columns, "reference": exact, "least": least}
        sink.append(values, notes=agreements(known, exact, least, k))
    measures = {name: [note[name] for note in sink.notes] for name in sink.notes[0]}
    sink.finish({"n": n, "k": k, "reference": reference, "queries": queries.tolist(), **measures})
    recall = np.mean(measures["recall"])
    return f"audit: recall@{k} {recall:.3f} of {len(queries)} images against {reference}"


def _rival(heatmaps: Array, reference: str, **options: Any) -> Comparison | None:
    """Compare all pairs by another metric of upper bounds, if the reference has a rival."""
    rival = METRICS[reference].rival
    if rival is None:
        return None
    # As near pairs are compared, not to the optimum: that takes as long as the reference.
    n_candidates = len(heatmaps) - 1
    return pairwise.compare(heatmaps, rival, n_candidates, max_points=MOST, **options)


def agreements(known: Array, exact: Array, least: Array, k: int) -> dict[str, float]:
    """Compare the distances of one image by a metric, by its reference, and the least known ones.

    Parameters
    ----------
    known, exact, least : ndarray, shape (n - 1,)
        Distances to all others by the metric, by its reference, and the least known ones.
    k : int
        Neighbours.

    Returns
    -------
    dict of str to float
        ``recall``, ``excess`` and ``above`` (see `agreement`) of the metric against the reference, the
        same against the least known values as ``least_recall`` and so on, and those of the reference
        against the least known values as ``reference_recall`` and so on.
    """
    pairs = {"": (known, exact), "least_": (known, least), "reference_": (exact, least)}
    return {
        f"{prefix}{name}": value
        for prefix, (found, truth) in pairs.items()
        for name, value in agreement(found, truth, k).items()
    }


def agreement(found: Array, truth: Array, k: int) -> dict[str, float]:
    """Compare the distances of one image to all others with more exact ones.

    Parameters
    ----------
    found : ndarray, shape (n - 1,)
        Distances; infinite where they are not known.
    truth : ndarray, shape (n - 1,)
        More exact distances.
    k : int
        Neighbours.

    Returns
    -------
    dict of str to float
        ``recall``: fraction of the k nearest by ``found`` that are in truth no farther than the k-th
        nearest. Over the pairs that are known, ``excess``: mean of how far squared values lie above the
        true ones, and ``above``: fraction that lies more than 1 % above.
    """
    nearest = np.argsort(found, kind="stable")[:k]
    bound = np.partition(truth, k - 1)[k - 1]
    hits = np.isfinite(found[nearest]) & (truth[nearest] <= bound * (1 + 1e-9) + 1e-9)
    both = np.isfinite(found) & (truth > 1e-6)
    excess = (found[both] / truth[both]) ** 2 - 1
    mean, above = (
        (float(excess.mean()), float(np.mean(excess > 0.01))) if both.any() else (0.0, 0.0)
    )
    return {"recall": float(hits.mean()), "excess": mean, "above": above}


def _row(distances: Array | sparse.csr_array, query: int) -> Array:
    """Distances of an image to all others, infinite where they are not known, and to itself."""
    n = distances.shape[0]
    row = np.full(n, np.inf)
    if isinstance(distances, sparse.csr_array):
        own = slice(distances.indptr[query], distances.indptr[query + 1])
        row[distances.indices[own]] = distances.data[own]
    else:
        row[:] = distances[query]
    row[query] = np.inf
    return row
