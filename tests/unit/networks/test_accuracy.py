"""accuracy: fractions by class and split of the images explained, and counts of the others."""

import numpy as np
import pytest
from PIL import Image

from unhans.images.class_index import Entry
from unhans.images.corpus import FileSettings, of_files
from unhans.io import store, tsv
from unhans.networks import accuracy

SETTINGS = FileSettings(("train", "val"), max_pixels=10_000)
RECIPE = store.Recipe("attribution", {}, "x")
TRAIN, VAL = 0, 1


# (rank of the true class, split) of each image that was explained
CAT = [(1, TRAIN), (1, TRAIN), (3, TRAIN), (6, TRAIN), (1, VAL), (9, VAL)]
DOG = [(1, TRAIN)] * 6 + [(5, VAL), (1, VAL)]


@pytest.fixture
def results(tmp_path):
    """Write classes of 6 images and a broken one in train, and 2 in val; answers are given."""

    def of(**answers):
        images, attributions = [], []
        for index, (label, answered) in enumerate(answers.items()):
            for split, count in (("train", 6), ("val", 2)):
                folder = tmp_path / "images" / split / label
                folder.mkdir(parents=True)
                for number in range(count):
                    pixels = np.full((2, 2, 3), number, dtype=np.uint8)
                    Image.fromarray(pixels).save(folder / f"{number}.png")
            (tmp_path / "images" / "train" / label / "broken.png").write_text("")
            entry = Entry(label, label, f"house {label}", index)
            made = of_files(entry, SETTINGS, tmp_path / "images")
            images.append(str(tmp_path / "corpus" / f"{label}.zarr.zip"))
            store.write(images[-1], made.arrays, RECIPE, notes=made.notes)
            attributions.append(str(tmp_path / "attribution" / f"{label}.zarr.zip"))
            if isinstance(answered, str):
                store.write_set_aside(attributions[-1], RECIPE, answered)
            else:
                rank, split = np.array(answered).T
                store.write(attributions[-1], {"rank": rank, "split": split}, RECIPE)
        return images, attributions

    return of


def counted(images, attributions):
    return accuracy.tabulate(store.classes(images), store.classes(attributions), "pets", "vgg")


def tabulate(results, **answers):
    table = counted(*results(**answers))
    return table, table.set_index(["class", "split"])


def test_classes_and_splits_are_counted_and_the_whole_corpus_first(results):
    table, _ = tabulate(results, cat=CAT, dog=DOG)
    assert list(table.columns) == accuracy.COLUMNS
    assert list(zip(table["class"], table["split"], strict=True)) == [
        *(("", "train"), ("", "val")),
        *(("cat", "train"), ("cat", "val")),
        *(("dog", "train"), ("dog", "val")),
    ]
    assert list(table["name"][::2]) == ["all", "house cat", "house dog"]
    assert set(table["corpus"]) == {"pets"}
    assert set(table["model"]) == {"vgg"}


def test_fractions_are_of_the_images_explained(results):
    _, by_class = tabulate(results, cat=CAT, dog=DOG)
    found = by_class[["explained", "top1", "top5"]]
    assert list(found.loc[("cat", "train")]) == [4, 0.5, 0.75]
    assert list(found.loc[("cat", "val")]) == [2, 0.5, 0.5]
    assert list(found.loc[("dog", "val")]) == [2, 0.5, 1.0]
    assert list(found.loc[("", "train")]) == [10, 0.8, 0.9]
    assert list(found.loc[("", "val")]) == [4, 0.5, 0.75]


def test_no_image_is_lost_on_the_way(results):
    table, by_class = tabulate(results, cat=CAT, dog=DOG)
    assert (
        table["images"] == table["set_aside"] + table["no_relevance"] + table["explained"]
    ).all()
    columns = ["images", "set_aside", "no_relevance"]
    assert list(by_class.loc[("cat", "train"), columns]) == [7, 1, 2]
    assert list(by_class.loc[("", "train"), columns]) == [14, 2, 2]


def test_a_class_that_was_set_aside_counts_as_not_explained(results):
    _, by_class = tabulate(results, cat=CAT, dog="attribution of x: no image")
    counts = ["images", "set_aside", "no_relevance", "explained"]
    assert list(by_class.loc[("dog", "train"), counts]) == [7, 1, 6, 0]
    assert np.isnan(by_class.loc[("dog", "train"), "top1"])
    assert by_class.loc[("", "train"), "top1"] == 0.5


def test_a_split_that_a_class_is_not_in_has_no_row(results, tmp_path):
    images, attributions = results(cat=CAT, dog=DOG)
    for path in (tmp_path / "images" / "val" / "dog").iterdir():
        path.unlink()
    entry = Entry("dog", "dog", "house dog", 1)
    made = of_files(entry, SETTINGS, tmp_path / "images")
    store.write(images[1], made.arrays, RECIPE, notes=made.notes)
    store.write(attributions[1], {"rank": np.ones(6), "split": np.zeros(6)}, RECIPE)
    table = counted(images, attributions)
    assert list(table["split"][table["class"] == "dog"]) == ["train"]


def test_the_table_is_read_back_as_it_was_written(results, tmp_path):
    table, _ = tabulate(results, cat=CAT, dog="no image")
    tsv.write_tsv(table, tmp_path / "accuracy.tsv")
    found = tsv.read_tsv(tmp_path / "accuracy.tsv")
    assert found.astype(str).equals(table.astype(str))


def test_the_accuracy_of_each_split_is_described(results):
    table, _ = tabulate(results, cat=CAT, dog=DOG)
    assert accuracy.describe(table) == (
        "accuracy of vgg on pets: 80.0% of 10 train images right (90.0% among five), "
        "50.0% of 4 val images right (75.0% among five)"
    )


def test_a_corpus_without_any_file_has_an_empty_table(tmp_path):
    entry = Entry("ox", "ox", "ox", 0)
    made = of_files(entry, SETTINGS, tmp_path)
    images, attribution = tmp_path / "corpus" / "ox.zarr.zip", tmp_path / "ox.zarr.zip"
    store.write(images, made.arrays, RECIPE, notes=made.notes)
    store.write_set_aside(attribution, RECIPE, "the class holds no file")
    table = counted([str(images)], [str(attribution)])
    assert list(table.columns) == accuracy.COLUMNS
    assert table.empty
    assert accuracy.describe(table) == "accuracy: there is no image"


def test_one_class_is_read_after_the_other(results):
    images, attributions = results(cat=CAT, dog=DOG)
    opened = []

    class Watched(dict):
        def __getitem__(self, class_id):
            opened.append(class_id)
            return store.classes(self.paths)[class_id]

    watched = Watched.fromkeys(store.classes(attributions))
    watched.paths = attributions
    accuracy.tabulate(store.classes(images), watched, "pets", "vgg")
    assert opened == ["cat", "dog"]
