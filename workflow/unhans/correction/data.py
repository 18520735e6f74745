"""Correction data: the images that a correction is fitted to, and those that it is evaluated by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result

FRACTION = 0.2
"""Of a class's images that are held out where none of its splits is; see `sampling.HELD_OUT`."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images as their network takes them.

    Parameters
    ----------
    inputs : ndarray of float32, shape (n, c, h, w)
        The images.
    label : ndarray of int, shape (n,)
        Index of the logit of each image's class.
    marked : ndarray of bool, shape (n,)
        Those that are known to show the artefact.

    """

    inputs: NDArray[np.float32]
    label: NDArray[np.int64]
    marked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.label)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "Images":
        """Select some of the images.

        Parameters
        ----------
        chosen : ndarray of bool or int
            As NumPy indexes.

        Returns
        -------
        Images

        """
        return Images(self.inputs[chosen], self.label[chosen], self.marked[chosen])


@dataclass(frozen=True, eq=False)
class CorrectionData:
    """Images of the class that an artefact belongs to, and of some others.

    Parameters
    ----------
    target : int
        Index of the logit of the artefact's class.
    training, held_out : Images
        To correct a network with, and to evaluate it by.

    """

    target: int
    training: Images
    held_out: Images

    @cached_property
    def foreign(self) -> Images:
        """Held-out images of the other classes."""
        return self.held_out.only(self.held_out.label != self.target)

    @cached_property
    def unmarked(self) -> Images:
        """Held-out images that are not known to show the artefact."""
        return self.held_out.only(~self.held_out.marked)


def gather(
    class_id: str,
    corpora: Mapping[str, Result],
    positives: NDArray[np.integer],
    *,
    root: Path | None,
    transform: Transform | None,
    classes: int,
    images: int = 500,
    seed: int = 0,
    target: int | None = None,
) -> CorrectionData:
    """Read images of a class and of others, drawn from each split.

    Parameters
    ----------
    class_id : str
        The class that the artefact belongs to.
    corpora : mapping of str to Result
        Results of the corpus stage by class. Of a lazy mapping, only the classes drawn are opened.
    positives : ndarray of int
        Rows of the class that show the artefact.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    classes, images : int
        Number of classes, this one included; most images of a class and split.
    seed : int
        Of the choice of classes and images.
    target : int, optional
        Index of the class's logit; needed where the corpus has no images of it.

    Returns
    -------
    CorrectionData

    Raises
    ------
    InputError
        There are no other classes, or a split holds no images.

    """
    random = np.random.default_rng([seed, 2])
    chosen = _chosen(class_id, list(corpora), classes, random)
    parts: tuple[list[Images], list[Images]] = ([], [])
    for name, dataset in _readable(chosen, corpora, root):
        marked = positives if name == class_id else np.zeros(0, dtype=np.int64)
        target = dataset.index if name == class_id else target
        for part, rows in zip(parts, _drawn(dataset, random, images), strict=True):
            part += [_read(dataset, rows, marked, transform)] if len(rows) else []
    training, held_out = (_joined(part) for part in parts)
    others = all((part.label != target).any() for part in (training, held_out))
    missing = class_id in chosen and target not in training.label
    if target is None or not others or missing:
        raise InputError(
            f"class {class_id} and {len(chosen) - (class_id in chosen)} others hold no images to "
            "correct a network with; expected some of it and of another class in each split"
        )
    return CorrectionData(target, training, held_out)


def _chosen(
    class_id: str, corpus: list[str], classes: int, random: np.random.Generator
) -> list[str]:
    """A class, if the corpus has it, and others drawn from the corpus, in its order."""
    others = [name for name in corpus if name != class_id]
    drawn = np.sort(random.permutation(len(others))[: min(classes - 1, len(others))])
    own = [class_id] if class_id in corpus else []
    return own + [others[at] for at in drawn]


def _readable(
    names: list[str], corpora: Mapping[str, Result], root: Path | None
) -> Iterator[tuple[str, ClassDataset]]:
    """Classes that are not set aside, one at a time."""
    for name in names:
        result = corpora[name]
        if result.attributes["status"] == "ok":
            yield name, ClassDataset(result, root)


def _drawn(
    dataset: ClassDataset, random: np.random.Generator, most: int
) -> Iterator[NDArray[np.int64]]:
    """Rows for training and rows that are held out, sorted."""
    rows = random.permutation(dataset.readable)
    held_out = sampling.of_held_out_split(dataset, rows)
    if not held_out.any():
        held_out = np.arange(len(rows)) < round(FRACTION * len(rows))
    for part in (rows[~held_out], rows[held_out]):
        yield np.sort(part[:most])


def _read(
    dataset: ClassDataset,
    rows: NDArray[np.int64],
    marked: NDArray[np.integer],
    transform: Transform | None,
) -> Images:
    return Images(
        np.stack([dataset.input(int(row), transform) for row in rows]),
        np.full(len(rows), dataset.index, dtype=np.int64),
        np.isin(rows, marked),
    )


def _joined(parts: list[Images]) -> Images:
    if not parts:
        raise InputError(
            "no class holds images; expected at least one image to correct a network with"
        )
    return Images(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.marked for part in parts]),
    )
