"""Nearest: the nearest others of each heatmap, in a matrix of distances."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.checks import whole
from unhans.errors import InputError
from unhans.types import Array


def nearest(distances: Array | sparse.csr_array, k: int) -> NDArray[np.int64]:
    """Find the ``k`` nearest others in a matrix of distances, nearest first.

    Ties go to the lower index.

    Parameters
    ----------
    distances : ndarray or csr_array, shape (n, n)
        The diagonal is not read. Entries that a sparse array does not hold are unknown.
    k : int
        Neighbours of each row, from 1 to n - 1.

    Returns
    -------
    ndarray of int64, shape (n, k)

    Raises
    ------
    InputError
        k is not from 1 to n - 1, or a row of a sparse array has fewer entries.
    """
    n = distances.shape[0]
    k = require_others(k, n)
    if sparse.issparse(distances):
        return nearest_entries(distances, k)
    others = np.array(distances, dtype=np.result_type(distances, np.float32))
    np.fill_diagonal(others, np.inf)
    # The k-th smallest value bounds the set in linear time; ties at the bound fill up by index.
    bound = np.partition(others, k - 1, axis=1)[:, k - 1 : k]
    closer = others < bound
    ties = others == bound
    np.fill_diagonal(ties, False)  # where even the k-th distance is infinite
    room = k - closer.sum(axis=1, keepdims=True)
    chosen = closer | (ties & (np.cumsum(ties, axis=1, dtype=np.int32) <= room))
    indices = np.nonzero(chosen)[1].reshape(n, k)
    order = np.argsort(np.take_along_axis(others, indices, axis=1), axis=1, kind="stable")
    return np.take_along_axis(indices, order, axis=1)


def nearest_entries(matrix: sparse.csr_array, k: int) -> NDArray[np.int64]:
    """Find the ``k`` nearest others among the entries of each row, nearest first.

    Ties go to the lower index.

    Parameters
    ----------
    matrix : csr_array, shape (n, n)
        Distances; entries that it does not hold are unknown.
    k : int
        Neighbours of each row.

    Returns
    -------
    ndarray of int64, shape (n, k)

    Raises
    ------
    InputError
        A row has fewer entries.
    """
    counts = np.diff(matrix.indptr)
    if not 1 <= k <= counts.min(initial=k if len(counts) else 0):
        raise InputError(
            f"{k} nearest neighbours; expected from 1 to {counts.min(initial=len(counts))}, "
            "the number of others that each image was compared with"
        )
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((matrix.indices, matrix.data, rows))
    places = matrix.indptr[:-1, None] + np.arange(k)
    indices: NDArray[np.int64] = matrix.indices[order[places]].astype(np.int64)
    return indices


def require_others(k: int, n: int, name: str = "k") -> int:
    """Refuse more neighbours than there are others.

    Parameters
    ----------
    k : int
        Neighbours of each image.
    n : int
        Number of images.
    name : str
        Of the argument.

    Returns
    -------
    int

    Raises
    ------
    InputError
        k is no integer from 1 to n - 1.
    """
    k = whole(k, name, 1)
    if k >= n:
        raise InputError(f"{k} nearest neighbours need at least {k + 1} images; there are {n}")
    return k
