"""Clustering: k-means on the spectral embedding, for every k of a range.

Source: Lloyd 1982; starts by greedy k-means++ (Arthur and Vassilvitskii 2007).
"""

from collections.abc import Iterable, Mapping, Sequence, Set

import numpy as np

from unhans.checks import as_seed, shown, whole
from unhans.errors import InputError
from unhans.spray import _lloyd
from unhans.spray.matrices import as_points
from unhans.types import Array, Labels

KS = range(2, 31)
"""Numbers of clusters that tau is the mean over."""


def numbers(n: int, k_min: int, k_max: int, capped: bool = False) -> list[int]:
    """List the numbers of clusters that a class is divided into.

    Parameters
    ----------
    n : int
        Images of the class.
    k_min, k_max : int
        The smallest and the largest number.
    capped : bool
        Leave out numbers above n. Otherwise `kmeans` refuses a class that is so small.

    Returns
    -------
    list of int
    """
    return list(range(k_min, (max(k_min, min(k_max, n)) if capped else k_max) + 1))


def kmeans(embedding: Array, ks: Sequence[int] = KS, seed: int = 0, n_init: int = 10) -> Labels:
    """Cluster the embedding by k-means, once for each number of clusters.

    Within a clustering, cluster 0 is the largest, then 1 and so on (ties: the one that holds the earlier
    image), so that the number of a cluster does not depend on the start.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        Finite values.
    ks : sequence of int
        Numbers of clusters, each from 1 to n.
    seed : int
        Of the starts.
    n_init : int
        Starts of each clustering. The one of least inertia is kept.

    Returns
    -------
    ndarray of int32, shape (len(ks), n)

    Raises
    ------
    InputError
        The embedding has the wrong shape or is not finite, n_init is below 1, the seed is none, or a k is
        out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.kmeans(np.array([[0.0], [0.1], [0.2], [9.0], [9.1]]), ks=[2])
    array([[0, 0, 0, 1, 1]], dtype=int32)
    """
    points = np.ascontiguousarray(as_points(embedding))
    ks, seed, n_init = as_ks(ks), as_seed(seed), whole(n_init, "n_init", 1)
    if len(ks) and min(ks) < 1:
        raise InputError(f"k-means with k = {min(ks)}; expected k of at least 1")
    if len(ks) and max(ks) > len(points):
        raise InputError(
            f"k-means with k from {min(ks)} to {max(ks)} needs at least {max(ks)} images; "
            f"there are {len(points)}"
        )
    labels = np.empty((len(ks), len(points)), dtype=np.int32)
    for row, k in enumerate(ks):
        labels[row] = _largest_first(_lloyd.best(points, k, seed, n_init))
    return labels


def as_ks(ks: Iterable[int]) -> list[int]:
    """Check that an argument holds numbers of clusters.

    Parameters
    ----------
    ks : iterable of int
        What a caller gave.

    Returns
    -------
    list of int

    Raises
    ------
    InputError
        It is no sequence of integers. A set is none: it has no order.
    """
    if isinstance(ks, str | bytes | Set | Mapping) or not isinstance(ks, Iterable):
        raise InputError(f"ks is {shown(ks)}; expected integers, as range(2, 31)")
    return [whole(k, "a k of ks") for k in ks]


def nested(embedding: Array, ks: Sequence[int], seed: int = 0, n_init: int = 10) -> Labels:
    """Cluster the first k eigenvectors into k clusters, for each k.

    k-means on all q eigenvectors at once, from which tau is computed, weighs every eigenvector alike and
    may split a component of the graph long before it separates the component from the others. The first
    k eigenvectors are those that cut the graph into k pieces: these clusterings separate groups, and
    figures are drawn from them.

    Parameters
    ----------
    embedding : ndarray, shape (n, q)
        Eigenvectors, those of the smallest eigenvalues first.
    ks : sequence of int
        Numbers of clusters. Above q, all q eigenvectors are taken.
    seed, n_init : int
        See `kmeans`.

    Returns
    -------
    ndarray of int32, shape (len(ks), n)

    Raises
    ------
    InputError
        The embedding has the wrong shape or is not finite, or a k is not from 1 to n.

    References
    ----------
    Ng, Jordan and Weiss 2001.
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
