"""duplicates: copies across classes and splits are told first; near ones are those that look alike."""

import numpy as np
import pytest
from measured_classes import photograph, store_files
from PIL import Image

from unhans.io import store
from unhans.probes import duplicates

FIND = {"names": {"cat": "house cat"}, "bits": 8, "likeness": 0.95}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for number in range(8):
        photograph(root / "train" / "cat" / f"{number}.png", number, size=(64, 64))
        photograph(root / "train" / "dog" / f"{number}.png", 100 + number, size=(64, 64))
        photograph(root / "val" / "cat" / f"{number}.png", 200 + number, size=(64, 64))
    with Image.open(root / "train" / "cat" / "0.png") as image:
        image.save(root / "val" / "dog_0.bmp")
        (root / "val" / "dog").mkdir()
        image.save(root / "val" / "dog" / "same.bmp")  # other bytes, the same pixels
    (root / "val" / "dog_0.bmp").unlink()
    with Image.open(root / "train" / "dog" / "3.png") as image:
        image.resize((50, 50)).save(root / "train" / "dog" / "smaller.jpg", quality=60)
    with Image.open(root / "train" / "cat" / "5.png") as image:
        image.save(root / "val" / "cat" / "again.png")
    for shade in (10, 20, 30):  # of one brightness each: like any other, and like none
        Image.new("RGB", (40, 40), (shade,) * 3).save(root / "train" / "dog" / f"flat_{shade}.png")
    corpora, measured = store_files(
        root, tmp_path_factory.mktemp("results"), classes=["cat", "dog"]
    )
    return duplicates.find(measured, corpora, **FIND), (corpora, measured)


def test_groups_across_classes_and_splits_come_first(found):
    table, _ = found
    assert list(table.columns) == duplicates.COLUMNS
    assert list(table["across"]) == ["classes and splits"] * 2 + ["splits"] * 2 + ["neither"] * 2
    assert list(table["group"]) == [1, 1, 2, 2, 3, 3]
    assert list(table["kind"]) == ["exact"] * 4 + ["near"] * 2
    assert list(table["path"]) == [
        *("train/cat/0.png", "val/dog/same.bmp", "train/cat/5.png", "val/cat/again.png"),
        *("train/dog/3.png", "train/dog/smaller.jpg"),
    ]
    assert list(table["name"][:2]) == ["house cat", "dog"]
    assert (table["distance"] <= 8).all()
    assert (table["distance"][:4] == 0).all()


def test_what_was_found_is_said(found):
    lines = duplicates.describe(found[0]).splitlines()
    assert lines == [
        "duplicates: 3 groups, 6 images",
        "  across classes and splits: 1 exact, 0 near",
        "  across splits: 1 exact, 0 near",
        "  across neither: 0 exact, 1 near",
    ]


def test_images_must_look_alike_and_not_only_hash_alike(found):
    corpora, measured = found[1]
    strict = duplicates.find(measured, corpora, **{**FIND, "likeness": 1.0})
    assert set(strict["kind"]) == {"exact"}


def test_pairs_are_those_of_comparing_all(found):
    _, (_, measured) = found
    images = duplicates.gather(measured)
    small = np.concatenate([result["small"] for result in measured.values()])
    n, slow = len(small), set()
    for i in range(n):
        for j in range(i + 1, n):
            bits = bin(int(images.hash[i]) ^ int(images.hash[j])).count("1")
            like = duplicates.correlation(small[i : i + 1], small[j : j + 1])[0] >= 0.95
            if (images.digest[i] == images.digest[j]).all() or (bits <= 8 and like):
                slow.add((i, j))
    first, second, _ = duplicates.joined(images, measured, 8, 0.95)
    assert {
        tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)
    } == slow


def test_no_images_are_no_fault(tmp_path):
    path = tmp_path / "cat.zarr.zip"
    store.write_set_aside(path, store.Recipe("properties", {}, "x"), "no images", [])
    for results in ([], [str(path)]):
        table = duplicates.find(store.classes(results), {}, **FIND)
        assert table.empty
        assert duplicates.describe(table) == "duplicates: 0 groups, 0 images"
