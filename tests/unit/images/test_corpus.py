"""corpus: every file of a class becomes a row, with its hash or the reason why it is no image."""

import dataclasses
import hashlib
import json
import os

import numpy as np
import pytest
from class_files import CAT, FOLDER, TINY, of_files, picture, stored

from unhans.errors import ConfigError, InputError
from unhans.images import corpus, digits
from unhans.images.class_index import Entry
from unhans.images.corpus import DigitSettings, FileSettings
from unhans.images.planting import Planting
from unhans.io import store, zarr_zip

DOG = Entry("dog", "dog", "house cat", 4)
TABLE = {**FOLDER, "source": "table", "table": "labels.csv", "splits": []}
DIGITS = DigitSettings(40, 0.25, 0, (Planting("corner", "3", 0.25, 0),))


def labelled(root, *rows):
    text = "\n".join(["image,class,split", *(",".join(row) for row in rows)])
    (root / "labels.csv").write_text(text + "\n")


def paths(made):
    return [row.path for row in made.rows if row.status == "ok"]


# Image files


def test_every_file_of_a_class_is_a_row_with_its_hash_or_a_reason(root):
    rows = {row.image: row for row in of_files(root).rows}
    assert {name: row.status for name, row in rows.items()} == {
        ".DS_Store": "hidden file",
        "0.png": "ok",
        "1.png": "ok",
        "2.png": "ok",
        "4 empty.jpg": "empty file",
        "5 cut.png": rows["5 cut.png"].status,
        "notes.txt": "no image: suffix '.txt'",
    }
    assert rows["5 cut.png"].status not in {"", "ok"}
    image = root / "train" / "cat" / "1.png"
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    assert rows["1.png"] == ("1.png", "train", "train/cat/1.png", sha256, "ok", "", "")
    assert rows["notes.txt"].sha256 == ""


def test_images_too_large_are_set_aside(root):
    picture(root / "train" / "cat" / "large.png", size=(200, 100))
    rows = {row.image: row.status for row in of_files(root).rows}
    assert rows["large.png"] == "has 200 x 100 pixels, more than 10,000"


def test_the_union_of_splits_keeps_the_split_of_each_image(root):
    made = of_files(root, splits=["val", "train"])
    assert made.notes["splits"] == ["val", "train"]
    found = {row.path: row.split for row in made.rows if row.status == "ok"}
    assert found == {
        **{f"val/cat/{number}.jpg": "val" for number in range(2)},
        **{f"train/cat/{number}.png": "train" for number in range(3)},
    }


def test_a_class_may_be_in_one_of_the_splits_alone(root):
    picture(root / "val" / "dog" / "0.png")
    made = of_files(root, entry=DOG, splits=["train", "val"])
    assert paths(made) == ["val/dog/0.png"]
    assert made.notes["splits"] == ["train", "val"]


def test_classes_may_lie_in_the_root(root):
    picture(root / "dog" / "below" / "0.png")
    made = of_files(root, entry=DOG, splits=["."])
    assert paths(made) == ["dog/below/0.png"]


@pytest.mark.parametrize(
    ("most", "splits", "found"),
    [
        (2, ["train", "val"], ["train/cat/0.png", "val/cat/0.jpg"]),
        (3, ["train", "val"], ["train/cat/0.png", "train/cat/1.png", "val/cat/0.jpg"]),
        (3, ["val", "train"], ["val/cat/0.jpg", "val/cat/1.jpg", "train/cat/0.png"]),
        (2, ["train"], ["train/cat/0.png", "train/cat/1.png"]),
    ],
)
def test_so_many_images_of_a_class_are_taken_its_splits_in_turn(root, most, splits, found):
    made = of_files(root, per_class=most, splits=splits)
    assert paths(made) == found
    assert made.limits == {}


@pytest.mark.parametrize("splits", [["train"], ["train", "val"]])
def test_a_limit_that_leaves_nothing_out_changes_nothing(root, splits):
    whole = of_files(root, splits=splits)
    images = 3 + 1 + 1 + (2 if "val" in splits else 0)  # an empty and a cut one count
    for most in (images, images + 5, None):
        made = of_files(root, per_class=most, splits=splits)
        assert made.rows == whole.rows
        assert made.notes == whole.notes
        assert made.limits == {"per_class": {"all": images}}
    assert len(of_files(root, per_class=images - 1, splits=splits).rows) < len(whole.rows)


def test_names_of_any_kind_come_back_as_they_are(root):
    names = ["two words.png", "日本.png", "two\nlines.png", "{brace}.png", os.fsdecode(b"\xe9.png")]
    label = os.fsdecode(b"caf\xe9 {x}")
    for name in names:
        picture(root / "train" / label / name)
    found = stored(root, made=of_files(root, entry=Entry("cafe", label, label, 4)))
    assert {row.image for row in found.rows} == set(names)
    assert found.result.attributes["label"] == label
    assert found.readable.size == len(names)
    assert found.input(0, TINY).shape == (3, 6, 6)


def test_a_class_without_a_file_has_no_rows(root):
    (root / "train" / "dog").mkdir()
    made = of_files(root, entry=DOG)
    assert made.rows == []
    with pytest.raises(InputError, match="the class holds no file; expected images"):
        stored(root, made=made).require_some()


def test_a_class_without_an_image_says_why_the_first_is_none(root):
    (root / "train" / "dog").mkdir()
    (root / "train" / "dog" / "1.jpg").write_text("")
    (root / "train" / "dog" / "2.txt").write_text("")
    found = stored(root, made=of_files(root, entry=DOG))
    with pytest.raises(InputError, match=r"none of 2 files .*'train/dog/1.jpg': empty file"):
        found.require_some()


def test_a_folder_that_cannot_be_read_is_a_row_and_the_other_split_goes_on(root, monkeypatch):
    scan = os.scandir

    def closed(path):
        if os.fspath(path).rstrip("/").endswith("train/cat"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    made = of_files(root, splits=["train", "val"])
    assert made.rows[0].path == "train/cat"
    assert made.rows[0].status == "folder cannot be read (Permission denied)"
    assert paths(made) == ["val/cat/0.jpg", "val/cat/1.jpg"]


def test_where_the_images_lie_changes_no_byte(root, tmp_path_factory):
    labelled(root, ("train/cat/0.png", "cat", "train"), ("../../x.png", "cat", "train"))
    elsewhere = tmp_path_factory.mktemp("moved") / "images"
    for settings in ({"splits": ["train", "val"]}, TABLE):
        before = of_files(root, **settings)
        root.rename(elsewhere)
        after = of_files(elsewhere, **settings)
        elsewhere.rename(root)
        assert after.rows == before.rows
        np.testing.assert_array_equal(after.arrays["listing"], before.arrays["listing"])


def test_threads_change_no_row(root):
    assert of_files(root, workers=4).rows == of_files(root).rows


def test_the_summary_counts_images_and_reasons(root):
    (root / "train" / "cat" / "more.txt").write_text("")
    summary = of_files(root).summary()
    assert summary.startswith(
        "corpus: 'cat': 3 images; 2 set aside: no image: suffix '.txt'; 1 set"
    )


# Tables


def test_a_table_lists_the_images_of_a_class(root):
    labelled(
        root,
        ("val/cat/1.jpg", "cat", "b"),
        ("train/cat/0.png", "cat", "a"),
        ("train/cat/1.png", "dog", "a"),
        ("train/cat/0.png", "cat", "a"),
    )
    made = of_files(root, **TABLE)
    assert [(row.split, row.path) for row in made.rows] == [
        ("a", "train/cat/0.png"),
        ("b", "val/cat/1.jpg"),
    ]
    assert made.notes["splits"] == ["a", "b"]
    assert paths(of_files(root, **{**TABLE, "splits": ["b"]})) == ["val/cat/1.jpg"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("../secret.png", "leads out of the root"),
        ("/etc/passwd", "leads out of the root"),
        ("gone.png", "no such file"),
        ("train/cat", "no regular file (folder)"),
        ("", "no regular file (folder)"),
    ],
)
def test_paths_of_a_table_that_lead_out_or_nowhere_are_set_aside(root, path, status):
    labelled(root, (path, "cat", "a"), ("train/cat/0.png", "cat", "a"))
    rows = {row.path: row for row in of_files(root, **TABLE).rows}
    assert (rows[path].status, rows[path].sha256) == (status, "")
    assert rows["train/cat/0.png"].status == "ok"


def test_so_many_rows_of_a_table_are_taken_its_splits_in_turn(root):
    rows = [(f"{split}/cat/{number}.png", "cat", split) for split in "ab" for number in range(3)]
    labelled(root, *rows, ("a/cat/9.png", "dog", "a"))
    for most, found in ((2, ["a/cat/0", "b/cat/0"]), (3, ["a/cat/0", "a/cat/1", "b/cat/0"])):
        made = of_files(root, **{**TABLE, "per_class": most})
        assert [row.path for row in made.rows] == [f"{path}.png" for path in found]


def test_an_edit_of_a_table_is_seen(root):
    labelled(root, ("train/cat/0.png", "cat", "a"), ("train/cat/1.png", "cat", "a"))
    assert len(of_files(root, **TABLE).rows) == 2
    labelled(root, ("train/cat/0.png", "cat", "a"), ("train/cat/1.png", "dog", "a"))
    assert len(of_files(root, **TABLE).rows) == 1


def test_a_table_that_is_gone_is_a_fault_and_no_reason_to_set_a_class_aside(root):
    with pytest.raises(ConfigError, match=r"labels\.csv: cannot be read"):
        of_files(root, **TABLE)


# Digits


def of_digit(index, **settings):
    entry = Entry(str(index), str(index), str(index), index)
    return corpus.make(entry, dataclasses.replace(DIGITS, **settings), root=None)


def test_the_classes_of_digits_together_are_the_digits(tmp_path):
    results = []
    for index in range(10):
        made = of_digit(index)
        path = tmp_path / f"{index}.zarr.zip"
        store.write(path, made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
        results.append(store.read(path))
    joined = digits.joined(result.arrays for result in results)
    built = digits.build(40, 0.25, 0, DIGITS.planting)
    for name, array in built.arrays().items():
        np.testing.assert_array_equal(joined.arrays()[name], array)


def test_a_digit_has_a_row_with_hash_split_and_truth():
    made = of_digit(3)
    assert len({row.image for row in made.rows}) == len(made.rows) == 40
    assert {row.status for row in made.rows} == {"ok"}
    splits = [row.split for row in made.rows]
    assert (splits.count("train"), splits.count("validation")) == (30, 10)
    assert sum(row.artefact == "corner" for row in made.rows) == 10
    for row, image, artefact in zip(
        made.rows, made.arrays["image"], made.arrays["artefact"], strict=True
    ):
        assert row.sha256 == hashlib.sha256(image.tobytes()).hexdigest()
        assert row.artefact == ["", "corner"][artefact]


def test_the_index_is_part_of_what_the_fingerprint_covers(root):
    prints = {
        zarr_zip.fingerprint(of_files(root, entry=dataclasses.replace(CAT, index=index)).arrays)
        for index in (4, 5)
    }
    assert len(prints) == 2
    listing = json.loads(of_files(root).arrays["listing"].tobytes())
    assert listing["index"] == 4


# Settings


def test_settings_come_from_plain_values_of_which_others_are_ignored():
    plain = {**FOLDER, "per_class": 5, "classes": "all", "root": "/images"}
    assert corpus.settings_of(**plain) == FileSettings(("train",), None, 5, True, 10_000)
    assert corpus.settings_of(**TABLE).table == "labels.csv"
    planting = [{"kind": "corner", "class": "3", "rate": 0.25, "seed": 0}]
    plain = {"per_class": 40, "validation": 0.25, "seed": 0, "blur": 0, "noise": 0}
    assert corpus.settings_of(**{**plain, "planting": planting}) == DIGITS


def test_image_files_need_a_root():
    with pytest.raises(InputError, match="needs root, the folder of its images"):
        corpus.make(CAT, FileSettings(("train",)), root=None)
