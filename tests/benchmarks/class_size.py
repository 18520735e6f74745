"""Numbers that are compared between classes, on classes without structure of several sizes.

Usage: python tests/benchmarks/class_size.py [--draws 5]; docs/reference/method.md quotes its table.
"""

import argparse
from collections import defaultdict

import numpy as np

from unhans.benchmark import baseline_scores
from unhans.detection.group_search import find_groups
from unhans.reporting.comparison import best_f1
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import kmeans, nested
from unhans.spray.distance import euclidean
from unhans.spray.eigengap import eigengap
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.neighbour_purity import neighbour_purity
from unhans.spray.separability import tau

SIZES = (40, 80, 158, 320, 640, 1280)
DIMENSION = 5


def measured(n, seed):
    """Measure one class of structureless points, and one of structureless heatmaps."""
    random = np.random.default_rng([seed, n])
    points = random.normal(size=(n, 1, DIMENSION))
    graph = knn_affinity(euclidean.pairwise(points), 10)
    values, embedding = spectral(symmetric_normalized(graph), 32)
    ks = list(range(2, 31))
    labels, own = kmeans(embedding, ks, seed, 1), nested(embedding, ks, seed, 1)
    marked = np.arange(n) < n // 10
    maps = random.gamma(2, size=(n, 28, 28))
    inside, chance = neighbour_purity(points[:, 0], np.arange(n) % 2, 10)
    # A group of some images, as the stages that draw and compare groups find it.
    group = baseline_scores.group(graph, own)
    return {
        "tau": tau(embedding, labels),
        "n tau": n * tau(embedding, labels),
        "eigengap (k)": eigengap(values),
        "eigengap (benchmark)": baseline_scores.eigengap(values),
        "conductance of the best group": group.conductance,
        "silhouette (benchmark)": baseline_scores.silhouette(embedding, own, ks),
        "persistence (benchmark)": baseline_scores.persistence(embedding),
        "F1, a tenth marked at random": best_f1(labels, marked),
        "F1 nested": best_f1(own, marked),
        "neighbour purity less chance": inside - chance,
        **{
            f"log {name} (score)": np.log(value)
            for name, value in find_groups(maps).indicators.items()
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    found = defaultdict(dict)
    for n in SIZES:
        draws = [measured(n, seed) for seed in range(options.draws)]
        for name in draws[0]:
            values = [draw[name] for draw in draws]
            found[name][n] = f"{np.mean(values):.3g} ± {np.std(values):.1g}"
    print("| number |", *(f"n = {n} |" for n in SIZES))
    print("| --- |" + " --- |" * len(SIZES))
    for name, row in found.items():
        print(f"| {name} |", *(f"{row[n]} |" for n in SIZES))


if __name__ == "__main__":
    main()
