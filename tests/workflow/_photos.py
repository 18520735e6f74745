"""A folder of generated photographs, and a small network of the user's own that explains them."""

import numpy as np
from PIL import Image

NAMES = ["-rf {corpus}", "..ü\n{class_id}", "great white shark", "nothing"]
"""Classes; the last holds no image that can be read."""

IMAGES = 16
"""A class and split."""

CONFIG = {
    "corpus": {"mine": {"source": "folder", "root": "photos", "splits": ["train", "val"]}},
    "model": {"own": {"architecture": "own_network:tiny"}},
    "affinity": {"knn": 3},
    "embedding": {"q": 4},
    "clustering": {"k_max": 3, "n_init": 1},
    "projection": {"methods": ["tsne"]},
    "figures": {"top": 2, "samples": 3},
    "execution": {"classes_per_job": 2},
}

NETWORK = '''\
import os
import signal
from pathlib import Path

from torch import nn

from unhans.attribution.explainer import Explainer
from unhans.images.transform import Transform
from unhans.networks.registry import Network

batches = 0
explain = Explainer._batch


def die_if_asked(explainer, images, targets):
    """Kill this process at the batch of images that the file names."""
    global batches
    batches += 1
    file = Path("die-at-batch")
    if file.exists() and batches == int(file.read_text()):
        os.kill(os.getpid(), signal.SIGKILL)
    return explain(explainer, images, targets)


Explainer._batch = die_if_asked


def tiny():
    convolution = nn.Conv2d(3, 4, 5, stride=3)
    module = nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), nn.Linear(400, CLASSES))
    # One output for all images: by chance a network that nobody trained exchanges classes.
    module[-1].bias.data[-1] = 100
    return Network(module, list, Transform(32, 32, (0.5,) * 3, (0.25,) * 3), CLASSES, "0")
'''


def write(checkout, photographs=True, classes=4, **sections):
    """Write photographs, unless there are others, the network and a config."""
    (checkout.folder / "own_network.py").write_text(NETWORK.replace("CLASSES", str(classes)))
    if photographs:
        photograph(checkout.folder / "photos")
    checkout.config = {**CONFIG, **sections}
    checkout.configure()


def photograph(root, seed=0):
    """Write images of each class and split: blobs on noise, some of them with a mark."""
    random = np.random.default_rng(seed)
    for number, name in enumerate(NAMES[:-1]):
        for split in ("train", "val"):
            folder = root / split / name
            folder.mkdir(parents=True)
            for image in range(IMAGES):
                pixels = random.integers(0, 60, (36, 44, 3), dtype=np.uint8)
                pixels[8 + number : 24, 10 : 26 + image % 5, number] += 120
                if image % 4 == 0:
                    pixels[-6:, -6:] = 255
                Image.fromarray(pixels).save(folder / f"{image:02d}.png")
    empty = root / "train" / NAMES[-1]
    empty.mkdir()
    (empty / "notes.txt").write_text("no image")
    (empty / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0")
