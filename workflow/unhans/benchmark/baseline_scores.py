"""Class scores: how much one class's spectral embedding suggests a group of its own.

Tau is one such score; these are others, from the same results: the eigengap, the conductance of
the best cut and the silhouette. Each is higher for classes that fall apart more clearly.
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
"""Eigenvalues, and clusters, that are looked at: more groups than that are no finding."""

LEAST = 5
"""Images of a cluster that may count as a group."""


class Group(NamedTuple):
    """The cluster of a class that fewest edges tie to the rest, and how far each image is in one."""

    members: NDArray[np.bool_]
    """(n,)"""
    conductance: float
    """from 0 to 1; 1 where no cluster qualifies"""
    grade: NDArray[np.float64]
    """(n,) of each image 1 less the least conductance of a cluster that holds it"""


def eigengap(eigenvalues: Array) -> float:
    """Widest gap between two of the smallest eigenvalues, from the first on."""
    found = np.diff(np.asarray(eigenvalues, dtype=np.float64)[: FEW + 1])
    return float(found.max(initial=0))


def silhouette(embedding: Array, nested: Array, ks: Sequence[int]) -> float:
    """Best mean silhouette of clusterings of the first k eigenvectors into k clusters, k up to `FEW`.

    Parameters
    ----------
    embedding : (n, q) eigenvectors
    nested : (len(ks), n) labels, see `clustering.nested`
    ks : numbers of clusters

    Returns
    -------
    from -1 to 1; -1 where no clustering has two clusters

    """
    best = -1.0
    for k, labels in zip(ks, nested, strict=True):
        if k <= FEW and 1 < len(np.unique(labels)) < len(labels):
            best = max(best, float(silhouette_score(np.asarray(embedding)[:, :k], labels)))
    return best


def persistence(embedding: Array) -> float:
    """Greatest persistence of a cluster that HDBSCAN finds and that is no larger than the rest.

    McInnes and Healy 2017: how much of the density that a cluster lives through it lives through
    alone, from 0 to 1. On the rows of the first `FEW` eigenvectors.

    Parameters
    ----------
    embedding : (n, q) eigenvectors

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
    """Find the cluster of least conductance that is no larger than the rest.

    Parameters
    ----------
    affinity : (n, n) graph
    nested : (m, n) labels

    """
    labels_per_k = np.asarray(nested)
    n = labels_per_k.shape[1]
    members, least, grade = np.zeros(n, dtype=bool), 1.0, np.zeros(n)
    for labels in labels_per_k:
        sizes = np.bincount(labels)
        found = conductance(affinity, labels)
        found[(sizes < LEAST) | (2 * sizes > n)] = 1
        grade = np.maximum(grade, 1 - found[labels])
        best = int(np.argmin(found))
        if found[best] < least:
            least, members = float(found[best]), labels == best
    return Group(members, least, grade)
