"""Accuracy in bins of a property against a definition by sorting and counting."""

import numpy as np
import pandas as pd
import pytest

from unhans.io import store
from unhans.probes.property_accuracy import Answered, gather, tabulate


def told(*classes: str) -> pd.DataFrame:
    """Return a table in which the property `p` tells classes."""
    rows = [
        {"class": one, "name": one.upper(), "property": "p", "family": "colour", "stands_out": True}
        for one in classes
    ]
    return pd.DataFrame(rows)


def by_hand(values: list[float], correct: list[bool], bins: int) -> list[float]:
    """Accuracy of each bin: images sorted by value, the first bins one image larger."""
    pairs = sorted(zip(values, range(len(values)), correct, strict=True))
    size, more = divmod(len(pairs), bins)
    shares, start = [], 0
    for at in range(bins):
        count = size + (at < more)
        own = pairs[start : start + count]
        shares.append(sum(right for *_, right in own) / count)
        start += count
    return shares


@pytest.mark.parametrize("n", [10, 11, 37, 100])
@pytest.mark.parametrize("ties", [False, True])
def test_bins_equal_their_definition(n, ties):
    random = np.random.default_rng(n)
    values = random.integers(0, 4, n).astype(float) if ties else random.normal(size=n)
    correct = random.random(n) < 0.7
    row = tabulate({"a": Answered(correct, values[:, None])}, ["p"], told("a")).iloc[0]
    fifths = [row[f"accuracy_fifth_{at}"] for at in range(1, 6)]
    assert fifths == pytest.approx(by_hand(values.tolist(), correct.tolist(), 5))
    tenths = by_hand(values.tolist(), correct.tolist(), 10)
    assert row["accuracy_worst_tenth"] == pytest.approx(min(tenths))
    assert row["accuracy"] == pytest.approx(correct.mean())


def test_images_without_a_value_and_small_classes():
    values = np.array([[1.0], [np.nan], [2.0], [3.0]])
    row = tabulate({"a": Answered(np.array([1, 0, 1, 0], bool), values)}, ["p"], told("a")).iloc[0]
    assert (row["images"], row["accuracy"]) == (3, pytest.approx(2 / 3))
    assert np.isnan([row["accuracy_fifth_1"], row["accuracy_worst_tenth"]]).all()


def test_the_greatest_loss_comes_first_and_unknown_classes_have_no_row():
    right = np.ones(20, dtype=bool)
    wrong = np.arange(20) >= 2
    values = np.arange(20.0)[:, None]
    answered = {"a": Answered(right, values), "b": Answered(wrong, values)}
    table = tabulate(answered, ["p"], told("a", "b", "c"), corpus="x", model="y")
    assert table["class"].tolist() == ["b", "a"]
    assert table[["worst_low", "worst_high"]].iloc[0].tolist() == [0.0, 1.0]
    assert set(zip(table["corpus"], table["model"], strict=True)) == {("x", "y")}


@pytest.mark.parametrize(("held_out", "kept"), [(49, 69), (50, 50), (0, 20)])
def test_images_beyond_the_first_split_are_binned_alone_where_there_are_enough(
    tmp_path, held_out, kept
):
    n = 20 + held_out
    split = np.r_[np.zeros(20, dtype=np.int64), np.ones(held_out, dtype=np.int64)]
    values = np.arange(n, dtype=np.float32)[:, None]
    made = {"row": np.arange(n), "values": values, "split": split}
    explained = {"image": np.arange(n), "rank": np.where(split == 0, 1, 2)}
    results = []
    for stage, arrays in (("properties", made), ("attribution", explained)):
        path = tmp_path / stage / "a.zarr.zip"
        path.parent.mkdir()
        store.write(path, arrays, store.Recipe(stage, {}, "x"))
        results.append(store.classes([path]))
    found = gather(*results)["a"]
    assert len(found.correct) == kept
    assert found.values[:, 0].tolist() == list(range(n - kept, n))
    assert found.correct.sum() == (20 if kept != 50 else 0)
