"""Affinity: from distances to the symmetrised graph of nearest neighbours.

Source: Anders et al. 2019, arXiv:1912.11425v1, algorithm 1.
"""

import numpy as np
from scipy import sparse

from unhans.errors import InputError
from unhans.spray.matrices import as_square
from unhans.spray.nearest import nearest, require_others
from unhans.types import Array


def knn_affinity(distances: Array | sparse.csr_array, k: int = 10) -> sparse.csr_array:
    """Connect each heatmap with its k nearest others and symmetrise the graph: (A + A^T) / 2.

    Self-loops are left out. Duplicates (distance 0) are neighbours like any other. Ties go to the lower
    index.

    Parameters
    ----------
    distances : ndarray or csr_array, shape (n, n)
        Pairwise distances, symmetric. Entries that a sparse array does not hold are unknown.
    k : int
        Neighbours of each heatmap, from 1 to n - 1.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Symmetric, with entries 0.5 (one of the two names the other) and 1 (both do), and sorted indices.

    Raises
    ------
    InputError
        Distances are no square matrix or hold NaN or negative values, k is not from 1 to n - 1, or a
        row has fewer than k known distances.

    References
    ----------
    Anders et al. 2019, section on SpRAy, with k = 10.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> distances = np.abs(np.subtract.outer([0.0, 1.0, 3.0], [0.0, 1.0, 3.0]))
    >>> uh.knn_affinity(distances, 1).toarray()
    array([[0. , 1. , 0. ],
           [1. , 0. , 0.5],
           [0. , 0.5, 0. ]])
    """
    distances = as_square(distances, "distances")
    known = distances.data if sparse.issparse(distances) else distances
    least = np.min(known, initial=0)
    if least < 0:
        raise InputError(f"distances hold {least:.3g}; expected no negative values")
    n = distances.shape[0]
    k = require_others(k, n)
    columns = nearest(distances, k).ravel()
    rows = np.repeat(np.arange(n), k)
    directed = sparse.coo_array((np.ones(n * k), (rows, columns)), shape=(n, n))
    affinity = sparse.csr_array((directed + directed.T) / 2)
    affinity.sort_indices()
    return affinity
