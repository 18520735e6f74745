"""Tables and results of a small run as exports read them."""

from dataclasses import asdict

import explored
import numpy as np
import pandas as pd
from class_files import TINY, of_files, picture

from unhans.images import manifest
from unhans.io import store
from unhans.paths import beside, result
from unhans.reporting.export.explanations import explanations

AT = beside("results", 3, explored.ANALYSES[0], "findings_indicators.tsv")


def results(run, stages=("attribution", "group_search")):
    return {
        stage: store.by_path(str(own[stage]) for own in run.inputs.values()) for stage in stages
    }


def manifest_of(run):
    return manifest.gather(store.classes(own["corpus"] for own in run.inputs.values()))


def indicators(*flagged):
    rows = [
        {"class": class_id, "indicator": indicator, "flagged": True, "also": False, "q": q}
        | {"n": 60, "images": 12}
        for class_id, indicator, q in flagged
    ]
    columns = ["class", "indicator", "flagged", "also", "q", "n", "images"]
    return pd.DataFrame(rows, columns=columns)


def photographs(folder, images=3):
    """Explanations of a class of photographs, and its images as their network is given them."""
    root, at = folder / "images", explored.ANALYSES[0]._replace(corpus="mine", model="tiny")
    for number in range(images):
        picture(root / "train" / "cat" / f"{number}.png", number)
    own = of_files(root)
    paths = {
        stage: result(str(folder / "results"), stage, depth, at, "cat")
        for stage, depth in (("corpus", 1), ("attribution", 3))
    }
    settings = {"source": "folder", "splits": ["train"], "upright": True, "max_pixels": 10_000}
    recipe = store.Recipe("corpus", settings, "x")
    store.write(paths["corpus"], own.arrays, recipe, notes=own.notes)
    random = np.random.default_rng(0)
    found = {
        "heatmap": random.normal(size=(images, TINY.crop, TINY.crop)).astype(np.float32),
        **{"image": np.arange(images), "prediction": np.full(images, 1)},
        **{"rank": np.ones(images, int), "logit": np.ones(images, np.float32)},
    }
    store.write(paths["attribution"], found, explored.recipe("attribution"))
    record = beside(str(folder / "results"), 2, at, "model.zarr.zip")
    notes = {"names": ["dog", "", "", "", "house cat"], "transform": asdict(TINY)}
    store.write(record, {}, explored.recipe("model"), notes=notes)
    made = explanations(
        store.by_path([paths["corpus"]]),
        {"attribution": store.by_path([paths["attribution"]])},
        store.by_path([record]),
        {"mine": root}.__getitem__,
    )
    (explanation,) = made
    shown = [explanation["cat"].images[number] for number in range(images)]
    return explanation, np.stack(shown)
