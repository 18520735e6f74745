"""Toy: spectral clustering step by step on points of the plane (figure 2 of Anders et al. 2019).

Points take the place of heatmaps (each is a map of 1 x 2 pixels); all else is the pipeline's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans
from unhans.spray.conductance import eigengap
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.pairwise import pairwise
from unhans.types import Embedding, Labels


@dataclass(frozen=True, eq=False)
class Toy:
    """The stages of spectral clustering on n points, sorted by the group they were drawn from."""

    points: NDArray[np.float64]
    """(n, 2)"""
    group: NDArray[np.int64]
    """(n,) the truth, ascending"""
    affinity: NDArray[np.float64]
    """(n, n) values 0, 0.5 and 1"""
    eigenvalues: NDArray[np.float64]
    """(q,) ascending"""
    embedding: Embedding
    """(n, q) eigenvectors in columns"""
    labels: Labels
    """(n,) k-means at the eigengap's number of clusters"""

    @property
    def clusters(self) -> int:
        """Number of clusters that the eigengap finds."""
        return eigengap(self.eigenvalues)


def toy(seed: int = 0, size: int = 40, knn: int = 20, q: int = 8) -> Toy:
    """Draw two discs and a bent bar over one of them, and cluster them.

    The groups lie so near that a few edges join them: were the graph to fall apart, its first
    eigenvectors would be mere indicators of the pieces. Neighbours reach half a group far: in the
    plane a graph of fewer neighbours has small eigenvalues within each group, too, and its largest
    gap lies behind those.

    Parameters
    ----------
    seed : of the points, and of the starts of the solver and of k-means
    size : points a group
    knn : neighbours a point
    q : eigenvectors computed

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
    disc = _sector(random, size, (0, 1), (0, 2))
    second = _sector(random, size, (0, 1), (0, 2)) + np.array([2 + gap, 0])
    bar = _sector(random, size, (1 + gap, 2.6 + gap), (0.35, 0.65))
    return np.concatenate([disc, second, bar]), np.repeat(np.arange(3), size)


def _sector(
    random: np.random.Generator, size: int, radii: tuple[float, float], angles: tuple[float, float]
) -> NDArray[np.float64]:
    """Points spread evenly over a piece of a ring around the origin; angles in units of pi."""
    angle = np.pi * random.uniform(*angles, size)
    radius = np.sqrt(random.uniform(radii[0] ** 2, radii[1] ** 2, size))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
