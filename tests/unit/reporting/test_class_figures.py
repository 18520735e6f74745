"""figures: the classes of highest tau are drawn, and only those with a tau."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import sparse

from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, of_files, settings_of
from unhans.images.transform import Transform
from unhans.io import store, tsv
from unhans.paths import Analysis
from unhans.reporting import class_figures
from unhans.reporting.explained import ExplainedClasses
from unhans.reporting.figures import style

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
SETTINGS = {"top": 2, "clusters": 2, "samples": 3}
RECIPE = store.Recipe("test", {}, "x")


PLANTED = {
    **{"per_class": 30, "validation": 0.2, "seed": 0, "planting": []},
    **{"blur": 0, "noise": 0},
}
TINY = Transform(8, 6, (0.5,) * 3, (0.5,) * 3)


@pytest.fixture
def inputs(tmp_path, random):
    """Two groups of 15 images in every class, two components of its graph."""
    stages = {
        stage: []
        for stage in ("corpus", "attribution", "affinity", "embedding", "clustering", "projection")
    }
    halves = np.repeat([0, 1], 15)
    for place, class_id in enumerate("abc"):
        arrays = {
            "attribution": {
                "heatmap": random.normal(size=(30, 28, 28)).astype(np.float32),
                "prediction": np.full(30, place),
                "rank": np.ones(30, dtype=int),
                "image": np.arange(30),
                "split": np.zeros(30, dtype=int),
            },
            "affinity": {"affinity": sparse.csr_array(np.equal.outer(halves, halves) * 1.0)},
            "clustering": {"k": np.array([2]), "labels": halves[None], "nested": halves[None]},
            "embedding": {"eigenvalue": np.linspace(0, 1, 8)},
            "projection": {"tsne": random.normal(size=(30, 2))},
        }
        entry = Entry(class_id, class_id, class_id, place)
        made = of_digits(entry, settings_of(**PLANTED))
        arrays["corpus"] = dict(made.arrays)
        for stage, content in arrays.items():
            path = tmp_path / A.path / stage / f"{class_id}.zarr.zip"
            store.write(path, content, RECIPE, notes={"methods": ["tsne"], **made.notes})
            stages[stage].append(str(path))
    record = tmp_path / "model.zarr.zip"
    store.write(record, {}, RECIPE, notes={"names": ["zero", "", "two"], "transform": None})
    rows = [
        {**A._asdict(), "class": "c", "name": "c", "n": 30, "tau": 2.0, "rank": 1, "status": "ok"},
        {**A._asdict(), "class": "a", "name": "a", "n": 30, "tau": 1.0, "rank": 2, "status": "ok"},
        {**A._asdict(), "class": "b", "name": "b", "status": "set aside: too few"},
        {**A._replace(knn=5)._asdict(), "class": "b", "tau": 9.0, "rank": 1, "status": "ok"},
    ]
    table = pd.DataFrame(rows).astype({"n": "Int64", "rank": "Int64"})
    tsv.write_tsv(table, tmp_path / "ranking.tsv")
    return {
        "table": str(tmp_path / "ranking.tsv"),
        "record": str(record),
        "root": None,
        "stages": stages,
        "folder": str(tmp_path / "figures"),
    }


def draw_top(inputs, **settings):
    """Draw what the script draws, into its folder."""
    classes = ExplainedClasses(
        {stage: store.classes(paths) for stage, paths in inputs["stages"].items()},
        store.read(inputs["record"]),
        inputs["root"],
    )
    table = tsv.read_tsv(inputs["table"])
    figures = class_figures.draw_top(table, A, classes, **{**SETTINGS, **settings})
    style.save_all(figures, inputs["folder"])


def names(inputs):
    found = sorted(path.name for path in Path(inputs["folder"]).iterdir())
    classes = [name for name in found if "_class_" in name]
    assert [name for name in found if "_eigenvalues_" in name] == [
        name.replace("_class_", "_eigenvalues_") for name in classes
    ]
    return classes


def test_the_top_of_this_analysis_is_drawn(inputs):
    draw_top(inputs)
    assert names(inputs) == ["rank01_class_c.png", "rank02_class_a.png"]


def test_classes_without_tau_are_left_out_and_old_pictures_go(inputs):
    draw_top(inputs, top=9)
    assert names(inputs) == ["rank01_class_c.png", "rank02_class_a.png"]
    draw_top(inputs, top=1)
    assert names(inputs) == ["rank01_class_c.png"]


def test_the_splits_are_drawn_where_there_are_several(inputs):
    path = Path(inputs["stages"]["attribution"][0])
    arrays = {**store.read(path).arrays, "split": np.arange(30) % 2}
    store.write(path, arrays, RECIPE, notes={"splits": ["train", "val"]})
    draw_top(inputs)
    found = [place.name for place in Path(inputs["folder"]).glob("*_splits_*")]
    assert found == ["rank02_splits_a.png"]


def test_predictions_are_named_as_the_network_names_its_outputs(inputs, monkeypatch):
    drawn = []

    def stub(**given):
        drawn.append(given["prediction"][0])
        return class_figures.eigenvalue_figure(np.linspace(0, 1, 8), "stub")

    monkeypatch.setattr(class_figures, "class_figure", stub)
    for class_id in "abc":
        path = Path(inputs["stages"]["attribution"][0]).with_name(f"{class_id}.zarr.zip")
        found = store.read(path)
        indices = {"a": 0, "b": 1, "c": 7}
        arrays = {**found.arrays, "prediction": np.full(30, indices[class_id])}
        store.write(path, arrays, RECIPE, notes={"splits": ["train"]})
    draw_top(inputs)
    assert drawn == ["output 7", "zero"]


def test_photographs_are_drawn_from_their_files_as_the_network_sees_them(
    inputs, tmp_path, random, monkeypatch
):
    seen = {}

    def stub(**given):
        seen[given["title"]] = given["images"][3]
        return class_figures.eigenvalue_figure(np.linspace(0, 1, 8), "stub")

    monkeypatch.setattr(class_figures, "class_figure", stub)
    settings = {"source": "folder", "splits": ["."], "per_class": None}
    settings |= {"upright": True, "max_pixels": 10**6}
    pixels = random.integers(0, 255, size=(10, 20, 3), dtype=np.uint8)
    for place, path in enumerate(inputs["stages"]["corpus"]):
        folder = tmp_path / "images" / "abc"[place]
        folder.mkdir(parents=True)
        for number in range(30):
            Image.fromarray(pixels + place).save(folder / f"{number:02d}.png")
        entry = Entry(folder.name, folder.name, folder.name, place)
        made = of_files(entry, settings_of(**settings), tmp_path / "images")
        recipe = store.Recipe("corpus", settings, "x")
        store.write(path, made.arrays, recipe, notes=made.notes)
    notes = {"names": ["zero", "", "two"], "transform": asdict(TINY)}
    store.write(inputs["record"], {}, RECIPE, notes=notes)
    draw_top({**inputs, "root": tmp_path / "images"})
    shown = TINY.shown(Image.fromarray(pixels + 2))
    assert shown.shape == (6, 6, 3)
    np.testing.assert_array_equal(seen["class c: rank 1, tau 2 (n = 30)"], shown)


def test_one_class_after_the_other_is_read(inputs, monkeypatch):
    opened = []
    read = store.read_attributes
    monkeypatch.setattr(
        store, "read_attributes", lambda path: opened.append(Path(path).name[0]) or read(path)
    )
    classes = ExplainedClasses(
        {stage: store.classes(paths) for stage, paths in inputs["stages"].items()},
        store.read(inputs["record"]),
        None,
    )
    figures = class_figures.draw_top(tsv.read_tsv(inputs["table"]), A, classes, **SETTINGS)
    assert next(figures)[0] == "rank01_class_c"
    assert set(opened) == {"c"}
    assert [name for name, _ in figures][-1] == "rank02_eigenvalues_a"
    assert set(opened) == {"a", "c"}


def test_a_class_without_a_projection_is_ranked_but_not_drawn(inputs):
    path = Path(inputs["stages"]["projection"][0]).with_name("c.zarr.zip")
    store.write_set_aside(path, RECIPE, "projection: too few")
    draw_top(inputs)
    assert names(inputs) == ["rank02_class_a.png"]
