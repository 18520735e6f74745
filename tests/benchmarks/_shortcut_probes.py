"""Probes of a network and a corpus, by the functions that the stages call."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from _shortcut_networks import DIGITS, Corpus
from PIL import Image

from unhans.images import corpus as corpora
from unhans.images import transform as transforms
from unhans.images.class_index import Entry
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.io.store import Recipe
from unhans.networks.registry import Network
from unhans.probes import effects, interventions, predictability, properties, shortcuts
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
    own: Network, corpus: Corpus, properties_table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table of the interventions that move the network, and of both joined."""
    groups = seen(own, corpus)
    moved = interventions.tabulate(
        *(own.module, own.transform or DIGITS, groups),
        **{"corpus": corpus.root.parent.name, "model": "own"},
    )
    closed = effects.tabulate(properties_table, moved, groups)
    return moved, shortcuts.join(properties_table, moved, closed)
