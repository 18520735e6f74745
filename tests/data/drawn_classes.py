"""Results of three made-up classes of digits with two clusters each, as figures read them."""

import numpy as np
import pandas as pd
from scipy import sparse

from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.paths import Analysis
from unhans.reporting.explained import ExplainedClasses

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
N = 30
STAGES = ("corpus", "attribution", "affinity", "clustering", "projection")
RECIPE = store.Recipe("test", {}, "x")
SETTINGS = {"per_class": N, "validation": 0.2, "seed": 0, "planting": [], "blur": 0, "noise": 0}


def write(folder, names="abc", splits=2, seed=0):
    """Write the results of the classes, and open them as a figure does."""
    random = np.random.default_rng(seed)
    stages = {stage: [] for stage in STAGES}
    halves = np.repeat([0, 1], N // 2)
    for place, class_id in enumerate(names):
        arrays = {
            "attribution": {
                "heatmap": random.normal(size=(N, 28, 28)).astype(np.float32),
                "prediction": np.full(N, place),
                "rank": np.ones(N, dtype=int),
                "image": np.arange(N),
                "split": np.arange(N) % splits,
            },
            "affinity": {"affinity": sparse.csr_array(np.equal.outer(halves, halves) * 1.0)},
            "clustering": {"k": np.array([2]), "labels": halves[None], "nested": halves[None]},
            "projection": {"tsne": random.normal(size=(N, 2))},
        }
        made = of_digits(Entry(class_id, class_id, class_id, place), settings_of(**SETTINGS))
        arrays["corpus"] = dict(made.arrays)
        for stage, content in arrays.items():
            path = folder / stage / f"{class_id}.zarr.zip"
            store.write(path, content, RECIPE, notes={"methods": ["tsne"], **made.notes})
            stages[stage].append(str(path))
    return ExplainedClasses(
        {stage: store.classes(paths) for stage, paths in stages.items()}, record(folder), None
    )


def record(folder, names=("zero", "one", "two")):
    """Write the record of a network of digits, and read it."""
    path = folder / "model.zarr.zip"
    store.write(path, {}, RECIPE, notes={"names": list(names), "transform": None})
    return store.read(path)


def ranking(names="cab"):
    """A ranking in which the classes stand in this order."""
    rows = [
        {**A._asdict(), "class": name, "name": name, "n": N, "tau": 9.0 - at, "rank": at + 1}
        for at, name in enumerate(names)
    ]
    return pd.DataFrame(rows).assign(status="ok").astype({"n": "Int64", "rank": "Int64"})
