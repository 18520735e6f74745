"""figures: the classes of highest tau are drawn, and only those with a tau."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from unhans import figures, store, tables
from unhans.types import Analysis

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
SETTINGS = {"top": 2, "clusters": 2, "samples": 3, "analyses": "first"}
RECIPE = store.Recipe("test", {}, "x")


@pytest.fixture
def inputs(tmp_path, random):
    """Two groups of 15 images in every class, two components of its graph."""
    stages = {
        stage: [] for stage in ("attribution", "affinity", "embedding", "clustering", "projection")
    }
    halves = np.repeat([0, 1], 15)
    for place, class_id in enumerate("abc"):
        arrays = {
            "attribution": {
                "heatmap": random.normal(size=(30, 6, 6)).astype(np.float32),
                "prediction": np.full(30, place),
                "rank": np.ones(30, dtype=int),
                "image": np.arange(30) + 30 * place,
            },
            "affinity": {"affinity": sparse.csr_array(np.equal.outer(halves, halves) * 1.0)},
            "clustering": {"labels": halves[None], "nested": halves[None]},
            "embedding": {"eigenvalue": np.linspace(0, 1, 8)},
            "projection": {"tsne": random.normal(size=(30, 2))},
        }
        for stage, content in arrays.items():
            path = tmp_path / A.path / stage / f"{class_id}.zarr.zip"
            store.write(path, content, RECIPE, notes={"methods": ["tsne"]})
            stages[stage].append(str(path))
    images = tmp_path / "images.zarr.zip"
    shown = random.integers(0, 255, size=(90, 6, 6), dtype=np.uint8)
    store.write(images, {"image": shown}, RECIPE, notes={"classes": ["a", "b", "c"]})
    rows = [
        {**A._asdict(), "class": "c", "name": "c", "n": 30, "tau": 2.0, "rank": 1, "status": "ok"},
        {**A._asdict(), "class": "a", "name": "a", "n": 30, "tau": 1.0, "rank": 2, "status": "ok"},
        {**A._asdict(), "class": "b", "name": "b", "status": "set aside: too few"},
        {**A._replace(knn=5)._asdict(), "class": "b", "tau": 9.0, "rank": 1, "status": "ok"},
    ]
    table = pd.DataFrame(rows).astype({"n": "Int64", "rank": "Int64"})
    tables.write_tsv(table, tmp_path / "ranking.tsv")
    return {
        "table": str(tmp_path / "ranking.tsv"),
        "images": str(images),
        "stages": stages,
        "folder": str(tmp_path / "figures"),
    }


def names(inputs):
    from pathlib import Path

    found = sorted(path.name for path in Path(inputs["folder"]).iterdir())
    classes = [name for name in found if "_class_" in name]
    assert [name for name in found if "_eigenvalues_" in name] == [
        name.replace("_class_", "_eigenvalues_") for name in classes
    ]
    return classes


def test_the_top_of_this_analysis_is_drawn(inputs):
    figures.draw_top(**inputs, settings=SETTINGS)
    assert names(inputs) == ["rank01_class_c.png", "rank02_class_a.png"]


def test_classes_without_tau_are_left_out_and_old_pictures_go(inputs):
    figures.draw_top(**inputs, settings={**SETTINGS, "top": 9})
    assert names(inputs) == ["rank01_class_c.png", "rank02_class_a.png"]
    figures.draw_top(**inputs, settings={**SETTINGS, "top": 1})
    assert names(inputs) == ["rank01_class_c.png"]
