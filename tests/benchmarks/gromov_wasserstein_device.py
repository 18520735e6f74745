"""Atoms matched for Gromov-Wasserstein: PyTorch on a device beside the kernel, in one run.

    python tests/benchmarks/gromov_wasserstein_device.py --device cuda

Maps are those of `wasserstein_neighbours`. The kernel's time is that of random pairs, the device's
that of many more, after a warm-up; it includes the permutations, which the CPU makes of the plans.
Excess is that of the device's values over the kernel's on the same pairs.
"""

import argparse
import time

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported

import numpy as np
import torch
from wasserstein_neighbours import digits

from unhans.spray.transport import annealing, annealing_gpu, matching, quantisation, support
from unhans.spray.transport.pair_solver import every_pair


def compare(n: int, points: int, device: str, sample: int, many: int) -> None:
    """Print a row."""
    atoms = quantisation.quantise(support.of_all(digits(n)), points).atoms
    here, there = (matching.sets_of(atoms, normalise=False, device=at) for at in ("cpu", device))
    pairs = np.random.default_rng(0).permutation(every_pair(n))[: max(sample, many)]
    matching.permutations(here, pairs[:2])
    matching.permutations(there, pairs[:256])
    start = time.perf_counter()
    kernel, _ = matching.permutations(here, pairs[:sample])
    middle = time.perf_counter()
    batched, _ = matching.permutations(there, pairs[:many])
    end = time.perf_counter()
    excess = batched[:sample] / kernel - 1
    ours, theirs = (middle - start) / sample, (end - middle) / many
    print(f"{points:6}{1e3 * ours:12.2f}{1e3 * theirs:12.3f}{ours / theirs:8.1f}", end="")
    print(f"{polishing(there, pairs[:sample]):12.3f}{excess.mean():10.2%}{excess.max():10.1%}")


def polishing(sets: matching.Sets, pairs: np.ndarray) -> float:
    """Milliseconds a pair of the part that stays on the CPU."""
    spent = 0.0
    original = annealing.polish_all

    def timed(*arguments: np.ndarray) -> np.ndarray:
        nonlocal spent
        start = time.perf_counter()
        found: np.ndarray = original(*arguments)
        spent += time.perf_counter() - start
        return found

    annealing_gpu.annealing.polish_all = timed  # type: ignore[attr-defined]
    try:
        matching.permutations(sets, pairs)
    finally:
        annealing_gpu.annealing.polish_all = original  # type: ignore[attr-defined]
    return 1e3 * spent / len(pairs)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--n", type=int, default=500, help="maps")
    parser.add_argument("--points", type=int, nargs="+", default=[32, 64, 128])
    parser.add_argument("--sample", type=int, default=1000, help="pairs of the kernel")
    parser.add_argument("--many", type=int, default=20000, help="pairs of the device")
    options = parser.parse_args()
    name = torch.cuda.get_device_name() if options.device.startswith("cuda") else options.device
    print(f"{options.n} digits, torch {torch.__version__}, {name}; milliseconds a pair\n")
    print(f"{'atoms':>6}{'kernel':>12}{'device':>12}{'ratio':>8}{'(on CPU)':>12}", end="")
    print(f"{'excess':>10}{'greatest':>10}")
    for points in options.points:
        compare(options.n, points, options.device, options.sample, options.many)


if __name__ == "__main__":
    main()
