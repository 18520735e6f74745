"""What the indicators of hidden layers cost for one class, in seconds of one core.

    python tests/benchmarks/hidden_indicators.py --n 1300 --others 1024

The arrays are random, and as large as those of EfficientNet-Lite0; `--channels 768 768` is a vision
transformer of that width.
"""

import argparse
import time

import _one_thread  # noqa: F401  isort: skip - before NumPy is imported
import numpy as np

from unhans.detection import channels, raster, recurring, refined, whitening
from unhans.detection.concepts import Concepts
from unhans.detection.evidence import Evidence

POSITIONS, SIZE = 32, (28, 28)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1300)
    parser.add_argument("--others", type=int, default=1024)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--channels", type=int, nargs=2, default=(240, 480))
    asked = parser.parse_args()
    random = np.random.default_rng(0)
    own, others = (
        [random.random((n, POSITIONS, asked.channels[0]), dtype=np.float32)]
        + [random.normal(size=(n, count)) for count in asked.channels]
        for n in (asked.n, asked.others)
    )
    position = random.integers(SIZE[0] * SIZE[1], size=(asked.n, POSITIONS), dtype=np.int32)
    origin = np.arange(asked.others) % asked.classes
    seen = Concepts(own[0], position, SIZE, tuple(own[1:]), others[0], tuple(others[1:]), origin)
    points = raster.coordinates(random.gamma(2, size=(asked.n, 14, 14)), 7)
    start = time.process_time()
    rows = whitening.whitened(seen)
    evidence = Evidence(points, concepts=seen, whitened=rows, hidden=refined.coordinates(rows))
    print(f"whitening, {asked.n} images: {time.process_time() - start:.1f} s")
    for name, find in (("recurring", recurring.find), ("channels", channels.find)):
        start = time.process_time()
        find(evidence)
        print(f"{name}, {asked.n} images: {time.process_time() - start:.1f} s")


if __name__ == "__main__":
    main()
