"""confusion: what is predicted is counted, and outputs that are exchanged are no mistakes."""

import numpy as np
import pandas as pd
import pytest

from unhans.io import store, tsv
from unhans.reporting import confusion
from unhans.reporting.confusion import Answers

RECIPE = store.Recipe("attribution", {}, "x")


@pytest.fixture
def results(tmp_path):
    """Write classes with an index each and the predictions of their images, or a reason."""

    def of(**classes):
        images, attributions = [], []
        for label, (index, predictions) in classes.items():
            images.append(str(tmp_path / "corpus" / f"{label}.zarr.zip"))
            store.write(images[-1], {}, RECIPE, notes={"name": f"house {label}", "index": index})
            attributions.append(str(tmp_path / "attribution" / f"{label}.zarr.zip"))
            if isinstance(predictions, str):
                store.write_set_aside(attributions[-1], RECIPE, predictions)
            else:
                arrays = {"prediction": np.array(predictions)}
                store.write(attributions[-1], arrays, RECIPE)
        return store.classes(images), store.classes(attributions)

    return of


def table_of(results, names=("cat", "dog", ""), **classes):
    return confusion.tabulate(*results(**classes), names, "pets", "vgg")


def test_predictions_are_counted_by_class_the_most_frequent_first(results):
    table = table_of(results, cat=(0, [0, 2, 0, 7, 2, 0]), dog=(1, [1, 1]), ox=(2, "no image"))
    assert list(table.columns) == confusion.COLUMNS
    found = table[["class", "name", "output", "predicted", "predicted_name", "images"]]
    assert found.to_numpy().tolist() == [
        ["cat", "house cat", 0, 0, "cat", 3],
        ["cat", "house cat", 0, 2, "output 2", 2],
        ["cat", "house cat", 0, 7, "output 7", 1],
        ["dog", "house dog", 1, 1, "dog", 2],
    ]
    assert set(table["corpus"]) == {"pets"}
    assert set(table["model"]) == {"vgg"}


def test_a_class_has_its_accuracy_and_its_most_frequent_confusion(results):
    table = table_of(results, cat=(0, [0, 2, 0, 7, 2]), dog=(1, [1, 1]), ox=(2, [1, 0, 0, 1]))
    found = confusion.summarise(table)
    assert found["cat"] == (0.4, "output 2 (40%)", "", 0)
    assert found["dog"] == (1.0, "", "", 1)
    assert found["ox"] == (0.0, "cat (50%)", "", 2)


def test_a_table_without_any_explained_image_says_nothing(results):
    table = table_of(results, ox=(2, "no image"))
    assert list(table.columns) == confusion.COLUMNS
    assert table.empty
    assert confusion.summarise(table) == {}
    assert confusion.describe(table) == ""


def test_the_table_is_read_back_as_it_was_written(results, tmp_path):
    table = table_of(results, names=("007", "1"), cat=(0, [0, 1, 1]), dog=(1, [1]))
    tsv.write_tsv(table, tmp_path / "confusion.tsv")
    pd.testing.assert_frame_equal(
        tsv.read_tsv(tmp_path / "confusion.tsv"), table, check_dtype=False
    )


def permuted(order, right=45, images=50):
    """Answers of a network whose outputs stand in another order than the classes."""
    return {
        f"c{own}": Answers(own, {output: right, 90: images - right})
        for own, output in enumerate(order)
    }


@pytest.mark.parametrize(
    "order",
    [(1, 0), (1, 2, 0), (0, 1, 3, 2), (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2), (4, 3, 2, 1, 0)],
)
@pytest.mark.parametrize(("right", "images"), [(45, 50), (30, 50), (12, 14), (9, 9)])
def test_a_permutation_is_found_whatever_its_order(order, right, images):
    found = confusion.exchanged(permuted(order, right, images))
    moved = {f"c{own}": output for own, output in enumerate(order) if own != output}
    assert found == moved


@pytest.mark.parametrize(
    "answers",
    [
        {"a": Answers(0, {0: 45, 1: 5}), "b": Answers(1, {1: 48, 0: 2})},
        # mistaken for a class whose own images are recognised
        {"a": Answers(0, {1: 50}), "b": Answers(1, {1: 48, 0: 2})},
        {"a": Answers(0, {1: 50}), "b": Answers(1, {1: 48, 0: 2}), "c": Answers(2, {1: 40, 2: 10})},
        # twins that are hard to tell apart
        {"a": Answers(0, {1: 55, 0: 45}), "b": Answers(1, {0: 55, 1: 45})},
        # one output for everything: random weights
        {"a": Answers(0, {1: 50}), "b": Answers(1, {1: 50}), "c": Answers(2, {1: 50})},
        {"a": Answers(0, {9: 50}), "b": Answers(1, {9: 50}), "c": Answers(2, {9: 50})},
        # too few images
        {"a": Answers(0, {1: 4}), "b": Answers(1, {0: 4})},
        # twins of which the other one is not analysed
        {"a": Answers(0, {7: 30, 0: 11, 3: 9})},
        # spread over classes that are not analysed
        {"a": Answers(0, {5: 20, 6: 15, 7: 15})},
        {},
    ],
)
def test_mistakes_of_a_network_are_no_permutation(answers):
    assert confusion.exchanged(answers) == {}


def test_a_class_is_found_whose_output_is_that_of_one_not_analysed():
    assert confusion.exchanged({"a": Answers(2, {10: 48, 2: 2})}) == {"a": 10}


def test_names_of_any_kind_stay_on_a_line(results):
    names = ["two\nlines", "caf\udce9"]
    table = table_of(results, names=names, a=(0, [1] * 9), b=(1, [0] * 9)).assign(name="x\ny")
    said = [
        confusion.describe(table),
        *(text for found in confusion.summarise(table).values() for text in found[1:3]),
    ]
    assert all("\n" not in text and text.isprintable() for text in said)
    assert "two\\nlines (100%)" in said


def test_an_exchange_is_said_in_a_line_with_the_classes_and_the_order(results):
    tens = [10] * 8 + [1]
    names = [str(number) for number in range(12)]
    order = {int(name): at for at, name in enumerate(sorted(names))}  # 10 comes before 2
    classes = {str(own): (own, [order[own]] * 9 + [own]) for own in range(12)}
    table = table_of(results, names=names, **classes)
    table["name"] = table["class"]
    said = confusion.describe(table)
    assert "\n" not in said
    assert said.startswith(
        "accuracy: 10 of 12 classes of pets seem to have the output of another (those of their "
        "names in the order of text, 1, 10, 2): of 2, 1 of 10 images are taken for output 2, and 9 "
        "for output 4 (4); of 3, 1 of 10"
    )
    assert said.endswith("give corpus.pets.class_index")
    swapped = table_of(results, cat=(0, [1] * 9), dog=(1, [0] * 9), ox=(10, tens))
    assert "order of text" not in confusion.describe(swapped)
