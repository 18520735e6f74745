"""gromov_wasserstein: the kernel against all permutations, values against POT, bounds, invariances."""

from itertools import combinations, permutations, product

import definitions
import numpy as np
import pytest
import transport_definitions
from scipy.optimize import linear_sum_assignment

from unhans.errors import ConfigError, InputError
from unhans.spray.neighbours import neighbours
from unhans.spray.pairwise import compare, pairwise
from unhans.spray.transport import (
    all_points,
    annealing,
    annealing_gpu,
    assignment,
    conditional_gradient,
    distance_distribution,
    entropic,
    linear_gw_bounds,
    matching,
    principal_axes,
    quantisation,
    support,
)
from unhans.spray.transport.pair_solver import every_pair
from unhans.spray.transport.pot import ot

RUNGS = ["gromov_wasserstein", "gromov_wasserstein_fast", "gromov_wasserstein_matrix"]
EVERY = [*RUNGS, "gromov_wasserstein_reference", "sliced_gromov_wasserstein"]

every_rung = pytest.mark.parametrize("metric", EVERY)


def strokes(count, size=16, seed=0):
    """Maps of crooked lines, each of its own length and strength."""
    random = np.random.default_rng(seed)
    maps = np.zeros((count, size, size), dtype=np.float32)
    for own in maps:
        place = random.uniform(4, size - 5, 2)
        heading = random.uniform(0, 2 * np.pi)
        for _ in range(random.integers(20, 45)):
            heading += random.normal(0, 0.5)
            place = np.clip(place + np.array([np.sin(heading), np.cos(heading)]), 1, size - 2)
            row, column = np.round(place).astype(int)
            own[row, column] += random.uniform(0.5, 1)
            own[row - 1, column] += 0.2
    return maps


MAPS = strokes(14)
SUPPORTS = support.of_all(MAPS)


def random_sets(count, m, seed=0):
    points = np.random.default_rng(seed).normal(size=(count, m, 2)) * [3, 1]
    return matching.sets_of(points, normalise=False)


# The kernel


@pytest.mark.parametrize("m", [1, 2, 3, 5, 8, 33])
@pytest.mark.parametrize("tied", [False, True])
def test_assignments_are_exact(m, tied):
    random = np.random.default_rng(m)
    for _ in range(20):
        costs = random.normal(size=(m, m)).astype(np.float32)
        costs = np.round(costs) if tied else costs
        places = np.empty(m, dtype=np.int32)
        assignment.assign(costs, places)
        assert sorted(places) == list(range(m))
        rows, columns = linear_sum_assignment(costs)
        found, least = costs[np.arange(m), places].sum(), costs[rows, columns].sum()
        assert found == pytest.approx(least, rel=1e-5, abs=1e-5)


def test_the_exponential_is_one():
    x = -np.geomspace(1e-6, 60, 200).astype(np.float32)
    found = np.array([entropic.exp(value) for value in x])
    np.testing.assert_allclose(found[x > -20], np.exp(x[x > -20].astype(np.float64)), rtol=1e-4)
    assert np.all((found[x <= -20] >= 0) & (found[x <= -20] < 1e-8))


def test_sinkhorn_ends_at_the_entropic_plan_of_pot():
    random = np.random.default_rng(0)
    gain = random.normal(size=(9, 9)).astype(np.float32)
    plan = np.empty_like(gain)
    value = entropic.sinkhorn(gain, np.zeros(9, dtype=np.float32), np.float32(0.5), 400, plan)
    equal = np.full(9, 1 / 9)
    expected = ot.sinkhorn(equal, equal, gain.max() - gain.astype(np.float64), 0.5)
    np.testing.assert_allclose(plan, expected, atol=1e-5)
    assert value == pytest.approx(float(np.sum(gain * expected)), abs=1e-4)


def test_scalings_that_are_carried_on_stand_for_more_steps():
    gain = np.random.default_rng(1).normal(size=(7, 7)).astype(np.float32)
    columns, plan, once = np.zeros(7, dtype=np.float32), np.empty_like(gain), np.empty_like(gain)
    for _ in range(30):
        entropic.sinkhorn(gain, columns, np.float32(0.2), 3, plan)
    entropic.sinkhorn(gain, np.zeros(7, dtype=np.float32), np.float32(0.2), 90, once)
    np.testing.assert_allclose(plan, once, atol=1e-5)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 6, 7])
def test_matches_are_the_best_of_all_permutations(m):
    sets = random_sets(8, m, seed=m)
    pairs = every_pair(8)
    squared, places = matching.permutations(sets, pairs)
    least = []
    for i, j in pairs:
        values = [
            np.mean((sets.distances[i] - sets.distances[j][np.ix_(order, order)]) ** 2)
            for order in map(list, permutations(range(m)))
        ]
        least.append(min(values))
    assert all(sorted(own) == list(range(m)) for own in places)
    assert np.all(squared >= np.array(least) - 1e-12)
    best = squared <= np.array(least) * (1 + 1e-6) + 1e-12
    assert best.mean() >= 0.9, best.mean()
    assert np.sum(squared) <= 1.02 * np.sum(least)


def test_the_value_of_a_match_is_its_definition():
    sets = random_sets(2, 6)
    squared, (places,) = matching.permutations(sets, every_pair(2))
    plan = np.zeros((6, 6))
    plan[np.arange(6), places] = 1 / 6
    expected = transport_definitions.gromov_wasserstein_value(*sets.distances, plan)
    assert squared[0] == pytest.approx(expected, rel=1e-12)


def test_every_start_has_a_match_and_the_best_of_the_promising_ones_counts():
    sets, pairs = random_sets(5, 20), every_pair(5)
    squared, places = matching.matches(sets, pairs, annealing.STARTS)
    assert places.shape == (10, 8, 20)
    assert np.all(np.sort(places, axis=2) == np.arange(20))
    for values, (i, j), matched in zip(squared, pairs, places, strict=True):
        for value, own in zip(values, matched, strict=True):
            expected = np.mean((sets.distances[i] - sets.distances[j][np.ix_(own, own)]) ** 2)
            assert value == pytest.approx(expected, rel=1e-9)
    few, best = matching.permutations(sets, pairs)
    np.testing.assert_array_equal(few, squared[:, : annealing.KEPT].min(axis=1))
    np.testing.assert_array_equal(matching.values(sets, pairs, best[:, None])[:, 0], few)


def test_pairs_are_matched_in_blocks_as_they_are_alone(monkeypatch):
    sets, pairs = random_sets(6, 17), every_pair(6)
    expected = matching.permutations(sets, pairs)
    monkeypatch.setattr(matching, "BLOCK", 4)
    for found, whole in zip(matching.permutations(sets, pairs), expected, strict=True):
        np.testing.assert_array_equal(found, whole)


def test_points_that_all_coincide_are_matched_at_no_cost():
    sets = matching.sets_of(np.zeros((3, 5, 2)), normalise=True)
    squared, places = matching.permutations(sets, every_pair(3))
    assert np.all(squared == 0)
    assert all(sorted(own) == list(range(5)) for own in places)


def test_what_goes_by_a_reference_is_the_cost_of_the_composed_match():
    sets = random_sets(6, 10)
    bounds = linear_gw_bounds.upper_bounds(sets, references=1)
    sizes = np.mean(sets.distances**2, axis=(1, 2))
    reference = int(np.argsort(sizes, kind="stable")[3])
    pairs = np.array([[reference, other] for other in range(6)])
    _, places = matching.permutations(sets, pairs)
    for i, j in every_pair(6):
        composed = np.empty(10, dtype=int)
        composed[places[i]] = places[j]
        moved = sets.distances[j][np.ix_(composed, composed)]
        assert bounds[i, j] == pytest.approx(np.mean((sets.distances[i] - moved) ** 2), rel=1e-4)
    np.testing.assert_array_equal(bounds, bounds.T)
    more = linear_gw_bounds.upper_bounds(sets, references=4)
    assert np.all(more <= bounds * (1 + 1e-6))
    best, _ = matching.permutations(sets, every_pair(6))
    assert np.all(best <= more[tuple(every_pair(6).T)] * 1.05)


# Quantisation


@pytest.mark.parametrize("size", [1, 3, 8, 32])
def test_atoms_have_equal_mass_and_lie_at_the_centre_of_their_points(size):
    quantised = quantisation.quantise(SUPPORTS, size)
    assert quantised.atoms.shape == (len(SUPPORTS), size, 2)
    for own, atoms, plan in zip(SUPPORTS, quantised.atoms, quantised.plans, strict=True):
        np.testing.assert_allclose(plan.sum(axis=1), own.mass, atol=1e-12)
        np.testing.assert_allclose(plan.sum(axis=0), 1 / size, atol=1e-12)
        np.testing.assert_allclose(plan.T @ own.points * size, atoms, atol=1e-9)


@pytest.mark.parametrize("m", [1, 2, 5, 7])
def test_batches_are_annealed_to_the_best_of_all_permutations(m, random):
    sets = matching.sets_of(random.normal(size=(6, m, 2)) * [3, 1], normalise=False)
    pairs = every_pair(6)
    expected, _ = matching.permutations(sets, pairs)
    places = batched(sets, pairs)
    found = matching.values(sets, pairs, places).min(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_batches_are_annealed_as_well_as_pairs_alone(monkeypatch):
    sets = matching.sets_of(quantisation.quantise(SUPPORTS, 32).atoms, normalise=False)
    pairs = every_pair(len(SUPPORTS))
    expected, _ = matching.permutations(sets, pairs)
    monkeypatch.setattr(annealing_gpu, "ENTRIES", 50 * 8 * 32 * 32)
    assert len(pairs) > 60
    places = batched(sets, pairs)
    assert np.all(np.sort(places, axis=2) == np.arange(32))
    ratios = matching.values(sets, pairs, places).min(axis=1) / expected
    # Rounding sends a few pairs to another minimum, as good on average.
    assert np.mean(np.abs(ratios - 1) < 1e-5) > 0.8
    assert 0.995 < ratios.mean() < 1.005


def batched(sets, pairs):
    scale = np.sqrt(np.mean(sets.distances**2)) or 1  # as `permutations` does
    own = [(part / scale).astype(np.float32) for part in sets[:2]]
    return annealing_gpu.match_all(*own, pairs, annealing.STARTS, "cpu")


def test_a_device_that_is_not_there_is_named(random):
    sets = matching.sets_of(random.normal(size=(2, 5, 2)), normalise=False, device="cuda:77")
    with pytest.raises(ConfigError, match=r"^distance\.device: 'cuda:77' is not available"):
        matching.permutations(sets, every_pair(2))


def test_halves_have_equal_mass_and_more_atoms_lose_less():
    plans = {size: quantisation.halve(SUPPORTS[0], size) for size in (2, 8, 32)}
    for size, plan in plans.items():
        np.testing.assert_allclose(plan.sum(axis=0), 1 / size, atol=1e-12)
        np.testing.assert_allclose(plan.sum(axis=1), SUPPORTS[0].mass, atol=1e-12)
    errors = [quantisation.distortion(SUPPORTS[0], plan) for plan in plans.values()]
    assert errors == sorted(errors, reverse=True)
    refined = quantisation.quantise(SUPPORTS[:1], 8).plans[0]
    assert quantisation.distortion(SUPPORTS[0], refined) <= errors[1] + 1e-12


# Plans between all points


def test_the_value_of_a_plan_is_its_definition(random):
    first, second = (
        conditional_gradient.measured(own, normalise=False)
        for own in support.of_all(MAPS[:2, :14, :14])
    )
    assert min(len(first.mass), len(second.mass)) > 1
    plan = np.outer(first.mass, second.mass)
    expected = transport_definitions.gromov_wasserstein_value(
        first.distances, second.distances, plan
    )
    assert conditional_gradient.value(first, second, plan) == pytest.approx(expected, rel=1e-9)


def test_the_value_of_maps_that_are_alike_keeps_its_digits():
    points = np.array([[0.0, 0.0], [0.0, 7.0], [5.0, 0.0], [9.0, 9.0]])
    moved = points + np.array([[0, 0], [0, 1e-6], [0, 0], [0, 0]])
    first, second = (
        conditional_gradient.measured(
            support.Support(own, np.full(4, 0.25), 0.0, 12.7), normalise=False
        )
        for own in (points, moved)
    )
    plan = np.diag(np.full(4, 0.25))
    expected = transport_definitions.gromov_wasserstein_value(
        first.distances, second.distances, plan
    )
    assert 0 < expected < 1e-12
    assert conditional_gradient.value(first, second, plan) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("tolerance", [0, 3e-3])
def test_few_ways_lead_to_plans_as_good_as_all_ways(tolerance):
    own = [conditional_gradient.measured(one, normalise=False) for one in SUPPORTS[:7]]
    ratios = []
    for first, second in combinations(own, 2):
        start = np.outer(first.mass, second.mass)
        promise = np.zeros(len(second.mass))
        few, every = (
            conditional_gradient.descend(first, second, start, tolerance, guess)
            for guess in (promise, None)
        )
        np.testing.assert_allclose(few.sum(axis=1), first.mass, atol=1e-9)
        np.testing.assert_allclose(few.sum(axis=0), second.mass, atol=1e-9)
        values = [conditional_gradient.value(first, second, plan) for plan in (start, few, every)]
        assert values[1] <= values[0] * (1 + 1e-12)
        ratios.append(values[1] / values[2])
    # From so bad a start either may end in the better minimum.
    assert 0.8 < np.median(ratios) < 1.2


@pytest.mark.parametrize("normalise", [False, True])
def test_every_plan_has_the_masses_as_marginals_and_is_no_worse_than_its_start(normalise):
    comparison = compare(MAPS, "gromov_wasserstein", None, normalise=normalise)._comparison
    maps = [conditional_gradient.measured(own, normalise) for own in SUPPORTS]
    for i, j in comparison.pairs[:12]:
        plan = comparison.plan(int(i), int(j))
        assert plan.min() >= 0
        np.testing.assert_allclose(plan.sum(axis=1), SUPPORTS[i].mass, atol=1e-9)
        np.testing.assert_allclose(plan.sum(axis=0), SUPPORTS[j].mass, atol=1e-9)
        further = conditional_gradient.descend(maps[i], maps[j], plan, tolerance=0)
        value = conditional_gradient.value(maps[i], maps[j], plan)
        assert conditional_gradient.value(maps[i], maps[j], further) <= value * (1 + 1e-9)


def test_a_descent_that_cannot_reach_its_rival_is_given_up():
    first, second = (conditional_gradient.measured(own, normalise=False) for own in SUPPORTS[:2])
    start = np.outer(first.mass, second.mass)
    plans = {
        rival: conditional_gradient.descend(first, second, start, 0, rival=rival)
        for rival in (np.inf, 0.0)
    }
    value = {
        rival: conditional_gradient.value(first, second, plan) for rival, plan in plans.items()
    }
    begun = conditional_gradient.value(first, second, start)
    assert value[np.inf] < value[0.0] < begun
    lowered = begun - value[0.0]
    # One step was taken; a rival that another such step would pass does not end it.
    again = conditional_gradient.descend(first, second, start, 0, rival=value[0.0] - 0.9 * lowered)
    assert conditional_gradient.value(first, second, again) < value[0.0]


def test_more_matches_of_atoms_lower_some_values_and_raise_none(monkeypatch):
    def squared():
        found = comparison.solve(comparison.pairs)["distance"]
        return found.astype(np.float64) ** 2

    comparison = compare(MAPS, "gromov_wasserstein", 5)
    many = squared()
    for pair, value in zip(comparison.pairs[:5].tolist(), many, strict=False):
        plan = comparison._comparison.plan(*pair)
        maps = [conditional_gradient.measured(SUPPORTS[place], False) for place in pair]
        assert conditional_gradient.value(*maps, plan) == pytest.approx(value, rel=1e-9)
    monkeypatch.setattr(all_points, "PROMISING", 1.0)
    one = squared()
    assert np.all(many <= one * (1 + 1e-12))
    assert np.mean(many < one * 0.999) > 0.05


def test_plain_start_goes_downhill_as_far_as_pot_goes():
    first, second = (conditional_gradient.measured(own, normalise=False) for own in SUPPORTS[:2])
    start = np.outer(first.mass, second.mass)
    ours = conditional_gradient.descend(first, second, start, tolerance=0)
    theirs = ot.gromov_wasserstein2(
        first.distances, second.distances, first.mass, second.mass, "square_loss"
    )
    assert conditional_gradient.value(first, second, ours) <= float(theirs) * (1 + 1e-6)


# Bounds


def test_the_lower_bound_is_transport_between_the_distances(random):
    for _ in range(10):
        first, second = (random.integers(0, 9, (5, 5)).astype(float) for _ in range(2))
        mass, other = random.dirichlet(np.ones(5)), random.dirichlet(np.ones(5))
        distributions = [
            distance_distribution.of(first, mass),
            distance_distribution.of(second, other),
        ]
        expected = transport_definitions.wasserstein_on_a_line(
            first.ravel(),
            second.ravel(),
            np.outer(mass, mass).ravel(),
            np.outer(other, other).ravel(),
        )
        found = distance_distribution.lower_bounds(distributions, every_pair(2))
        assert found[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("metric", [*RUNGS, "gromov_wasserstein_reference"])
@pytest.mark.parametrize("options", [{}, {"normalise": True}, {"sign": "both"}])
def test_no_value_is_below_its_lower_bound(metric, options):
    maps = MAPS[:6] - (0.3 * MAPS[6:12] if "sign" in options else 0)
    comparison = compare(maps, metric, None, **options)
    found = comparison.solve(comparison.pairs)
    assert np.all(found["lower_bound"] <= found["distance"] + 1e-9)
    assert np.any(found["lower_bound"] > 0)


def by_pot(pairs):
    maps = [conditional_gradient.measured(own, normalise=False) for own in SUPPORTS]
    return np.array(
        [
            ot.gromov_wasserstein2(
                maps[i].distances, maps[j].distances, maps[i].mass, maps[j].mass, "square_loss"
            )
            for i, j in pairs
        ]
    )


@pytest.mark.parametrize("near", [None, 4])
def test_values_are_no_greater_than_those_of_pot(near):
    comparison = compare(MAPS, "gromov_wasserstein", near, thorough=near is not None)
    ours = comparison.solve(comparison.pairs)["distance"] ** 2
    default = by_pot(comparison.pairs)
    assert np.mean(ours <= default * (1 + 1e-6) + 1e-9) >= 0.99
    assert ours.sum() < 0.97 * np.sum(default)  # POT has one start, and not a good one


def test_values_of_near_pairs_end_a_little_above_their_minimum():
    quick, slow = (
        compare(MAPS[:9], "gromov_wasserstein", 4, thorough=thorough) for thorough in (False, True)
    )
    squared = [one.solve(quick.pairs)["distance"] ** 2 for one in (quick, slow)]
    assert np.all(squared[1] <= squared[0] * (1 + 1e-9))
    assert np.median(squared[0] / squared[1]) < 1.003
    reference = compare(MAPS[:9], "gromov_wasserstein_reference", None).solve(quick.pairs)[
        "distance"
    ]
    assert np.all(squared[1] <= reference**2 * (1 + 1e-6) + 1e-9)


def test_values_are_near_those_of_the_reference():
    found, expected = (
        pairwise(MAPS[:8], metric).astype(np.float64)
        for metric in ("gromov_wasserstein", "gromov_wasserstein_reference")
    )
    off = ~np.eye(8, dtype=bool)
    excess = (found[off] / expected[off]) ** 2 - 1
    assert excess.mean() <= 0.005
    assert np.mean(excess > 0.01) <= 0.1


# Invariances


RIGID = {
    "moved": lambda maps: np.roll(maps, 3, axis=2),
    "turned": lambda maps: np.rot90(maps, 1, (1, 2)),
    "upside down": lambda maps: np.rot90(maps, 2, (1, 2)),
    "mirrored": lambda maps: maps[:, :, ::-1],
    "transposed": lambda maps: maps.transpose(0, 2, 1),
}


@pytest.mark.parametrize("name", RIGID)
def test_maps_that_are_moved_turned_or_mirrored_are_the_same(name):
    canvas = np.pad(MAPS[:5], ((0, 0), (4, 4), (4, 4)))
    both = np.concatenate([canvas, RIGID[name](canvas)])
    found = pairwise(both, "gromov_wasserstein")
    assert found[np.arange(5), np.arange(5) + 5].max() < 1e-3 * np.median(found)
    unmoved = pairwise(canvas, "gromov_wasserstein")
    np.testing.assert_allclose(found[5:, 5:], unmoved, rtol=2e-2, atol=1e-3)
    np.testing.assert_allclose(found[:5, :5], unmoved, rtol=2e-2, atol=1e-3)


@pytest.mark.parametrize("metric", RUNGS)
def test_size_does_not_count_where_maps_are_normalised(metric):
    large = np.kron(MAPS[:4], np.ones((2, 2), dtype=np.float32))
    small = np.zeros_like(large)
    small[:, :16, :16] = MAPS[:4]
    both = np.concatenate([small, large])
    plain = pairwise(both, metric)[np.arange(4), np.arange(4) + 4]
    scaled = pairwise(both, metric, normalise=True)
    same = scaled[np.arange(4), np.arange(4) + 4]
    # A pixel of the large one is four, so that they are not the same to the last digit.
    assert same.mean() < 0.5 * np.median(scaled[:4, :4][~np.eye(4, dtype=bool)])
    assert plain.min() > 2


@every_rung
def test_distances_are_zero_for_equal_maps_and_symmetric(metric):
    maps = MAPS[[0, 1, 0, 2]]
    found = pairwise(maps, metric)
    assert found[0, 2] < 1e-6
    np.testing.assert_array_equal(found, found.T)
    assert np.all(np.diag(found) == 0)
    assert np.all(found[0, [1, 3]] > 0.1)
    strength = np.array([1, 5, 1e-20, 1e20], dtype=np.float32)[:, None, None]
    # Shares of mass rounded to float32 are apart by the root of 1e-7.
    np.testing.assert_allclose(pairwise(maps * strength, metric), found, rtol=1e-3, atol=1e-3)


@every_rung
def test_the_same_maps_give_the_same_bytes(metric):
    maps = MAPS[:5]
    assert pairwise(maps, metric).tobytes() == pairwise(maps, metric).tobytes()


# Neighbours


@pytest.mark.long  # the whole matrix of sixty maps
def test_the_candidate_search_finds_the_neighbours_of_the_matrix():
    maps = strokes(60, seed=3)
    found, distances = neighbours(maps, "gromov_wasserstein", 5)
    matrix = pairwise(maps, "gromov_wasserstein")
    expected = definitions.neighbours(matrix, 5)
    overlap = [len(set(a) & set(b)) / 5 for a, b in zip(found, expected, strict=True)]
    assert np.mean(overlap) >= 0.95
    assert np.all(np.diff(distances, axis=1) >= 0)
    comparison = compare(maps, "gromov_wasserstein", 12)
    assert len(comparison.pairs) < 0.6 * len(every_pair(60))


def test_maps_of_many_points_are_compared_by_atoms_all_alike():
    smooth = np.random.default_rng(0).lognormal(size=(5, 20, 20)).astype(np.float32)
    comparison = compare(smooth, "gromov_wasserstein", None)
    assert comparison.notes["compared"] == "128 atoms"
    assert 0 < comparison.notes["distortion"] < 1
    found = comparison.solve(comparison.pairs)
    assert np.all(found["lower_bound"] <= found["distance"])
    assert compare(MAPS, "gromov_wasserstein", None).notes["compared"] == "all points"
    few = compare(smooth[:2], "gromov_wasserstein", None, max_points=400)
    assert few.notes["compared"] == "all points"
    assert few.solve(few.pairs)["distance"] < found["distance"][0]


# Degenerate maps


def test_maps_without_points_are_apart_from_all_that_have_some():
    maps = MAPS[:8].copy()
    maps[2], maps[5] = 0, -1
    diagonal = np.hypot(15, 15)
    for metric in EVERY:
        found = pairwise(maps, metric)
        assert found[2, 5] == 0
        np.testing.assert_allclose(found[2, [0, 1, 3, 4, 6, 7]], diagonal, rtol=1e-6)
        assert found[np.ix_([0, 1, 3], [0, 1, 3])].max() < diagonal
    everything_empty = np.zeros((4, 8, 8))
    for metric in EVERY:
        assert not pairwise(everything_empty, metric).any()


@pytest.mark.parametrize("metric", RUNGS)
def test_single_pixels_constant_maps_and_fewer_points_than_atoms(metric):
    maps = np.zeros((6, 9, 9), dtype=np.float32)
    maps[0, 4, 4] = maps[1, 0, 8] = 1
    maps[2, 4, 4:6] = maps[3, 1:3, 1] = 0.5
    maps[4] = 1
    maps[5] = 3
    found = pairwise(maps, metric)
    assert found[0, 1] < 1e-6
    assert found[2, 3] < 1e-3
    assert found[4, 5] < 1e-3
    # One point against two at a distance of 1: half of the pairs of points differ by 1.
    assert found[0, 2] == pytest.approx(np.sqrt(0.5), rel=1e-4)


@every_rung
def test_maps_that_are_not_finite_and_unknown_options_are_refused(metric):
    maps = MAPS[:4].copy()
    maps[1, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"1 of 4 heatmaps hold NaN .* number 1"):
        pairwise(maps, metric)
    with pytest.raises(InputError, match="mass_fraction is 0"):
        pairwise(MAPS[:4], metric, mass_fraction=0)


def test_maps_of_too_many_points_are_refused_with_a_hint():
    maps = np.ones((2, 70, 70))
    with pytest.raises(InputError, match=r"4900 points; expected at most 4000.*sum_pool"):
        pairwise(maps, "gromov_wasserstein")


@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 5)])
def test_neighbours_need_more_maps_than_k(n, k):
    with pytest.raises(InputError, match=rf"{k} nearest .* there are {n}"):
        neighbours(MAPS[:n], "gromov_wasserstein", k)


# Supports


@pytest.mark.parametrize("mass_fraction", [0.5, 0.9, 0.99, 1.0])
def test_the_points_are_the_fewest_that_reach_the_mass_fraction(mass_fraction, random):
    for relevance in (random.normal(size=(6, 7)), random.integers(-2, 4, (6, 7)), MAPS[0]):
        expected = transport_definitions.support(relevance, mass_fraction)
        found = support.of(relevance, mass_fraction)
        assert {tuple(point) for point in found.points.astype(int)} == expected
        positive = np.maximum(relevance, 0)
        mass = positive[tuple(found.points.astype(int).T)]
        np.testing.assert_allclose(found.mass, mass / mass.sum(), rtol=1e-6)
        assert found.discarded == pytest.approx(1 - mass.sum() / positive.sum(), abs=1e-6)


@pytest.mark.parametrize("scale", [1e-38, 1e-300, 1e300])
def test_the_points_do_not_depend_on_the_scale(scale):
    plain, scaled = support.of(MAPS[0]), support.of(MAPS[0].astype(np.float64) * scale)
    np.testing.assert_array_equal(plain.points, scaled.points)
    np.testing.assert_allclose(plain.mass, scaled.mass, rtol=1e-9)


def test_both_parts_make_the_root_of_the_squares():
    maps = MAPS[:5] - MAPS[5:10]
    parts = {
        sign: pairwise(maps, "gromov_wasserstein", sign=sign) for sign in ("positive", "negative")
    }
    expected = np.hypot(*parts.values())
    np.testing.assert_allclose(
        pairwise(maps, "gromov_wasserstein", sign="both"), expected, rtol=1e-5
    )
    with_signs_swapped = pairwise(-maps, "gromov_wasserstein")
    np.testing.assert_array_equal(with_signs_swapped, parts["negative"])


def test_eight_ways_are_all_there_are(random):
    # The second map is the first in one of the eight ways: one plan finds each point's image.
    points = random.normal(size=(9, 2)) * [5, 2]
    points -= points.mean(axis=0)
    mass = np.full(9, 1 / 9)
    found = set()
    for flip, *sign in product((False, True), (1, -1), (1, -1)):
        others = points[:, ::-1] * sign if flip else points * sign
        plans = list(principal_axes.plans(points, mass, others, mass))
        exact = [np.allclose(plan, np.diag(mass)) for plan in plans]
        assert len(plans) == 8
        assert sum(exact) == 1
        found.add(exact.index(True))
    assert found == set(range(8))


def test_principal_axes_are_centred_and_uncorrelated():
    for own in SUPPORTS[:5]:
        points = principal_axes.of(own)
        np.testing.assert_allclose(own.mass @ points, 0, atol=1e-9)
        spread = (points * own.mass[:, None]).T @ points
        assert spread[0, 1] == pytest.approx(0, abs=1e-9)
        assert spread[0, 0] >= spread[1, 1]
