"""neighbour purity: the definition written out, what chance gives, and cases that are known."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.neighbour_purity import neighbour_purity


def slow_purity(points, splits, k):
    """Share of the own split among the k nearest, in exact arithmetic; ties share the last places."""
    n = len(points)
    k = min(k, n - 1)
    whole = [[Fraction(float(value)) for value in point] for point in points]
    total = Fraction(0)
    for i in range(n):
        others = [j for j in range(n) if j != i]
        squares = {
            j: sum((a - b) ** 2 for a, b in zip(whole[i], whole[j], strict=True)) for j in others
        }
        last = sorted(squares.values())[k - 1]
        nearer = [j for j in others if squares[j] < last]
        level = [j for j in others if squares[j] == last]
        own = sum(splits[j] == splits[i] for j in nearer)
        part = Fraction(k - len(nearer), len(level))
        total += (own + part * sum(splits[j] == splits[i] for j in level)) / k
    return float(total / n)


@pytest.mark.parametrize("n", [2, 3, 11, 60])
@pytest.mark.parametrize("k", [1, 3, 10, 1000])
def test_as_the_slow_reference(random, n, k):
    points, splits = random.normal(size=(n, 2)), random.integers(0, 3, size=n)
    assert neighbour_purity(points, splits, k)[0] == pytest.approx(
        slow_purity(points, splits, k), abs=1e-12
    )


@pytest.mark.parametrize("k", [1, 4, 10])
def test_points_at_equal_distance_share_the_last_places(random, k):
    points, splits = random.integers(0, 4, size=(40, 2)), random.integers(0, 2, size=40)
    observed, _ = neighbour_purity(points, splits, k)
    assert observed == pytest.approx(slow_purity(points, splits, k), abs=1e-12)
    order = random.permutation(40)
    assert neighbour_purity(points[order], splits[order], k)[0] == pytest.approx(
        observed, abs=1e-12
    )


def test_chance_is_the_mean_over_all_ways_to_deal_the_splits(random):
    points, splits = random.normal(size=(6, 2)), np.array([0, 0, 0, 1, 1, 2])
    dealt = [neighbour_purity(points, np.array(way), 2)[0] for way in permutations(splits)]
    assert neighbour_purity(points, splits, 2)[1] == pytest.approx(np.mean(dealt), abs=1e-12)


def test_splits_that_lie_apart_and_points_that_lie_in_one_place(random):
    splits = np.repeat([0, 1], [30, 12])
    apart = random.normal(size=(42, 2)) + 100 * splits[:, None]
    chance = (30 * 29 + 12 * 11) / (42 * 41)
    assert neighbour_purity(apart, splits) == (1.0, pytest.approx(chance))
    assert neighbour_purity(np.ones((42, 2)), splits)[0] == pytest.approx(chance)
    assert neighbour_purity(apart, splits, k=41)[0] == pytest.approx(chance)
    pairs = np.repeat(np.arange(20.0), 2)[:, None]
    assert neighbour_purity(pairs, np.tile([0, 1], 20), k=1)[0] == 0


def test_many_points_are_taken_in_parts(random, monkeypatch):
    points, splits = random.normal(size=(100, 2)), random.integers(0, 2, size=100)
    whole = neighbour_purity(points, splits)
    monkeypatch.setattr("unhans.spray.neighbour_purity.CHUNK", 700)
    assert neighbour_purity(points, splits) == whole


@pytest.mark.parametrize(
    ("points", "splits", "k"),
    [
        (np.zeros((1, 2)), [0], 1),
        (np.zeros((3, 2)), [0, 1], 1),
        (np.zeros((3, 2)), [0, 1, 1], 0),
        (np.zeros(3), [0, 1, 1], 1),
        (np.array([[0, np.nan], [1, 1]]), [0, 1], 1),
    ],
)
def test_what_has_no_neighbours_is_refused(points, splits, k):
    with pytest.raises(InputError, match="expected"):
        neighbour_purity(points, splits, k)
