"""manifest: every image of every class, counted by status."""

import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unhans.images import manifest
from unhans.images.attributes import ImageAttributes
from unhans.images.class_index import Entry
from unhans.images.corpus import FileSettings, of_files
from unhans.io import store, tsv

SETTINGS = FileSettings(("train", "val"), max_pixels=10_000)
ODD = os.fsdecode(b"caf\xe9 {x}\n.png")


def gathered(paths):
    return manifest.gather(store.classes(paths))


@pytest.fixture
def results(tmp_path):
    """Two classes: the first has five files that are no images, the second an odd name."""
    files = {
        "cat": [
            "train/0.png",
            "train/1.png",
            "val/2.png",
            "train/a.txt",
            "train/b.txt",
            "val/c.txt",
        ],
        "dog": [f"val/{ODD}"],
    }
    paths = []
    for index, (label, names) in enumerate(files.items()):
        for name in names:
            split, _, file = name.partition("/")
            path = tmp_path / "images" / split / label / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".png":
                Image.fromarray(np.full((2, 2, 3), index, dtype=np.uint8)).save(path)
            else:
                path.write_text("no image")
        entry = Entry(label, label, f"house {label}", index)
        made = of_files(entry, SETTINGS, tmp_path / "images")
        paths.append(tmp_path / f"{label}-1.zarr.zip")
        store.write(paths[-1], made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
    return paths


def test_every_image_of_every_class_has_a_row(results):
    table = gathered(results)
    assert list(table.columns) == [*manifest.COLUMNS, "name", "remark"]
    assert list(table["class"]) == ["cat-1"] * 6 + ["dog-1"]
    assert set(table["name"]) == {"house cat", "house dog"}
    assert (table["status"] == "ok").sum() == 4
    assert ((table["sha256"] != "") == (table["status"] == "ok")).all()
    assert table["path"].iloc[-1] == f"val/dog/{ODD}"


def test_attributes_are_columns_of_their_own(results):
    known = ImageAttributes(("site",), {"train/cat/0.png": ("North",)})
    table = manifest.gather(store.classes(results), known)
    assert list(table.columns) == [*manifest.COLUMNS, "name", "remark", "site"]
    assert dict(zip(table["path"], table["site"], strict=True))["train/cat/0.png"] == "North"
    assert (table["site"] != "").sum() == 1


def test_a_manifest_is_read_back_as_it_was_written(results, tmp_path):
    table = gathered(results)
    tsv.write_tsv(table, tmp_path / "manifest.tsv")
    found = tsv.read_tsv(tmp_path / "manifest.tsv")
    assert found.to_dict("records") == table.to_dict("records")


def test_the_summary_counts_all_images_first_and_then_what_was_set_aside(results):
    rows = manifest.summarise(gathered(results)).to_dict("split")["data"]
    reason = "no image: suffix '.txt'"
    assert rows == [
        ["", "all", "train", reason, 2],
        ["", "all", "train", "ok", 2],
        ["", "all", "val", reason, 1],
        ["", "all", "val", "ok", 2],
        ["cat-1", "house cat", "train", reason, 2],
        ["cat-1", "house cat", "val", reason, 1],
    ]


def test_a_class_without_any_file_has_no_row(results, tmp_path):
    entry = Entry("ox", "ox", "ox", 2)
    made = of_files(entry, SETTINGS, tmp_path / "images")
    path = tmp_path / "ox.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
    assert set(gathered([*results, path])["class"]) == {"cat-1", "dog-1"}
    empty = gathered([path])
    assert list(empty.columns) == [*manifest.COLUMNS, "name", "remark"]
    assert manifest.summarise(empty).empty


def test_what_was_set_aside_is_described(results):
    lines = manifest.describe("pets", gathered(results)).splitlines()
    assert lines == [
        "manifest: pets: 4 images of 2 classes",
        "  3 set aside: no image: suffix '.txt'",
    ]


def test_what_was_noticed_of_the_classes_is_described(results):
    notes = ["corpus.pets: 1 folders are no classes: train/__MACOSX", "corpus.pets: another"]
    lines = manifest.describe("pets", gathered(results), notes).splitlines()
    assert lines[-2:] == [f"  {note}" for note in notes]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (
            ["a/0.png", "a/0_mask.png", "a/1.png"],
            "1 are named as masks of other images, such as a/0_mask",
        ),
        (["a/0.png", "a/masks/0.png"], "1 are named as masks of other images, such as a/masks/0"),
        (["a/x\x1b[2J.png", "a/x\x1b[2J_mask.png"], r"such as a/x\x1b[2J_mask: if"),
        (["a/0_mask.png", "a/1.png", "a/unmask.png", "masks/0.png", ""], ""),
    ],
)
def test_files_named_as_masks_of_others_are_noticed(paths, said):
    columns = {"class": "a", "status": "ok", "remark": ""}
    table = pd.DataFrame({"path": paths}).assign(**columns)
    words = manifest.describe("x", table)
    assert said in words
    assert ("masks" in words) == bool(said)
