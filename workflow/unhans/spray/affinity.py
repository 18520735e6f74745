"""Affinity: from distances to the symmetrised graph of nearest neighbours."""

import numpy as np
from scipy import sparse

from unhans.errors import InputError
from unhans.spray.nearest import nearest
from unhans.types import Array


def knn_affinity(distances: Array | sparse.csr_array, k: int) -> sparse.csr_array:
    """Binary k-nearest-neighbour graph, symmetrised: (A + A^T) / 2.

    An edge weighs 1 where two images are among each other's ``k`` nearest, 0.5 where one is among
    the other's only. Self-loops are left out; duplicates (distance 0) are neighbours like any
    other; ties go to the lower index (Anders et al. 2019, section on SpRAy, with k = 10).

    Parameters
    ----------
    distances : (n, n), symmetric; or sparse, whose entries are the distances that are known
    k : neighbours an image, from 1 to n - 1

    Returns
    -------
    (n, n) sparse float64 with sorted indices; values 0.5 and 1

    """
    known = distances.data if sparse.issparse(distances) else np.asarray(distances)
    n = distances.shape[0]
    if distances.shape != (n, n):
        raise InputError(f"distances have shape {distances.shape}; expected (n, n)")
    if np.isnan(known).any():
        raise InputError("distances hold NaN; expected numbers")
    columns = nearest(distances, k).ravel()
    rows = np.repeat(np.arange(n), k)
    directed = sparse.coo_array((np.ones(n * k), (rows, columns)), shape=(n, n))
    affinity = sparse.csr_array((directed + directed.T) / 2)
    affinity.sort_indices()
    return affinity
