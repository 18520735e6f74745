"""wasserstein: the three modules against linear programmes, lines, POT, and each other."""

import numpy as np
import pytest
import transport_definitions as definitions
from scipy import stats

from unhans.errors import InputError
from unhans.spray.distance import sliced_wasserstein, wasserstein, wasserstein_certified
from unhans.spray.transport import exact_wasserstein, shadows, support
from unhans.spray.transport.pair_solver import every_pair
from unhans.spray.transport.pot import ot

RNG = np.random.default_rng(5)
NOISE = RNG.lognormal(size=(8, 5, 6))
SPARSE = NOISE * (RNG.uniform(size=NOISE.shape) < 0.3)
SPARSE[:, 0, 0] += 0.1
CORNERS = np.zeros((5, 6, 6))
CORNERS[np.arange(4), [0, 0, 5, 5], [0, 5, 0, 5]] = 1
CORNERS[4, [0, 5], [0, 5]] = 1

CASES = {
    "random": NOISE,
    "sparse": SPARSE,
    "tied": RNG.integers(0, 3, (9, 3, 4)) + (np.arange(12) == 0).reshape(3, 4),
    "duplicates": SPARSE[[0, 1, 0, 2, 1, 0]],
    "one and two points": CORNERS,
    "one pixel": np.ones((4, 1, 1)),
    "constant": np.arange(1, 4)[:, None, None] * np.ones((4, 5)),
    "tiny": 1e-30 * SPARSE[:4],
    "huge": 1e30 * SPARSE[:4],
    "every scale": 10.0 ** RNG.uniform(-12, 0, (4, 4, 4)),
}

SELECTIVE = [wasserstein, wasserstein_certified]
every_module = pytest.mark.parametrize("module", SELECTIVE)
every_case = pytest.mark.parametrize("maps", CASES.values(), ids=CASES)
each_p = pytest.mark.parametrize("p", [1, 2])


@pytest.fixture(scope="module")
def blobs():
    """60 heatmaps of 14 x 14: three strokes at places that vary, with grain."""
    rng = np.random.default_rng(3)
    axis = np.arange(14)
    maps = np.zeros((60, 14, 14))
    places = rng.uniform(2, 11, (3, 2)) + rng.normal(0, 1.5, (60, 3, 2))
    for heatmap, own in zip(maps, places, strict=True):
        for place in own:
            row, column = np.exp(-((axis - place[:, None]) ** 2) / 5)
            heatmap += np.outer(row, column)
    maps[50:] = maps[:10]  # some twice
    maps[:50] *= rng.lognormal(0, 0.5, maps[:50].shape)
    maps[55:] = maps[:5]
    return maps


@pytest.fixture(scope="module")
def distances_of_blobs(blobs):
    """By p."""
    return {p: all_distances(blobs, p, 0.99) for p in (1, 2)}


@pytest.fixture
def _on_the_sparse_road(monkeypatch):
    """Send small problems down the road of large ones."""
    monkeypatch.setattr(exact_wasserstein, "FEW_ARCS", 0)


def all_distances(maps, p, mass_fraction=1.0):
    supports = support.of_all(maps, mass_fraction)
    return as_dense(wasserstein.compare(supports, None, p=p))


def as_dense(comparison, name="distance"):
    """Matrix of what a comparison solves; infinite elsewhere."""
    n = 1 + max(map(int, comparison.pairs.ravel()), default=0)
    matrix = np.full((n, n), np.inf)
    values = comparison.solve(comparison.pairs)[name]
    matrix[tuple(comparison.pairs.T)] = matrix[tuple(comparison.pairs.T[::-1])] = values
    return matrix


def by_pot(supports, p):
    metric = {1: "euclidean", 2: "sqeuclidean"}[p]
    values = [
        ot.emd2(x.mass, y.mass, ot.dist(x.points, y.points, metric=metric))
        for x, y in ((supports[i], supports[j]) for i, j in every_pair(len(supports)))
    ]
    return np.maximum(values, 0) ** (1 / p)


@each_p
@every_case
def test_distances_equal_the_linear_programme(maps, p):
    found = wasserstein.compare(support.of_all(maps, 1.0), None, p=p)
    expected = [definitions.wasserstein(maps[i], maps[j], p) for i, j in found.pairs]
    np.testing.assert_allclose(found.solve(found.pairs)["distance"], expected, rtol=1e-7, atol=2e-6)


@each_p
@every_case
@pytest.mark.usefixtures("_on_the_sparse_road")
def test_large_problems_end_where_small_ones_do(maps, p):
    test_distances_equal_the_linear_programme(maps, p)


@each_p
@pytest.mark.parametrize("few", [0, 10**9], ids=["sparse", "dense"])
def test_distances_equal_those_of_pot(monkeypatch, blobs, few, p):
    monkeypatch.setattr(exact_wasserstein, "FEW_ARCS", few)
    supports = support.of_all(blobs[:40:2])
    found = wasserstein.compare(supports, None, p=p)
    values = found.solve(found.pairs)
    np.testing.assert_allclose(values["distance"], by_pot(supports, p), rtol=0, atol=1e-9)
    assert np.all(values["lower_bound"] <= values["distance"])
    np.testing.assert_allclose(values["lower_bound"], values["distance"], rtol=1e-9)


def test_a_poor_guess_costs_rounds_and_no_digits(monkeypatch, blobs):
    supports = support.of_all(blobs[:12])
    expected = by_pot(supports, 2)
    monkeypatch.setattr(exact_wasserstein, "FEW_ARCS", 0)
    for slack in (0.0, 0.3, 1e9):
        monkeypatch.setattr(exact_wasserstein, "SLACK", slack)
        found = wasserstein.compare(supports, None)
        np.testing.assert_allclose(found.solve(found.pairs)["distance"], expected, atol=1e-9)


@each_p
@pytest.mark.parametrize("across", [False, True])
def test_on_a_line_it_is_the_distance_of_quantiles(p, across):
    masses = RNG.lognormal(0, 2, (7, 20)) * (RNG.uniform(size=(7, 20)) < 0.7)
    maps = masses[:, :, None] if across else masses[:, None]
    found = all_distances(maps, p)
    place = np.arange(20)
    for i, j in every_pair(7):
        expected = definitions.on_a_line(masses[i], masses[j], p)
        assert found[i, j] == pytest.approx(expected, abs=1e-9)
        if p == 1:
            theirs = stats.wasserstein_distance(place, place, masses[i], masses[j])
            assert found[i, j] == pytest.approx(theirs, abs=1e-9)


@each_p
@pytest.mark.parametrize("shift", [(0, 3), (4, 0), (3, 4)])
def test_a_map_that_is_shifted_is_that_many_pixels_away(blobs, p, shift):
    maps = np.zeros((2, 20, 20))
    maps[0, :14, :14] = blobs[0]
    maps[1] = np.roll(maps[0], shift, axis=(0, 1))
    pixels = np.hypot(*shift)
    assert all_distances(maps, p, 0.99)[0, 1] == pytest.approx(pixels, abs=1e-9)
    bounds = shadows.lower_bounds(support.of_all(maps), p)[0, 1]
    assert bounds == pytest.approx(pixels, rel=1e-9 if p == 2 else 2e-2)
    found = sliced_wasserstein.pairwise(maps, p=p)[0, 1]
    assert found == pytest.approx(pixels, rel=1e-6 if p == 2 else 2e-3)


@each_p
def test_it_turns_and_scales_with_the_maps(blobs, p):
    expected = all_distances(blobs[:8], p, 0.99)
    for same in (1e-20 * blobs[:8], blobs[:8, ::-1], blobs[:8].transpose(0, 2, 1)):
        np.testing.assert_allclose(all_distances(same, p, 0.99), expected, atol=1e-9)


@each_p
def test_equal_maps_are_at_zero_and_equally_far_from_others(blobs, p):
    maps = blobs[[4, 0, 2, 0, 4, 0, 7]]
    found = all_distances(maps, p, 0.99)
    assert found[1, 3] == found[1, 5] == found[0, 4] == 0
    np.testing.assert_array_equal(found[1, [0, 2, 4, 6]], found[3, [0, 2, 4, 6]])
    np.testing.assert_array_equal(found[1, [0, 2, 4, 6]], found[5, [0, 2, 4, 6]])


@each_p
@every_case
def test_lower_bounds_hold(maps, p):
    supports = support.of_all(maps, 1.0)
    distances = all_distances(maps, p)
    bounds = shadows.lower_bounds(supports, p)
    np.testing.assert_array_equal(bounds, bounds.T)
    assert np.all(bounds <= distances + 1e-9)


@each_p
def test_lower_bounds_hold_and_are_close_for_blobs(blobs, distances_of_blobs, p):
    distances = distances_of_blobs[p]
    bounds = shadows.lower_bounds(support.of_all(blobs), p)
    assert np.all(bounds <= distances + 1e-9)
    apart = np.isfinite(distances) & (distances > 0)
    assert np.median(bounds[apart] / distances[apart]) > 0.7


@each_p
@pytest.mark.parametrize("near", [1, 5, 10])
def test_certified_neighbours_are_those_of_all_pairs(blobs, distances_of_blobs, p, near):
    supports = support.of_all(blobs)
    expected = np.sort(distances_of_blobs[p], axis=1)[:, :near]
    found = wasserstein_certified.compare(supports, near, p=p)
    assert len(found.pairs) < 0.9 * len(every_pair(60))
    assert found.notes["solved"] == len(found.pairs)
    assert found.notes["pairs"] == len(every_pair(60))
    np.testing.assert_allclose(np.sort(as_dense(found), axis=1)[:, :near], expected, atol=1e-9)


@every_case
@each_p
def test_certified_neighbours_hold_in_every_case(maps, p):
    expected = np.sort(all_distances(maps, p), axis=1)
    for near in range(1, len(maps)):
        found = wasserstein_certified.compare(support.of_all(maps, 1.0), near, p=p)
        nearest = np.sort(as_dense(found), axis=1)[:, :near]
        np.testing.assert_allclose(nearest, expected[:, :near], atol=1e-9)


@each_p
def test_the_candidates_hold_nearly_all_neighbours(blobs, distances_of_blobs, p):
    expected = distances_of_blobs[p]
    found = as_dense(wasserstein.compare(support.of_all(blobs), 5, p=p))
    bound = np.sort(expected, axis=1)[:, 4:5]
    assert np.mean((found <= bound + 1e-9).sum(axis=1).clip(max=5)) >= 0.98 * 5
    known = np.isfinite(found)
    np.testing.assert_allclose(found[known], expected[known], atol=1e-9)


@pytest.mark.parametrize("n_proposed", [5, 8, 59, 1000])
def test_each_heatmap_has_as_many_pairs_as_are_asked_for(blobs, n_proposed):
    found = wasserstein.compare(support.of_all(blobs), 5, n_proposed=n_proposed)
    counts = np.bincount(found.pairs.ravel(), minlength=60)
    assert counts.min() >= 5
    assert found.notes["n_proposed"] == min(n_proposed, 59)
    assert np.all(found.pairs[:, 0] < found.pairs[:, 1])
    np.testing.assert_array_equal(found.pairs, np.unique(found.pairs, axis=0))
    assert found.pairs.dtype == np.int32


@every_module
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("near", [None, 1, 2, 10])
def test_few_heatmaps(module, n, near):
    found = module.compare(support.of_all(NOISE[:n]), near)
    values = found.solve(found.pairs)
    assert values["distance"].shape == values["lower_bound"].shape == (len(found.pairs),)
    if near is None or near >= n - 1:
        np.testing.assert_array_equal(found.pairs, every_pair(n))
    sliced = sliced_wasserstein.pairwise(NOISE[:n])
    assert sliced.shape == (n, n)


@every_module
@each_p
def test_two_runs_agree_to_the_byte(module, blobs, p):
    first, second = (module.compare(support.of_all(blobs), 4, p=p) for _ in range(2))
    assert first.pairs.tobytes() == second.pairs.tobytes()
    halves = [second.solve(part)["distance"] for part in np.array_split(second.pairs, 2)]
    assert first.solve(first.pairs)["distance"].tobytes() == np.concatenate(halves).tobytes()


@every_module
def test_what_cannot_be_solved_is_refused(module, monkeypatch):
    supports = support.of_all(NOISE)
    with pytest.raises(InputError, match="p is 3; expected 1 or 2"):
        module.compare(supports, 2, p=3)
    monkeypatch.setattr(exact_wasserstein, "MOST_POINTS", 20)
    with pytest.raises(InputError, match=r"expected at most 20.*Pool the maps first"):
        module.compare(supports, 2)


def test_fewer_candidates_than_neighbours_are_refused():
    with pytest.raises(InputError, match="4 proposed heatmaps for 5 candidates"):
        wasserstein.compare(support.of_all(NOISE), 5, n_proposed=4)


@each_p
@every_case
def test_sliced_distances_are_a_metrics(maps, p):
    found = sliced_wasserstein.pairwise(maps, mass_fraction=1.0, p=p)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, found.T)
    assert np.all(np.diag(found) == 0)
    assert np.all(found <= (found[:, :, None] + found[None]).min(axis=1) * (1 + 1e-5) + 1e-6)
    if p == 2:
        distances = all_distances(maps, 2)
        assert np.all(found <= distances * (1 + 1e-6) + 1e-6)


@each_p
def test_sliced_distances_approach_those_of_exact_shadows(blobs, p):
    maps = blobs[:6]
    found = sliced_wasserstein.pairwise(maps, projections=16, p=p)
    angles = np.arange(16) * np.pi / 16
    scale = np.mean(np.abs(np.cos(angles)) ** p)
    supports = support.of_all(maps)
    for i, j in every_pair(6):
        x, y = supports[i], supports[j]
        lines = np.stack([np.sin(angles), np.cos(angles)])
        costs = [
            ot.emd2_1d(a, b, x.mass, y.mass, metric="minkowski", p=p)
            for a, b in zip((x.points @ lines).T, (y.points @ lines).T, strict=True)
        ]
        expected = (np.mean(costs) / scale) ** (1 / p)
        assert expected * 0.98 <= found[i, j] <= expected * (1 + 1e-6)


def test_sliced_distances_of_maps_without_relevance(blobs):
    maps = np.concatenate([blobs[:2], np.zeros((1, 14, 14)), -blobs[:1]])
    found = sliced_wasserstein.pairwise(maps)
    diagonal = np.float32(np.hypot(13, 13))
    assert found[2, 3] == 0
    np.testing.assert_array_equal(found[:2, 2:], np.full((2, 2), diagonal))
    np.testing.assert_allclose(found[:2, :2], sliced_wasserstein.pairwise(blobs[:2]), rtol=1e-5)
    np.testing.assert_array_equal(sliced_wasserstein.pairwise(maps[2:]), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"p": 3}, "p is 3"), ({"projections": 1}, "1 projections")],
)
def test_sliced_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        sliced_wasserstein.pairwise(NOISE, **options)
