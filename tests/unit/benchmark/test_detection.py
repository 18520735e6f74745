"""detection: scores against the truth, on results made up and on numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from class_results import RECIPE, a_class
from sklearn.metrics import average_precision_score, f1_score

from unhans import bootstrap
from unhans.benchmark import detection
from unhans.config.benchmark_grid import CLEAN, Condition
from unhans.errors import ConfigError
from unhans.io import store
from unhans.paths import Analysis

POISONED = Condition("corner", 0.25, 1, "plain", 0)
NONE = Condition(CLEAN, 0.0, 0, "plain", 0)


@pytest.fixture
def results(tmp_path, random):
    """Two corpora of four classes: class 1 of the first stands apart, class 2 was planted in vain."""
    paths = {stage: [] for stage in a_class(random, 0)}
    for condition in (POISONED, NONE):
        for class_id in "0123":
            made = a_class(random, 6 if (condition, class_id) == (POISONED, "1") else 0)
            analysis = Analysis(condition.name, "net", "flat", "none", "euclidean", 6, 8)
            for stage, arrays in made.items():
                path = tmp_path / analysis.path / stage / f"{class_id}.zarr.zip"
                store.write(path, arrays, RECIPE, notes={"n": 60})
                paths[stage].append(str(path))
    rows = [{"class": "1", "probability_change": 0.3}, {"class": "2", "probability_change": 0.01}]
    responses = {(POISONED.name, "net"): pd.DataFrame(rows)}
    findings = {}
    for condition in (POISONED, NONE):
        evaluated = pd.DataFrame({"class": list("0123"), "score": [0.1, 5.0, 0.2, 0.3]})
        evaluated["flagged"] = evaluated["score"] > 4
        evaluated["indicator"] = "grouped"
        findings[condition.name, "net", "flat"] = evaluated
    conditions = {condition.name: condition for condition in (POISONED, NONE)}
    return paths, conditions, responses, findings


def classes(paths, *others):
    """Return the table of results that are opened as the script opens them."""
    results = {stage: store.in_order(own) for stage, own in paths.items()}
    return detection.classes(results, *others)


def test_every_class_has_its_scores_and_its_truth(results):
    table = classes(*results)
    assert len(table) == 8
    found = table[table["response"] > 0.1].iloc[0]
    assert (found["class"], found["planted"], found["size"], found["f1"]) == ("1", True, 12, 1.0)
    assert found["average_precision"] == 1.0
    assert (found["score"], found["flagged"], found["size_score"]) == (5.0, True, 10)
    assert found["f1_score"] == pytest.approx(20 / 22)
    assert found["average_precision_score"] == 1.0
    for score in ("tau", "conductance", "silhouette"):
        assert found[score] == table[score].max(), score
    assert table[table["kind"] == CLEAN]["planted"].sum() == 0
    assert table["f1"].notna().sum() == table["f1_score"].notna().sum() == 1


def test_analyses_may_share_heatmaps_and_groups(results):
    paths, *others = results
    own = paths | {stage: paths[stage] * 2 for stage in paths}
    table = classes(own, *others)
    assert len(table) == 16
    assert table["class"].tolist() == classes(paths, *others)["class"].tolist() * 2


def test_planted_in_vain_is_neither_right_nor_wrong(results):
    table = classes(*results)
    table.loc[table["class"] == "2", "tau"] = 99.0
    summary = detection.summary(table).set_index("score")
    assert list(summary.drop(["eigengap", "persistence"])["auc"]) == [1.0] * 4
    assert summary.loc["score", "f1"] == pytest.approx(20 / 22)
    assert summary.loc["tau", "unused"] == 1
    assert summary.loc["tau", "seeds"] == 1
    assert list(detection.summary(table).columns[:7]) == [
        *("kind", "rate", "score", "seeds", "auc", "auc_low", "auc_high")
    ]


def test_a_condition_whose_artefacts_are_all_unused_counts_for_nothing(results):
    table = classes(*results)
    table["response"] = 0.0
    summary = detection.summary(table)
    assert (summary["seeds"] == 0).all()
    assert summary["auc"].isna().all()


def test_clean_corpora_tell_how_many_classes_are_flagged(results):
    table = classes(*results)
    table.loc[table["kind"] == CLEAN, "tau"] = [1.0, 1.1, 0.9, 50.0]
    clean = detection.clean(table).set_index("score")
    assert clean.loc["tau", "flagged"] == 0.25
    assert clean.loc["score", "flagged"] == 0.25
    assert list(clean["seeds"]) == [1] * 6


def test_a_class_that_was_set_aside_scores_lowest(results, tmp_path):
    store.write_set_aside(results[0]["separability"][1], RECIPE, "too few images", [])
    table = classes(*results)
    assert table.iloc[1][["tau", "f1"]].isna().all()
    assert detection.summary(table).set_index("score").loc["tau", "auc"] == 0


def test_an_empty_grid_is_one_message():
    with pytest.raises(
        ConfigError, match=r"detection: the grid is empty; expected detection\.kinds"
    ):
        classes({stage: [] for stage in detection.STAGES}, {}, {}, {})


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_and_f1_are_scikit_learns(seed):
    random = np.random.default_rng(seed)
    scores, truth = random.integers(0, 5, 40) / 4, random.random(40) < 0.3
    assert detection.average_precision(scores, truth) == pytest.approx(
        average_precision_score(truth, scores)
    )
    found = random.random(40) < 0.4
    assert detection.f1(found, truth) == pytest.approx(f1_score(truth, found))


def test_precision_counts_as_many_classes_as_are_poisoned():
    rows = [
        {**POISONED._asdict(), **ANALYSIS, "class": str(c), "planted": c in (1, 2), "response": 1.0,
         "f1": 0.5, "f1_score": 0.5, "size": 9, **dict.fromkeys(detection.SCORES, tau)}
        for c, tau in enumerate([5.0, 4.0, 3.0, 2.0])
    ]  # fmt: skip
    summary = detection.summary(pd.DataFrame(rows)).iloc[0]
    assert summary["precision"] == 0.5  # of the first two, class 1
    assert summary["auc"] == 0.5
    assert summary["average_precision"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert summary["f1"] == 0.5


ANALYSIS = Analysis(POISONED.name, "net", "flat", "none", "euclidean", 6, 8)._asdict()


def test_intervals_hold_the_mean_and_need_two_values():
    low, high = bootstrap.interval([0.5, 0.7, 0.9, 1.0])
    assert 0.5 <= low < 0.775 < high <= 1.0
    assert np.isnan(bootstrap.interval([0.5])).all()
    assert bootstrap.interval([0.8, 0.8, 0.8]) == pytest.approx((0.8, 0.8))


def test_flags_are_far_above_the_median_only():
    np.testing.assert_array_equal(
        detection.flags([1.0, 1.1, 0.9, 1.0, 9.0, -9.0]), [0, 0, 0, 0, 1, 0]
    )
    assert not detection.flags([2.0, 2.0, 2.0]).any()
