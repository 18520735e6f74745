"""limits: what was looked for, and the smallest share that the benchmark found."""

import numpy as np
import pandas as pd

from unhans.detection import findings, limits

KEYS = ["kind", "rate", "used", "flagged"]


def test_the_smallest_share_is_that_from_which_half_are_found_at_all_higher_ones():
    measured = [
        *(("corner", 0.05, 4, 2), ("corner", 0.25, 4, 4), ("corner", 0.02, 4, 1)),
        *(("bar", 0.05, 4, 4), ("bar", 0.25, 4, 1)),
        ("border", 0.02, 3, 3),
    ]
    found = limits.smallest(pd.DataFrame(measured, columns=KEYS))
    assert (found["corner"], found["border"], np.isnan(found["bar"])) == (0.05, 0.02, True)


def table(classes):
    own = [
        {"class": str(at), "n": 200, "status": "ok", "grouped": 1.0, "scattered": 2.0}
        for at in range(classes)
    ]
    long = [
        {"class": str(at), "indicator": name, "needed": 4.0, "null": 1.0}
        for at in range(classes)
        for name in ("grouped", "scattered")
    ]
    return findings.Findings(
        pd.DataFrame(own).reindex(columns=findings.COLUMNS),
        pd.DataFrame(long).reindex(columns=findings.INDICATOR_COLUMNS),
    )


def test_nothing_found_is_followed_by_what_was_looked_for():
    tested, needed, found, within = limits.describe(table(2))
    assert tested.startswith("Tested: 2 classes of 200 images. Looked for: relevance at one place")
    assert "(scattered)" in tested
    assert "(content)" not in tested
    assert "grouped 4 (without groups 1)" in needed
    assert "only a strong indicator stands out" in needed
    assert "mark in a corner from 2 %" in found
    assert "Fewer, at any share: bar, texture" in found
    assert within == limits.WITHIN
    assert "only a strong" not in limits.describe(table(10))[1]


def test_of_photographs_the_benchmark_on_photographs_is_named():
    own = table(10)
    own.classes["repeated"] = 1.0
    (found,) = [line for line in limits.describe(own) if "benchmark" in line]
    assert found.startswith("In the benchmark (10 classes of 120 images")
    assert "sticker at a random place from 5 %" in found
    assert found.endswith(
        "Fewer, at any share: emblem at one place, stroke at a random place, tint."
    )


def test_what_was_found_with_few_classes_is_measured():
    own = table(2)
    own.classes["repeated"] = 1.0
    (found,) = [line for line in limits.describe(own) if "benchmark" in line]
    assert found.startswith(
        "In the benchmark (2 to 3 classes of 120 images, 22 marked classes whose mark the network uses, "
        "in 20 % of the images) at least half of them were found for: text at one place, bars"
    )
    assert found.endswith("Fewer, at any share: stroke at a random place.")


def test_where_each_kind_was_tried_once_it_is_said(monkeypatch):
    row = ("large", 10, 120, "frame", 0.2, 1, 1)
    measured = pd.DataFrame([row], columns=["images", "classes", "n", *KEYS])
    monkeypatch.setattr(limits, "_measured", lambda: measured)
    own = table(10)
    own.classes["repeated"] = 1.0
    (found,) = [line for line in limits.describe(own) if "benchmark" in line]
    assert "in 20 % of the images, each kind in one class) at least half of them" in found


def test_of_few_classes_the_benchmark_with_few_is_named(monkeypatch):
    keys = ["images", "classes", "n", *KEYS]
    rows = [("large", 10, 120, "frame", 0.2, 4, 4), ("large", 2, 120, "frame", 0.2, 3, 0)]
    rows += [("large", 3, 120, "blur", 0.2, 3, 3)]
    monkeypatch.setattr(limits, "_measured", lambda: pd.DataFrame(rows, columns=keys))
    few, many = table(3), table(10)
    for own in (few, many):
        own.classes["repeated"] = 1.0
    (found,) = [line for line in limits.describe(few) if "benchmark" in line]
    assert found.startswith("In the benchmark (2 to 3 classes of 120 images, 6 marked classes")
    assert found.endswith("found for: blur. Fewer, at any share: frame.")
    (found,) = [line for line in limits.describe(many) if "benchmark" in line]
    assert found.startswith("In the benchmark (10 classes of 120 images, 4 marked classes")
    digits = [line for line in limits.describe(table(3)) if "was not measured" in line]
    assert len(digits) == 1


def test_where_no_class_was_tested_nothing_is_said_to_have_been_looked_for():
    own = table(2)
    own.classes["status"] = "set aside: too few images"
    assert limits.describe(own) == ["No class could be tested."]
