"""k-means for k = 2 to 30 from ten starts each, beside scikit-learn's, in one run.

    python tests/benchmarks/kmeans_ladder.py

Points are rows of a random orthonormal basis of 32 vectors, as a spectral embedding's are. Times are CPU
seconds of one thread, without imports and compilation; the two take turns, medians count. Inertia
is ours over scikit-learn's, the mean over k.
"""

import time
from collections.abc import Callable
from statistics import mean, median

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from sklearn.cluster import KMeans

from unhans.spray import clustering
from unhans.types import Array

KS = range(2, 31)
REPEATS = 3


def theirs(points: Array) -> Array:
    """Cluster by scikit-learn."""
    return np.array([KMeans(k, n_init=10, random_state=0).fit(points).labels_ for k in KS])


def ours(points: Array) -> Array:
    """Cluster by this project."""
    return clustering.kmeans(points, KS)


def inertia(points: Array, labels: Array) -> float:
    """Sum of squared distances to the clusters' means."""
    parts = (points[labels == cluster] for cluster in np.unique(labels))
    return sum(float(((part - part.mean(axis=0)) ** 2).sum()) for part in parts)


def seconds(run: Callable[[Array], Array], points: Array) -> float:
    """CPU seconds of a run."""
    start = time.process_time()
    run(points)
    return time.process_time() - start


def main() -> None:
    """Print a row a number of points."""
    print(f"{'n':>6}{'unhans':>9}{'sklearn':>9}{'ratio':>7}{'inertia':>9}")
    for n in (100, 500, 1300):
        points = np.linalg.qr(np.random.default_rng(0).normal(size=(n, 32)))[0]
        pairs = zip(ours(points), theirs(points), strict=True)
        ratio = mean(inertia(points, own) / inertia(points, other) for own, other in pairs)
        taken = [(seconds(ours, points), seconds(theirs, points)) for _ in range(REPEATS)]
        own, other = (median(found) for found in zip(*taken, strict=True))
        print(f"{n:6}{own:9.3f}{other:9.2f}{other / own:7.1f}{ratio:9.4f}", flush=True)


if __name__ == "__main__":
    main()
