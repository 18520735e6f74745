"""Material: the images that a correction is fitted to, and those that it is judged on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store

HELD_OUT = ("val", "validation", "test", "valid")
"""Splits that no network was trained on."""

SHARE = 0.2
"""Of a class's images that are held out where no split says so."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images as their network takes them."""

    inputs: NDArray[np.float32]
    """(n, c, h, w)"""
    label: NDArray[np.int64]
    """(n,) index of the class's logit"""
    marked: NDArray[np.bool_]
    """(n,) those that are known to bear the artefact"""

    def __len__(self) -> int:
        return len(self.label)

    def only(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "Images":
        """Some of them."""
        return Images(self.inputs[chosen], self.label[chosen], self.marked[chosen])


@dataclass(frozen=True, eq=False)
class Material:
    """Images of the class that an artefact belongs to, and of some others."""

    target: int
    """index of the artefact's class"""
    training: Images
    held_out: Images

    @cached_property
    def foreign(self) -> Images:
        """Held-out images of the other classes."""
        return self.held_out.only(self.held_out.label != self.target)


def gather(
    class_id: str,
    corpora: Mapping[str, str],
    marked: NDArray[np.integer],
    root: Path | None,
    transform: Transform | None,
    settings: Mapping[str, Any],
    target: int | None = None,
) -> Material:
    """Read images of a class and of others, drawn from each split.

    Parameters
    ----------
    class_id : that the artefact belongs to
    corpora : results of the stage corpus, by class
    marked : rows of the class's images that bear it
    root : folder of the image files; None for digits
    transform : of the network
    settings : ``classes`` (how many, this one included), ``images`` (of a class and split at most)
        and ``seed``
    target : index of its logit; needed where the corpus has no images of it

    Raises
    ------
    InputError
        There are no other classes, or a part is empty.

    """
    random = np.random.default_rng([settings["seed"], 2])
    names = [name for name in corpora if name != class_id]
    count = min(settings["classes"] - 1, len(names))
    own = [class_id] if class_id in corpora else []
    chosen = own + [names[at] for at in np.sort(random.permutation(len(names))[:count])]
    parts: tuple[list[Images], list[Images]] = ([], [])
    for name in chosen:
        if store.read_attributes(corpora[name])["status"] != "ok":
            continue
        members = ClassDataset(store.read(corpora[name]), root)
        bearing = marked if name == class_id else np.zeros(0, dtype=np.int64)
        target = members.index if name == class_id else target
        for part, rows in zip(parts, _drawn(members, random, settings["images"]), strict=True):
            part += [_read(members, rows, bearing, transform)] if len(rows) else []
    training, held_out = (_joined(part) for part in parts)
    both = all((part.label != target).any() for part in (training, held_out))
    if target is None or not both or (own and target not in training.label):
        raise InputError(
            f"class {class_id} and {count} others hold no images to correct a network "
            "with; expected some of it and of another class in each split"
        )
    return Material(target, training, held_out)


def _drawn(
    members: ClassDataset, random: np.random.Generator, most: int
) -> Iterator[NDArray[np.int64]]:
    """Rows to train on and rows to judge by, sorted."""
    rows = random.permutation(members.readable)
    judged = np.isin([members.rows[row].split for row in rows], HELD_OUT)
    if not judged.any():
        judged = np.arange(len(rows)) < round(SHARE * len(rows))
    for part in (rows[~judged], rows[judged]):
        yield np.sort(part[:most])


def _read(
    members: ClassDataset,
    rows: NDArray[np.int64],
    bearing: NDArray[np.integer],
    transform: Transform | None,
) -> Images:
    return Images(
        np.stack([members.input(int(row), transform) for row in rows]),
        np.full(len(rows), members.index, dtype=np.int64),
        np.isin(rows, bearing),
    )


def _joined(parts: list[Images]) -> Images:
    if not parts:
        raise InputError("no class holds images; expected some to correct a network with")
    return Images(
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.label for part in parts]),
        np.concatenate([part.marked for part in parts]),
    )
