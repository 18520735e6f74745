"""structureless: classes without structure, and what is read off them."""

import numpy as np
import pandas as pd
import pytest

from unhans.io.store import Result
from unhans.paths import Analysis, result
from unhans.spray import structureless
from unhans.spray.separability import tau

OPTIONS = {"knn": 5, "q": 4, "ks": range(2, 5)}


@pytest.mark.parametrize("least", [6, 11])
def test_the_grid_surrounds_each_size_and_has_no_others(least):
    for n in range(least, 1500, 7):
        low, high = structureless.grid_of([n], least)
        assert low <= n <= high
        assert high <= structureless.STEP * low + 2
    assert structureless.grid_of([], least) == []


def test_sizes_of_imagenet_need_few_classes_without_structure():
    assert len(structureless.grid_of(range(732, 1301), 11)) <= 5


def test_a_class_below_the_least_size_is_held_against_the_least():
    assert structureless.grid_of([3], 11)[0] == 11


def test_the_same_seed_gives_the_same_tau_and_another_seed_another():
    found = [structureless.tau_of_nothing(40, seed=seed, **OPTIONS) for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    assert min(found) > 0


def test_tau_of_nothing_falls_as_classes_grow():
    means = [
        np.mean([structureless.tau_of_nothing(n, seed=seed, **OPTIONS) for seed in range(5)])
        for n in (40, 160, 640)
    ]
    assert means[0] > 2 * means[1] > 4 * means[2]


def test_one_table_holds_what_all_classes_of_a_graph_share():
    results = {}
    for metric, n in (("euclidean", 40), ("hellinger", 41), ("euclidean", None)):
        analysis = Analysis("digits", "net", "rule", "none", metric, 5, 4)
        path = result("results", "separability", 7, analysis, f"class_{n}")
        aside = {"status": "set aside", "reason": "too few"}
        attributes = aside if n is None else {"status": "ok", "n": n}
        results[path] = Result(path, attributes, {})
    said = []
    table = structureless.tabulate(results, draws=2, ks=range(2, 5), seed=3, say=said.append)
    low, high = structureless.grid_of([40, 41], 6)
    assert list(table["n"]) == [low, low, high, high]
    assert list(table["draw"]) == [0, 1, 0, 1]
    assert set(table["knn"]) == {5}
    assert set(table["q"]) == {4}
    assert table["tau"][2] == structureless.tau_of_nothing(high, seed=3, **OPTIONS)
    assert len(said) == 1
    again = structureless.tabulate(results, draws=2, ks=range(2, 5), seed=3, say=said.append)
    pd.testing.assert_frame_equal(table, again)


def test_tau_of_nothing_is_tau_of_its_own_pipeline(monkeypatch):
    shapes = []

    def spy(embedding, labels):
        shapes.append((embedding.shape, labels.shape))
        return tau(embedding, labels)

    monkeypatch.setattr(structureless, "tau", spy)
    structureless.tau_of_nothing(3 + 5, knn=5, q=4, ks=range(2, 12), seed=0)
    assert shapes == [((8, 4), (7, 8))]
