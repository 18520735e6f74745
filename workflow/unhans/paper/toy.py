"""Toy: spectral clustering step by step on points of the plane (figure 2 of Anders et al. 2019).

Points replace the heatmaps: each is a map of 1 x 2 pixels. The steps are those of the pipeline.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans
from unhans.spray.eigengap import eigengap
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.pairwise import pairwise
from unhans.types import Embedding, Labels


@dataclass(frozen=True, eq=False)
class Toy:
    """Arrays of spectral clustering on n points, sorted by the group that they were drawn from.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        Their places.
    group : ndarray of int64, shape (n,)
        The truth, ascending.
    affinity : ndarray of float64, shape (n, n)
        Values 0, 0.5 and 1.
    eigenvalues : ndarray of float64, shape (q,)
        Ascending.
    embedding : ndarray of float64, shape (n, q)
        Eigenvectors in columns.
    labels : ndarray of int32, shape (n,)
        From k-means at the number of clusters that the eigengap gives.

    """

    points: NDArray[np.float64]
    group: NDArray[np.int64]
    affinity: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    embedding: Embedding
    labels: Labels

    @property
    def clusters(self) -> int:
        """Number of clusters that the eigengap gives."""
        return eigengap(self.eigenvalues)


def toy(seed: int = 0, size: int = 40, knn: int = 20, q: int = 8) -> Toy:
    """Draw points from two discs and from two bent bars, and cluster the points.

    One bar lies over the first disc, the other below the second.

    The groups lie so near each other that a few edges join them. If the graph fell into pieces, its
    first eigenvectors would only indicate the pieces. The neighbours of a point are half of its group:
    in the plane, a graph of fewer neighbours has small eigenvalues within each group as well, and its
    largest gap lies behind those.

    Parameters
    ----------
    seed : int
        Of the points, and of the starts of the solver and of k-means.
    size : int
        Number of points of a group.
    knn : int
        Number of neighbours of a point.
    q : int
        Number of eigenvectors.

    Returns
    -------
    Toy

    Raises
    ------
    InputError
        ``knn`` is not from 1 to 4 ``size`` - 1.

    References
    ----------
    Anders et al. 2019, figure 2.

    """
    points, group = _draw(np.random.default_rng(seed), size)
    distances = pairwise(points[:, None, :], "euclidean")
    affinity = knn_affinity(distances, knn)
    eigenvalues, embedding = spectral(symmetric_normalized(affinity), q, seed)
    clusters = eigengap(eigenvalues)
    labels = kmeans(embedding[:, :clusters], [clusters], seed)[0]
    return Toy(points, group, affinity.toarray(), eigenvalues, embedding, labels)


def _draw(random: np.random.Generator, size: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    gap = 0.6
    right = np.array([2 + gap, 0])
    disc = _sector(random, size, (0, 1), (0, 2))
    second = _sector(random, size, (0, 1), (0, 2)) + right
    bar = _sector(random, size, (1 + gap, 2.6 + gap), (0.35, 0.65))
    fourth = _sector(random, size, (1 + gap, 2.6 + gap), (0.35, 0.65)) * [1, -1] + right
    points = np.concatenate([disc, second, bar, fourth])
    return points, np.repeat(np.arange(4), size)


def _sector(
    random: np.random.Generator, size: int, radii: tuple[float, float], angles: tuple[float, float]
) -> NDArray[np.float64]:
    """Draw points uniformly from a piece of a ring around the origin; angles are in units of pi."""
    angle = np.pi * random.uniform(*angles, size)
    radius = np.sqrt(random.uniform(radii[0] ** 2, radii[1] ** 2, size))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
