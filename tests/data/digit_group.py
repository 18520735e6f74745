"""Digit group: ten digits as a group, and thirty others of the same class."""

import numpy as np

from unhans.artefacts.positives import Group
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.images.dataset import ClassDataset
from unhans.io import store

RECIPE = store.Recipe("test", {}, "x")
PLAIN = {"per_class": 40, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0, "planting": []}


def write(folder):
    """Digits 1, of which the first ten are the group; their heatmaps are the images."""
    made = of_digits(Entry("1", "1", "1", 0), settings_of(**PLAIN))
    images = made.arrays["image"].astype(np.float32)
    stages = {
        "corpus": (dict(made.arrays), made.notes),
        "attribution": ({"heatmap": images, "image": np.arange(len(images))}, {}),
    }
    for stage, (arrays, notes) in stages.items():
        store.write(folder / stage / "1.zarr.zip", arrays, RECIPE, notes=notes)
    opened = {stage: store.read(folder / stage / "1.zarr.zip") for stage in stages}
    members = np.arange(len(images)) < 10
    return Group(
        ClassDataset(opened["corpus"], None), opened["attribution"], members, transform=None
    )
