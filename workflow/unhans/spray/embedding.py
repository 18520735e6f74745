"""Embedding: the smallest eigenpairs of the Laplacian place each image in q dimensions.

Source: von Luxburg 2007, "A tutorial on spectral clustering", arXiv:0711.0189 (normalised Laplacian).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from unhans.checks import as_seed, whole
from unhans.errors import InputError
from unhans.spray.matrices import as_graph
from unhans.types import Array, Embedding

DENSE = 150
"""Components up to this size are solved densely: Lanczos gains nothing there."""

ZERO = 1e-9
"""Eigenvalues below this count as 0: a chain of 1,000 nodes has none so small above 0."""


def spectral(
    laplacian: sparse.sparray | Array, q: int = 32, seed: int = 0
) -> tuple[NDArray[np.float64], Embedding]:
    """Compute the ``q`` smallest eigenpairs of a symmetric normalised Laplacian.

    The connected components of the graph are solved one by one and merged: within a component the
    eigenvalue 0 is simple, so that no copy of it can be missed, as a Lanczos iteration from one start
    vector may on a disconnected graph. A component goes to Lanczos (`scipy.sparse.linalg.eigsh`) for the
    algebraically largest eigenvalues of 2 I - L, which are all positive, or to a dense solver where it
    is small. Signs are fixed: the entry of largest magnitude is positive.

    Parameters
    ----------
    laplacian : sparse array or ndarray, shape (n, n)
        Symmetric, with eigenvalues in [0, 2].
    q : int
        Number of eigenpairs, at least 1. All n of them are returned where q > n.
    seed : int
        Of the start vector.

    Returns
    -------
    eigenvalues : ndarray of float64, shape (min(q, n),)
        Ascending.
    eigenvectors : ndarray of float64, shape (n, min(q, n))
        Orthonormal columns; the rows are the embedding.

    Raises
    ------
    InputError
        q is below 1, the seed is none, or the Laplacian is not square, symmetric and finite.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> laplacian = uh.symmetric_normalized(np.ones((4, 4)) - np.eye(4))
    >>> eigenvalues, embedding = uh.spectral(laplacian, 2)
    >>> eigenvalues.round(6), embedding.shape
    (array([0.      , 1.333333]), (4, 2))
    """
    graph = as_graph(laplacian, "laplacian", negative=True)
    q, seed = whole(q, "q"), as_seed(seed)
    if q < 1:
        raise InputError(f"q is {q}; expected at least 1 eigenpair")
    pairs = list(_of_components(graph, q, seed))
    eigenvalues = np.concatenate([values for values, _ in pairs])
    # Components in order of their first node, and a stable sort: ties always fall the same way.
    order = np.argsort(eigenvalues, kind="stable")[: min(q, graph.shape[0])]
    eigenvectors = np.concatenate([vectors for _, vectors in pairs], axis=1)[:, order]
    return np.maximum(eigenvalues[order], 0), _fix_signs(eigenvectors)


def components(eigenvalues: Array) -> int:
    """Count the connected components of a graph: the eigenvalues of its Laplacian that are 0.

    Parameters
    ----------
    eigenvalues : ndarray, shape (q,)
        The smallest ones. Of more than q components, q are counted.

    Returns
    -------
    int
    """
    return int(np.count_nonzero(np.asarray(eigenvalues) < ZERO))


def _of_components(
    graph: sparse.csr_array, q: int, seed: int
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Smallest eigenpairs of each connected component; vectors are 0 on the other components."""
    count, membership = connected_components(graph, directed=False)
    for component in range(count):
        nodes = np.nonzero(membership == component)[0]
        part = graph[nodes][:, nodes] if count > 1 else graph
        values, vectors = _smallest(part, min(q, len(nodes)), seed)
        lifted = np.zeros((graph.shape[0], len(values)))
        lifted[nodes] = vectors
        yield values, lifted


def _smallest(
    laplacian: sparse.csr_array, q: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = laplacian.shape[0]
    if n > DENSE and 3 * q < n:
        shifted = sparse.csr_array(2 * sparse.eye_array(n) - laplacian)
        start = np.random.default_rng(seed).uniform(0.5, 1.5, n)
        try:
            values, vectors = eigsh(shifted, k=q, which="LA", v0=start, maxiter=100 * n)
        except ArpackNoConvergence:
            pass  # the dense solver below always answers
        else:
            return 2 - values[::-1], vectors[:, ::-1]
    values, vectors = linalg.eigh(laplacian.toarray(), subset_by_index=[0, q - 1])
    return values, vectors


def _fix_signs(vectors: NDArray[np.float64]) -> Embedding:
    if vectors.size == 0:
        return vectors
    # Rounded, so that entries equal but for noise elect the same one on every machine.
    largest = np.abs(vectors).round(8).argmax(axis=0)
    signs = np.where(vectors[largest, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
    return vectors * signs
