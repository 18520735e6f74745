"""clustering: k-means against brute force and an independent scikit-learn run."""

from itertools import product

import definitions
import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from unhans.errors import InputError
from unhans.spray.clustering import kmeans

KS = range(2, 31)


@pytest.fixture(scope="module")
def labels(points):
    return kmeans(points, KS)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_kmeans_finds_the_best_of_all_partitions(k, seed):
    x = np.random.default_rng(seed).normal(size=(7, 2))
    best = min(definitions.inertia(x, np.array(each)) for each in product(range(k), repeat=7))
    found = definitions.inertia(x, kmeans(x, [k], n_init=50)[0])
    assert found == pytest.approx(best)


def test_kmeans_has_the_inertia_of_an_independent_run(points, labels):
    ratios = []
    for k, found in zip(KS, labels, strict=True):
        other = KMeans(n_clusters=k, n_init=10, random_state=12345).fit(points)
        ratios.append(definitions.inertia(points, found) / other.inertia_)
    # Ten starts may miss by some percent at one k, either way.
    assert np.mean(ratios) <= 1.01
    assert max(ratios) <= 1.08


def test_kmeans_finds_the_strategies(points, strategy):
    assert adjusted_rand_score(strategy, kmeans(points[:, :4], [4])[0]) > 0.9


def test_kmeans_gives_k_clusters_the_largest_first(labels):
    assert labels.dtype == np.int32
    for k, found in zip(KS, labels, strict=True):
        sizes = np.bincount(found)
        assert len(sizes) == k
        assert np.all(np.diff(sizes) <= 0)
        assert sizes[-1] > 0


def test_clusters_of_one_size_are_named_by_their_first_image():
    x = np.repeat([[3.0], [1.0], [2.0]], 4, axis=0)
    np.testing.assert_array_equal(kmeans(x, [3])[0], np.repeat([0, 1, 2], 4))


def test_the_same_seed_gives_the_same_bytes(points, labels):
    assert kmeans(points, KS).tobytes() == labels.tobytes()


def test_a_clustering_does_not_depend_on_the_others(points, labels):
    np.testing.assert_array_equal(kmeans(points, [5, 2]), labels[[3, 0]])


def test_another_seed_starts_elsewhere(points, labels):
    assert np.any(kmeans(points, KS, seed=1, n_init=1) != kmeans(points, KS, seed=0, n_init=1))


def test_as_many_clusters_as_images_are_one_each(random):
    np.testing.assert_array_equal(kmeans(random.normal(size=(9, 3)), [9])[0], np.arange(9))


def test_no_numbers_of_clusters_give_no_clusterings(points):
    assert kmeans(points, []).shape == (0, len(points))


def test_more_clusters_than_distinct_points_keep_equal_points_together():
    x = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]], [6, 4, 2], axis=0)
    for found in kmeans(x, [3, 5, 12]):
        np.testing.assert_array_equal(found, np.repeat([0, 1, 2], [6, 4, 2]))


@pytest.mark.parametrize(("n", "ks"), [(5, [2, 6]), (1, [2]), (40, range(2, 42))])
def test_more_clusters_than_images_are_refused(n, ks):
    message = rf"from {min(ks)} to {max(ks)} needs at least {max(ks)} images; there are {n}$"
    with pytest.raises(InputError, match=message):
        kmeans(np.eye(n), ks)


@pytest.mark.parametrize(
    "embedding",
    [np.zeros(5), np.zeros((2, 2, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)],
    ids=["flat", "cube", "NaN", "infinite"],
)
def test_embeddings_that_are_no_finite_points_are_refused(embedding):
    with pytest.raises(InputError, match=r"shape .* expected \(n, q\), finite"):
        kmeans(embedding, [2])
