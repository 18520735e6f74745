"""Gromov-Wasserstein neighbours beside POT's solver over all pairs, in one run.

    python tests/benchmarks/gromov_wasserstein_neighbours.py                       500 digits
    python tests/benchmarks/gromov_wasserstein_neighbours.py --n 1300 --queries 0  times alone
    python tests/benchmarks/gromov_wasserstein_neighbours.py --heatmaps FILE.zarr.zip --pool 28

Maps are those of `wasserstein_neighbours`. The loop is ``ot.gromov_wasserstein2`` as it comes, distance
matrices made beforehand; its time is extrapolated from random pairs. Some random queries are compared
with all others by eight starts, the reference: conditional gradient to the end from each start, which
gives the values of POT's solver from that start (checked on some pairs in the run) in a third of its
time. Recall is that of a query's 10 nearest by the reference; excess is that of squared values. The
reference is not the minimum either: the columns on the right hold all against the best known, the less
of it and of the default rung as it compares all pairs (every match of atoms, and POT's start, to the
end). Times are CPU seconds of one thread, without imports and compilation.
"""

import argparse
import platform
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
from wasserstein_neighbours import NEAR, digits, recall, stored

from unhans.spray import preprocessing
from unhans.spray.distance import gromov_wasserstein, gromov_wasserstein_reference
from unhans.spray.pairwise import compare, pairwise
from unhans.spray.transport import conditional_gradient, support
from unhans.spray.transport.by_atoms import MOST
from unhans.spray.transport.pair_solver import Pairs, every_pair
from unhans.spray.transport.pot import ot
from unhans.types import Array

SOLVED = ("gromov_wasserstein", "gromov_wasserstein_fast")
SAMPLED = ("gromov_wasserstein_matrix",)
"""Rungs of all pairs: the queries' pairs are solved, and the time is extrapolated."""

Progress = Callable[[Pairs], Array]


class Truth(NamedTuple):
    """Queries, and what the reference says of them."""

    queries: Array
    """(q,)"""
    pairs: Pairs
    """(q * (n - 1), 2) of each query with all others"""
    reference: Array
    """(q, n) distances, infinite to itself"""
    default: Array
    """(q, n) by POT's default"""
    best: Array
    """(q, n) least known"""


def default(maps: list[conditional_gradient.Measured], pairs: Pairs) -> Array:
    """Distances by POT's solver as it comes."""
    values = [
        ot.gromov_wasserstein2(
            maps[i].distances, maps[j].distances, maps[i].mass, maps[j].mass, "square_loss"
        )
        for i, j in pairs.tolist()
    ]
    return np.sqrt(np.maximum(np.array(values, dtype=float), 0))


def eight_starts(
    reference: gromov_wasserstein_reference.Reference, pairs: Pairs, shown: str = ""
) -> Array:
    """Distances by the least of eight starts."""
    values = []
    for number, (i, j) in enumerate(pairs.tolist()):
        values.append(reference.least(i, j, conditional_gradient.to_the_end))
        if shown and number % 500 == 499:
            print(f"  {shown}: {number + 1} of {len(pairs)} pairs", flush=True)
    return np.sqrt(np.array(values))


def truth(
    supports: list[support.Support], maps: list[conditional_gradient.Measured], queries: int
) -> Truth:
    """Compare random queries with all others."""
    n = len(supports)
    chosen = np.sort(np.random.default_rng(1).choice(n, min(queries, n), replace=False))
    pairs = np.array(
        [(min(q, j), max(q, j)) for q in chosen for j in range(n) if j != q], dtype=np.int32
    ).reshape(-1, 2)
    reference = gromov_wasserstein_reference.Reference(supports, normalise=False)
    checked = pairs[:: max(1, len(pairs) // 10)]
    ours, theirs = eight_starts(reference, checked), reference.solve(checked)["distance"]
    gap = np.abs(ours**2 / np.maximum(theirs, 1e-9) ** 2 - 1).max(initial=0)
    print(f"reference and POT from eight starts, {len(checked)} pairs: differ by {gap:.1e} at most")

    def by_query(values: Array) -> Array:
        whole = np.full((len(chosen), n), np.inf)
        for row, q in enumerate(chosen):
            whole[row, np.arange(n) != q] = values[row * (n - 1) : (row + 1) * (n - 1)]
        return whole

    eight = eight_starts(reference, pairs, "reference")
    every = gromov_wasserstein.compare(supports, None, max_points=MOST).solve(pairs)["distance"]
    best = np.minimum(eight, every)
    return Truth(chosen, pairs, *map(by_query, (eight, default(maps, pairs), best)))


def quality(found: Array, known: Truth) -> str:
    """Recall, mean excess of squared values, and the share of pairs with more than 1 %.

    Against the reference, then against the best known; last, the share not above POT's default.
    """
    said = ""
    for truth in (known.reference, known.best) if len(known.queries) else ():
        share = np.mean([recall(*row) for row in zip(found, truth, known.queries, strict=True)])
        both = np.isfinite(found) & np.isfinite(truth) & (truth > 0)
        excess = (found[both] / truth[both]) ** 2 - 1
        said += f"{share:11.3f}{excess.mean():10.2%}{np.mean(excess > 0.01):9.1%}"
        within = np.mean(found[both] <= known.default[both] + 1e-9)
    return f"{said}{within:9.1%}" if said else said


def solved(heatmaps: Array, metric: str, known: Truth) -> tuple[float, Array, float]:
    """CPU seconds, distances of the queries and the share of pairs of a rung that chooses pairs."""
    start = time.process_time()
    comparison = compare(heatmaps, metric, 2 * NEAR)
    values = comparison.solve(comparison.pairs)["distance"]
    seconds = time.process_time() - start
    n = len(heatmaps)
    whole = np.full((n, n), np.inf)
    whole[tuple(comparison.pairs.T)] = whole[tuple(comparison.pairs.T[::-1])] = values
    return seconds, whole[known.queries], len(comparison.pairs) / len(every_pair(n))


def sampled(heatmaps: Array, metric: str, known: Truth) -> tuple[float, Array, float]:
    """Count seconds as those of some pairs, extrapolated to all."""
    n = len(heatmaps)
    start = time.process_time()
    comparison = compare(heatmaps, metric, None)
    begun = time.process_time()
    pairs = known.pairs if len(known.pairs) else comparison.pairs[:500]
    values = comparison.solve(pairs)["distance"]
    each = (time.process_time() - begun) / len(pairs)
    whole = np.full((len(known.queries), n), np.inf)
    for row, q in enumerate(known.queries):
        whole[row, np.arange(n) != q] = values[row * (n - 1) : (row + 1) * (n - 1)]
    return begun - start + each * len(every_pair(n)), whole, 1.0


def sliced(heatmaps: Array, metric: str, known: Truth) -> tuple[float, Array, float]:
    """Compare all, roughly."""
    start = time.process_time()
    distances = pairwise(heatmaps, metric).astype(float)
    seconds = time.process_time() - start
    np.fill_diagonal(distances, np.inf)
    return seconds, distances[known.queries], 1.0


def loop(maps: list[conditional_gradient.Measured], sample: int, seed: int) -> float:
    """CPU seconds of POT's default for all pairs, extrapolated."""
    pairs = every_pair(len(maps))
    chosen = pairs[np.random.default_rng(seed).choice(len(pairs), sample)]
    start = time.process_time()
    default(maps, chosen)
    return (time.process_time() - start) / sample * len(pairs)


def table(heatmaps: Array, queries: int, sample: int) -> None:
    """Print a table for one class."""
    supports = support.of_all(heatmaps)
    maps = [conditional_gradient.measured(one, normalise=False) for one in supports]
    points = np.percentile([len(one.mass) for one in supports], [0, 50, 100]).astype(int)
    print(f"\n{len(maps)} maps of {points[0]} to {points[2]} points (median {points[1]})")
    known = truth(supports, maps, queries)
    head = f"{'':30}{'CPU s':>9}{'POT loop':>10}{'ratio':>7}{'solved':>8}"
    columns = f"{'recall@10':>11}{'excess':>10}{'> 1 %':>9}"
    print(f"{head}{columns}{columns}{'<= POT':>9}" if queries else head)
    rungs: dict[str, Callable[..., tuple[float, Array, float]]] = {
        **dict.fromkeys(SOLVED, solved),
        **dict.fromkeys(SAMPLED, sampled),
        "sliced_gromov_wasserstein": sliced,
    }
    for seed, (name, rung) in enumerate(rungs.items()):
        # Half of the sample before, half after: a busy machine slows both sides alike.
        run: Callable[[], Any] = partial(rung, heatmaps, name, known)
        before = loop(maps, sample // 2, 2 * seed)
        seconds, found, share = run()
        theirs = (before + loop(maps, sample // 2, 2 * seed + 1)) / 2
        print(f"{name:30}{seconds:9.1f}{theirs:10.0f}{theirs / seconds:7.0f}{share:8.1%}", end="")
        print(quality(found, known), flush=True)
    if queries:
        print(f"{'POT default':30}{theirs:9.0f}{theirs:10.0f}{1:7}{1:8.1%}", end="")
        print(quality(known.default, known))
        print(f"{'reference, eight starts':64}{quality(known.reference, known)}", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heatmaps", help="a result of the stage attribution or preprocessing")
    parser.add_argument("--pool", type=int, help="sum-pool them to so many bins a side")
    parser.add_argument("--n", type=int, default=500, help="number of maps")
    parser.add_argument("--queries", type=int, default=20)
    parser.add_argument("--sample", type=int, default=100, help="pairs that POT's loop is timed on")
    options = parser.parse_args()
    print(
        f"{platform.processor() or 'CPU'}, one thread, POT {ot.__version__}; POT's loop is", end=""
    )
    print(f" extrapolated from {options.sample} random pairs a rung; {options.queries} queries")
    heatmaps = stored(options.heatmaps)[: options.n] if options.heatmaps else digits(options.n)
    if options.pool:
        heatmaps = preprocessing.sum_pool(heatmaps, options.pool)
    compare(digits(12), "gromov_wasserstein_fast", None)  # compiles
    table(heatmaps, options.queries, options.sample)


if __name__ == "__main__":
    main()
