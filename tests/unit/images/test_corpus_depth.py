"""corpus_depth: the files of a corpus are scaled alike, and a person learns where depth was guessed."""

import numpy as np
import pytest
from class_files import CAT, FOLDER, of_files, stored
from deep_images import png, ramp, tiff

from unhans.errors import StoreError
from unhans.images import corpus, corpus_depth, manifest
from unhans.images.class_index import Entry
from unhans.images.transform import Transform
from unhans.io import store

DOG = Entry("dog", "dog", "dog", 5)
WHOLE = Transform(48, 48, (0.0,), (1.0,))
ENCODERS = {"png": png, "tif": lambda values: tiff(values.astype(np.uint16))}


def put(root, path, values, **options):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(ENCODERS[path.rpartition(".")[2]](values, **options))


def brightest(found):
    return {found.rows[row].image: int(found.shown(row, WHOLE).max()) for row in found.readable}


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_dark_image_stays_dark_beside_a_bright_one(tmp_path, suffix, channels):
    put(tmp_path, f"train/cat/bright.{suffix}", ramp(65_000, channels))
    put(tmp_path, f"train/cat/dark.{suffix}", ramp(4000, channels))
    found = stored(tmp_path)
    assert brightest(found)[f"dark.{suffix}"] <= 16
    assert brightest(found)[f"bright.{suffix}"] >= 250
    assert {row.remark for row in found.rows} == {""}
    assert found.bits == 16


@pytest.mark.parametrize("source", ["folder", "table"])
@pytest.mark.parametrize(("top", "bits"), [(60_000, 16), (4000, 12), (1000, 10)])
def test_the_depth_is_that_of_all_classes(tmp_path, source, top, bits):
    put(tmp_path, "train/cat/0.png", ramp(900))
    put(tmp_path, "train/dog/0.png", ramp(top))
    settings = {}
    if source == "table":
        table = "image,class\ntrain/cat/0.png,cat\ntrain/dog/0.png,dog\n"
        (tmp_path / "labels.csv").write_text(table)
        settings = {"source": "table", "table": "labels.csv", "splits": []}
    for entry in (CAT, DOG):
        found = stored(tmp_path, of_files(tmp_path, entry=entry, **settings), **settings)
        assert found.bits == bits
        said = f"read as {bits} bits: no value of such a file of the corpus exceeds {2**bits - 1:,}"
        assert [row.remark for row in found.rows] == ["" if bits == 16 else said]
    found = stored(tmp_path, of_files(tmp_path, **settings))
    assert brightest(found)["0.png"] == pytest.approx(255 * 900 / (2**bits - 1), abs=2)


def test_a_limit_on_images_changes_no_depth(tmp_path):
    for number, top in enumerate((900, 900, 900, 4000)):
        put(tmp_path, f"train/cat/{number}.png", ramp(top))
    assert stored(tmp_path, per_class=2).bits == stored(tmp_path).bits == 12


def test_files_that_say_their_depth_are_no_guess(tmp_path):
    put(tmp_path, "train/cat/said.png", ramp(1000), significant=10)
    put(tmp_path, "train/cat/guessed.png", ramp(4000))
    found = stored(tmp_path)
    assert brightest(found) == pytest.approx({"said.png": 249, "guessed.png": 249}, abs=2)
    assert {row.image: bool(row.remark) for row in found.rows} == {
        "said.png": False,
        "guessed.png": True,
    }


@pytest.mark.parametrize("bits", [12, 14, 16])
def test_the_configuration_says_the_depth(tmp_path, bits):
    put(tmp_path, "train/cat/0.png", ramp(900))
    found = stored(tmp_path, bits=bits)
    assert brightest(found)["0.png"] == pytest.approx(255 * 900 / (2**bits - 1), abs=2)
    assert [row.remark for row in found.rows] == [""]
    put(tmp_path, "train/cat/1.png", ramp(60_000))
    if bits < 16:
        statuses = {row.image: row.status for row in stored(tmp_path, bits=bits).rows}
        assert statuses["1.png"].startswith("pixels to 60,000, more than the ")


def test_a_window_is_used_when_images_are_read_again(tmp_path):
    put(tmp_path, "train/cat/0.png", ramp(4000))
    found = stored(tmp_path, window=[1000, 100])
    shown = found.shown(int(found.readable[0]), WHOLE)
    assert set(np.unique(shown)) >= {0, 255}
    assert np.isin(shown, [0, 255]).mean() > 0.95


def test_masks_and_excluded_files_do_not_count(tmp_path):
    put(tmp_path, "train/cat/0.png", ramp(4000))
    put(tmp_path, "train/cat/0_mask.png", ramp(60_000))
    put(tmp_path, "train/dog/0_mask.png", ramp(60_000))
    assert stored(tmp_path).bits == 16
    assert stored(tmp_path, exclude=["*_mask.png"]).bits == 12


def test_images_of_8_bits_have_no_remark(root):
    found = stored(root)
    assert found.bits == 0
    assert {row.remark for row in found.rows} == {""}


def kept(root, entry):
    made = of_files(root, entry=entry)
    path = root / "corpus" / f"{entry.id}.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", FOLDER, "x"), notes=made.notes)
    return path, made


def test_the_manifest_says_what_was_guessed(tmp_path):
    put(tmp_path, "train/cat/0.png", ramp(4000))
    put(tmp_path, "train/cat/1.png", ramp(4000), significant=12)
    path, made = kept(tmp_path, CAT)
    said = "1 read as 12 bits: no value of such a file of the corpus exceeds 4,095"
    assert said in made.summary()
    table = manifest.gather(store.classes([path]))
    assert list(table["remark"] != "") == [True, False]
    assert f"  {said}" in manifest.describe("mine", table).splitlines()


@pytest.mark.parametrize("bits", [None, 12])
def test_the_manifest_says_that_few_pixels_are_brighter(tmp_path, bits):
    for number in (1, 2):
        values = ramp(4095)
        values[0, :number] = 65_535
        put(tmp_path, f"train/cat/{number}.png", values)
    made = of_files(tmp_path, bits=bits)
    said = "values look like 12 bits but for some pixels; with bits: 12 these are white"
    if bits:
        said = "pixels above the 4,095 of 12 bits are white"
    assert f"2 {said}" in made.summary()
    path = tmp_path / "cat.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", FOLDER, "x"), notes=made.notes)
    table = manifest.gather(store.classes([path]))
    assert list(table["status"]) == ["ok", "ok"]
    for number, remark in zip((1, 2), table["remark"], strict=True):
        assert remark.startswith(said)
        assert remark.endswith(f"({number} of 3,072, to 65,535)")
    (line,) = [line for line in manifest.describe("mine", table).splitlines() if said in line]
    assert line.startswith("  2 ")


@pytest.mark.parametrize("where", ["train/dog/0.png", "train/cat/9.png"])
@pytest.mark.parametrize("top", [4095, 1023])
def test_files_that_are_dark_for_a_few_pixels_of_another_say_so(tmp_path, where, top):
    values, bits = ramp(top), top.bit_length()
    put(tmp_path, "train/cat/0.png", values)
    values[0, 0] = 65_535
    put(tmp_path, where, values)
    made = of_files(tmp_path, per_class=1)
    (row,) = made.rows
    assert row.remark == (
        f"read as 16 bits for some pixels of the corpus alone; with bits: {bits} those are white and "
        "all such files brighter"
    )
    put(tmp_path, "train/ox/0.png", ramp(60_000))  # others are as deep
    corpus_depth.of_folders.cache_clear()
    corpus_depth.of_paths.cache_clear()
    (row,) = of_files(tmp_path, per_class=1).rows
    assert row.remark == ""


def test_classes_of_different_depths_are_refused(tmp_path):
    put(tmp_path, "train/cat/0.png", ramp(900))
    first, _ = kept(tmp_path, CAT)
    put(tmp_path, "train/dog/0.png", ramp(4000))
    corpus_depth.of_folders.cache_clear()  # of another job
    second, _ = kept(tmp_path, DOG)
    said = "read as 10 bits in class cat and as 12 bits in class dog, since images came .* set bits"
    with pytest.raises(StoreError, match=said):
        manifest.gather(store.classes([first, second]))


# Excluded files


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*_mask.png"], ["0.png", "1.png", "below/2.png"]),
        (["*_MASK.png"], ["0.png", "0_mask.png", "1.png", "below/2.png", "below/2_mask.png"]),
        (["*_mask.png", "1*"], ["0.png", "below/2.png"]),
        (["train/*/below/*"], ["0.png", "0_mask.png", "1.png"]),
        (["[01].png"], ["0_mask.png", "below/2.png", "below/2_mask.png"]),
        ([], ["0.png", "0_mask.png", "1.png", "below/2.png", "below/2_mask.png"]),
    ],
)
@pytest.mark.parametrize("source", ["folder", "table"])
def test_files_that_match_a_pattern_are_set_aside_with_it(tmp_path, patterns, left, source):
    names = ["0.png", "0_mask.png", "1.png", "below/2.png", "below/2_mask.png"]
    for name in names:
        put(tmp_path, f"train/cat/{name}", ramp(200))
    settings = {"exclude": patterns}
    if source == "table":
        rows = "".join(f"train/cat/{name},cat\n" for name in names)
        (tmp_path / "labels.csv").write_text(f"image,class\n{rows}")
        settings |= {"source": "table", "table": "labels.csv", "splits": []}
    made = of_files(tmp_path, **settings)
    ok = [row.path.removeprefix("train/cat/") for row in made.rows if row.status == "ok"]
    assert ok == left
    others = {row.status for row in made.rows if row.status != "ok"}
    assert others <= {f"excluded by '{pattern}'" for pattern in patterns}
    assert len(made.rows) == len(names)


def test_excluded_files_are_not_counted_as_images_of_a_class_and_in_the_summary(tmp_path):
    for number in range(4):
        put(tmp_path, f"train/cat/{number}.png", ramp(200))
        put(tmp_path, f"train/cat/{number}_mask.png", ramp(200))
    made = of_files(tmp_path, exclude=["*_mask.png"], per_class=3)
    assert sum(row.status == "ok" for row in made.rows) == 3
    made = of_files(tmp_path, exclude=["*_mask.png"])
    assert "4 images" in made.summary()
    assert "4 set aside: excluded by '*_mask.png'" in made.summary()


def test_a_pattern_that_excludes_nothing_is_said(tmp_path):
    put(tmp_path, "train/cat/0.png", ramp(200))
    put(tmp_path, "train/cat/0_mask.png", ramp(200))
    made = of_files(tmp_path, exclude=["*_mask.png", "*_msk.png"])
    path = tmp_path / "cat.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", FOLDER, "x"), notes=made.notes)
    table = manifest.gather(store.classes([path]))
    lines = manifest.describe("mine", table, exclude=["*_mask.png", "*_msk.png"]).splitlines()
    assert "  1 set aside: excluded by '*_mask.png'" in lines
    assert "  0 set aside: excluded by '*_msk.png'" in lines


def test_settings_of_a_configuration_are_read():
    plain = {**FOLDER, "exclude": ["a", "b"], "bits": None, "window": [1, 2.5]}
    found = corpus.settings_of(**plain)
    assert (found.exclude, found.bits, found.window) == (("a", "b"), None, (1, 2.5))
