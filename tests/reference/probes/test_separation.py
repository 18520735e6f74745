"""separation: against counted pairs, scipy's test, and simulated intervals."""

import numpy as np
import pytest
from scipy import stats

from unhans.probes import predictability, separation


def slow_auc(own, others):
    """Share of pairs in which the class has the higher value, ties counted half."""
    wins = [(a > b) + (a == b) / 2 for a in own for b in others]
    return np.mean(wins) if wins else np.nan


def case(name, random):
    label = random.integers(0, 3, 40)
    values = random.normal(size=(40, 4))
    if name == "tied":
        values = np.round(values)
    if name == "undefined":
        values[random.random(values.shape) < 0.4] = np.nan
        values[label == 1, 0] = np.nan
    if name == "duplicates":
        values = np.repeat(values[:20], 2, axis=0)
    if name == "tiny":
        values, label = values[:3], np.array([0, 1, 1])
    if name == "constant":
        values[:] = 1
    return values, label


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["plain", "tied", "undefined", "duplicates", "tiny", "constant"])
def test_areas_and_p_values_are_those_of_their_definitions(name, seed):
    values, label = case(name, np.random.default_rng(seed))
    found = separation.separate(values, label, 3)
    inside, outside = predictability._medians(values.astype(np.float32), label, 3)
    for one in range(3):
        for place, column in enumerate(values.T):
            known = np.isfinite(column)
            own, others = column[known & (label == one)], column[known & (label != one)]
            assert (found.own[one, place], found.others[one, place]) == (len(own), len(others))
            np.testing.assert_allclose(found.auc[one, place], slow_auc(own, others))
            for side, part in ((inside, own), (outside, others)):
                expected = np.median(part.astype(np.float32)) if len(part) else np.nan
                np.testing.assert_allclose(side[one, place], expected, rtol=1e-6)
            if not len(own) or not len(others):
                assert np.isnan(found.p[one, place])
            elif name == "constant":
                assert found.p[one, place] == 1
            else:
                test = stats.mannwhitneyu(own, others, method="asymptotic")
                np.testing.assert_allclose(found.p[one, place], min(1, test.pvalue), rtol=1e-9)


def test_bounds_are_the_areas_that_lie_just_so_many_errors_away():
    auc = np.array([0.5, 0.73, 0.95, 1.0])
    own, others = np.array([10, 25, 40, 7]), np.array([30, 25, 400, 9])
    for bound in separation.interval(auc, own, others):
        for a, b, m, n in zip(bound, auc, own, others, strict=True):
            mean = (m + n) / 2 - 1
            spread = a * (1 - a) * (1 + mean * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
            assert b == 1 == a or abs(a - b) == pytest.approx(1.96 * spread**0.5, rel=1e-4)
    low, high = separation.interval(np.array([np.nan]), np.array([0]), np.array([3]))
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize(("m", "n", "shift"), [(20, 20, 0.0), (12, 200, 1.0), (25, 225, 2.0)])
def test_intervals_cover_the_area_of_the_distribution(m, n, shift):
    random = np.random.default_rng(0)
    values = random.normal(size=(m + n, 600))
    values[:m] += shift
    label = np.repeat([0, 1], [m, n])
    found = separation.separate(values, label, 2)
    low, high = separation.interval(found.auc[0], found.own[0], found.others[0])
    true = stats.norm.cdf(shift / 2**0.5)
    assert ((low <= true) & (true <= high)).mean() > 0.92


def test_false_discoveries_are_those_of_benjamini_and_hochberg():
    p = np.array([[0.01, 0.04, np.nan], [0.03, 0.5, 0.005]])
    known = np.sort(p[np.isfinite(p)])
    m = len(known)
    slow = {
        value: min(other * m / (rank + 1) for rank, other in enumerate(known) if other >= value)
        for value in known
    }
    found = separation.false_discovery(p)
    for value, q in zip(p.ravel(), found.ravel(), strict=True):
        assert np.isnan(q) if np.isnan(value) else q == pytest.approx(slow[value])
