"""Classes of image files, made and stored as the corpus stage does."""

import numpy as np
from PIL import Image

from unhans.images import corpus, dataset
from unhans.images.class_index import Entry
from unhans.images.transform import Transform
from unhans.io import store

TINY = Transform(8, 6, (0.5,) * 3, (0.25,) * 3)
CAT = Entry("cat", "cat", "house cat", 4)
FOLDER = {"source": "folder", "splits": ["train"], "table": None, "per_class": None}
FOLDER |= {"upright": True, "max_pixels": 10_000}


def picture(path, seed=0, size=(12, 10), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)


def of_files(root, workers=1, entry=CAT, **settings):
    return corpus.of_files(entry, corpus.settings_of(**{**FOLDER, **settings}), root, workers)


def stored(root, made=None, **settings):
    """Store a class as the stage does, and read it again."""
    path = root / "cat.zarr.zip"
    made = made or of_files(root, **settings)
    recipe = store.Recipe("corpus", {**FOLDER, **settings}, "x")
    store.write(path, made.arrays, recipe, notes=made.notes)
    return dataset.ClassDataset(store.read(path), root)
