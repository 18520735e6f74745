"""What relevance at hidden layers costs beside attribution without it, in one run.

    python tests/benchmarks/hidden_layers.py --rounds 10

EfficientNet-Lite0 with random weights explains noise: the time depends on neither. Explainers without and
with the three layers of `hidden_layers.automatic` take turns, so that a busy machine slows both alike;
the ratio of their processor times is printed, round by round and as a median.
"""

import argparse
import time
from statistics import median

import numpy as np
import torch

from unhans.attribution import hidden_layers
from unhans.attribution.explainer import CPU_BATCH, Explainer
from unhans.networks import registry


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--batch", type=int, default=CPU_BATCH)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    network = registry.load("efficientnet_lite0")
    batch = np.random.default_rng(0).normal(size=(asked.batch, 3, 224, 224)).astype(np.float32)
    targets = np.arange(asked.batch)
    layers = hidden_layers.automatic(network, batch[0])
    print("layers:", ", ".join(layers))
    seconds: dict[str, list[float]] = {"without": [], "with": []}
    with (
        Explainer(network, "epsilon_plus_flat") as plain,
        Explainer(network, "epsilon_plus_flat", layers=layers) as kept,
    ):
        for number in range(asked.rounds + 1):
            for name, explain in (("without", plain), ("with", kept)):
                start = time.process_time()
                explain(batch, targets)
                if number:  # the first round warms up
                    seconds[name].append(time.process_time() - start)
    ratios = [one / other for one, other in zip(seconds["with"], seconds["without"], strict=True)]
    print("ratios:", " ".join(f"{ratio:.3f}" for ratio in ratios))
    print(
        f"without {median(seconds['without']):.2f} s, with {median(seconds['with']):.2f} s a batch of "
        f"{asked.batch}; ratio {median(ratios):.3f}"
    )


if __name__ == "__main__":
    main()
