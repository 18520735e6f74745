"""calibration: honest with few classes; false discoveries over classes and indicators."""

import numpy as np
import pytest
from scipy import stats

from unhans.detection import calibration
from unhans.detection.indicators import Usual

USUAL = Usual(0.2, 0.3)


TEN = pytest.param(10, marks=pytest.mark.long)


@pytest.mark.parametrize("classes", [1, 2, 3, TEN])
def test_p_values_of_classes_without_artefacts_are_uniform_or_larger(classes):
    random = np.random.default_rng(classes)
    p = []
    for _ in range(1500):
        # The mean of a corpus varies as the known mean is said to: by the spread of CENTRE classes.
        centre = random.normal(USUAL.mean, USUAL.spread / np.sqrt(calibration.CENTRE))
        excesses = random.normal(centre, USUAL.spread, classes)
        p.append(calibration.deviations(excesses, USUAL).p[0])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(p) <= level) <= level + 3 * np.sqrt(level / 1500)


@pytest.mark.parametrize("classes", [2, 3, TEN])
def test_few_classes_are_flagged_where_there_is_nothing(classes):
    random = np.random.default_rng(classes)
    flagged = []
    for _ in range(300):
        shared = random.normal(size=(classes, 1))
        excesses = 0.2 + 0.3 * (0.7 * shared + 0.7 * random.normal(size=(classes, 4)))
        p = np.stack([calibration.deviations(own, USUAL).p for own in excesses.T], axis=1)
        flagged.append((calibration.selected(p) <= 0.05).any())
    assert np.mean(flagged) <= 0.05 + 3 * np.sqrt(0.05 / 300)


@pytest.mark.parametrize("classes", [2, 3, TEN])
def test_one_class_far_above_stands_out_however_few_there_are(classes):
    excesses = np.r_[2.0, np.full(classes - 1, 0.2)]
    found = calibration.deviations(excesses, USUAL)
    assert found.p[0] < 0.002
    assert found.p[1:].min() > 0.3


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("nothing", [-1.5, -10.0, -80.0])
def test_a_class_does_not_stand_out_because_next_to_nothing_is_in_the_others(classes, nothing):
    found = calibration.deviations(np.r_[0.2, np.full(classes - 1, nothing)], USUAL)
    assert found.p[0] > 0.01
    assert found.p[1:].min() > 0.5
    # It is not lower than with a class of which the indicator is known to be low.
    bound = USUAL.mean - calibration.LOWEST * USUAL.spread
    lowest = calibration.deviations(np.r_[0.2, np.full(classes - 1, bound)], USUAL)
    assert found.p[0] >= lowest.p[0]


def test_the_known_spread_is_wider_for_small_classes():
    width = calibration.widths(np.array([10, 40, 500, np.nan]))
    assert width.tolist() == [2, 1, 1, 1]
    excesses = np.array([0.9, 0.9, 0.1])
    plain = calibration.deviations(excesses, USUAL)
    found = calibration.deviations(excesses, USUAL, width[:3])
    assert found.p[0] > plain.p[0]
    assert found.p[1:].tolist() == plain.p[1:].tolist()
    alone = calibration.deviations(excesses[:1], USUAL, width[:1])
    assert alone.spread[0] == pytest.approx(2 * USUAL.spread * np.sqrt(1.5))


def test_deviations_are_those_of_the_definition(random):
    own = random.normal(size=6)
    found = calibration.deviations(own, USUAL)
    for at in range(6):
        others = np.delete(own, at)
        mad = 1.4826022185056018 * np.median(abs(others - np.median(others)))
        variance = (4 * mad**2 + 10 * 0.3**2) / 14
        centre = (5 * np.median(others) + 2 * 0.2) / 7
        t = (own[at] - centre) / np.sqrt(variance * (1 + 1 / 7))
        assert found.values[at] == pytest.approx(t)
        assert found.p[at] == pytest.approx(stats.t.sf(t, 14))
        assert stats.t.sf(found.values, found.freedom) == pytest.approx(found.p)
    np.testing.assert_allclose(found.needed(found.p), own)


def test_what_is_not_there_does_not_count():
    found = calibration.deviations(np.array([0.3, np.nan, -np.inf, 0.1]), USUAL)
    alone = calibration.deviations(np.array([0.3, 0.1]), USUAL)
    assert found.p[[0, 3]] == pytest.approx(alone.p)
    assert np.isnan(found.p[1])
    assert found.p[2] == 1


def test_excess_is_the_logarithm_beyond_the_null():
    assert calibration.excess(6.0, np.array([2.0, 3.0, 0.0])) == pytest.approx(
        np.log(6 / np.sqrt(6))
    )
    assert calibration.excess(0.0, np.array([1.0])) == -np.inf
    assert calibration.excess(1.0, np.zeros(4)) == -np.inf


def test_simes_is_that_of_the_definition(random):
    p = random.random((20, 4))
    p[3, 1] = np.nan
    p[4] = np.nan
    joined = calibration.simes(p)
    for row, own in zip(joined, p, strict=True):
        known = np.sort(own[~np.isnan(own)])
        if not len(known):
            assert np.isnan(row)
        else:
            assert row == pytest.approx((len(known) * known / np.arange(1, len(known) + 1)).min())


@pytest.mark.parametrize("seed", range(4))
def test_levels_are_those_at_which_the_procedure_just_rejects(seed):
    p = np.random.default_rng(seed).random((7, 3)) ** 4
    p[2, 0] = np.nan
    levels = calibration.selected(p)

    def rejected(q):
        chosen = calibration.adjusted(calibration.simes(p)) <= q
        within = np.array([calibration.adjusted(row) for row in p])
        return chosen[:, None] & (within <= q * chosen.sum() / len(p))

    for q in np.linspace(0.01, 0.99, 60):
        np.testing.assert_array_equal(levels <= q, rejected(q))
    np.testing.assert_allclose(
        np.nanmin(levels, axis=1), calibration.adjusted(calibration.simes(p))
    )


def test_false_discoveries_are_controlled(random):
    p_values = random.random((2000, 10))
    p_values[3, 4] = np.nan
    flagged = np.array([calibration.adjusted(row) <= 0.05 for row in p_values])
    assert flagged.any(axis=1).mean() == pytest.approx(0.05, abs=0.015)
    assert np.isnan(calibration.adjusted(p_values[3])[4])
    assert np.isnan(calibration.adjusted(np.array([np.nan]))).all()
