"""significance: the sign test, intervals and false discovery rates against their definitions."""

from itertools import product

import numpy as np
import pytest

from unhans import bootstrap
from unhans.probes.significance import discoveries, interval, sign_test


@pytest.mark.parametrize(
    "differences", [[], [0, 0], [1], [1, 1, -1], [1, 0, 1, 1, -1, 1], [-1] * 5]
)
def test_the_sign_test_counts_all_signs(differences):
    moved = [one for one in differences if one]
    sums = [sum(signs) for signs in product((1, -1), repeat=len(moved))]
    expected = np.mean([total >= sum(moved) for total in sums])
    assert sign_test(np.array(differences, dtype=int)) == pytest.approx(expected)


def test_the_sign_test_is_right_for_few_images():
    # Under the null hypothesis a p of at most 5 % comes up at most so often, for any number of images.
    random = np.random.default_rng(0)
    for n in (3, 8, 20):
        found = [sign_test(random.choice([-1, 0, 1], n)) for _ in range(2000)]
        assert np.mean(np.array(found) <= 0.05) <= 0.06


@pytest.mark.parametrize("counts", [(0, 3, 10, 7, 0), (1, 0, 30, 2, 1), (0, 0, 0, 5, 0)])
def test_intervals_are_those_of_the_bootstrap(counts):
    values = np.repeat(np.arange(-2, 3), counts).astype(float)
    assert interval(counts) == pytest.approx(100 * np.array(bootstrap.interval(values)), abs=5)


def test_intervals_of_one_value_are_unknown():
    assert np.isnan(interval((0, 0, 1, 0, 0))).all()


def test_q_is_that_of_gilbert_after_benjamini_and_hochberg():
    random = np.random.default_rng(2)
    for _ in range(30):
        images = random.integers(0, 15, 40)
        least = 0.5**images
        p = np.minimum(1, least * 2.0 ** random.integers(0, 4, 40))
        # The least number of tests of which no more could be significant at the level over that number.
        count = next(k for k in range(1, 41) if (least <= 0.05 / k).sum() <= k)
        able = least <= 0.05 / count
        own = sorted(p[able])
        found = discoveries(p, least, 0.05)
        assert (found[~able] == 1).all()
        for value, q in zip(p[able], found[able], strict=True):
            steps_up = [one * len(own) / (at + 1) for at, one in enumerate(own) if one >= value]
            assert q == pytest.approx(min(1, *steps_up, 1))


def test_without_a_test_that_could_be_significant_nothing_is():
    assert discoveries(np.array([0.5, 1.0]), np.array([0.5, 0.25]), 0.05).tolist() == [1, 1]
    assert discoveries(np.zeros(0), np.zeros(0), 0.05).tolist() == []
