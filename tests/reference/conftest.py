"""One small class of heatmaps, and what the pipeline makes of it stage by stage."""

import numpy as np
import pytest
from sizes import KNN, Q

from unhans.spray import affinity, embedding, laplacian, pairwise

SIZE, STRATEGIES = 28, 4


@pytest.fixture(scope="session")
def strategy():
    """Which of four strategies each of 120 images is classified by, the last of them rare."""
    return np.repeat(np.arange(STRATEGIES), (50, 40, 20, 10))


@pytest.fixture(scope="session")
def heatmaps(strategy):
    """Relevance for and against a class: blobs at a strategy's places, grain, varied strength."""
    rng = np.random.default_rng(1)
    axis = np.linspace(0, 1, SIZE)
    places = rng.uniform(0.15, 0.85, (STRATEGIES, 3, 2))
    maps = np.zeros((len(strategy), SIZE, SIZE))
    for heatmap, chosen in zip(maps, strategy, strict=True):
        for sign, place in zip((1, 0.6, -0.4), places[chosen], strict=True):
            row, column = np.exp(-((axis - (place + rng.normal(0, 0.06, 2))[:, None]) ** 2) / 0.02)
            heatmap += sign * np.outer(row, column)
        heatmap *= rng.lognormal(0, 0.3, heatmap.shape) * rng.lognormal(0, 0.2)
        heatmap += rng.normal(0, 0.02, heatmap.shape)
    return frozen(maps.astype(np.float32))


@pytest.fixture(scope="session")
def distances(heatmaps):
    return frozen(pairwise.pairwise(heatmaps, "euclidean"))


@pytest.fixture(scope="session")
def graph(distances):
    return affinity.knn_affinity(distances, KNN)


@pytest.fixture(scope="session")
def operator(graph):
    return laplacian.symmetric_normalized(graph)


@pytest.fixture(scope="session")
def points(operator):
    return frozen(embedding.spectral(operator, Q)[1])


def frozen(array):
    """Make an array read-only: whoever changes its input fails."""
    array.setflags(write=False)
    return array
