"""Laplacian: the symmetric normalised Laplacian of an affinity graph.

Source: von Luxburg 2007, "A tutorial on spectral clustering", arXiv:0711.0189.
"""

import numpy as np
from scipy import sparse

from unhans.spray.matrices import as_graph
from unhans.types import Array


def symmetric_normalized(affinity: sparse.sparray | Array) -> sparse.csr_array:
    """Compute L = I - D^-1/2 A D^-1/2, where D is the diagonal matrix of A's row sums.

    A node without edges gets a row of zeros, so that the multiplicity of the eigenvalue 0 is the number
    of connected components, isolated nodes included.

    Parameters
    ----------
    affinity : sparse array or ndarray, shape (n, n)
        Symmetric, not negative.

    Returns
    -------
    csr_array of float64, shape (n, n)
        Its eigenvalues lie between 0 and 2.

    Raises
    ------
    InputError
        The matrix is not square, symmetric and finite, or has negative entries.

    References
    ----------
    von Luxburg 2007, proposition 4.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> uh.symmetric_normalized(np.array([[0.0, 1.0], [1.0, 0.0]])).toarray()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    graph = as_graph(affinity, "affinity")
    degree = np.asarray(graph.sum(axis=1)).ravel()
    connected = degree > 0
    root = np.zeros_like(degree)
    root[connected] = 1 / np.sqrt(degree[connected])
    scale = sparse.diags_array(root)
    identity = sparse.diags_array(connected.astype(np.float64))
    laplacian = sparse.csr_array(identity - scale @ graph @ scale)
    laplacian.sort_indices()
    return laplacian
