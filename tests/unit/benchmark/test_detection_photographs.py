"""detection in photographs: each mark against the unmarked classes of its networks."""

import numpy as np
import pandas as pd
import pytest
from class_results import RECIPE, a_class

from unhans.benchmark import detection, detection_photographs
from unhans.config.photo_grid import PhotoCondition
from unhans.io import store
from unhans.paths import Analysis

MARKED = PhotoCondition(("label", "fog"), 0.2, 0)
CLEAN = PhotoCondition((), 0.0, 0)
NETWORK = ("net", "flat")


@pytest.fixture
def table(tmp_path, random):
    """Classes 1 (label, used and found) and 2 (fog, not used) of a network, and a clean network."""
    paths = {stage: [] for stage in a_class(random, 0)}
    for condition in (MARKED, CLEAN):
        for class_id in "01234":
            made = a_class(random, 6 if (condition, class_id) == (MARKED, "1") else 0)
            analysis = Analysis(condition.name, *NETWORK, "none", "euclidean", 6, 8)
            for stage, arrays in made.items():
                path = tmp_path / analysis.path / stage / f"{class_id}.zarr.zip"
                store.write(path, arrays, RECIPE, notes={"n": 60})
                paths[stage].append(str(path))
    names = list("01234")
    findings = {
        (condition.name, *NETWORK): pd.DataFrame(
            {
                "class": names,
                "score": [0.0, 5.0 if condition is MARKED else 0.0, 0.5, 0.1, 0.2],
                "flagged": [False, condition is MARKED, False, False, condition is MARKED],
                "indicator": "grouped",
                "grouped": [0.1, 0.9, 0.2, 0.1, 0.15],
            }
        )
        for condition in (MARKED, CLEAN)
    }
    response = pd.DataFrame(
        {"artefact": ["label", "fog"], "class": ["1", "2"], "probability_change": [0.4, 0.001]}
    )
    return detection_photographs.classes(
        {stage: store.in_order(paths[stage]) for stage in detection.STAGES},
        conditions={condition.name: condition for condition in (MARKED, CLEAN)},
        responses={(MARKED.name, "net"): response},
        findings=findings,
        experiments={
            key: experiments(("1", "used", "unused"), ("4", "unused")) for key in findings
        },
    )


def experiments(*of_classes):
    """Return a table of candidate responses: the conclusions on the groups of each class."""
    rows = [
        {"class": class_id, "indicator": name, "conclusion": conclusion, "kept": kept}
        for class_id, *conclusions in of_classes
        for name, conclusion in zip(("grouped", "content"), conclusions, strict=False)
        for kept in (True, False)
    ]
    return pd.DataFrame(rows)


def test_each_class_has_its_own_mark_and_says_whether_it_is_used(table):
    own = table[table["corpus"] == MARKED.name]
    assert own["kind"].tolist() == ["none", "label", "fog", "none", "none"]
    assert own["group"].tolist() == ["", "random", "whole", "", ""]
    assert own["used"].tolist() == [False, True, False, False, False]
    assert own["conclusion"].tolist() == ["", "used", "", "", "unused"]
    assert set(table.loc[table["corpus"] == CLEAN.name, "kind"]) == {"clean"}
    assert not table["shared"].any()


def test_a_used_mark_is_compared_with_unmarked_classes_alone(table):
    found = detection_photographs.summary(table)
    row = found[(found["kind"] == "label") & (found["score"] == "score")].iloc[0]
    assert (row["seeds"], row["auc"], row["used"]) == (1, 1, 1)
    assert row["f1"] == pytest.approx(20 / 22)
    assert (row["flagged"], row["found"]) == (1, 1)
    assert row["false_flags"] == pytest.approx(1 / 3)
    assert (row["called_used"], row["false_used"]) == (1, 0)
    assert (row["group"], row["difficulty"], row["rate"]) == ("random", "own", 0.2)
    sign = found[(found["kind"] == "label") & (found["score"] == "grouped")].iloc[0]
    assert (sign["auc"], sign["f1"]) == (1, row["f1"])
    unused = found[(found["kind"] == "fog") & (found["score"] == "score")].iloc[0]
    assert (unused["seeds"], unused["unused"], unused["used"]) == (0, 1, 0)
    assert np.isnan(unused["auc"])
    pooled = found[found["kind"] == "all_random"]
    assert pooled["auc"].tolist() == found.loc[found["kind"] == "label", "auc"].tolist()


def test_a_class_that_an_experiment_calls_used_comes_before_higher_scores(table):
    own = table[table["corpus"] == MARKED.name]
    said = experiments(("2", "used", "unused"), ("4", "not testable"))
    found = detection_photographs.of_experiments(own, {(MARKED.name, *NETWORK): said})
    # Class 1 has the highest score and no experiment; of classes of one score neither comes first.
    assert own["class"].to_numpy()[np.argsort(-found["order"].to_numpy())].tolist() == list("21430")
    assert found["conclusion"].tolist() == ["", "not testable", "used", "", "not testable"]


def test_the_fit_is_that_of_the_group_that_is_called_used(table):
    own = table[table["corpus"] == MARKED.name].assign(f1_score=0.1, f1_content=0.9)
    said = experiments(("1", "unused", "used"), ("4", "not testable"))
    found = detection_photographs.of_experiments(own, {(MARKED.name, *NETWORK): said})
    assert found["f1_order"].tolist() == [0.1, 0.9, 0.1, 0.1, 0.1]


def test_false_flags_in_clean_networks_are_counted_as_of_digits(table):
    found = detection.clean(table)
    assert found.loc[found["score"] == "score", ["seeds", "flagged"]].to_numpy().tolist() == [
        [1, 0]
    ]


def test_without_photographs_the_tables_are_empty_and_the_reason_is_said():
    table = detection_photographs.classes({}, {}, {}, {}, {})
    found = detection_photographs.summary(table)
    assert table.empty
    assert found.empty
    assert {"kind", "rate", "auc", "f1"} <= set(found.columns)
    assert {"score", "seeds", "flagged"} <= set(detection.clean(table).columns)
    said = detection_photographs.describe(found, "detection_photographs.root is not set")
    assert said == "detection_photographs: skipped: detection_photographs.root is not set"


def test_every_score_is_described_once(table):
    said = detection_photographs.describe(detection_photographs.summary(table), "")
    assert "detection: score: mean AUC 1.00 over 1 conditions" in said
