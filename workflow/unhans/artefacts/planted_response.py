"""Planted response: how a network responds to planted artefacts that are put into other images."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from unhans.artefacts.response import response
from unhans.errors import InputError
from unhans.images import dataset, digits, photo_marks, planting, sampling
from unhans.images.dataset import ClassDataset
from unhans.images.planting import Planting
from unhans.images.sampling import HeldOut
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.networks.registry import Network


def tabulate(
    network: Network,
    images: Mapping[str, Result],
    planted: Sequence[Planting],
    *,
    root: Path | None,
    held_out: HeldOut | None,
    most: int,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the response to each planted artefact.

    It is put into unmarked images of other classes that the network was not trained on.

    Parameters
    ----------
    network : Network
        Its outputs are logits.
    images : mapping of str to Result
        Results of the corpus stage by class.
    planted : sequence of Planting
        The artefacts.
    root : Path or None
        Folder of the image files; None for digits.
    held_out : HeldOut or None
        Photographs that the network was not trained on; None: any. Digits say so themselves.
    most : int
        Most images that each is put into.
    seed : int
        Chooses the images, and what is random in the artefacts.

    Returns
    -------
    DataFrame
        One row an artefact: ``artefact, class, images``, the means ``rank_change`` and
        ``probability_change``, and ``raised``, the fraction of images on which the probability of
        the class rises.

    Raises
    ------
    InputError
        The kind of an artefact is unknown, no image qualifies, or the corpus has no such class.
    StoreError
        An image file is gone or has changed.

    """
    if root is None:
        made = digits.joined([result.arrays for result in images.values()])
        return of_digits(network.module, made, planted, images=most, seed=seed)
    rows = []
    for entry in planted:
        if entry.class_id not in images or network.transform is None:
            raise InputError(f"class {entry.class_id}: no class of photographs that can be read")
        unmarked = list(_unmarked(entry.class_id, images, root, held_out))
        chosen = _some(unmarked, entry.class_id, most, seed)
        pairs = [_marked(one, network.transform, entry.kind, seed) for one in chosen]
        before, after = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
        target = ClassDataset(images[entry.class_id], root).index
        rows.append(_row(network.module, entry, before, after, target))
    return pd.DataFrame(rows)


def of_digits(
    model: nn.Module,
    made: digits.Digits,
    planted: Sequence[Planting],
    *,
    images: int,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the response to each artefact planted in digits, as `tabulate` does.

    Parameters
    ----------
    model : Module
        Network whose outputs are logits.
    made : Digits
        Images, labels and the truth about artefacts.
    planted : sequence of Planting
        The artefacts.
    images : int
        Most images that each is inserted into.
    seed : int
        Chooses the images, and the places of random marks.

    Returns
    -------
    DataFrame
        See `tabulate`.

    Raises
    ------
    InputError
        The kind of an artefact is unknown, no image qualifies, or the images are not uint8 of shape
        (n, h, w).
    ValueError
        A class is none of `images.digits.DIGITS`.

    """
    rows = []
    for entry in planted:
        target = digits.DIGITS.index(entry.class_id)
        unmarked = made.validation & (made.artefact == 0) & (made.label != target)
        candidates = np.nonzero(unmarked)[0]
        count = min(images, len(candidates))
        chosen = np.random.default_rng(seed).choice(candidates, count, replace=False)
        before = made.images[chosen]
        after, _ = planting.insert(before, entry.kind, seed, chosen)
        given = digits.as_inputs(before), digits.as_inputs(after)
        rows.append(_row(model, entry, *given, target))
    return pd.DataFrame(rows)


def _row(
    model: nn.Module,
    entry: Planting,
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    target: int,
) -> dict[str, Any]:
    change = response(model, before, after, target)
    return {
        "artefact": entry.kind,
        "class": entry.class_id,
        "images": len(before),
        "rank_change": change.rank.mean(),
        "probability_change": change.probability.mean(),
        "raised": (change.probability > 0).mean(),
    }


def _unmarked(
    class_id: str, images: Mapping[str, Result], root: Path, held_out: HeldOut | None
) -> Iterator[tuple[ClassDataset, int]]:
    """Unmarked images of the other classes that the network was not trained on."""
    for name, result in images.items():
        if name == class_id or result.attributes["status"] != "ok":
            continue
        own = ClassDataset(result, root)
        kept = own.artefact[own.readable] == 0
        if held_out is not None:
            kept &= sampling.held_out(len(own.readable), *held_out)
        yield from ((own, int(row)) for row in own.readable[kept])


def _some(
    unmarked: Sequence[tuple[ClassDataset, int]], class_id: str, most: int, seed: int
) -> list[tuple[ClassDataset, int]]:
    chosen = sampling.some(np.random.default_rng(seed), np.arange(len(unmarked)), most)
    if not len(chosen):
        raise InputError(f"class {class_id}: the other classes hold no image to mark")
    return [unmarked[at] for at in chosen]


def _marked(
    photograph: tuple[ClassDataset, int], transform: Transform, kind: str, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a photograph as its network takes it, without and with a mark."""
    own, row = photograph
    view = dataset.view(own, row, transform)
    number = photo_marks.number_of(own.rows[row].sha256)
    marked = photo_marks.into_view(view, kind, seed, number)
    return transform.normal(np.asarray(view)), transform.normal(np.asarray(marked))
