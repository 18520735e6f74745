"""group_attributes: a group of one hospital comes first, and what was looked for is always said."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from unhans.errors import StoreError
from unhans.reporting import group_attributes
from unhans.reporting.group_attributes import COLUMNS, compare, describe, numbers, tabulate

SITES = {"scans": ["hospital", "age"]}


def manifest(n=60, others=20):
    """Images 0 to n of class 1, of which the first fifth come from the North, and those of class 2."""
    paths = [f"1/{at}.png" for at in range(n)] + [f"2/{at}.png" for at in range(others)]
    site = ["North" if at < n // 5 else "South" for at in range(n)] + others * ["North"]
    ages = [str(20 + 7 * at % 30) for at in range(n + others)]
    classes = n * ["1"] + others * ["2"]
    columns = {"path": paths, "class": classes, "hospital": site, "age": ages}
    return pd.DataFrame(columns).assign(status="ok")


def groups(members, corpus="scans"):
    own = {"corpus": corpus, "model": "net", "composite": "plus", "class": "1", "name": "one"}
    return pd.DataFrame([{**own, "source": "rim", "group": "1", "path": path} for path in members])


def test_a_group_of_one_hospital_is_told_first():
    table = tabulate(
        groups([f"1/{at}.png" for at in range(12)]), {"r/scans/manifest.tsv": manifest()}, SITES
    )
    assert list(table.columns) == COLUMNS
    row = table.iloc[0]
    assert (row["attribute"], row["images"], row["known"]) == ("hospital", 12, 12)
    shares = {
        value: (own, other)
        for value, own, other in zip(
            table["value"], table["share"], table["share_elsewhere"], strict=True
        )
    }
    assert shares["North"] == (1, 0)  # images of the other class do not count
    assert row["q"] < 1e-6
    assert table.iloc[-1]["attribute"] == "age"
    assert table["q"].iloc[-1] > 0.05
    assert group_attributes.sentences(table)[0].startswith("class 1 (rim 1, 12 images): 100% have")
    said = describe(table, SITES)
    assert "class 1 (rim 1, 12 images): 100% have hospital = North, of the others 0%" in said


def test_the_attributes_of_a_group_are_those_of_its_indicator_and_network():
    table = tabulate(
        groups([f"1/{at}.png" for at in range(12)]), {"r/scans/manifest.tsv": manifest()}, SITES
    )
    one = table.iloc[0]
    said = group_attributes.of_group(table, "1", one["source"])
    assert said.startswith("100% have hospital = North, of the others 0%")
    assert "age" not in said
    assert group_attributes.of_group(table, "1", "another") == ""
    second = group_attributes.of_group(table.assign(group="2"), "1", one["source"])
    assert second.startswith("group 2: 100% have hospital = North")
    assert group_attributes.of_group(table, "2", one["source"]) == ""
    fields = SimpleNamespace(corpus="scans", model=one["model"], composite=one["composite"])
    assert group_attributes.of_explanation(table, fields).equals(table)
    (said,) = group_attributes.notes([table], fields)
    assert "3 comparisons of 1 groups and clusters" in said
    assert "by hospital, age; 2 stand out (q < 0.05" in said
    assert group_attributes.notes([], fields) == []
    assert "0 comparisons of 0 groups" in group_attributes.notes([table[:0]], fields)[0]
    fields.model = "another"
    assert not len(group_attributes.of_explanation(table, fields))
    assert not len(group_attributes.of_explanation(table[:0], fields))


def test_nothing_found_is_followed_by_what_was_looked_for():
    table = tabulate(groups(["1/3.png", "1/40.png"]), {"r/scans/manifest.tsv": manifest()}, SITES)
    assert "none goes with a group" in describe(table, SITES)
    assert "3 comparisons of 1 groups, by age, hospital" in describe(table, SITES)
    empty = tabulate(groups([]).reindex(columns=[*group_attributes.GROUP, "path"]), {}, {})
    assert empty.empty
    assert list(empty.columns) == COLUMNS
    assert "no corpus has attributes" in describe(empty, {})


def test_images_of_a_group_that_the_manifest_lacks_are_refused():
    table = manifest().assign(
        status=lambda own: np.where(own["path"] == "1/59.png", "truncated", "ok")
    )
    paths = {"r/scans/manifest.tsv": table}
    assert len(tabulate(groups(["1/0.png", "1/1.png"]), paths, SITES))
    with pytest.raises(StoreError, match=r"rim 1 of class 1 has 1 images .*first '1/59\.png'"):
        tabulate(groups(["1/0.png", "1/59.png"]), paths, SITES)
    with pytest.raises(StoreError, match=r"manifest\.tsv of scans: no column 'hospital'"):
        tabulate(
            groups(["1/0.png"]), {"r/scans/manifest.tsv": table.drop(columns="hospital")}, SITES
        )


@pytest.mark.parametrize(
    "values",
    [
        6 * ["a"],  # all the same
        ["", "", "", "b", "b", "b"],  # known of the others alone
        ["a", "b", "c", "d", "e", "f"],  # no value of three images
    ],
)
def test_what_does_not_divide_the_class_gives_no_row(values):
    inside = np.arange(6) < 3
    assert not list(compare(values, inside))


def test_few_different_numbers_are_values():
    rows = list(compare(["0", "1", "0", "1", "0", "1"], np.arange(6) < 2))
    assert [row["value"] for row in rows] == ["0", "1"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1", "2.5", "-3e2"], [1, 2.5, -300]),
        (["1", ""], [1, np.nan]),
        (["1", "one"], None),
        (["1", "nan"], None),
        (["inf"], None),
        (["", ""], None),
    ],
)
def test_texts_are_numbers_where_all_of_them_are(values, found):
    read = numbers(values)
    assert (read is None) == (found is None)
    if found is not None:
        np.testing.assert_array_equal(read, found)
