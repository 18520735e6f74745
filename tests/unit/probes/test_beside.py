"""Beside: what the data alone tell, tenths, and images that are there twice."""

import numpy as np
import pandas as pd
import pytest

from unhans.probes import beside, sentences

NAN = float("nan")


def overall(**seen):
    rows = [
        {"class": "", "family": "", "properties": 5, "accuracy": 0.9},
        {"class": "", "family": "seen", "properties": 4, "accuracy": 0.745, **seen},
        {"class": "", "family": "framing", "properties": 2, "accuracy": 0.55},
        {"class": "", "family": "colour", "properties": 2, "accuracy": 0.7},
        {"class": "", "family": "noise", "properties": 0, "status": "none is defined"},
        {"class": "a", "family": "seen", "properties": 4, "accuracy": 0.1},
    ]
    common = {"classes": 2, "null_mean": 0.5, "p": 0.01, "accuracy_held_out": NAN, "status": "ok"}
    return pd.DataFrame([{**common, **row} for row in rows])


ACCURACY = pd.DataFrame(
    {
        "class": ["", "", "a", "a", "b", "b"],
        "split": ["train", "val"] * 3,
        "top1": [0.9, 0.5, 1.0, 0.8, 0.72, NAN],
    }
)


def test_what_the_data_tell_stands_beside_what_the_network_does():
    said = beside.of_data(overall(), ACCURACY)
    assert said == (
        "4 properties that a network can see, without the network, tell the 2 classes with a balanced "
        "accuracy of 74.5 % (classes permuted: 50 %, p = 0.01); by one family alone: colour 70 %, "
        "framing 55 %. The network itself, among all its outputs, has 86 % (train), 80 % (val)"
    )
    assert "; 70 % of held-out images" in beside.of_data(overall(accuracy_held_out=0.7), ACCURACY)


def test_classes_that_were_not_predicted_have_the_reason():
    said = beside.of_data(overall(status="one class"), ACCURACY.head(0))
    assert said == "How well properties alone tell the classes is not known: one class"
    assert "The accuracy of the network is not known" in beside.of_data(overall(), ACCURACY.head(0))


def tenth(accuracy, worst, images=300, name="a"):
    return {
        **{"class": name, "name": f"the {name}", "property": "middle_edges", "images": images},
        **{
            "accuracy": accuracy,
            "accuracy_worst_tenth": worst,
            "worst_low": 0.1,
            "worst_high": 0.25,
        },
    }


@pytest.mark.parametrize(("worst", "found"), [(0.3, True), (0.9, False)])
def test_a_tenth_is_told_where_chance_does_not_make_it(worst, found):
    (said,) = beside.of_tenths(pd.DataFrame([tenth(0.95, worst)]))
    assert said.startswith("class the a: of the tenth") == found
    if found:
        assert said.endswith(
            "where 'detail lies in the middle' is 0.1 to 0.25 the network is right about 30 %, "
            "of all 300 images 95 %"
        )
    else:
        assert said.startswith("No tenth of a class, by any of 1 properties")


def test_many_tenths_are_counted_and_each_class_is_named_once():
    rows = [tenth(0.95, 0.2, name=str(at % 7)) for at in range(14)]
    said = beside.of_tenths(pd.DataFrame(rows))
    assert len(said) == sentences.MOST + 1
    assert said[-1] == "And 2 more classes of this kind"


def test_of_classes_too_small_for_tenths_it_is_said():
    (none,) = beside.of_tenths(pd.DataFrame([tenth(0.9, np.nan)]))
    assert none.endswith("no class of 10 images or more has a property that tells it")


def test_duplicates_are_counted_by_where_they_lie():
    table = pd.DataFrame(
        {
            "group": [1, 1, 2, 2, 2],
            "kind": ["exact"] * 2 + ["near"] * 3,
            "across": ["classes"] * 2 + ["neither"] * 3,
        }
    )
    assert beside.of_duplicates(table) == (
        "5 images in 2 groups are there more than once, exactly or nearly: across classes 1 exact and 0 "
        "near; within a class and split 0 exact and 1 near. Each is named in duplicates.tsv"
    )
    assert beside.of_duplicates(table.head(0)).startswith("No image was found twice")
