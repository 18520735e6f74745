"""Separability: how well clusterings of the embedding separate its points, and their mean tau.

With mu the mean of all points and mu_k that of cluster k,

    S_w = sum_k sum_{x in k} (x - mu_k)(x - mu_k)^T       S_b = sum_k (mu_k - mu)(mu_k - mu)^T

(not weighted by cluster size). The Fisher criterion is max_v (v^T S_b v) / (v^T S_w v), the largest
eigenvalue of S_b v = l S_w v, and tau is its mean over the clusterings (Anders et al. 2019,
arXiv:1912.11425v1, equations 6 to 8).

S_w of k clusters has a rank of at most n - k, so it is singular where n - k < q. The smallest eigenvalue
of S_w / (n - k) of structureless points of unit variance is about (1 - sqrt(q / (n - k)))^2 (Marchenko
and Pastur 1967): a quarter where n - k = 4 q, and 0 where n - k = q. Between the two, the Fisher
criterion measures how small the class is. `tau` is the paper's number where n - k >= 4 q; of a smaller
class it takes fewer eigenvectors and clusters, see `size_for`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from unhans.errors import InputError
from unhans.spray.class_size import Size, size_for
from unhans.spray.matrices import as_labels, as_points
from unhans.types import Array

SINGULAR = 1e-12
"""Fraction of the largest eigenvalue of S_w to which smaller eigenvalues are raised."""

UNBOUNDED = 1e6
"""Fisher criterion from which S_w has no spread along some direction, but for rounding."""


@dataclass(frozen=True, eq=False)
class Separability:
    """Results of `separability`.

    Parameters
    ----------
    tau : float
        See `tau`.
    fisher : ndarray of float64, shape (len(ks),)
        Fisher criterion of each clustering, of all eigenvectors.
    full : Size
        Eigenvectors and clusters that are there.
    used : Size
        Those that tau is made of; fewer where the class is too small.
    unbounded : int
        Clusterings used whose Fisher criterion is `UNBOUNDED` or more: by the formula, tau is infinite.
    """

    tau: float
    fisher: NDArray[np.float64]
    full: Size
    used: Size
    unbounded: int


def fisher(embedding: Array, labels: Array) -> float:
    """Compute the Fisher criterion of one clustering: the largest generalised eigenvalue of (S_b, S_w).

    Where S_w is singular, its small eigenvalues are raised to ``SINGULAR`` times its largest: clusters
    that are separated along a direction without any spread score very high (see `UNBOUNDED`), but finite.
    Points that all coincide within their clusters (S_w = 0) give infinity, and 0 where the clusters
    coincide too.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        One point a row.
    labels : ndarray of int, shape (n,)
        Cluster of each point.

    Returns
    -------
    float
        Not negative.

    Raises
    ------
    InputError
        The shapes do not fit, there is no point, or values are not finite or labels no integers.

    References
    ----------
    Anders et al. 2019, arXiv:1912.11425v1, equations 6 to 8.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> round(uh.fisher(np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([0, 0, 1, 1])), 6)
    12.5
    """
    points, labels = as_points(embedding), as_labels(labels)
    if points.ndim != 2 or labels.shape != (len(points),) or not len(points):
        raise InputError(
            f"embedding of shape {points.shape} and labels of shape {labels.shape}; "
            "expected (n, q) and (n,)"
        )
    # Moving and scaling all points together changes nothing; it keeps the products in range. First
    # to the first point, so that points which coincide become 0 exactly.
    points = points - points[0]
    points -= points.mean(axis=0)
    extent = float(np.abs(points).max(initial=0))
    if extent == 0:
        return 0.0
    within, between = _scatter(points / extent, labels)
    spread, axes = linalg.eigh(within)
    if spread[-1] <= 0:
        return float("inf") if np.any(between) else 0.0
    # Whitening by S_w turns the pencil into an ordinary symmetric problem.
    whiten = axes / np.sqrt(np.maximum(spread, SINGULAR * spread[-1]))
    return max(0.0, float(linalg.eigvalsh(whiten.T @ between @ whiten)[-1]))


def tau(embedding: Array, labels_per_k: Array) -> float:
    """Compute tau, the mean Fisher criterion over clusterings of one embedding.

    Of a class that is too small for its q and k, where the mean over all of them would say how small it
    is, fewer eigenvectors and clusterings are taken; see `size_for`.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        One point a row. The eigenvectors of the smallest eigenvalues come first.
    labels_per_k : ndarray of int, shape (len(ks), n)
        At least one clustering.

    Returns
    -------
    float

    Raises
    ------
    InputError
        The shapes do not fit, or values are not finite or labels no integers.

    References
    ----------
    Anders et al. 2019, arXiv:1912.11425v1, equation 8.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> embedding = np.array([[0.0], [2.0], [10.0], [12.0]])
    >>> uh.tau(embedding, np.array([[0, 0, 1, 1], [0, 1, 1, 1]]))
    6.60...
    """
    return separability(embedding, labels_per_k).tau


def separability(embedding: Array, labels_per_k: Array) -> Separability:
    """Compute tau, and state what it is made of.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        One point a row. The eigenvectors of the smallest eigenvalues come first.
    labels_per_k : ndarray of int, shape (len(ks), n)
        At least one clustering.

    Returns
    -------
    Separability

    Raises
    ------
    InputError
        The shapes do not fit, or values are not finite or labels no integers.
    """
    criteria = fisher_per_clustering(embedding, labels_per_k)
    points, labels = np.asarray(embedding), np.asarray(labels_per_k)
    if not points.shape[1]:
        raise InputError(f"embedding has shape {points.shape}; expected (n, q), q at least 1")
    clusters = np.array([len(np.unique(row)) for row in labels])
    full = Size(points.shape[1], int(clusters.max()))
    used = size_for(len(points), full.q, full.k_max)
    own = criteria
    if used != full:
        kept = clusters <= max(used.k_max, clusters.min())
        own = fisher_per_clustering(points[:, : used.q], labels[kept])
        used = Size(used.q, int(clusters[kept].max()))
    unbounded = int(np.count_nonzero(own >= UNBOUNDED))
    return Separability(float(own.mean()), criteria, full, used, unbounded)


def fisher_per_clustering(embedding: Array, labels_per_k: Array) -> NDArray[np.float64]:
    """Compute the Fisher criterion of each clustering.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        One point a row.
    labels_per_k : ndarray of int, shape (len(ks), n)
        At least one clustering.

    Returns
    -------
    ndarray of float64, shape (len(ks),)

    Raises
    ------
    InputError
        The shapes do not fit, or values are not finite or labels no integers.
    """
    labels_per_k = as_labels(labels_per_k)
    if labels_per_k.ndim != 2 or not len(labels_per_k):
        raise InputError(
            f"clusterings have shape {labels_per_k.shape}; expected (number of clusterings, n)"
        )
    return np.array([fisher(embedding, labels) for labels in labels_per_k])


def _scatter(
    points: NDArray[np.float64], labels: Array
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """S_w and S_b of centred points, each (q, q)."""
    _, first, membership, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    # About each cluster's first point, so that members which coincide have no spread at all.
    residuals = points - points[first][membership]
    means = np.zeros((len(sizes), points.shape[1]))
    np.add.at(means, membership, residuals)
    means /= sizes[:, None]
    residuals -= means[membership]
    offsets = points[first] + means - points.mean(axis=0)
    return residuals.T @ residuals, offsets.T @ offsets
