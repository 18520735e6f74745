"""Interventions: what a network uses to tell classes, from held-out images and changes of them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from unhans.artefacts.planted_response import HeldOut
from unhans.errors import InputError
from unhans.images import sampling
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.probes import movement, responses, table
from unhans.probes.families import FAMILIES
from unhans.probes.movement import Group
from unhans.types import Array

HELD_OUT = ("val", "valid", "validation", "dev", "test", "held_out", "holdout")
"""Names of splits that a network is usually not trained on."""


def tabulate(
    module: nn.Module,
    transform: Transform | None,
    groups: Sequence[Group],
    *,
    corpus: str = "",
    model: str = "",
    families: Collection[str] = tuple(FAMILIES),
    level: float = 0.05,
    least: float = 5.0,
    batch_size: int = movement.BATCH,
    workers: int = 1,
) -> pd.DataFrame:
    """Change images of each class in many ways, and say which of these the network answers to.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    transform : Transform or None
        From an image to its input; None for digits.
    groups : sequence of Group
        Images of each class; see `of_arrays` and `of_corpus`.
    corpus, model : str
        Names for the table.
    families : collection of str
        Of `families.FAMILIES`.
    level : float
        Greatest q (false discovery rate over classes and interventions) of an intervention that is used.
    least : float
        Points of percent by which it must exceed its control.
    batch_size, workers : int
        As `movement.measure` takes them.

    Returns
    -------
    DataFrame
        See `responses.tabulate`. Empty for fewer than two classes, which there is nothing to compare of.

    Raises
    ------
    InputError
        There is no image, images cannot be changed, or logits are not finite.

    """
    if len(groups) < 2:
        return pd.DataFrame(columns=responses.COLUMNS)
    relevance = all(group.relevance is not None for group in groups)
    channels = len(groups[0].read()[0]) if transform is None else transform.channels
    interventions = table.chosen(families, channels, relevance)
    steps = table.steps(interventions)
    moved = movement.measure(
        module, transform, groups, steps, batch_size=batch_size, workers=workers
    )
    return responses.tabulate(
        moved, interventions, groups, corpus=corpus, model=model, level=level, least=least
    )


def of_arrays(
    images: Array,
    label: NDArray[np.integer],
    names: Mapping[str, str],
    *,
    relevance: NDArray[np.floating] | None = None,
    held_out: bool = True,
) -> list[Group]:
    """Make groups of images that are in memory.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        uint8, or floats from 0 to 1, as people see them.
    label : ndarray of int, shape (n,)
        Output of the network of each image's class.
    names : mapping of str to str
        Name by id of each class, in the order of the network's outputs.
    relevance : ndarray of float, shape (n, h, w), optional
        Heatmaps of the images.
    held_out : bool
        The network was not trained on them.

    Returns
    -------
    list of Group
        Of the classes that have images.

    """
    groups = []
    for output, (class_id, name) in enumerate(names.items()):
        own = np.flatnonzero(label == output)
        if len(own):
            seen = None if relevance is None else relevance[own]
            read = partial(np.take, images, own, 0)
            groups.append(Group(class_id, name, output, read, held_out, seen))
    return groups


def of_corpus(
    results: Mapping[str, Result],
    root: Path | None,
    transform: Transform | None,
    *,
    held_out: HeldOut | None,
    images: int,
    seed: int,
) -> list[Group]:
    """Choose images of each class of a corpus that its network was not trained on.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the corpus stage by class.
    root : Path or None
        Folder of the image files; None for digits.
    transform : Transform or None
        Of the network; None for digits.
    held_out : HeldOut or None
        Images that a network was not fine-tuned on. Otherwise digits say so themselves, and of
        photographs it is those of a split named as one of `HELD_OUT`.
    images : int
        Most images of each class.
    seed : int
        Of their choice.

    Returns
    -------
    list of Group
        Of classes with images. Where a class has none that was held out, any of its images are taken,
        and the group says so.

    """
    groups = []
    for class_id, result in results.items():
        if result.attributes["status"] != "ok":
            continue
        own = ClassDataset(result, root)
        kept = _held_out(own, held_out)
        rows = own.readable[kept] if kept.any() else own.readable
        random = np.random.default_rng([seed, own.index])
        chosen = sampling.some(random, rows, images)
        if len(chosen):
            read = partial(_read, own, chosen, transform)
            name = result.attributes["name"]
            groups.append(Group(class_id, name, own.index, read, bool(kept.any())))
    return groups


def describe(found: pd.DataFrame) -> str:
    """Say what was found.

    Parameters
    ----------
    found : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line, and one for each class whose images were not held out.

    """
    if found.empty:
        return "interventions: fewer than two classes have images; expected two to compare"
    used = found[found["used"]]
    classes = found["class"].nunique()
    own = found[found["direction"] == "out"].drop_duplicates("class")
    lines = [
        f"interventions: {own['images'].sum()} images of {classes} classes, "
        f"{found['intervention'].nunique()} interventions; {used['class'].nunique()} classes answer to "
        f"{used['intervention'].nunique()} of them more than to the control"
    ]
    trained = own[~own["held_out"].astype(bool)]["class"].tolist()
    if trained:
        which = "all classes" if len(trained) == classes else f"class {', '.join(trained)}"
        lines.append(
            f"{which}: no images are known to be held out; images were taken that the network may "
            "have been trained on"
        )
    return "\n".join(lines)


def _held_out(own: ClassDataset, held_out: HeldOut | None) -> NDArray[np.bool_]:
    """Readable images that the network was not trained on."""
    if held_out is not None:
        return sampling.held_out(len(own.readable), *held_out)
    known = own.result.arrays.get("validation")
    if known is not None:
        return np.asarray(known[own.readable], dtype=bool)
    splits = own.split_of(own.readable)
    return np.isin(splits, [at for at, name in enumerate(own.splits) if name.lower() in HELD_OUT])


def _read(own: ClassDataset, rows: NDArray[np.int64], transform: Transform | None) -> Array:
    """Read images as people see them, all channels that the network is given."""
    read = []
    for row in rows.tolist():
        with suppress(InputError):  # its class says so
            read.append(own.input(row, transform))
    inputs = np.stack(read) if read else np.zeros((0, *own.input_shape(transform)), np.float32)
    if transform is None or not read:
        return inputs
    shown = np.stack([transform.shades(one) for one in inputs])
    return np.asarray(np.rint(shown).clip(0, 255), dtype=np.uint8)
