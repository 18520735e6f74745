"""comparability: statuses, ranks by tau or by n tau, ties, and what stands beside tau."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from unhans.reporting import comparability
from unhans.reporting.comparability import Known

FOUND = {"status": "ok", "n": 500, "components": 1, "k_max": 30, "q_used": 32, "k_used": 30}
NULL = {400: np.array([0.1, 0.2, 0.3]), 800: np.array([0.1, 0.2, 0.3])}


def entry(tau=1.5, small_classes="unranked", null=NULL, subsets=None, **attributes):
    known = Known({**FOUND, **attributes}, np.array([tau]))
    return comparability.entry(known, q=32, small_classes=small_classes, null=null, subsets=subsets)


def table(taus, sizes, spread=1.0):
    taus = np.array(taus, dtype=float)
    own = {"n": pd.array(sizes, dtype="Int64"), "tau": taus}
    return pd.DataFrame({**own, "tau_low": taus / spread, "tau_high": taus * spread})


def test_tau_stands_beside_what_it_is_compared_with():
    subsets = Known({"status": "ok", "subset": 250}, np.array([1.0, 1.5, 2.0]))
    found = entry(subsets=subsets)
    assert found["status"] == "ok"
    assert found["tau_low"] < found["tau"] == 1.5 < found["tau_high"]
    assert found["n_tau"] == 750
    assert found["tau_null"] == pytest.approx(0.2)
    assert found["tau_ratio"] == pytest.approx(7.5)
    assert found["tau_p"] == 1 / 4


@pytest.mark.parametrize(("tau", "p"), [(0.05, 1.0), (0.15, 3 / 4), (0.25, 2 / 4), (9.0, 1 / 4)])
def test_p_counts_the_structureless_classes_that_reach_tau(tau, p):
    assert entry(tau)["tau_p"] == p


@pytest.mark.parametrize("n", [30, 41, 66, 94, 157])
def test_a_class_too_small_for_q_and_k_has_a_status_and_no_tau(n):
    found = entry(tau=28.0, n=n, q_used=7, k_used=6)
    assert found["status"].startswith(
        f"too small: {n} images; tau of q = 32 and k up to 30 needs 158"
    )
    assert "tau" not in found
    assert found["n"] == n


def test_by_config_a_small_class_is_ranked_by_what_it_allows():
    found = entry(n=40, q_used=8, k_used=7, small_classes="capped")
    assert (found["status"], found["q_used"], found["k_used"]) == ("ok", 8, 7)


@pytest.mark.parametrize(("tau", "unbounded"), [(np.inf, 29), (np.inf, 0), (3e11, 5), (np.nan, 0)])
@pytest.mark.parametrize("small_classes", ["unranked", "capped"])
def test_a_tau_without_bounds_is_never_ok(tau, unbounded, small_classes):
    found = entry(tau, small_classes, unbounded=unbounded)
    assert found["status"].startswith("tau is not finite")
    assert "tau" not in found


def test_results_that_are_missing_or_set_aside_say_so():
    assert comparability.entry(None, q=8, small_classes="unranked", null=None, subsets=None) == {
        "status": "not computed"
    }
    known = Known({"status": "set aside", "reason": "all equal"}, np.empty(0))
    found = comparability.entry(known, q=8, small_classes="unranked", null=None, subsets=None)
    assert found == {"status": "set aside: all equal"}


@pytest.mark.parametrize("sizes", [[100, 100, 100], [100, 149, 150]])
def test_classes_of_like_size_are_ranked_by_tau(sizes):
    found = comparability.ranks(table([1.0, 3.0, 2.5], sizes))
    assert list(found["rank"]) == [3, 1, 2]
    assert set(found["ranked_by"]) == {"tau"}


def test_classes_of_other_sizes_are_ranked_by_n_tau():
    found = comparability.ranks(table([1.0, 3.0, 2.5], [400, 100, 160]))
    assert list(found["rank"]) == [1, 3, 1]
    assert set(found["ranked_by"]) == {"n_tau"}


def test_a_small_class_without_tau_does_not_change_how_others_are_ranked():
    found = comparability.ranks(table([1.0, np.nan, 2.5], [400, 30, 420]))
    assert list(found["ranked_by"]) == ["tau", "", "tau"]
    assert found["rank"].isna().tolist() == [False, True, False]


def test_overlapping_intervals_share_ranks():
    found = comparability.ranks(table([4.0, 3.9, 1.0, np.nan], [100] * 4, spread=1.5))
    assert list(found["rank"][:3]) == [1, 2, 3]
    assert list(found["rank_low"][:3]) == [1, 1, 3]
    assert list(found["rank_high"][:3]) == [2, 2, 3]
    assert found[["rank_low", "rank_high"]].iloc[3].isna().all()


def test_without_intervals_the_ranks_are_those_of_tau_alone():
    rows = table([4.0, 3.9, 1.0], [100] * 3)
    found = comparability.ranks(rows.assign(tau_low=np.nan, tau_high=np.nan))
    assert list(found["rank_low"]) == list(found["rank_high"]) == [1, 2, 3]


def test_the_rank_of_classes_with_the_same_strategies_does_not_follow_their_size(random):
    rows = []
    for _ in range(30):
        sizes = random.permutation(np.geomspace(158, 950, 10).astype(int))
        # What S_b and S_w give for the same strategies: see test_separability.
        found = comparability.ranks(table(random.lognormal(0, 0.1, 10) / sizes, sizes))
        rows.append(spearmanr(found["rank"], sizes).statistic)
    assert abs(np.mean(rows)) < 0.2


def test_the_reading_is_explained_where_sizes_differ_and_ranks_are_shared():
    def explained(taus, sizes, spread):
        rows = table(taus, sizes, spread)
        return comparability.how_to_read(rows.join(comparability.ranks(rows)).assign(tau_p=0.025))

    assert explained([3.0, 1.0], [100, 110], 1.0) == ""
    assert "for its size alone" in explained([3.0, 1.0], [100, 140], 1.0)
    assert "from 100 to 400 images" in explained([3.0, 1.0], [100, 400], 1.0)
    assert "rank_low to rank_high" in explained([3.0, 2.9], [100, 110], 1.5)
    assert "no class is ranked" in explained([np.nan], [30], 1.0).lower()


def test_words_beside_tau():
    row = {"tau_low": 1.0, "tau_high": 2.0, "rank_low": 1, "rank_high": 3}
    text = comparability.describe({**row, "tau_null": 0.25, "tau_p": 0.025})
    assert text == "; tau from 1 to 2; ranks 1 to 3; 0.25 without structure, p = 0.025"
    assert comparability.describe({}) == ""
    assert comparability.describe(dict.fromkeys(row, pd.NA)) == ""
