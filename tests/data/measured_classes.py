"""Classes of which properties are measured, as the stages store them."""

import numpy as np
from class_files import FOLDER, of_files
from PIL import Image

from unhans.images.class_index import Entry
from unhans.images.corpus import DigitSettings, of_digits
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.probes import predictability, properties

SETTINGS = predictability.Settings(
    names={},
    level=0.05,
    least=0.75,
    images=1000,
    folds=5,
    permutations=19,
    pictures=4,
    samples=2,
    seed=0,
)


def photograph(path, seed, bright=0, size=(48, 40), **options):
    """Write a picture of blobs on noise."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 90, (*size[::-1], 3)) + bright
    x, y = random.integers(4, 20, 2)
    pixels[y : y + 14, x : x + 14] += random.integers(20, 90, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, **options)


def store_files(root, folder, splits=("train", "val"), classes=()):
    """Read and measure classes of image files below ``root``; return results of both stages."""
    for place, name in enumerate(classes):
        entry = Entry(name, name, name, place)
        made = of_files(root, entry=entry, splits=list(splits))
        settings = {**FOLDER, "splits": list(splits), "planting": []}
        recipe = store.Recipe("corpus", settings, "x")
        store.write(folder / "corpus" / f"{name}.zarr.zip", made.arrays, recipe, notes=made.notes)
    return measured(root, folder, classes)


def store_digits(folder, classes=("1", "8"), per_class=30):
    for name in classes:
        made = of_digits(Entry(name, name, name, int(name)), DigitSettings(per_class, 0.2, 0))
        recipe = store.Recipe("corpus", {"planting": []}, "x")
        store.write(folder / "corpus" / f"{name}.zarr.zip", made.arrays, recipe, notes=made.notes)
    return measured(None, folder, classes)


def measured(root, folder, classes):
    recipe = store.Recipe("properties", {}, "x")
    for name in classes:
        path = folder / "properties" / f"{name}.zarr.zip"
        dataset = ClassDataset(store.read(folder / "corpus" / f"{name}.zarr.zip"), root)
        try:
            found = properties.measure_class(dataset, seen=0.875)
        except ValueError as error:
            store.write_set_aside(path, recipe, str(error), [])
            continue
        store.write(
            path, properties.arrays(found, dataset), recipe, notes={"splits": dataset.splits}
        )
    return tuple(
        store.classes([str(folder / stage / f"{name}.zarr.zip") for name in classes])
        for stage in ("corpus", "properties")
    )
