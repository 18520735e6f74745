"""lloyd: k-means against a slow one from the definition, with the same draws, and scikit-learn."""

import definitions
import numpy as np
import pytest
from sklearn.cluster import KMeans

from unhans.spray import _lloyd


def draws(k, seed, starts):
    return np.random.default_rng(seed).random((starts, k, 2 + int(np.log(k))))


def slow(points, k, seed, starts):
    """k-means of each start, the best kept."""
    found = [iterated(points, seeded(points, k, own)) for own in draws(k, seed, starts)]
    return min(found, key=lambda labels: definitions.inertia(points, labels))


def seeded(points, k, own):
    """Greedy k-means++: candidates with a chance as their squared distance to the centres so far."""
    centres = [points[int(own[0, 0] * len(points))]]
    for number in range(1, k):
        square = definitions.squares_to(points, centres)
        reached = np.cumsum(square)
        places = [int(np.sum(reached <= draw * reached[-1])) for draw in own[number]]
        candidates = [points[min(place, len(points) - 1)] for place in places]
        centres.append(
            min(candidates, key=lambda one: definitions.squares_to(points, [*centres, one]).sum())
        )
    return np.array(centres)


def iterated(points, centres):
    """Lloyd's iterations."""
    labels = None
    while True:
        square = ((points[:, None] - centres) ** 2).sum(axis=2)
        new = square.argmin(axis=1)
        if labels is not None and np.array_equal(new, labels):
            return labels
        labels = new
        centres = np.array([points[labels == j].mean(axis=0) for j in range(len(centres))])


@pytest.mark.parametrize("n", [7, 60])
@pytest.mark.parametrize("k", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_draws_give_the_same_clusters(n, k, seed):
    points = np.random.default_rng(100 + seed).normal(size=(n, 3))
    found = _lloyd.best(points, k, seed, 4)
    np.testing.assert_array_equal(found, slow(points, k, seed, 4))
    assert found.dtype == np.int32


def test_points_far_from_the_origin_lose_no_digits():
    points = np.random.default_rng(0).normal(size=(50, 2))
    moved = _lloyd.best(points + 1e4, 3, 0, 3)
    np.testing.assert_array_equal(moved, _lloyd.best(points, 3, 0, 3))


def test_no_start_is_worse_than_scikit_learn_by_more_than_a_start_is_worse_than_another():
    points = np.linalg.qr(np.random.default_rng(3).normal(size=(150, 12)))[0]
    ratios = []
    for k in range(2, 20):
        other = KMeans(k, n_init=10, random_state=1).fit(points)
        ratios.append(definitions.inertia(points, _lloyd.best(points, k, 1, 10)) / other.inertia_)
    assert np.mean(ratios) < 1.005
    assert max(ratios) < 1.03


def test_no_cluster_stays_empty_while_a_point_is_off_its_centre():
    # Two lumps, and far more clusters than either start can place well.
    points = np.concatenate([np.full((30, 2), 5.0), np.arange(24.0).reshape(12, 2) * 1e-3])
    for k in (5, 9, 13):
        found = _lloyd.best(points, k, 0, 1)
        assert len(np.unique(found)) == k
        assert len(np.unique(found[:30])) == 1


@pytest.mark.parametrize("k", [1, 2, 4])
def test_equal_points_share_a_cluster(k):
    assert len(np.unique(_lloyd.best(np.ones((4, 3)), k, 0, 2))) == 1


def test_tied_points_go_to_one_of_the_nearest_centres():
    points = np.stack(np.meshgrid(np.arange(4.0), np.arange(4.0)), axis=-1).reshape(-1, 2)
    for k in range(1, 17):
        found = _lloyd.best(points, k, 0, 3)
        centres = np.array([points[found == j].mean(axis=0) for j in np.unique(found)])
        own = centres[np.searchsorted(np.unique(found), found)]
        assert len(centres) == k
        np.testing.assert_allclose(
            ((points - own) ** 2).sum(axis=1), definitions.squares_to(points, centres), atol=1e-12
        )


def test_a_single_point_is_a_cluster():
    np.testing.assert_array_equal(_lloyd.best(np.array([[3.0, 4.0]]), 1, 0, 1), [0])
