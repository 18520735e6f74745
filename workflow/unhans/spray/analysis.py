"""Analysis: Spectral Relevance Analysis in one call, from the heatmaps of a class to tau."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.checks import as_seed, whole
from unhans.errors import InputError
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import KS, as_ks, kmeans
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.metrics import require_options
from unhans.spray.nearest import require_others
from unhans.spray.neighbours import candidates_for
from unhans.spray.pairwise import distances_of, require_distinct
from unhans.spray.preprocessing import Step, represent
from unhans.spray.separability import separability
from unhans.types import Array, Embedding, Labels

ARGUMENTS = ("steps", "metric", "knn", "q", "ks", "seed", "n_init")
"""Arguments of `analyse`, besides options of the metric."""


@dataclass(frozen=True, eq=False)
class Run:
    """Results of `analyse` for one class.

    Parameters
    ----------
    tau : float
        Mean Fisher criterion over the clusterings: the higher, the better the class falls into groups.
        Of a class of fewer than max(ks) + 4 q images it is made of fewer eigenvectors and clusterings.
    q_used, k_used : int
        Eigenvectors, and largest number of clusters, that tau is made of; see `tau`.
    unbounded : int
        Clusterings among them for which the formula is infinite: some heatmaps have no spread along a
        direction. The workflow does not rank such a tau.
    fisher : ndarray of float64, shape (len(ks),)
        Fisher criterion of each clustering.
    ks : ndarray of int, shape (len(ks),)
        Number of clusters of each clustering.
    labels : ndarray of int32, shape (len(ks), n)
        Cluster of each heatmap, for each clustering.
    eigenvalues : ndarray of float64, shape (min(q, n),)
        Smallest eigenvalues of the Laplacian, ascending.
    embedding : ndarray of float64, shape (n, min(q, n))
        Eigenvectors; the rows place the heatmaps.
    affinity : csr_array of float64, shape (n, n)
        Symmetrised graph of nearest neighbours.
    distances : ndarray or csr_array, shape (n, n)
        Sparse where only some pairs were measured.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> maps = np.random.default_rng(0).normal(size=(40, 28, 28))
    >>> maps[:15, :6, :6] += 5  # where relevance lies in 15 of the images
    >>> maps[15:, -6:, -6:] += 5  # and in the others
    >>> run = uh.analyse(maps, steps=[("sum_pool", 7), "unit_norm"], q=8, ks=range(2, 6))
    >>> int((run.eigenvalues < 1e-9).sum())  # groups that no edge connects
    2
    >>> uh.conductance(run.affinity, np.repeat([1, 0], [15, 25])).tolist()
    [0.0, 0.0]
    >>> run.q_used, run.k_used, run.unbounded  # what tau is made of
    (8, 5, 0)
    >>> run  # doctest: +ELLIPSIS
    Run(tau=..., q_used=8, k_used=5, unbounded=0)
    """

    tau: float
    q_used: int
    k_used: int
    unbounded: int
    fisher: NDArray[np.float64] = field(repr=False)
    ks: NDArray[np.int64] = field(repr=False)
    labels: Labels = field(repr=False)
    eigenvalues: NDArray[np.float64] = field(repr=False)
    embedding: Embedding = field(repr=False)
    affinity: sparse.csr_array = field(repr=False)
    distances: Array | sparse.csr_array = field(repr=False)


def analyse(
    maps: Array,
    *,
    steps: Iterable[Step] = (),
    metric: str = "euclidean",
    knn: int = 10,
    q: int = 32,
    ks: Sequence[int] = KS,
    seed: int = 0,
    n_init: int = 10,
    **options: Any,
) -> Run:
    """Analyse the heatmaps of one class by Spectral Relevance Analysis, arXiv:1912.11425v1, algorithm 1.

    The results are those that the stages ``preprocessing`` to ``separability`` of the workflow write
    for the same settings.

    Parameters
    ----------
    maps : ndarray, shape (n, h, w)
        Heatmaps, finite values.
    steps : iterable
        Steps of the representation; see `represent`.
    metric : str
        See `pairwise`.
    knn, q : int
        Neighbours of each heatmap, below n; eigenvectors of the embedding.
    ks : sequence of int
        Numbers of clusters, at least one, each from 1 to n.
    seed, n_init : int
        Seed of the eigensolver and of k-means; starts of each clustering.
    **options
        Options of the metric; see `pairwise`. One that works pair by pair also takes ``n_candidates``,
        the nearest others that each heatmap is compared with (2 knn, at least 20, by default).

    Returns
    -------
    Run

    Raises
    ------
    InputError, MetricError
        The heatmaps are not fit for a step, all equal, or too few, an argument is not valid, or a metric
        of a user's own returns no matrix of distances.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> run = uh.analyse(np.random.default_rng(0).normal(size=(40, 28, 28)), q=8, ks=range(2, 6))
    >>> run.labels.shape, run.embedding.shape
    ((4, 40), (40, 8))
    """
    require_options(metric, options, ARGUMENTS)
    numbers = whole(q, "q", 1), _as_some_ks(ks), as_seed(seed), whole(n_init, "n_init", 1)
    represented = represent(maps, steps)
    knn = require_others(knn, len(represented), "knn")
    n_candidates = candidates_for(knn, options.pop("n_candidates", None), "knn")
    distances = distances_of(represented, metric, n_candidates, **options)
    return _clustered(distances, knn, *numbers)


def _as_some_ks(ks: Iterable[int]) -> list[int]:
    """Check that there are numbers of clusters, of which tau is a mean."""
    found = as_ks(ks)
    if not found:
        raise InputError("ks is empty; expected at least one number of clusters")
    return found


def _clustered(
    distances: Array | sparse.csr_array, knn: int, q: int, ks: Sequence[int], seed: int, n_init: int
) -> Run:
    """Embed and cluster a class by its distances."""
    values = distances.data if isinstance(distances, sparse.csr_array) else distances
    require_distinct(distances.shape[0], bool(np.any(values)))
    affinity = knn_affinity(distances, knn)
    eigenvalues, embedding = spectral(symmetric_normalized(affinity), q, seed)
    labels = kmeans(embedding, ks, seed, n_init)
    found = separability(embedding, labels)
    return Run(
        found.tau,
        found.used.q,
        found.used.k_max,
        found.unbounded,
        found.fisher,
        np.array(ks),
        labels,
        eigenvalues,
        embedding,
        affinity,
        distances,
    )
