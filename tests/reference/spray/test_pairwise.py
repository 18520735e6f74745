"""distance: both metrics against their definitions, and the axioms of a metric."""

import definitions
import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.distance import euclidean
from unhans.spray.nearest import nearest
from unhans.spray.neighbours import neighbours
from unhans.spray.pairwise import pairwise, require_distinct

RNG = np.random.default_rng(2)
NOISE = RNG.normal(size=(12, 6, 7))
BLOB = RNG.lognormal(size=(6, 7))

CASES = {
    "one map": NOISE[:1],
    "two maps": NOISE[:2],
    "three maps": NOISE[:3],
    "one pixel": NOISE[:, :1, :1],
    "random": NOISE,
    "tied": RNG.integers(0, 3, (40, 3, 3)),
    "duplicates": NOISE[[0, 1, 0, 2, 1, 0, 3]],
    "all equal": np.repeat(NOISE[:1], 9, axis=0),
    "all zero": np.zeros((5, 6, 7)),
    "all constant": np.arange(6)[:, None, None] * np.ones((6, 7)),
    "all negative": -np.abs(NOISE),
    "some zero": NOISE * (np.arange(12) % 3 > 0)[:, None, None],
    "tiny": 1e-30 * NOISE,
    "huge": 1e30 * NOISE,
    "one outlier": BLOB + NOISE * np.where(np.arange(12) == 5, 1e20, 1e-3)[:, None, None],
    "every scale": BLOB * (10.0 ** np.linspace(-20, 20, 12))[:, None, None] * np.exp(NOISE),
    "tight clusters": NOISE[np.repeat([0, 1, 2], 4)] + 1e-5 * NOISE,
    "large offset": 1000 + 1e-3 * NOISE,
    "chain": 5 + 1e-3 * np.cumsum(NOISE, axis=0),
}

every_metric = pytest.mark.parametrize("metric", ["euclidean", "hellinger", "cosine"])
every_case = pytest.mark.parametrize("maps", CASES.values(), ids=CASES)


@pytest.fixture(params=["small class", "large class"])
def _size(request, monkeypatch):
    """Take the road of small classes (float64 from the start), then that of large ones."""
    if request.param == "large class":
        monkeypatch.setattr(euclidean, "CHEAP", 0)


@every_case
@every_metric
@pytest.mark.usefixtures("_size")
def test_pairwise_equals_its_definition(metric, maps):
    maps = maps.astype(np.float32)
    found, expected = pairwise(maps, metric), getattr(definitions, metric)(maps)
    assert found.dtype == np.float32
    # Roots of float32 shares carry 1e-7 of their own, whatever their distance.
    noise = {"hellinger": 1e-6, "cosine": 1e-6}.get(metric, 0)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=noise)


@every_case
@every_metric
@pytest.mark.usefixtures("_size")
def test_pairwise_is_symmetric_and_not_negative_with_zeros_for_equal_maps(metric, maps):
    maps = maps.astype(np.float32)
    found = pairwise(maps, metric)
    np.testing.assert_array_equal(found, found.T)
    assert np.all(found >= 0)
    same = (maps[:, None] == maps[None]).all(axis=(2, 3))
    assert np.all(found[same] == 0)


@pytest.mark.parametrize("metric", ["euclidean", "hellinger"])
def test_pairwise_obeys_the_triangle_inequality(metric, heatmaps):
    found = pairwise(heatmaps, metric)
    two_steps = (found[:, :, None] + found[None]).min(axis=1)
    assert np.all(found <= two_steps * (1 + 1e-6))


@every_metric
@pytest.mark.usefixtures("_size")
def test_pairwise_follows_a_permutation(metric, heatmaps, random):
    order = random.permutation(len(heatmaps))
    expected = pairwise(heatmaps, metric)[np.ix_(order, order)]
    np.testing.assert_allclose(pairwise(heatmaps[order], metric), expected, rtol=1e-5)


@pytest.mark.parametrize("offset", [1.0, 1e3, 1e6])
@pytest.mark.usefixtures("_size")
def test_euclidean_tells_near_duplicates_apart(random, offset):
    # Alone, and beside a map that keeps the class's mean away from them; some are there twice.
    base = (offset * random.lognormal(size=(28, 28))).astype(np.float32)
    step = np.spacing(base) * random.integers(-2, 3, (6, 28, 28))
    maps = np.concatenate([base + step, base + step[:3], -base[None]]).astype(np.float32)
    for near in (maps[:9], maps):
        expected = definitions.euclidean(near)
        assert expected[0, 1] < 1e-6 * np.linalg.norm(base)
        np.testing.assert_allclose(pairwise(near, "euclidean"), expected, rtol=1e-6)


@pytest.mark.usefixtures("_size")
def test_euclidean_gives_equal_maps_equal_distances(heatmaps):
    maps = heatmaps[np.arange(90) % 30]
    found = pairwise(maps, "euclidean")
    np.testing.assert_array_equal(found[:30], found[30:60])
    np.testing.assert_array_equal(found[:30], found[60:])


@pytest.mark.parametrize("power", [-80, -1, 60])
def test_euclidean_scales_with_the_maps(heatmaps, power):
    factor = np.float32(2.0**power)
    expected = factor * pairwise(heatmaps, "euclidean")
    np.testing.assert_array_equal(pairwise(factor * heatmaps, "euclidean"), expected)


def test_euclidean_of_many_pixels_sums_all_blocks(random):
    maps = random.normal(size=(5, 70, 70)).astype(np.float32)
    assert maps[0].size > 2 * euclidean.FEATURES
    np.testing.assert_allclose(pairwise(maps, "euclidean"), definitions.euclidean(maps), rtol=1e-6)


def test_hellinger_ignores_the_strength_of_each_map(heatmaps, random):
    strength = random.lognormal(0, 3, (len(heatmaps), 1, 1)).astype(np.float32)
    expected = pairwise(heatmaps, "hellinger")
    np.testing.assert_allclose(pairwise(heatmaps * strength, "hellinger"), expected, atol=1e-6)


@pytest.mark.usefixtures("_size")
def test_hellinger_is_one_for_disjoint_maps_and_less_for_others(heatmaps, random):
    apart = np.kron(np.eye(12), random.random(16)).reshape(12, 12, 16)
    found = pairwise(apart, "hellinger")
    np.testing.assert_allclose(found, 1 - np.eye(12), rtol=1e-6)
    assert found.max() == 1
    assert pairwise(heatmaps, "hellinger").max() < 1


@pytest.mark.parametrize("name", ["random", "tied", "duplicates", "all equal", "two maps"])
@every_metric
def test_neighbours_are_nearest_first_with_ties_to_the_lower_index(name, metric):
    maps = CASES[name].astype(np.float32)
    k = min(5, len(maps) - 1)
    expected = definitions.neighbours(getattr(definitions, metric)(maps).astype(np.float32), k)
    indices, distances = neighbours(maps, metric, k)
    if metric == "euclidean":  # Hellinger's ties hold only up to the rounding of the roots
        np.testing.assert_array_equal(indices, expected)
    np.testing.assert_array_equal(indices, definitions.neighbours(pairwise(maps, metric), k))
    np.testing.assert_array_equal(
        distances, np.take_along_axis(pairwise(maps, metric), indices, axis=1)
    )


@pytest.mark.parametrize("k", [1, 7, 39])
@pytest.mark.parametrize(
    "matrix",
    [
        RNG.uniform(size=(40, 40)),
        RNG.integers(0, 4, (40, 40)),
        np.zeros((40, 40)),
        np.where(RNG.uniform(size=(40, 40)) < 0.9, np.inf, 1.0),
    ],
    ids=["distinct", "tied", "equal", "mostly infinite"],
)
def test_nearest_leaves_out_the_node_itself(matrix, k):
    np.testing.assert_array_equal(nearest(matrix, k), definitions.neighbours(matrix, k))


@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 3), (10, 12)])
def test_neighbours_need_more_images_than_k(n, k):
    with pytest.raises(InputError, match=rf"{k} nearest .* {k + 1} images; there are {n}"):
        neighbours(np.ones((n, 2, 2)), "euclidean", k)


def test_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"'manhattan'.*euclidean, hellinger"):
        pairwise(NOISE, "manhattan")


@every_metric
def test_maps_that_are_not_finite_are_refused_by_number(metric):
    maps = NOISE.copy()
    maps[[3, 7], 0, 0] = np.nan, np.inf
    with pytest.raises(InputError, match=r"2 of 12 .* number 3"):
        pairwise(maps, metric)


def test_a_class_of_equal_maps_is_refused_only_where_it_is_asked_for():
    with pytest.raises(InputError, match="all 9 maps are equal"):
        require_distinct(9, distinct=False)
    require_distinct(9, distinct=True)
    require_distinct(1, distinct=False)  # too few is for the affinity to say


def test_cosine_distances_are_those_of_scikit_learn(random):
    pairs = pytest.importorskip("sklearn.metrics.pairwise")
    maps = random.normal(size=(20, 5, 4)).astype(np.float32)
    expected = pairs.cosine_distances(maps.reshape(20, -1))
    np.testing.assert_allclose(pairwise(maps, "cosine"), expected, atol=1e-6)
