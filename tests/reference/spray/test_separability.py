"""separability: Fisher criterion and tau against the paper's equations, with every invariance."""

import definitions
import numpy as np
import pytest
from scipy.stats import ortho_group
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unhans.errors import InputError
from unhans.spray.affinity import knn_affinity
from unhans.spray.class_size import images_needed, size_for
from unhans.spray.clustering import kmeans
from unhans.spray.distance import euclidean
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.separability import (
    UNBOUNDED,
    fisher,
    fisher_per_clustering,
    separability,
    tau,
)

RNG = np.random.default_rng(6)
LABELS = np.repeat(np.arange(4), (20, 15, 10, 5))
CLOUDS = RNG.normal(size=(4, 5))[LABELS] + RNG.normal(size=(50, 5))


@pytest.mark.parametrize("clusters", [1, 2, 3, 10, 30])
@pytest.mark.parametrize("q", [1, 2, 8])
def test_fisher_equals_its_definition(q, clusters):
    x = RNG.normal(size=(60, q)) * RNG.lognormal(size=q)
    labels = RNG.permutation(np.arange(60) % clusters)
    expected = definitions.fisher(x, labels)
    assert fisher(x, labels) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_fisher_of_the_pipelines_clusterings_equals_its_definition(points):
    labels = kmeans(points, range(2, 31))
    expected = [definitions.fisher(points, row) for row in labels]
    np.testing.assert_allclose(fisher_per_clustering(points, labels), expected, rtol=1e-8)
    assert tau(points, labels) == pytest.approx(definitions.tau(points, labels), rel=1e-8)


def test_fisher_is_the_maximum_over_directions():
    within, between = definitions.scatter(CLOUDS, LABELS)
    directions = RNG.normal(size=(2000, 5))
    ratios = [(v @ between @ v) / (v @ within @ v) for v in directions]
    found = fisher(CLOUDS, LABELS)
    assert 0.9 * found < max(ratios) <= found


def test_fisher_of_two_clusters_on_a_line_is_told_by_hand():
    # mu = 5, mu_k = 1 and 7 with sizes 2 and 4: S_b = 16 + 4, S_w = 2 + 4
    x = np.array([[0.0], [2.0], [6.0], [6.0], [8.0], [8.0]])
    assert fisher(x, np.array([0, 0, 1, 1, 1, 1])) == pytest.approx(20 / 6)


def test_fisher_is_reached_along_the_first_axis_of_linear_discriminant_analysis():
    # Clusters of one size: weighting them by it, as scikit-learn does, changes no direction.
    labels = np.arange(60) % 4
    x = RNG.normal(size=(4, 5))[labels] + RNG.normal(size=(60, 5))
    axis = LinearDiscriminantAnalysis(solver="eigen").fit(x, labels).scalings_[:, 0]
    within, between = definitions.scatter(x, labels)
    ratio = (axis @ between @ axis) / (axis @ within @ axis)
    assert fisher(x, labels) == pytest.approx(ratio, rel=1e-9)


ROTATION = ortho_group.rvs(5, random_state=0)


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x + 1e4,
        lambda x: x - np.arange(5),
        lambda x: 1e-30 * x,
        lambda x: 1e30 * x,
        lambda x: 1e-200 * x,
        lambda x: x @ ROTATION,
        lambda x: -x,
        lambda x: x * [1, 10, 0.1, 3, 7] @ ROTATION,
    ],
    ids=["far", "moved", "tiny", "huge", "minute", "rotated", "mirrored", "sheared"],
)
def test_fisher_is_invariant_to_moving_all_points(move):
    assert fisher(move(CLOUDS), LABELS) == pytest.approx(fisher(CLOUDS, LABELS), rel=1e-7)


@pytest.mark.parametrize("names", [[3, 1, 0, 2], [-7, 100, 5, 0], [2**40, 1, 2, 3]])
def test_fisher_is_invariant_to_the_names_of_clusters(names):
    assert fisher(CLOUDS, np.array(names)[LABELS]) == pytest.approx(fisher(CLOUDS, LABELS))


def test_fisher_is_invariant_to_the_order_of_points(random):
    order = random.permutation(len(CLOUDS))
    assert fisher(CLOUDS[order], LABELS[order]) == pytest.approx(fisher(CLOUDS, LABELS))


def test_fisher_grows_as_clusters_part():
    centres = RNG.normal(size=(4, 5))[LABELS]
    noise = RNG.normal(size=(50, 5))
    found = [fisher(distance * centres + noise, LABELS) for distance in (0, 1, 3, 10)]
    assert found == sorted(found)
    assert found[-1] > 10 * found[0]


@pytest.mark.parametrize(
    "x",
    [
        np.hstack([CLOUDS, CLOUDS]),
        np.hstack([CLOUDS, np.zeros((50, 1))]),
        np.hstack([CLOUDS, LABELS[:, None]]),
        np.repeat(CLOUDS[::10], 10, axis=0) + np.outer(RNG.normal(size=50), np.ones(5)),
        RNG.normal(size=(50, 80)),
    ],
    ids=["doubled", "flat", "apart without spread", "spread on a line", "more axes than points"],
)
def test_fisher_is_finite_where_some_direction_has_no_spread(x):
    found = fisher(x, LABELS)
    assert np.isfinite(found)
    assert found >= fisher(x[:, :5], LABELS) * (1 - 1e-6)


@pytest.mark.parametrize("centre", [0.0, 0.1, 1e6 / 3, 1e-30])
def test_points_that_coincide_within_clusters_have_infinite_fisher(centre):
    x = centre + RNG.normal(size=(4, 5)) * max(abs(centre), 1e-3)
    assert fisher(x[LABELS], LABELS) == np.inf


@pytest.mark.parametrize("n", [1, 2, 3, 49])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e6 / 3, 1e-30])
def test_points_that_all_coincide_have_fisher_0(n, value):
    assert fisher(np.full((n, 3), value) * [1, 3, 7], np.arange(n) % 3) == 0


def test_one_cluster_has_fisher_0():
    assert fisher(CLOUDS, np.zeros(50)) == pytest.approx(0, abs=1e-20)


def test_tau_is_the_mean_over_clusterings():
    labels = np.stack([LABELS, LABELS // 2, np.arange(50) % 7])
    assert tau(CLOUDS, labels) == pytest.approx(definitions.tau(CLOUDS, labels))
    assert tau(CLOUDS, labels[:1]) == fisher(CLOUDS, LABELS)


@pytest.mark.parametrize("labels", [np.zeros(4), np.zeros((50, 1)), np.zeros((0, 50))])
def test_labels_that_do_not_fit_the_points_are_refused(labels):
    with pytest.raises(InputError, match=r"shape \(50, 5\)"):
        fisher(CLOUDS, labels)


@pytest.mark.parametrize("labels", [LABELS, np.zeros((0, 50), dtype=int)])
def test_tau_refuses_what_are_no_clusterings(labels):
    with pytest.raises(InputError, match="clusterings have shape"):
        tau(CLOUDS, labels)


def test_a_component_of_equal_degrees_drives_tau_beyond_all_bounds_and_one_image_more_does_not(
    random,
):
    # Equation 8 is infinite there: see the method's page.
    others = random.normal(size=(100, 3))
    taus = []
    for size in (11, 12, 30):
        lump = random.normal(size=(size, 3)) / 10 + 50
        graph = knn_affinity(euclidean.pairwise(np.concatenate([others, lump])), 10)
        _, vectors = spectral(symmetric_normalized(graph), 8)
        taus.append(tau(vectors, kmeans(vectors, range(2, 10))))
    assert np.isfinite(taus).all()
    assert taus[0] > 1e8 > 1e3 > taus[1] > taus[2]


def structureless(n, dimension, q=32, ks=range(2, 31), seed=0):
    """Embedding and clusterings of one Gaussian cloud."""
    points = np.random.default_rng(seed).normal(size=(n, 1, dimension))
    graph = knn_affinity(euclidean.pairwise(points), 10)
    _, vectors = spectral(symmetric_normalized(graph), q)
    return vectors, kmeans(vectors, [k for k in ks if k <= n], n_init=1)


@pytest.mark.parametrize("dimension", [10, 49])
def test_tau_of_structureless_points_does_not_grow_as_the_class_shrinks(dimension):
    sizes = (30, 31, 41, 59, 66, 94, 150, 500)
    # One draw of few points depends on the last bits of the machine's matrix products.
    drawn = np.array([[tau(*structureless(n, dimension, seed=s)) for n in sizes] for s in range(4)])
    assert np.isfinite(drawn).all()
    taus = drawn.mean(axis=0)
    assert max(taus) < 10 * min(taus)


@pytest.mark.parametrize(("n", "q", "k_max"), [(158, 32, 30), (60, 8, 28), (500, 32, 30)])
def test_tau_of_a_class_that_is_large_enough_is_that_of_the_paper_to_the_last_bit(n, q, k_max):
    vectors, labels = structureless(n, 10, q, range(2, k_max + 1))
    assert tau(vectors, labels) == np.mean(fisher_per_clustering(vectors, labels))
    assert tau(vectors, labels) == pytest.approx(definitions.tau(vectors, labels), rel=1e-6)


@pytest.mark.parametrize(("n", "q", "k_max"), [(157, 32, 30), (59, 8, 28), (40, 32, 30)])
def test_a_smaller_class_takes_fewer_eigenvectors_and_clusters(n, q, k_max):
    vectors, labels = structureless(n, 10, q, range(2, k_max + 1))
    found = separability(vectors, labels)
    assert found.full == (q, k_max)
    assert found.used == size_for(n, q, k_max) < found.full
    own = labels[: found.used.k_max - 1]
    assert found.tau == pytest.approx(definitions.tau(vectors[:, : found.used.q], own), rel=1e-6)
    np.testing.assert_array_equal(found.fisher, fisher_per_clustering(vectors, labels))


@pytest.mark.parametrize("q", [1, 2, 8, 32, 100])
@pytest.mark.parametrize("k_max", [1, 2, 5, 30, 100])
def test_the_size_that_a_class_allows_shrinks_with_it_and_never_vanishes(q, k_max):
    needed = images_needed(q, k_max)
    sizes = [size_for(n, q, k_max) for n in range(1, needed + 2)]
    assert sizes[-1] == sizes[-2] == (q, k_max)
    assert sizes == sorted(sizes)
    for n, size in enumerate(sizes, start=1):
        assert 1 <= size.q <= q
        assert min(2, k_max) <= size.k_max <= k_max
        assert size.q == 1 or size.k_max <= 2 or n - size.k_max >= 4 * size.q


def test_a_clustering_without_spread_along_a_direction_is_counted():
    points = np.hstack([CLOUDS, (LABELS == 3)[:, None]])
    found = separability(points, np.stack([LABELS, np.arange(50) % 4]))
    assert found.unbounded == 1
    assert found.fisher[0] > UNBOUNDED > found.fisher[1]


def test_the_only_clustering_is_taken_however_many_clusters_it_has():
    labels = np.arange(20)[None] % 18
    found = separability(RNG.normal(size=(20, 6)), labels)
    assert found.used.k_max == 18
    assert found.used.q < 6
