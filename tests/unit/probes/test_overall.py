"""overall: a row for all properties, for what is seen, for each family and for each class."""

from dataclasses import replace

import numpy as np
import pytest
from measured_classes import SETTINGS

from unhans.probes import overall
from unhans.probes.families import FAMILIES
from unhans.probes.predictability import Gathered


def made(random, n=40, classes=2, held_out=True, by=4.0):
    """Brightness tells the classes; so do bytes, which no network sees; contrast does not."""
    label = np.repeat(np.arange(classes), n // classes)
    values = random.normal(size=(n, 3)).astype(np.float32)
    values[:, :2] += by * label[:, None]
    training = np.arange(n) % 4 > 0 if held_out else np.ones(n, dtype=bool)
    names, families = ["brightness", "bytes", "contrast"], ["brightness", "file", "contrast"]
    ids = [f"c{number}" for number in range(classes)]
    return Gathered(ids, label, np.arange(n), training, names, families, values, {})


def test_rows_are_of_all_of_families_and_of_classes(random):
    table = overall.tabulate(made(random), "mine", SETTINGS)
    assert list(table.columns) == overall.COLUMNS
    assert list(table["family"][:2]) == ["", "seen"]
    assert list(table["family"][2:-2]) == list(FAMILIES)
    assert list(table["class"][-2:]) == ["c0", "c1"]
    by_family = table[table["class"] == ""].set_index("family")
    assert by_family.loc["brightness", "accuracy"] > 0.9
    assert by_family.loc["brightness", "p"] == 1 / 20
    assert by_family.loc["brightness", "accuracy_held_out"] >= 0.8
    assert by_family.loc["contrast", "accuracy"] < 0.75
    assert by_family.loc["seen", "properties"] == 2
    assert by_family.loc["framing", "status"].startswith("no property of the family is defined")
    seen = by_family.loc["seen"]
    assert table["accuracy"][-2:].mean() == pytest.approx(seen["accuracy"])
    assert (seen["images"], seen["images_held_out"]) == (30, 10)
    assert "tells 2 classes with balanced accuracy" in overall.describe(table)


def test_without_held_out_images_there_is_no_accuracy_of_them(random):
    table = overall.tabulate(made(random, held_out=False), "mine", SETTINGS)
    assert table["accuracy_held_out"].isna().all()
    assert "held-out" not in overall.describe(table)


def test_images_are_as_many_of_each_class_and_the_same_each_time(random):
    gathered = made(random, n=80)
    first, second = (overall.sample(gathered, 20, 5, 3) for _ in range(2))
    np.testing.assert_array_equal(first.learned, second.learned)
    assert list(np.bincount(gathered.label[first.learned])) == [10, 10]
    assert not gathered.training[first.held_out].any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [4, 6, 10])
def test_few_images_have_fewer_folds(random, n):
    gathered = made(random, n=n, held_out=False)
    table = overall.tabulate(gathered, "mine", SETTINGS)
    assert overall.sample(gathered, 100, 5, 0).folds == min(5, n // 2)
    assert (table["status"][:2] == "ok").all()


def test_a_class_of_one_image_is_left_out_and_one_class_is_none(random):
    gathered = made(random, n=9, classes=3, held_out=False)
    few = gathered._replace(training=np.arange(9) != 8)
    few = few._replace(training=few.training & (np.arange(9) != 7))
    table = overall.tabulate(few, "mine", SETTINGS)
    assert set(table["class"]) == {"", "c0", "c1"}
    assert table["classes"][0] == 2
    alone = overall.tabulate(made(random, n=8, classes=1), "mine", SETTINGS)
    assert set(alone["status"]) == {"fewer than two classes with two training images"}
    assert "classes are not predicted" in overall.describe(alone)


def test_the_seed_decides_folds_and_permutations(random):
    gathered = made(random, by=0.5)
    first, again = (overall.tabulate(gathered, "mine", SETTINGS) for _ in range(2))
    other = overall.tabulate(gathered, "mine", replace(SETTINGS, seed=1))
    assert first.equals(again)
    assert not first.equals(other)
