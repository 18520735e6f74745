"""What distances by local features cost for one class: processor time, and memory at its peak.

    python tests/benchmarks/local_features.py --n 1300 --others 1024 --channels 240

The activations are random: neither time nor memory depends on their values. On a GPU (``--device cuda``)
the time is that of the clock.
"""

import argparse
import resource
import time

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported
import numpy as np

from unhans.spray.pairwise import pairwise


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1300)
    parser.add_argument("--others", type=int, default=1024)
    parser.add_argument("--positions", type=int, default=32)
    parser.add_argument("--channels", type=int, default=240)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    random = np.random.default_rng(0)
    own, others = (
        random.random((images, asked.positions, asked.channels), dtype=np.float32)
        for images in (asked.n, asked.others)
    )
    clock = time.process_time if asked.device == "cpu" else time.perf_counter
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = clock()
    pairwise(own, "local_features", others=others, device=asked.device)
    seconds = clock() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{asked.n} images against {asked.others} of other classes: {seconds:.1f} s, "
        f"{peak / 1024:.0f} MB at the peak, {(peak - before) / 1024:.0f} MB of them by the distances"
    )


if __name__ == "__main__":
    main()
