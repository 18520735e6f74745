"""predictability: planted properties come first, two small classes work, and names are cut."""

from dataclasses import replace

import numpy as np
import pytest
from measured_classes import SETTINGS, photograph, store_digits, store_files

from unhans.io import store
from unhans.probes import predictability
from unhans.probes.properties import PROPERTIES


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """Three classes: images of `light` are lighter, files of `named` have long names; `none` has none."""
    root = tmp_path_factory.mktemp("root")
    for split, images in (("train", 12), ("val", 6)):
        for number in range(images):
            seed = 100 * (split == "val") + number
            photograph(root / split / "light" / f"{number:02d}.png", seed, bright=60)
            photograph(root / split / "named" / f"a_long_name_{number:02d}.png", 1000 + seed)
            photograph(root / split / "plain" / f"{number:02d}.png", 2000 + seed)
    (root / "train" / "none").mkdir()
    classes = ["light", "named", "none", "plain"]
    _, found = store_files(root, tmp_path_factory.mktemp("results"), classes=classes)
    return predictability.gather(found)


def test_what_was_planted_stands_out(gathered):
    table = predictability.tabulate(gathered, "mine", SETTINGS)
    assert list(table.columns) == predictability.COLUMNS
    assert len(table) == 3 * len(gathered.names)
    clear = table[table["stands_out"]].set_index(["class", "property"])
    light, named = clear.loc[("light", "brightness")], clear.loc[("named", "name_length")]
    assert (light["direction"], named["direction"]) == ("higher", "higher")
    assert light["median_class"] > light["median_others"]
    assert (light["images"], light["images_held_out"]) == (12, 6)
    assert light["auc_low"] <= light["auc"] <= light["auc_high"]
    assert light["auc_held_out"] > 0.9
    assert (named["auc"], named["family"]) == (1, "file")
    assert table["stands_out"].is_monotonic_decreasing


def test_properties_that_are_the_same_in_all_images_are_left_out(gathered):
    assert set(gathered.names) < set(PROPERTIES)
    assert not {"exif", "jpeg_quality", "aspect", "format: PNG"} & set(gathered.names)


def test_a_class_without_images_is_named(gathered):
    text = predictability.describe(predictability.tabulate(gathered, "mine", SETTINGS), gathered)
    assert "  none: set aside: the class holds no file; expected images" in text.splitlines()


def test_the_level_and_the_least_area_decide_what_stands_out(gathered):
    strict = predictability.tabulate(gathered, "mine", replace(SETTINGS, least=1.0))
    assert (strict.loc[strict["stands_out"], "auc"] == 1).all()
    none = predictability.tabulate(gathered, "mine", replace(SETTINGS, level=1e-30))
    assert not none["stands_out"].any()


def test_two_classes_mirror_each_other(tmp_path):
    _, found = store_digits(tmp_path, per_class=5)
    gathered = predictability.gather(found)
    table = predictability.tabulate(gathered, "digits", SETTINGS)
    one, eight = (table[table["class"] == name].set_index("property").sort_index() for name in "18")
    np.testing.assert_allclose(one["auc"], eight["auc"])
    np.testing.assert_allclose(one["p"], eight["p"])
    assert set(one["images"]) == {4}


def write(path, values, split, texts=b"{}"):
    arrays = {"row": np.arange(len(values)), "values": values, "split": np.array(split)}
    arrays["texts"] = np.frombuffer(texts, dtype=np.uint8)
    store.write(path, arrays, store.Recipe("properties", {}, "x"))
    return str(path)


def test_all_images_are_learned_from_where_the_first_split_has_one_class(tmp_path, random):
    values = random.random((4, len(PROPERTIES))).astype(np.float32)
    paths = [
        write(tmp_path / "a.zarr.zip", values, [0, 0, 1, 1]),
        write(tmp_path / "b.zarr.zip", values, [1, 1, 1, 1]),
    ]
    gathered = predictability.gather(store.classes(paths))
    assert gathered.training.all()
    table = predictability.tabulate(gathered, "mine", SETTINGS)
    assert (table["auc"] == 0.5).all()
    assert table["auc_held_out"].isna().all()
    assert (table["p"] == 1).all()


def test_frequent_values_of_names_are_properties(tmp_path, random):
    values = random.random((8, len(PROPERTIES))).astype(np.float32)
    said = b'{"camera": ["Kodak","Kodak","Kodak","Kodak","Kodak","rare","",""]}'
    paths = [
        write(tmp_path / "a.zarr.zip", values, [0] * 8, said),
        write(tmp_path / "b.zarr.zip", values, [0] * 8),
    ]
    gathered = predictability.gather(store.classes(paths))
    assert gathered.names[-1] == "camera: Kodak"
    assert gathered.families[-1] == "file"
    assert gathered.values[:, -1].sum() == 5


@pytest.mark.filterwarnings("error")
def test_one_class_or_none_is_no_fault(tmp_path):
    nothing = predictability.gather(store.classes([]))
    assert predictability.tabulate(nothing, "mine", SETTINGS).empty
    _, found = store_digits(tmp_path, classes=("1",), per_class=5)
    alone = predictability.gather(found)
    assert predictability.tabulate(alone, "digits", SETTINGS)["auc"].isna().all()
    assert not predictability.tabulate(alone, "digits", SETTINGS)["stands_out"].any()
