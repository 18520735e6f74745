"""corpus: every file of a class becomes a row, and pixels are those that the row tells of."""

import functools
import hashlib
import json
import os

import numpy as np
import pytest
from PIL import Image

from unhans.errors import ConfigError, InputError, StoreError
from unhans.images import dataset, digits
from unhans.images.transform import Transform
from unhans.io import store, zarr_zip

TINY = Transform(8, 6, (0.5,) * 3, (0.25,) * 3)
CAT = {"label": "cat", "name": "house cat", "index": 4}
FOLDER = {"source": "folder", "splits": ["train"], "table": None, "per_class": None}
FOLDER |= {"upright": True, "max_pixels": 10_000}
TABLE = {**FOLDER, "source": "table", "table": "labels.csv", "splits": []}
PLANTED = [{"kind": "corner", "class": "3", "rate": 0.25, "seed": 0}]
DIGITS = {
    "per_class": 40,
    "validation": 0.25,
    "seed": 0,
    "planting": PLANTED,
    "blur": 0,
    "noise": 0,
}
READ_DIGITS = functools.cache(digits._read_digits)


def picture(path, seed=0, size=(12, 10), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)


@pytest.fixture
def root(tmp_path):
    """Three images and four other things in train, two images in val."""
    for number in range(3):
        picture(tmp_path / "train" / "cat" / f"{number}.png", number)
    folder = tmp_path / "train" / "cat"
    (folder / "notes.txt").write_text("two cats")
    (folder / ".DS_Store").write_text("")
    (folder / "4 empty.jpg").write_text("")
    content = (folder / "0.png").read_bytes()
    (folder / "5 cut.png").write_bytes(content[: len(content) // 2])
    for number in range(2):
        picture(tmp_path / "val" / "cat" / f"{number}.jpg", 10 + number)
    return tmp_path


def labelled(root, *rows):
    text = "\n".join(["image,class,split", *(",".join(row) for row in rows)])
    (root / "labels.csv").write_text(text + "\n")


def of_files(root, workers=1, entry=CAT, **settings):
    return dataset.of_files(entry, {**FOLDER, **settings}, root, workers)


def members(root, made=None, **settings):
    """Store a class as the stage does, and read it again."""
    path = root / "cat.zarr.zip"
    made = made or of_files(root, **settings)
    store.write(
        path, made.arrays, store.Recipe("corpus", {**FOLDER, **settings}, "x"), None, made.notes
    )
    return dataset.ClassDataset(store.read(path), root)


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
    assert rows["1.png"] == ("1.png", "train", "train/cat/1.png", sha256, "ok", "")
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
    made = of_files(root, entry={**CAT, "label": "dog"}, splits=["train", "val"])
    assert paths(made) == ["val/dog/0.png"]
    assert made.notes["splits"] == ["train", "val"]


def test_classes_may_lie_in_the_root(root):
    picture(root / "dog" / "below" / "0.png")
    made = of_files(root, entry={**CAT, "label": "dog"}, splits=["."])
    assert paths(made) == ["dog/below/0.png"]


def test_so_many_images_of_a_class_and_split_are_taken_the_first_by_name(root):
    made = of_files(root, per_class=2, splits=["train", "val"])
    assert paths(made) == [
        *("train/cat/0.png", "train/cat/1.png"),
        *("val/cat/0.jpg", "val/cat/1.jpg"),
    ]


def test_names_of_any_kind_come_back_as_they_are(root):
    names = ["two words.png", "日本.png", "two\nlines.png", "{brace}.png", os.fsdecode(b"\xe9.png")]
    label = os.fsdecode(b"caf\xe9 {x}")
    for name in names:
        picture(root / "train" / label / name)
    found = members(root, made=of_files(root, entry={**CAT, "label": label, "name": label}))
    assert {row.image for row in found.rows} == set(names)
    assert found.result.attributes["label"] == label
    assert found.readable.size == len(names)
    assert found.input(0, TINY).shape == (3, 6, 6)


def test_a_class_without_a_file_has_no_rows(root):
    (root / "train" / "dog").mkdir()
    made = of_files(root, entry={**CAT, "label": "dog"})
    assert made.rows == []
    with pytest.raises(InputError, match="the class holds no file; expected images"):
        members(root, made=made).require_some()


def test_a_class_without_an_image_says_why_the_first_is_none(root):
    (root / "train" / "dog").mkdir()
    (root / "train" / "dog" / "1.jpg").write_text("")
    (root / "train" / "dog" / "2.txt").write_text("")
    found = members(root, made=of_files(root, entry={**CAT, "label": "dog"}))
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
    said = of_files(root).summary()
    assert said.startswith("corpus: 'cat': 3 images; 2 set aside: no image: suffix '.txt'; 1 set")


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


def test_so_many_rows_of_a_table_are_taken_a_split(root):
    rows = [(f"{split}/cat/{number}.png", "cat", split) for split in "ab" for number in range(3)]
    labelled(root, *rows)
    made = of_files(root, **{**TABLE, "per_class": 2})
    assert [row.path for row in made.rows] == [
        *("a/cat/0.png", "a/cat/1.png"),
        *("b/cat/0.png", "b/cat/1.png"),
    ]


def test_a_table_that_is_gone_is_a_fault_and_no_reason_to_set_a_class_aside(root):
    with pytest.raises(ConfigError, match=r"labels\.csv: cannot be read"):
        of_files(root, **TABLE)


# Pixels


def test_the_readable_rows_are_those_with_pixels(root):
    found = members(root)
    assert [found.rows[row].image for row in found.readable] == ["0.png", "1.png", "2.png"]
    assert found.index == 4
    found.require_some()


def test_an_image_is_read_as_its_network_takes_it_and_as_people_see_it(root):
    found = members(root)
    image = Image.open(root / "train" / "cat" / "1.png")
    row = int(found.readable[1])
    np.testing.assert_array_equal(found.input(row, TINY), TINY(image))
    assert found.input(row, TINY).shape == found.input_shape(TINY)
    np.testing.assert_array_equal(found.shown(row, TINY), TINY.shown(image))


def test_pictures_are_read_when_they_are_asked_for(root):
    found = members(root)
    shown = dataset.DisplayImages(found, found.readable[::-1], TINY)
    (root / "train" / "cat" / "2.png").unlink()
    assert len(shown) == 3
    assert shown[2].shape == (6, 6, 3)
    with pytest.raises(StoreError, match="no such file"):
        shown[0]


def test_photographs_are_turned_as_their_orientation_says(root):
    turned = Image.Exif()
    turned[0x0112] = 6
    path = root / "train" / "cat" / "a turned.jpg"
    picture(path, size=(12, 8), exif=turned, quality=100, subsampling=0)
    sides = {}
    for upright in (True, False):
        found = members(root, upright=upright)
        row = next(place for place, row in enumerate(found.rows) if row.image == "a turned.jpg")
        sides[upright] = found.shown(row, Transform(8, 8, (0.5,) * 3, (0.5,) * 3))
    assert (sides[True] != sides[False]).any()


def test_a_file_that_has_changed_is_named(root):
    found = members(root)
    picture(root / "train" / "cat" / "1.png", seed=99)
    with pytest.raises(
        StoreError, match=r"cat/1\.png: has changed since the manifest was made; dele"
    ):
        found.input(int(found.readable[1]), TINY)
    assert found.input(int(found.readable[0]), TINY).any()


def test_a_file_that_is_gone_or_broken_since_is_named(root):
    found = members(root)
    (root / "train" / "cat" / "0.png").unlink()
    (root / "train" / "cat" / "1.png").write_text("")
    with pytest.raises(StoreError, match=r"0\.png: no such file; it could be read when the manif"):
        found.input(int(found.readable[0]), TINY)
    with pytest.raises(StoreError, match=r"1\.png: empty file; it could be read"):
        found.shown(int(found.readable[1]), TINY)


def test_a_network_for_digits_is_told_that_it_sees_no_photographs(root):
    found = members(root)
    with pytest.raises(InputError, match="a network for digits cannot see photographs"):
        found.input(0, None)


def test_splits_are_numbered_as_they_are_named(root):
    found = members(root, splits=["val", "train"])
    assert found.splits == ["val", "train"]
    numbers = found.split_of(found.readable)
    assert [found.splits[number] for number in numbers] == ["val"] * 2 + ["train"] * 3
    assert not found.artefact.any()


# Digits


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """The digits are a table of text, which takes a second to read."""
    monkeypatch.setattr(digits, "_read_digits", READ_DIGITS)


def of_digit(index, **settings):
    entry = {"label": str(index), "name": str(index), "index": index}
    return dataset.make(entry, {**DIGITS, **settings}, root=None)


def test_the_classes_of_digits_together_are_the_digits(tmp_path):
    results = []
    for index in range(10):
        made = of_digit(index)
        path = tmp_path / f"{index}.zarr.zip"
        store.write(path, made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes)
        results.append(store.read(path))
    joined = digits.joined(result.arrays for result in results)
    built = digits.build(40, 0.25, 0, PLANTED)
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


def test_digits_are_read_from_their_result(tmp_path):
    made = of_digit(3)
    store.write(
        tmp_path / "3.zarr.zip", made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes
    )
    found = dataset.ClassDataset(store.read(tmp_path / "3.zarr.zip"), None)
    assert found.index == 3
    assert found.readable.size == 40
    np.testing.assert_array_equal(found.shown(7, None), made.arrays["image"][7])
    np.testing.assert_array_equal(found.input(7, None), made.arrays["image"][7:8] / np.float32(255))
    assert found.input(7, None).shape == found.input_shape(None)
    np.testing.assert_array_equal(found.artefact, made.arrays["artefact"])


def test_the_index_is_part_of_what_the_fingerprint_covers(root):
    prints = {
        zarr_zip.fingerprint(of_files(root, entry={**CAT, "index": index}).arrays)
        for index in (4, 5)
    }
    assert len(prints) == 2
    listing = json.loads(of_files(root).arrays["listing"].tobytes())
    assert listing["index"] == 4
