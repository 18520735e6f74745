"""uncertainty: intervals of tau, and quantiles between two sizes."""

import math

import numpy as np
import pytest

from unhans.spray.uncertainty import interpolated, interval


def test_the_interval_holds_tau_and_is_symmetric_in_logarithms():
    low, high = interval(2.0, np.array([1.0, 1.5, 2.5]), n=100, size=50)
    assert low < 2 < high
    assert low * high == pytest.approx(4)


def test_smaller_subsets_spread_more_and_are_scaled_down():
    taus = np.array([1.0, 1.5, 2.5])
    half, few = (interval(2.0, taus, n=1000, size=size)[1] for size in (500, 100))
    assert math.log(half / 2) == pytest.approx(3 * math.log(few / 2))


def test_the_interval_covers_tau_of_other_samples(random):
    # Log tau as a mean over images: its spread over classes of n images is known, 1 / sqrt(n).
    n, size, covered = 400, 200, 0
    for _ in range(200):
        images = random.normal(size=n)
        subsets = [np.exp(random.choice(images, size, replace=False).mean()) for _ in range(12)]
        low, high = interval(float(np.exp(images.mean())), np.array(subsets), n, size)
        covered += low < 1 < high
    assert 180 <= covered <= 199


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan])
def test_a_tau_that_is_no_positive_number_has_no_interval(value):
    assert np.isnan(interval(value, np.ones(5), 10, 5)).all()


@pytest.mark.parametrize("taus", [[], [1.0], [np.inf, 1.0, 0.0]])
def test_fewer_than_two_subsets_give_no_interval(taus):
    assert np.isnan(interval(1.0, np.array(taus), 10, 5)).all()


def test_draws_are_those_of_a_size_and_a_power_law_between_two():
    draws = {100: np.array([4.0, 1.0]), 400: np.array([0.25, 0.5])}
    np.testing.assert_allclose(interpolated(100, draws), [1, 4])
    np.testing.assert_allclose(interpolated(400, draws), [0.25, 0.5])
    np.testing.assert_allclose(interpolated(200, draws), [0.5, math.sqrt(2)])
    np.testing.assert_allclose(interpolated(50, draws), [1, 4])
    np.testing.assert_allclose(interpolated(1000, draws), [0.25, 0.5])
