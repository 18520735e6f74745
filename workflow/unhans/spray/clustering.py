"""Clustering: k-means on the spectral embedding, for every k of a range."""

from collections.abc import Sequence

import numpy as np

from unhans.errors import InputError
from unhans.spray import _lloyd
from unhans.types import Array, Labels


def kmeans(embedding: Array, ks: Sequence[int], seed: int = 0, n_init: int = 10) -> Labels:
    """Cluster the embedding by k-means, once for each number of clusters.

    Within a clustering, cluster 0 is the largest, then 1 and so on (ties: the one that holds the
    earlier image), so that a cluster's number does not hang on the start.

    Parameters
    ----------
    embedding : (n, q) array
    ks : numbers of clusters, each from 1 to n
    seed : of the starts
    n_init : starts a clustering; the one of least inertia is kept

    Returns
    -------
    (len(ks), n) int32

    """
    points = np.ascontiguousarray(embedding, dtype=np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        raise InputError(f"embedding has shape {points.shape}; expected (n, q), finite")
    if len(ks) and not 1 <= min(ks) <= max(ks) <= len(points):
        raise InputError(
            f"k-means with k from {min(ks)} to {max(ks)} needs at least {max(ks)} images; "
            f"there are {len(points)}"
        )
    labels = np.empty((len(ks), len(points)), dtype=np.int32)
    for row, k in enumerate(ks):
        labels[row] = _largest_first(_lloyd.best(points, k, seed, n_init))
    return labels


def nested(embedding: Array, ks: Sequence[int], seed: int = 0, n_init: int = 10) -> Labels:
    """Cluster the first k eigenvectors into k clusters, for each k.

    k-means on all q eigenvectors at once, which tau is made of, gives every eigenvector the same
    say and may split a component of the graph long before it sets it apart. The first k
    eigenvectors are those that cut the graph into k pieces (Ng, Jordan and Weiss 2001): these
    clusterings isolate groups, and figures are drawn from them.

    Parameters
    ----------
    embedding : (n, q) eigenvectors, those of the smallest eigenvalues first
    ks : numbers of clusters; above q, all q eigenvectors are taken
    seed, n_init : see `kmeans`

    Returns
    -------
    (len(ks), n) int32

    """
    points = np.asarray(embedding)
    rows = [kmeans(points[:, :k], [k], seed, n_init) for k in ks]
    return np.concatenate([np.empty((0, len(points)), dtype=np.int32), *rows])


def _largest_first(labels: Array) -> Labels:
    names, first, inverse, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(names), dtype=np.int32)
    rank[order] = np.arange(len(names), dtype=np.int32)
    return rank[inverse]
