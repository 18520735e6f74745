"""Baseline scores: how much the spectral embedding of a class suggests a group of its own.

Tau is one such score. These are others, from the same results: the eigengap, the conductance of the best
cut, the silhouette and the persistence of a cluster. Each is higher for classes that fall apart more
clearly.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import silhouette_score

from unhans.spray.conductance import conductance
from unhans.types import Array

FEW = 10
"""Eigenvalues and clusters that are used at most: more groups than that are no finding."""

LEAST = 5
"""Images of a cluster that may count as a group."""


class Group(NamedTuple):
    """The cluster of a class with the least conductance."""

    members: NDArray[np.bool_]
    """ndarray of bool, shape (n,)"""
    conductance: float
    """From 0 to 1; 1 where no cluster qualifies."""
    score: NDArray[np.float64]
    """ndarray of float64, shape (n,): 1 less the least conductance of a cluster that holds the image."""


def eigengap(eigenvalues: Array) -> float:
    """Widest gap between two successive eigenvalues among the smallest.

    Parameters
    ----------
    eigenvalues : ndarray of float, shape (q,)
        Smallest eigenvalues of the Laplacian, ascending. The first `FEW` + 1 are used.

    Returns
    -------
    float
        0 for a single eigenvalue.

    References
    ----------
    von Luxburg 2007, "A tutorial on spectral clustering", section 8.3.

    """
    found = np.diff(np.asarray(eigenvalues, dtype=np.float64)[: FEW + 1])
    return float(found.max(initial=0))


def silhouette(embedding: Array, nested: Array, ks: Sequence[int]) -> float:
    """Best mean silhouette of clusterings of the first k eigenvectors into k clusters, k up to `FEW`.

    Parameters
    ----------
    embedding : ndarray of float, shape (n, q)
        Eigenvectors.
    nested : ndarray of int, shape (len(ks), n)
        Labels, see `clustering.nested`.
    ks : sequence of int
        Number of clusters of each clustering.

    Returns
    -------
    float
        From -1 to 1; -1 where no clustering has two clusters.

    References
    ----------
    Rousseeuw 1987; `sklearn.metrics.silhouette_score`.

    """
    best = -1.0
    for k, labels in zip(ks, nested, strict=True):
        if k <= FEW and 1 < len(np.unique(labels)) < len(labels):
            best = max(best, float(silhouette_score(np.asarray(embedding)[:, :k], labels)))
    return best


def persistence(embedding: Array) -> float:
    """Greatest persistence of a cluster that HDBSCAN finds and that holds at most half of the images.

    The persistence of a cluster says over how much of the range of densities it exists, from 0 to 1. The
    rows of the first `FEW` eigenvectors are clustered.

    Parameters
    ----------
    embedding : ndarray of float, shape (n, q)
        Eigenvectors.

    Returns
    -------
    float
        From 0 to 1; 0 where no cluster qualifies.

    References
    ----------
    McInnes and Healy 2017, "Accelerated hierarchical density based clustering"; package ``hdbscan``.

    """
    from hdbscan import HDBSCAN

    points = np.ascontiguousarray(np.asarray(embedding, dtype=np.float64)[:, :FEW])
    if len(points) <= LEAST:
        return 0.0
    found = HDBSCAN(min_cluster_size=LEAST, approx_min_span_tree=False, core_dist_n_jobs=1).fit(
        points
    )
    sizes = np.bincount(
        found.labels_[found.labels_ >= 0], minlength=len(found.cluster_persistence_)
    )
    small = 2 * sizes <= len(points)
    return float(np.max(found.cluster_persistence_, where=small, initial=0.0))


def group(affinity: sparse.sparray | Array, nested: Array) -> Group:
    """Find the cluster of least conductance that holds at most half of the images.

    Parameters
    ----------
    affinity : csr_array or ndarray of float, shape (n, n)
        Graph of nearest neighbours.
    nested : ndarray of int, shape (m, n)
        Labels of each clustering.

    Returns
    -------
    Group
        A cluster of at least `LEAST` images; none of the images where there is no such cluster of
        conductance below 1.

    """
    labels_per_k = np.asarray(nested)
    n = labels_per_k.shape[1]
    members, least, score = np.zeros(n, dtype=bool), 1.0, np.zeros(n)
    for labels in labels_per_k:
        sizes = np.bincount(labels)
        found = conductance(affinity, labels)
        found[(sizes < LEAST) | (2 * sizes > n)] = 1
        score = np.maximum(score, 1 - found[labels])
        best = int(np.argmin(found))
        if found[best] < least:
            least, members = float(found[best]), labels == best
    return Group(members, least, score)
