"""Separability: how well clusterings of the embedding separate its points, and their mean tau.

With mu the mean of all points and mu_k that of cluster k,

    S_w = sum_k sum_{x in k} (x - mu_k)(x - mu_k)^T       S_b = sum_k (mu_k - mu)(mu_k - mu)^T

(not weighted by cluster size). The Fisher criterion is max_v (v^T S_b v) / (v^T S_w v), the largest
eigenvalue of S_b v = l S_w v, and tau is its mean over the clusterings (Anders et al. 2019,
arXiv:1912.11425v1, equations 6 to 8).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from unhans.errors import InputError
from unhans.types import Array

SINGULAR = 1e-12
"""Fraction of the largest eigenvalue of S_w to which smaller eigenvalues are raised."""


def fisher(embedding: Array, labels: Array) -> float:
    """Compute the Fisher criterion of one clustering: the largest generalised eigenvalue of (S_b, S_w).

    Where S_w is singular, its small eigenvalues are raised to ``SINGULAR`` times its largest: clusters
    that are separated along a direction without any spread score very high, but finite and comparable.
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
        The shapes do not fit, or there is no point.

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
    points = np.asarray(embedding, dtype=np.float64)
    labels = np.asarray(labels)
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

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        One point a row.
    labels_per_k : ndarray of int, shape (len(ks), n)
        At least one clustering.

    Returns
    -------
    float

    Raises
    ------
    InputError
        The shapes do not fit.

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
    return float(np.mean(fisher_per_clustering(embedding, labels_per_k)))


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
        The shapes do not fit.
    """
    labels_per_k = np.asarray(labels_per_k)
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
