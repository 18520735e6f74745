"""Probes of a network and a corpus, by the functions that the stages call."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
from _shortcut_networks import DIGITS, Corpus
from PIL import Image

from unhans.images import corpus as corpora
from unhans.images import transform as transforms
from unhans.images.changes.catalogue import CHANGES, Step
from unhans.images.class_index import Entry
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.io.store import Recipe
from unhans.networks.registry import Network
from unhans.probes import (
    class_movement,
    effects,
    interventions,
    movement,
    predictability,
    properties,
    responses,
    shortcuts,
    table,
)
from unhans.probes.class_movement import ClassMovement, measure_class
from unhans.probes.families import FAMILIES
from unhans.probes.givers import following
from unhans.probes.groups import Group, of_arrays
from unhans.probes.predictability import Settings

FILES = corpora.FileSettings(splits=("train", "val"))

RECIPE = Recipe("corpus", {"source": "folder", **asdict(FILES)}, "")

SETTINGS = Settings(
    *({}, 0.05, 0.75),  # names, level and least of the configuration's defaults
    **{"images": 20_000, "folds": 5, "permutations": 99, "pictures": 0, "samples": 6, "seed": 0},
)


def told(corpus: Corpus, folder: Path, seen: float) -> pd.DataFrame:
    """Table of the properties that tell classes."""
    results = {}
    for index, name in enumerate(corpus.classes):
        made = corpora.make(Entry(name, name, name, index, ""), FILES, corpus.root)
        store.write(folder / f"{name}_corpus.zarr.zip", made.arrays, RECIPE, notes=made.notes)
        dataset = ClassDataset(store.read(folder / f"{name}_corpus.zarr.zip"), corpus.root)
        measured = properties.measure_class(dataset, seen=seen)
        path = folder / f"{name}_properties.zarr.zip"
        store.write(path, properties.arrays(measured, dataset), Recipe("properties", {}, ""))
        results[name] = store.read(path)
    return predictability.tabulate(
        predictability.gather(results), corpus.root.parent.name, SETTINGS
    )


def seen(own: Network, corpus: Corpus) -> list[Group]:
    """Held-out images as the network is given them."""
    transform = own.transform or DIGITS
    files = corpus.files("val")
    views = [np.asarray(transforms.view(transform, Image.open(path))) for path, _ in files]
    images = np.stack([one[None] if one.ndim == 2 else one.transpose(2, 0, 1) for one in views])
    label = np.array([index for _, index in files])
    return of_arrays(images, label, {name: name for name in corpus.classes})


def probed(
    own: Network, corpus: Corpus, properties_table: pd.DataFrame, kept: dict[str, ClassMovement]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table of the interventions that move the network, and of both joined.

    What the network answered is ``kept`` by the images: two corpora differ in those of one class.
    """
    groups, transform = seen(own, corpus), own.transform or DIGITS
    asked = interventions.chosen(groups, transform, FAMILIES)
    moved = responses.tabulate(
        *(_movement(own, groups, table.steps(asked), kept), asked, groups),
        **{"corpus": corpus.root.parent.name, "model": "own", "level": 0.05, "least": 5.0},
    )
    closed = effects.tabulate(properties_table, moved, groups)
    return moved, shortcuts.join(properties_table, moved, closed)


def _movement(
    own: Network, groups: list[Group], steps: Sequence[Step], kept: dict[str, ClassMovement]
) -> movement.Movement:
    """Answers for all classes: of changes that need no other class, only for images that are new."""
    given, transform = {group.class_id: group for group in groups}, own.transform or DIGITS
    exchanges = [step for step in steps if CHANGES[step.change].donor]
    alone = [step for step in steps if step not in exchanges]
    found = []
    for turn, group in enumerate(groups):
        key = hashlib.sha256(np.ascontiguousarray(group.read())).hexdigest()
        if key not in kept:
            kept[key] = measure_class(own.module, transform, group, [], alone, turn=turn)
        givers = [given[name] for name in following(list(given), group.class_id)]
        exchanged = measure_class(own.module, transform, group, givers, exchanges, turn=turn)
        found.append(_merged(kept[key], alone, exchanged, exchanges, steps))
    return movement.joined(found, [group.output for group in groups], steps)


def _merged(
    first: ClassMovement,
    alone: Sequence[Step],
    second: ClassMovement,
    exchanges: Sequence[Step],
    steps: Sequence[Step],
) -> ClassMovement:
    """Answers under all steps, in their order; for images as they are those of the second."""
    rows = [len(alone) + 1, *(_row(step, alone, exchanges) for step in steps)]
    each = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])[rows]
        for name in class_movement.KEPT
    }
    return replace(second, **each)


def _row(step: Step, alone: Sequence[Step], exchanges: Sequence[Step]) -> int:
    own = step in exchanges
    return 1 + (len(alone) + 1 + exchanges.index(step) if own else alone.index(step))
