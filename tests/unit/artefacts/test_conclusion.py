"""conclusion: used, unused, or not testable, from paired changes."""

import numpy as np
import pytest
from scipy import stats

from unhans.artefacts import conclusion
from unhans.artefacts.conclusion import NOT_TESTABLE, UNUSED, USED, Difference


def row(said, low, kind="fixed", isolated=True):
    return {"conclusion": said, "difference_low": low, "kind": kind, "isolated": isolated}


def test_the_interval_is_students_of_the_pairs_divided_among_the_experiments(random):
    change, control = random.random(30), random.random(30)
    found = conclusion.difference(change, control, 4)
    own = stats.ttest_rel(change, control).confidence_interval(1 - 0.05 / 4)
    assert found == pytest.approx((np.mean(change - control), own.low, own.high))
    alone = conclusion.difference(change, control, 1)
    assert found.low < alone.low < alone.high < found.high


def test_one_image_has_no_interval():
    assert np.isnan(conclusion.difference(np.ones(1), np.zeros(1), 1)).all()


@pytest.mark.parametrize("change", [0.0, 1.0])
def test_a_few_images_that_a_network_is_sure_of_say_nothing(change):
    few, enough = (
        conclusion.difference(np.full(n, change), np.zeros(n), 1)
        for n in (conclusion.FEWEST - 1, conclusion.FEWEST)
    )
    assert conclusion.judge(few, change, isolated=True) == conclusion.NOT_TESTABLE
    assert conclusion.judge(enough, change, isolated=True) != conclusion.NOT_TESTABLE


@pytest.mark.parametrize(
    ("found", "change", "isolated", "says"),
    [
        (Difference(0.2, 0.1, 0.3), 0.2, True, USED),
        (Difference(0.2, 0.1, 0.3), 0.2, False, USED),
        (Difference(0.2, 0.1, 0.3), 0.01, True, NOT_TESTABLE),  # only the control falls
        (Difference(0.2, -0.1, 0.5), 0.2, True, NOT_TESTABLE),
        (Difference(0.001, -0.01, 0.012), 0.001, True, UNUSED),
        (Difference(0.001, -0.01, 0.012), 0.001, False, NOT_TESTABLE),
        (Difference(0.015, 0.011, 0.019), 0.015, True, UNUSED),  # surely, and by too little
        (Difference(*3 * [float("nan")]), 0.5, True, NOT_TESTABLE),
    ],
)
def test_what_an_experiment_says(found, change, isolated, says):
    assert conclusion.judge(found, change, isolated) == says


def test_a_group_is_used_if_one_experiment_says_so():
    rows = [row(UNUSED, 0.3), row(USED, 0.1), row(USED, 0.2), row(NOT_TESTABLE, 0.4)]
    assert conclusion.of_group(rows) == 2


def test_what_is_not_decided_goes_before_unused_and_what_is_not_isolated_last():
    rows = [row(NOT_TESTABLE, 0.3, isolated=False), row(UNUSED, 0.1), row(NOT_TESTABLE, -0.1)]
    assert conclusion.of_group(rows) == 2
    assert conclusion.of_group(rows[:2]) == 1
    assert conclusion.of_group(rows[:1]) == 0
    assert conclusion.of_group([]) is None


def test_a_kind_may_be_asked_for():
    rows = [row(USED, 0.3, "appearance"), row(UNUSED, 0.1, "whole")]
    assert conclusion.of_group(rows, ["whole"]) == 1
    assert conclusion.of_group(rows, ["free"]) is None
