"""The public API: what it cannot use is refused in one line that names the argument."""

import pickle

import numpy as np
import pytest
from scipy import sparse

import unhans as uh

RANDOM = np.random.default_rng(0)
MAPS = RANDOM.normal(size=(12, 6, 6))
POOLED = np.abs(RANDOM.normal(size=(12, 3, 3)))
DISTANCES = uh.pairwise(MAPS)
AFFINITY = uh.knn_affinity(DISTANCES, 3)
LAPLACIAN = uh.symmetric_normalized(AFFINITY)
POINTS = uh.spectral(LAPLACIAN, 4)[1]
LABELS = uh.kmeans(POINTS, [2, 3])
RAGGED = [[[1, 2], [3, 4]], [[1, 2], [3]]]


def with_nan(values):
    spoiled = np.array(values, dtype=float)
    spoiled[(1,) + (0,) * (spoiled.ndim - 1)] = np.nan
    return spoiled


def refused(call, message):
    """A call ends in one line that matches."""
    with pytest.raises(uh.InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def analyse(**given):
    return lambda: uh.analyse(
        given.pop("maps", MAPS), **{"knn": 3, "q": 3, "ks": [2, 3], "n_init": 1, **given}
    )


NO_INTEGERS = [2.5, "3", None, True, [3], np.nan]


@pytest.mark.parametrize("value", NO_INTEGERS)
@pytest.mark.parametrize("name", ["knn", "q", "n_init", "seed"])
def test_analyse_takes_integers_alone(name, value):
    refused(analyse(**{name: value}), f"^{name} is .*; expected an integer$")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"knn": 0}, "^knn is 0; expected at least 1$"),
        ({"knn": 12}, "^12 nearest neighbours need at least 13 images; there are 12$"),
        ({"q": 0}, "^q is 0; expected at least 1$"),
        ({"seed": -1}, "^seed is -1; expected at least 0$"),
        ({"seed": 2**32}, "^seed is 4294967296; expected at most 4294967295$"),
        ({"ks": 5}, r"^ks is 5; expected integers, as range\(2, 31\)$"),
        ({"ks": None}, "^ks is None; expected integers"),
        ({"ks": "23"}, "^ks is '23'; expected integers"),
        ({"ks": {2, 3}}, "^ks is {2, 3}; expected integers"),
        ({"ks": []}, "^ks is empty; expected at least one"),
        ({"ks": [2.5]}, "^a k of ks is 2.5; expected an integer"),
        (
            {"ks": np.array([[2, 3]])},
            r"^a k of ks is an array of shape \(2,\); expected an integer",
        ),
        ({"ks": [13]}, "needs at least 13 images; there are 12"),
        ({"metric": None}, "^metric is None; expected a name"),
        ({"metric": np.linalg.norm}, r"^metric is <.*; expected a name \(register_metric"),
        ({"metric": ["euclidean"]}, "^metric is .*; expected a name"),
        ({"k": 10}, "^metric 'euclidean' has no option 'k'.* no options; did you mean ks or knn"),
        ({"mean_norm": 1}, "^metric 'euclidean' has no option 'mean_norm'; expected no options$"),
        ({"n_candidates": 5}, "^metric 'euclidean' has no option 'n_candidates'"),
        (
            {"metric": "wasserstein", "n_candidates": 2},
            "^n_candidates is 2; expected at least knn = 3$",
        ),
    ],
)
def test_analyse_refuses_what_it_cannot_use(given, message):
    refused(analyse(**given), message)


def test_an_option_that_is_none_is_a_type_error_too():
    with pytest.raises(TypeError, match="did you mean ks or knn"):
        analyse(k=10)()
    with pytest.raises(TypeError, match=r"^kmeans\(\) has no argument 'k'; did you mean ks\?$"):
        uh.kmeans(POINTS, k=3)
    message = r"^find_groups\(\) has no argument 'labels'; expected heatmaps, images, "
    refused(lambda: uh.find_groups(MAPS, labels=3), message)


@pytest.mark.parametrize(
    "steps",
    [
        [{"sum_pool": 3}, "unit_norm"],
        [("sum_pool", 3), {"unit_norm": None}],
        [["sum_pool", np.int64(3)], ("unit_norm", None)],
        [{"step": "sum_pool", "size": 3}, {"step": "unit_norm"}],
    ],
)
def test_steps_are_written_as_in_a_configuration_or_as_tuples(steps):
    maps = MAPS.astype(np.float32)
    expected = uh.unit_norm(uh.sum_pool(maps, 3))
    np.testing.assert_array_equal(uh.represent(maps, steps), expected)


@pytest.mark.parametrize(
    "step",
    [
        *({"step": "sum_pool", "sise": 3}, {"size": 3}, {}, {"unit_norm": 3}, {"layer": 1}),
        *({"sum_pool": 3, "unit_norm": None}, {"step": ["sum_pool"]}, {"sum_pool": None}),
        *(3, None, (), ("unit_norm", 3), [["sum_pool"], 3], ("sum_pool", 3, 4), "unit norm"),
    ],
)
def test_steps_of_another_form_are_refused(step):
    refused(lambda: uh.represent(MAPS, [step]), r"^step .*; expected \('sum_pool', size\), 'as_d")


@pytest.mark.parametrize("size", NO_INTEGERS)
def test_maps_are_pooled_to_a_whole_number_of_bins(size):
    message = "^(sum_pool: size is .*; expected an integer|step .*; expected .'sum_pool', size.*)$"
    refused(lambda: uh.represent(MAPS, [("sum_pool", size)]), message)
    refused(lambda: uh.sum_pool(MAPS, size), "^sum_pool: size is .*; expected an integer$")


@pytest.mark.parametrize("steps", ["unit_norm", {"sum_pool": 3}, None, 7])
def test_steps_are_a_list(steps):
    refused(lambda: uh.represent(MAPS, steps), r"^steps are .*; expected a list, as \[")


@pytest.mark.parametrize(
    "call",
    [
        *(uh.represent, uh.as_distribution, uh.unit_norm, uh.pairwise, uh.find_groups, uh.analyse),
        *(lambda maps: uh.sum_pool(maps, 2), lambda maps: uh.neighbours(maps, k=2)),
    ],
)
@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (RAGGED, r"^heatmaps are no array \(.*\); expected \(n, height, width\)$"),
        (np.ma.masked_less(MAPS, 0), "^heatmaps with masked values; expected"),
        (MAPS[0], r"^heatmaps have shape \(6, 6\); expected \(n, height, width\)$"),
        (MAPS[:0], "^there are no heatmaps"),
        (with_nan(MAPS), "^1 of 12 heatmaps hold NaN"),
        (MAPS.astype(str), "^heatmaps are of type <U"),
        ("maps", r"^heatmaps have shape \(\)"),
    ],
    ids=["ragged", "masked", "one", "none", "NaN", "text", "name"],
)
def test_what_is_no_stack_of_heatmaps_is_refused(call, maps, message):
    refused(lambda: call(maps), message)


@pytest.mark.parametrize(
    "call", [uh.represent, uh.pairwise, uh.analyse, lambda maps: uh.sum_pool(maps, 2)]
)
def test_relevance_beyond_single_precision_is_refused(call):
    refused(
        lambda: call(1e300 * MAPS), r"^heatmap 0 holds relevance of .*; expected at most 3.4e\+38"
    )


@pytest.mark.parametrize(
    ("metric", "options", "message"),
    [
        ("wasserstein", {"mass_fraction": "a"}, "mass_fraction is 'a'; expected a finite number"),
        ("wasserstein", {"sign": []}, r"sign is \[\]; expected a name"),
        ("wasserstein", {"p": "a"}, "p is 'a'; expected an integer"),
        ("sliced_wasserstein", {"projections": 0}, "projections is 0; expected at least 1"),
        ("gromov_wasserstein", {"n_atoms": "a"}, "n_atoms is 'a'; expected an integer"),
        ("gromov_wasserstein", {"n_atoms": -3}, "n_atoms is -3; expected at least 1"),
        ("gromov_wasserstein", {"max_points": 2.5}, "max_points is 2.5; expected an integer"),
        ("gromov_wasserstein", {"normalise": "no"}, "normalise is 'no'; expected True or False"),
        ("gromov_wasserstein", {"device": None}, "device is None; expected a name"),
    ],
)
def test_options_of_a_metric_have_types(metric, options, message):
    for call in (uh.pairwise, lambda *given, **more: uh.neighbours(*given, k=2, **more)):
        refused(lambda call=call: call(POOLED, metric, **options), f"^{metric}: {message}")


@pytest.mark.parametrize("k", NO_INTEGERS)
def test_neighbours_are_counted_in_integers(k):
    refused(lambda: uh.neighbours(MAPS, k=k), "^k is .*; expected an integer$")
    refused(lambda: uh.knn_affinity(DISTANCES, k), "^k is .*; expected an integer$")


def test_neighbours_name_a_near_argument():
    refused(lambda: uh.neighbours(MAPS, knn=3), "^metric 'euclidean' has no option 'knn'.*mean k")
    message = "^wasserstein: n_candidates is '3'; expected an integer$"
    refused(lambda: uh.neighbours(POOLED, "wasserstein", 2, n_candidates="3"), message)


NO_MATRICES = {
    "ragged": ([[1, 2], [3]], r"no array \(.*\); expected \(n, n\)$"),
    "name": ("x", r"of type <U1; expected real numbers, \(n, n\)$"),
    "none": (None, r"of type object; expected real numbers, \(n, n\)$"),
    "number": (3, r"shape \(\); expected \(n, n\)$"),
    "cube": (DISTANCES[None], r"shape \(1, 12, 12\); expected \(n, n\)$"),
    "half": (DISTANCES[:3], r"shape \(3, 12\); expected \(n, n\)$"),
    "empty": (np.zeros((0, 0)), r"shape \(0, 0\); expected \(n, n\)$"),
    "complex": (DISTANCES * 1j, "of type complex64; expected real numbers"),
    "text": (DISTANCES.astype(str), "of type <U32; expected real numbers"),
    "sparse complex": (AFFINITY * 1j, "of type complex128; expected real numbers"),
    "NaN": (with_nan(DISTANCES), "holds? NaN; expected numbers$"),
}


@pytest.mark.parametrize("case", NO_MATRICES)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("distances", lambda given: uh.knn_affinity(given, 2)),
        ("affinity", uh.symmetric_normalized),
        ("affinity", lambda given: uh.conductance(given, LABELS[0])),
        ("laplacian", lambda given: uh.spectral(given, 2)),
    ],
)
def test_what_is_no_square_matrix_is_refused(name, call, case):
    matrix, message = NO_MATRICES[case]
    refused(lambda: call(matrix), f"^{name} .*{message}")


@pytest.mark.parametrize("made", [sparse.coo_array, sparse.csc_array, sparse.csr_matrix])
def test_sparse_matrices_of_any_form_are_taken(made):
    full = sparse.csr_array(DISTANCES)
    expected = uh.knn_affinity(full, 3)
    assert (uh.knn_affinity(made(full), 3) != expected).nnz == 0
    found = uh.symmetric_normalized(made(expected))
    assert (found != LAPLACIAN).nnz == 0
    np.testing.assert_array_equal(uh.spectral(made(found), 4)[1], POINTS)


def test_graphs_are_symmetric_finite_and_not_negative():
    skew = np.triu(DISTANCES)
    message = r"holds .* at \(\d+, \d+\) and .* at .*; expected a symmetric matrix$"
    refused(lambda: uh.symmetric_normalized(skew), f"^affinity {message}")
    refused(lambda: uh.spectral(skew, 2), f"^laplacian {message}")
    refused(lambda: uh.conductance(skew, LABELS[0]), f"^affinity {message}")
    for call in (uh.symmetric_normalized, lambda given: uh.conductance(given, LABELS[0])):
        refused(lambda call=call: call(-DISTANCES), "^affinity holds -.*; expected no negative")
    refused(lambda: uh.knn_affinity(-DISTANCES, 2), "^distances hold -.*; expected no negative")
    infinite = np.full((4, 4), np.inf)
    refused(lambda: uh.symmetric_normalized(infinite), "^affinity holds infinite values")


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_the_embedding_takes_integers(value):
    refused(lambda: uh.spectral(LAPLACIAN, value), "^q is .*; expected an integer$")
    refused(lambda: uh.spectral(LAPLACIAN, 2, value), "^seed is .*; expected an integer$")
    refused(lambda: uh.kmeans(POINTS, [2], value), "^seed is .*; expected an integer$")
    refused(lambda: uh.kmeans(POINTS, [2], n_init=value), "^n_init is .*; expected an integer$")


@pytest.mark.parametrize(
    "call",
    [
        lambda given: uh.kmeans(given, [2]),
        lambda given: uh.fisher(given, LABELS[0]),
        lambda given: uh.tau(given, LABELS),
    ],
)
@pytest.mark.parametrize(
    ("points", "message"),
    [
        (with_nan(POINTS), r"has shape \(12, 4\); expected \(n, q\), finite$"),
        (POINTS[0], r"has shape \(4,\); expected \(n, q\), finite$"),
        ([[1, 2], [3]], r"is no array \(.*\); expected \(n, q\)$"),
        ("x", r"is of type <U1; expected real numbers, \(n, q\)$"),
        ({1: 2}, "is of type object; expected real numbers"),
        (POINTS * 1j, "is of type complex128; expected real numbers"),
        (POINTS.astype(str), "is of type <U32; expected real numbers"),
    ],
)
def test_what_is_no_embedding_is_refused(call, points, message):
    refused(lambda: call(points), f"^embedding {message}")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[0] * 1.5, "^labels hold numbers that are no integers"),
        (np.full(12, np.nan), "^labels hold numbers that are no integers"),
        (LABELS[0].astype(str), "^labels are of type <U11; expected real numbers, one integer a"),
        ([None] * 12, "^labels are of type object"),
        ([[1], [1, 2]], r"^labels are no array \("),
    ],
)
def test_labels_that_are_no_integers_are_refused(labels, message):
    refused(lambda: uh.fisher(POINTS, labels), message)
    refused(lambda: uh.conductance(AFFINITY, labels), message)
    refused(lambda: uh.tau(POINTS, [labels]), message)


def test_an_embedding_without_eigenvectors_has_no_tau():
    refused(lambda: uh.tau(POINTS[:, :0], LABELS), r"^embedding has shape \(12, 0\); expected")


def test_functions_are_pickled_by_their_names():
    for name in ("analyse", "pairwise", "kmeans"):
        assert pickle.loads(pickle.dumps(getattr(uh, name))) is getattr(uh, name)
