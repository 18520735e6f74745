"""Resampling: how much tau of a class depends on its images, and on the starts of k-means.

tau is computed anew of subsets of the images. Images are drawn without replacement: a bootstrap's
duplicates would be each other's nearest neighbours. The variance of log tau over subsets of m of n images
is sigma^2 (1/m - 1/n) where that of the class is sigma^2 / n, so it is scaled by m / (n - m) (delete-d
jackknife, Shao and Wu 1989), which is 1 for halves. Each subset has its own graph, embedding and starts
of k-means: one start a clustering, where the class has several, so the interval is rather too wide.

Of the numbers of clusters only some are taken, which leaves the spread as it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.separability import tau
from unhans.types import Array

MOST = 300
"""Images of a subset at most, where all distances are known: what bounds the cost."""


NUMBERS = 7
"""Numbers of clusters that tau of a subset is the mean over, where the class has at least as many."""


def taus_of_subsets(
    distances: Array | sparse.csr_array,
    *,
    subsets: int,
    knn: int,
    q: int,
    ks: Sequence[int],
    seed: int,
) -> NDArray[np.float64]:
    """Compute tau of random subsets of the images of a class.

    Parameters
    ----------
    distances : ndarray or csr_array, shape (n, n)
        Of the class. Entries that a sparse array does not hold are unknown.
    subsets : int
        Number of subsets.
    knn : int
        Neighbours of each image, fewer where a subset knows fewer.
    q : int
        Eigenvectors.
    ks : sequence of int
        Numbers of clusters of the class, of which `NUMBERS` are taken, or up to twice as many. Those
        above the size of a subset are left out.
    seed : int
        Of the subsets, the eigensolver and k-means.

    Returns
    -------
    ndarray of float64, shape (subsets,)
        Empty where a subset would have fewer than four images.
    """
    n, size = distances.shape[0], subset_size(distances)
    if size < 4:
        return np.empty(0)
    random = np.random.default_rng(seed)
    own = [k for k in ks[:: max(1, len(ks) // NUMBERS)] if k <= size]
    taus = []
    for number in range(subsets):
        chosen = np.sort(random.choice(n, size, replace=False))
        part = distances[chosen][:, chosen]
        graph = knn_affinity(part, min(knn, _known(part)))
        _, embedding = spectral(symmetric_normalized(graph), q, seed)
        labels = kmeans(embedding, own or ks[:1], seed + number, 1)
        taus.append(tau(embedding, labels))
    return np.array(taus, dtype=np.float64)


def subset_size(distances: Array | sparse.csr_array) -> int:
    """Choose the size of the subsets of a class.

    Parameters
    ----------
    distances : ndarray or csr_array, shape (n, n)
        Of the class.

    Returns
    -------
    int
        Half of the class, `MOST` images at most. Four fifths where only some distances are known, so that
        most neighbours of an image are in its subset.
    """
    n = int(distances.shape[0])
    return 4 * n // 5 if sparse.issparse(distances) else min(n // 2, MOST)


def _known(distances: Array | sparse.csr_array) -> int:
    """Count the others to which each image of a subset has a known distance, the least of them."""
    if not sparse.issparse(distances):
        return int(distances.shape[0]) - 1
    return max(1, int(np.diff(sparse.csr_array(distances).indptr).min()))
