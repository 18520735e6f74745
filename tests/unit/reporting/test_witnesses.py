"""witnesses: who speaks for an artefact in a class, and how often two witnesses agree."""

import math

import pandas as pd
import pytest

from unhans.reporting import witnesses

POINT = {"corpus": "d", "model": "m", "composite": "c"}


@pytest.fixture
def table():
    ranking = pd.DataFrame(
        [
            {
                **POINT,
                "class": name,
                "name": name,
                "tau": 9 - at,
                "rank": at + 1,
                "shortcuts": shortcut,
            }
            for at, (name, shortcut) in enumerate([("a", "border"), ("b", None), ("c d", None)])
        ]
    )
    later = ranking.assign(rank=[3, 2, 1])  # a second analysis is not read
    indicators = pd.DataFrame(
        {
            "class": ["a", "b", "c d"] * 2,
            "indicator": ["grouped"] * 3 + ["scattered"] * 3,
            "flagged": [True, True, False, False, False, False],
        }
    )
    salient = pd.DataFrame(
        [
            ("d", "m", "a", "neuron1", "spurious", "ok"),
            ("d", "m", "a", "component1", "background", "ok"),
            ("d", "m", "b", "neuron1", "core", "ok"),
            ("d", "m", "c d", "", "", "no pooling"),
        ],
        columns=["corpus", "model", "class", "feature", "label", "status"],
    )
    path = "results/d/m/c/findings_indicators.tsv"
    return witnesses.tabulate(pd.concat([ranking, later]), {path: indicators}, salient)


def test_a_class_without_a_rank_has_no_vote_of_tau(table):
    ranks = pd.array([None, 1, None], dtype="Int64")
    names = {"class": ["a", "b", "c"], "name": ["a", "b", "c"], "tau": 1.0, "shortcuts": ""}
    ranking = pd.DataFrame({**POINT, **names, "rank": ranks})
    salient = pd.DataFrame(columns=["corpus", "model", "class", "feature", "label", "status"])
    found = witnesses.tabulate(ranking, {}, salient).set_index("class")
    assert found["by_tau"].to_dict() == {"a": None, "b": True, "c": None}


def test_each_class_names_those_that_speak(table):
    rows = table.set_index("class")
    assert list(table["class"]) == ["a", "b", "c d"]
    assert rows.loc["a", "speaking"] == "by_tau, grouped, probes, neurons, components"
    assert rows.loc["b", "speaking"] == "grouped"
    assert rows.loc["a", "spurious_features"] == "neuron1, component1"
    assert rows.loc["a", "page"] == "d/m/features/a.html"
    assert rows.loc["c d", "page"] == ""
    assert rows.loc["c d", "neurons"] is None
    assert "a: by_tau, grouped" in witnesses.describe(table)


def test_pairs_are_counted_where_both_were_asked(table):
    pairs = witnesses.agreement(table).set_index(["first", "second"])
    row = pairs.loc[("grouped", "neurons")]
    assert (row["classes"], row["both"], row["only_first"], row["only_second"]) == (2, 1, 1, 0)
    assert row["kappa"] == 0
    assert pairs.loc[("by_tau", "probes"), "kappa"] == 1
    assert pairs.loc[("by_tau", "probes"), "neither"] == 2
    always = pd.DataFrame(
        {**{key: ["x"] * 2 for key in witnesses.COLUMNS}, "p": [1, 1], "q": [1, 1]}
    )
    assert math.isnan(witnesses.agreement(always)["kappa"].iloc[0])
