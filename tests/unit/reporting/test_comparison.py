"""comparison: correlation, AUC and F1 against scikit-learn, SciPy and their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from unhans.io import store, tsv
from unhans.paths import Analysis
from unhans.reporting import comparison

A = Analysis("digits", "small_vgg", "epsilon_plus_flat", "none", "euclidean", 10, 32)
B = A._replace(metric="hellinger")


def table_of(analysis, taus, planted=()):
    rows = [
        {**analysis._asdict(), "class": str(c), "tau": tau, "planted": "x" if c in planted else ""}
        for c, tau in enumerate(taus)
    ]
    return pd.DataFrame(rows)


def test_auc_is_scikit_learns_and_counts_ties_half(random):
    for _ in range(20):
        scores = random.integers(0, 5, size=12).astype(float)
        truth = random.permutation([True] * 4 + [False] * 8)
        assert comparison.auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_auc_needs_both_kinds_and_leaves_out_the_unscored():
    assert np.isnan(comparison.auc([1.0, 2.0], [True, True]))
    assert comparison.auc([1.0, np.nan, 0.5], [True, False, False]) == 1.0
    assert comparison.auc([np.inf, 3.0], [True, False]) == 1.0


def test_spearman_is_scipys_over_the_shared_classes(random):
    one, other = random.normal(size=(2, 8))
    other[3] = np.nan
    found = comparison.spearman(table_of(A, one), table_of(B, other))
    keep = np.arange(8) != 3
    assert found == pytest.approx(stats.spearmanr(one[keep], other[keep]).statistic)
    assert np.isnan(comparison.spearman(table_of(A, one[:2]), table_of(B, other[:2])))
    assert np.isnan(comparison.spearman(table_of(A, [1.0] * 5), table_of(B, one[:5])))


def test_best_f1_searches_all_clusters_of_all_clusterings(random):
    truth = random.random(60) < 0.3
    labels = random.integers(0, 6, size=(5, 60))
    expected = max(f1_score(truth, row == cluster) for row in labels for cluster in np.unique(row))
    assert comparison.best_f1(labels, truth) == pytest.approx(expected)
    assert comparison.best_f1(np.array([truth.astype(int)]), truth) == 1.0
    assert comparison.best_f1(labels, np.zeros(60)) == 0.0


def test_analyses_stand_side_by_side():
    taus = np.array([0.1, 0.2, 3.0, 0.3])
    table = pd.concat([table_of(A, taus, planted={2}), table_of(B, -taus, planted={2})])
    compared = comparison.compare(table, {A: {"labels": [1.0, 0.5], "nested": [1.0]}})
    assert list(compared["metric"]) == ["euclidean", "hellinger"]
    assert list(compared["auc"]) == [1.0, 0.0]
    assert list(compared["spearman"]) == pytest.approx([1.0, -1.0])
    assert compared["f1"][0] == 0.75
    assert compared["f1_nested"][0] == 1.0
    assert np.isnan(compared["f1"][1])
    analyses, matrix = comparison.correlations(table)
    assert analyses == [A, B]
    np.testing.assert_allclose(matrix, [[1, -1], [-1, 1]])


def test_the_correlations_read_back_are_those_written(tmp_path):
    taus = np.array([0.1, 0.2, 3.0, 0.3])
    views = [A._replace(representation="7"), A._replace(representation="14")]
    table = pd.concat([table_of(views[0], taus), table_of(views[1], taus[:2])])
    written = comparison.correlation_table(table)
    tsv.write_tsv(written, tmp_path / "correlation.tsv")
    read = tsv.read_tsv(tmp_path / "correlation.tsv", text=["analysis"])
    assert read["analysis"].tolist() == list(read.columns[1:]) == ["7", "14"]
    matrix = read.drop(columns="analysis").to_numpy(float)
    np.testing.assert_array_equal(matrix, [[1, np.nan], [np.nan, np.nan]])


def test_a_planted_class_set_aside_counts_as_not_found(tmp_path):
    recipe = store.Recipe("clustering", {}, "x")
    attribution = tmp_path / "/".join(A.explanation) / "attribution" / "3.zarr.zip"
    store.write(attribution, {"artefact": np.array([0, 0, 2, 2])}, recipe)
    paths = []
    for analysis in (A, B):
        clustering = tmp_path / analysis.path / "clustering" / "3.zarr.zip"
        if analysis is A:
            labels = {"labels": np.array([[0, 0, 0, 1]]), "nested": np.array([[0, 0, 1, 1]])}
            store.write(clustering, labels, recipe)
        else:
            store.write_set_aside(clustering, recipe, "too few")
        paths.append(str(clustering))
    # Both analyses compare the same heatmaps, which the rule names twice.
    attributions = store.by_path([str(attribution)] * 2)
    found = comparison.best_clusters(store.by_path(paths), attributions)
    assert found == {
        A: {"labels": [pytest.approx(2 / 3)], "nested": [1.0]},
        B: {"labels": [0.0], "nested": [0.0]},
    }
