"""Laplacian: the symmetric normalised Laplacian of an affinity graph."""

import numpy as np
from scipy import sparse

from unhans.types import Array


def symmetric_normalized(affinity: sparse.sparray | Array) -> sparse.csr_array:
    """L = I - D^-1/2 A D^-1/2, with D the diagonal of A's row sums.

    A node without edges gets a row of zeros, so that the multiplicity of the eigenvalue 0 is the
    number of connected components, isolated nodes among them (von Luxburg 2007, proposition 4).

    Parameters
    ----------
    affinity : (n, n) sparse or dense, symmetric, not negative

    Returns
    -------
    (n, n) sparse float64; eigenvalues between 0 and 2

    """
    graph = sparse.csr_array(affinity, dtype=np.float64)
    degree = np.asarray(graph.sum(axis=1)).ravel()
    connected = degree > 0
    root = np.zeros_like(degree)
    root[connected] = 1 / np.sqrt(degree[connected])
    scale = sparse.diags_array(root)
    identity = sparse.diags_array(connected.astype(np.float64))
    laplacian = sparse.csr_array(identity - scale @ graph @ scale)
    laplacian.sort_indices()
    return laplacian
