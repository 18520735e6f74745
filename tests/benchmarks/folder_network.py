"""Train EfficientNet-Lite0 further on a corpus of folders, to be audited afterwards.

    python tests/benchmarks/folder_network.py ROOT --seed 1 --out weights.safetensors

``ROOT`` holds the folders ``train`` and ``val``, each with a folder a class. The first blocks of the
network stay as they are. Accuracy on ``val`` is printed by class.
"""

import argparse
from pathlib import Path

import _shortcut_networks as networks
import numpy as np

from unhans.networks import weights
from unhans.networks.inference import predict


def main() -> None:
    """Train, and say how much of each class is right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=224, help="pixels of the network's input")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    classes = tuple(sorted(path.name for path in (asked.root / "train").iterdir()))
    corpus = networks.Corpus(asked.root, classes, "")
    own = networks.network(corpus, asked.seed, asked.side)
    accuracy = networks.fit(own, corpus, asked.seed)
    weights.save_weights(own.module, asked.out)
    files = corpus.files("val")
    label = np.array([index for _, index in files])
    called = predict(own.module, networks.read(files, own.transform), 50).argmax(axis=1)
    for index, name in enumerate(classes):
        print(f"{name}: {(called[label == index] == index).mean():.1%} of {(label == index).sum()}")
    print(f"all: {accuracy:.1%} of {len(label)}")


if __name__ == "__main__":
    main()
