"""Separability: how far clusterings of the embedding stand apart, and their mean tau.

Anders et al. 2019 (arXiv:1912.11425v1), equations 6 to 8: with mu the mean of all points and mu_k
that of cluster k,

    S_w = sum_k sum_{x in k} (x - mu_k)(x - mu_k)^T       S_b = sum_k (mu_k - mu)(mu_k - mu)^T

(not weighted by cluster size), the Fisher criterion is max_v (v^T S_b v) / (v^T S_w v), the largest
eigenvalue of S_b v = l S_w v, and tau is its mean over the clusterings.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from unhans.errors import InputError
from unhans.types import Array

SINGULAR = 1e-12
"""Directions in which S_w is below this share of its largest eigenvalue count as without spread."""


def fisher(embedding: Array, labels: Array) -> float:
    """Fisher criterion of one clustering: the largest generalised eigenvalue of (S_b, S_w).

    Where S_w is singular, the criterion is taken with its small eigenvalues raised to
    ``SINGULAR`` times its largest: clusters that fall apart along a direction without any spread
    score very high, but finite and comparable. Points that all coincide within their clusters
    (S_w = 0) give infinity, and 0 where the clusters coincide too.

    Parameters
    ----------
    embedding : (n, q) array
    labels : (n,) integers

    Returns
    -------
    float, not negative

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
    """Mean Fisher criterion over clusterings of one embedding.

    Parameters
    ----------
    embedding : (n, q) array
    labels_per_k : (len(ks), n) integers, at least one clustering

    Returns
    -------
    float

    """
    return float(np.mean(fisher_per_clustering(embedding, labels_per_k)))


def fisher_per_clustering(embedding: Array, labels_per_k: Array) -> NDArray[np.float64]:
    """Fisher criterion of each clustering: (len(ks),) float64."""
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
