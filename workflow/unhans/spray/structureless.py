"""Structureless: tau of classes without any structure, which tau of a class is held against.

tau has no scale of its own: it depends on the numbers of images, neighbours, eigenvectors and clusters.
A class of points without structure, of the same n and through the same graph, embedding and clusterings,
says what tau would be of nothing.

The points are drawn from one Gaussian of `DIMENSION` dimensions; the fewer, the higher tau (heatmaps of
photographs lie between 3 and 5, see docs/reference/method.md). k-means has one start a clustering
(with ten the median of tau is the same within some per cent). Only n, knn, q and the numbers of clusters
matter, so that all classes share these results. They are made for the sizes of `grid_of` alone, and read
between two of them in proportion, in logarithms.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from unhans.io.store import Result
from unhans.paths import parse_analysis
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans
from unhans.spray.distance import euclidean
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.separability import tau

DIMENSION = 5
"""Dimensions of the Gaussian."""

STEP = 1.25
"""Ratio of neighbouring sizes of the grid."""


def tabulate(
    results: Mapping[str, Result],
    *,
    draws: int,
    ks: Sequence[int],
    seed: int,
    say: Callable[[str], None] = print,
) -> pd.DataFrame:
    """Draw structureless classes for the graphs and sizes of all classes of a run.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the stage separability by path; their attribute ``n`` is read.
    draws : int
        Structureless classes of each size.
    ks : sequence of int
        Numbers of clusters.
    seed : int
        Of all draws.
    say : callable
        Receives a line for each graph.

    Returns
    -------
    DataFrame
        Columns ``knn``, ``q``, ``n``, ``draw`` and ``tau``.
    """
    sizes: dict[tuple[int, int], set[int]] = {}
    for path, result in results.items():
        analysis, _ = parse_analysis(path)
        if result.attributes["status"] == "ok":
            sizes.setdefault((analysis.knn, analysis.q), set()).add(int(result.attributes["n"]))
    rows = []
    for (knn, q), own in sorted(sizes.items()):
        grid = grid_of(own, least=max(knn + 1, min(ks)))
        say(f"tau_null: knn {knn}, q {q}: {draws} structureless classes of each of {grid} points")
        for n in grid:
            taus = [
                tau_of_nothing(n, knn=knn, q=q, ks=ks, seed=seed + draw) for draw in range(draws)
            ]
            rows += [(knn, q, n, draw, value) for draw, value in enumerate(taus)]
    return pd.DataFrame(rows, columns=["knn", "q", "n", "draw", "tau"])


def tau_of_nothing(n: int, *, knn: int, q: int, ks: Sequence[int], seed: int) -> float:
    """Compute tau of one class of structureless points.

    Parameters
    ----------
    n : int
        Number of points, more than knn.
    knn : int
        Neighbours of each.
    q : int
        Eigenvectors.
    ks : sequence of int
        Numbers of clusters; those above n are left out.
    seed : int
        Of the points, the eigensolver and k-means.

    Returns
    -------
    float

    Raises
    ------
    InputError
        There are too few points for knn.
    """
    points = np.random.default_rng([seed, n]).normal(size=(n, 1, DIMENSION))
    graph = knn_affinity(euclidean.pairwise(points), knn)
    _, embedding = spectral(symmetric_normalized(graph), q, seed)
    return tau(embedding, kmeans(embedding, [k for k in ks if k <= n], seed, n_init=1))


def grid_of(sizes: Iterable[int], least: int) -> list[int]:
    """List the sizes at which structureless classes are drawn, for classes of the sizes given.

    Parameters
    ----------
    sizes : iterable of int
        Images of each class.
    least : int
        Smallest size of the grid, where the pipeline still works.

    Returns
    -------
    list of int
        Ascending: for each class the two sizes of the grid around it.
    """
    found: set[int] = set()
    for n in sizes:
        step = math.floor(math.log(max(n, least) / least) / math.log(STEP))
        found |= {_size(least, step), _size(least, step + 1)}
    return sorted(found)


def _size(least: int, step: int) -> int:
    return math.ceil(least * STEP**step)
