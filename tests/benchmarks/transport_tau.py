"""Rankings by tau under the rungs of optimal transport, beside those under their references.

    python tests/benchmarks/transport_tau.py results/digits/small_vgg/epsilon_plus_flat/attribution

Takes the heatmaps of every class in a folder, the first ``--n`` of each, sum-pooled to ``--pool`` bins a
side, and ranks the classes by tau with distances of all pairs by the reference (eight starts; exact
Wasserstein) and with each rung as the workflow runs it. Prints tau of each class and Spearman
correlations with the reference.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from scipy import sparse
from scipy.stats import spearmanr

from unhans.io import store
from unhans.spray import (
    affinity,
    clustering,
    embedding,
    laplacian,
    pairwise,
    preprocessing,
    separability,
)
from unhans.spray.distance import gromov_wasserstein_reference
from unhans.spray.transport import conditional_gradient, support
from unhans.spray.transport.pair_solver import as_matrix, every_pair
from unhans.types import Array

KNN, Q = 10, 32
RUNGS = {
    "gromov_wasserstein_reference": (
        *("gromov_wasserstein", "gromov_wasserstein_fast", "gromov_wasserstein_matrix"),
        "sliced_gromov_wasserstein",
    ),
    "wasserstein_certified": ("wasserstein", "sliced_wasserstein"),
}


def tau(distances: Array | sparse.csr_array) -> float:
    """Tau from distances, with the workflow's defaults."""
    graph = affinity.knn_affinity(distances, KNN)
    _, vectors = embedding.spectral(laplacian.symmetric_normalized(graph), Q)
    ks = range(2, min(30, len(vectors) - 1) + 1)
    return separability.tau(vectors, clustering.kmeans(vectors, ks))


def reference(maps: Array, metric: str) -> Array | sparse.csr_array:
    """Distances of all pairs; the eight starts go to the end by our own steps, as POT's solver does."""
    if metric != "gromov_wasserstein_reference":
        return pairwise.pairwise(maps, metric)
    supports = support.of_all(maps)
    own = gromov_wasserstein_reference.Reference(supports, normalise=False)
    pairs = every_pair(len(maps))
    squared = [own.least(i, j, conditional_gradient.to_the_end) for i, j in pairs.tolist()]
    return np.asarray(as_matrix(len(maps), pairs, np.sqrt(np.array(squared))).toarray())


def rung(maps: Array, metric: str) -> Array | sparse.csr_array:
    """Distances as the workflow has them: of near pairs where the metric chooses some."""
    if metric.startswith("sliced"):
        return pairwise.pairwise(maps, metric)
    comparison = pairwise.compare(maps, metric, 2 * KNN)
    return as_matrix(len(maps), comparison.pairs, comparison.solve(comparison.pairs)["distance"])


def classes(folder: Path, n: int, pool: int) -> Iterator[tuple[str, Array]]:
    """Name and maps of each class."""
    for path in sorted(folder.glob("*.zarr.zip")):
        heatmaps = store.read(path, ["heatmap"])["heatmap"][:n]
        yield path.name.removesuffix(".zarr.zip"), preprocessing.sum_pool(heatmaps, pool)


def main() -> None:
    """Print the taus and their correlations."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of a run's attributions")
    parser.add_argument("--n", type=int, default=100, help="heatmaps a class")
    parser.add_argument("--pool", type=int, default=14, help="bins a side")
    options = parser.parse_args()
    if (
        options.n < Q + 30
    ):  # 30 clusters in Q dimensions leave no spread within: every tau is infinite
        parser.error(f"--n {options.n}; expected {Q + 30} at least, for tau means nothing of fewer")
    metrics = [name for known, names in RUNGS.items() for name in (known, *names)]
    taus: dict[str, list[float]] = {metric: [] for metric in metrics}
    names = []
    start = time.process_time()
    for name, maps in classes(options.folder, options.n, options.pool):
        names.append(name)
        for metric in metrics:
            compared = reference if metric in RUNGS else rung
            taus[metric].append(tau(compared(maps, metric)))
        print(f"  class {name}: {time.process_time() - start:.0f} CPU s", flush=True)
    print(f"\n{'tau':30}" + "".join(f"{name:>9}" for name in names) + f"{'Spearman':>10}")
    for known, others in RUNGS.items():
        for metric in (known, *others):
            agreement = float(spearmanr(taus[known], taus[metric]).statistic)
            row = "".join(f"{value:9.3g}" for value in taus[metric])
            print(f"{metric:30}{row}{agreement:10.3f}")


if __name__ == "__main__":
    main()
