"""The public API: what it cannot use is refused in one line that names the argument."""

import pickle

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn

import unhans as uh
from unhans.detection.evidence import Rises

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
    refused(lambda: call(1e300 * MAPS), r"^heatmap 0 holds .*e\+30\d; expected at most 3.4e\+38")


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


# Networks


class Odd(nn.Module):
    """A network with a layer that is computed twice, one that is not, and one that gives a tuple."""

    def __init__(self):
        super().__init__()
        self.twice, self.never, self.pair = nn.ReLU(), nn.Linear(2, 2), nn.LSTM(8, 3)
        self.rest = nn.Sequential(nn.Flatten(), nn.Linear(192, 5))

    def forward(self, x):
        self.pair(x[:, 0])
        return self.rest(self.twice(self.twice(x)))


class Given(nn.Module):
    """A network that gives what a function makes of its logits."""

    def __init__(self, inner, made):
        super().__init__()
        self.inner, self.made = inner, made

    def forward(self, x):
        return self.made(self.inner(x))


IMAGES = RANDOM.random((6, 3, 8, 8)).astype(np.float32)
TARGETS = np.arange(6) % 5
LAST = np.ascontiguousarray(IMAGES.transpose(0, 2, 3, 1))


@pytest.fixture
def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 5)]
    return nn.Sequential(*layers).eval()


DOORS = {
    "attribute": lambda model, images: uh.attribute(model, images, TARGETS[: len(images)]),
    "response": lambda model, images: uh.response(model, images, images, target=1),
    "activations": lambda model, images: uh.activations(model, "1", images),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[:, :1], r"shape \(n, 1, 8, 8\): .*; expected 3 channels, as layer '0' takes$"),
        (LAST, r"3 channels, .* second place: images.transpose\(0, 3, 1, 2\)$"),
        (IMAGES[..., :7, :7], r"\(n, 3, 7, 7\): .*; expected images of the size that the network"),
        (IMAGES[..., :2, :2], r"\(n, 3, 2, 2\): .*; expected images of the size that the network"),
        (IMAGES[0], r"shape \(3, 8, 8\).*; expected \(n, channels, height, width\)"),
        (IMAGES[:, :, :0], r"shape \(6, 3, 0, 8\).*; expected \(n, channels, height, width\)"),
        (IMAGES[:0], "there are no images|shape"),
        ("images", r"shape \(\).*; expected \(n, channels"),
        (RAGGED, r"^images are no array \(.*\); expected \(n, channels, height, width\)$"),
        (torch.from_numpy(IMAGES).requires_grad_(), r"^images are no array \(Can't call numpy"),
        (IMAGES > 0.5, "^images of type bool; expected float or integer"),
        (IMAGES.astype(str), "^images of type <U32; expected float or integer"),
        (IMAGES * 1j, "^images of type complex64; expected float or integer"),
        (with_nan(IMAGES), "^image 1 holds NaN"),
        (IMAGES.astype(float) * 1e300, "^image 0 holds NaN or infinite values"),
    ],
)
def test_images_that_a_network_cannot_take_are_refused(network, door, images, message):
    refused(lambda: DOORS[door](network, images), message)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_images_of_other_numbers_are_converted(network, door, dtype):
    images = (200 * IMAGES).astype(dtype)
    expected = DOORS[door](network, images.astype(np.float32))
    for found in (DOORS[door](network, images), DOORS[door](network, torch.from_numpy(images))):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("model", ["resnet50", None, nn.Linear, {}, torch.relu])
def test_what_is_no_network_is_refused(door, model):
    refused(lambda: DOORS[door](model, IMAGES), "^model is .*; expected a torch.nn.Module from")
    refused(lambda: uh.p_clarc(model, "1", None).__enter__(), "^model is .*; expected a torch")


@pytest.mark.parametrize("door", DOORS)
def test_networks_that_do_not_fit_are_refused(network, door):
    call = DOORS[door]
    traced = torch.jit.trace(network, torch.from_numpy(IMAGES))
    refused(lambda: call(traced, IMAGES), "^model is compiled by torch.jit; expected the torch.nn")
    message = r"the network cannot compute .*; expected a network of single precision, as model\.f"
    refused(lambda: call(network.double(), IMAGES), message)


@pytest.mark.parametrize("door", ["attribute", "response"])
@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda x: x.argmax(dim=1), r"^the network gives int64 of shape \(1,\) for one image; exp"),
        (lambda x: x[..., None], r"^the network gives float32 of shape \(1, 5, 1\) for one image"),
        (lambda x: (x, x[:, :2]), r"^the network gives several tensors \(\(1, 5\), \(1, 2\)\) for"),
        (lambda x: "cat", "^the network gives a str for one image; expected logits, of shape"),
    ],
)
def test_outputs_that_are_no_logits_are_refused(network, door, made, message):
    refused(lambda: DOORS[door](Given(network, made), IMAGES), message)


@pytest.mark.parametrize("door", ["attribute", "response"])
@pytest.mark.parametrize(("last", "step"), [(nn.Softmax(1), "softmax"), (nn.Sigmoid(), "sigmoid")])
def test_probabilities_are_no_logits(network, door, last, step):
    message = (
        f"^the network ends in a {step} and gives probabilities; expected logits, as it gives th"
    )
    refused(lambda: DOORS[door](nn.Sequential(*network, last), IMAGES), message)
    refused(lambda: DOORS[door](Given(network, lambda x: x.softmax(1)), IMAGES), "in a softmax and")


def test_logits_between_0_and_1_are_taken(network):
    with torch.no_grad():
        network[3].weight.zero_()
        network[3].bias.fill_(0.2)
    found = uh.response(network, IMAGES, IMAGES, target=1)
    assert not found.probability.any()


@pytest.mark.parametrize("made", [lambda x: (x, x), lambda x: {"logits": x}])
def test_logits_are_taken_out_of_an_output(network, made):
    for door in ("attribute", "response"):
        expected = DOORS[door](network, IMAGES)
        np.testing.assert_allclose(
            DOORS[door](Given(network, made), IMAGES), expected, rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (TARGETS[:3], r"images of shape .* with targets of shape \(3,\); expected"),
        ([1, [2]], r"^targets are no array \(.*\); expected \(n,\)$"),
        (TARGETS + 1, "^target 5 is none of the 5 classes; expected 0 to 4$"),
        (TARGETS - 1, "^target -1 is none of the 5 classes; expected 0 to 4$"),
        (np.eye(6, 5), r"with targets of shape \(6, 5\); expected"),
        (TARGETS.astype(float), "^targets of type float64; expected integer"),
    ],
)
def test_targets_that_do_not_fit_are_refused(network, targets, message):
    refused(lambda: uh.attribute(network, IMAGES, targets), message)


@pytest.mark.parametrize("target", [*NO_INTEGERS, [1, 2], TARGETS])
def test_a_response_is_that_of_one_class(network, target):
    message = "^target is .*; expected an integer$"
    refused(lambda: uh.response(network, IMAGES, IMAGES, target=target), message)


def test_altered_images_are_named(network):
    message = r"^altered images have shape \(3, 8, 8\); expected"
    refused(lambda: uh.response(network, IMAGES, IMAGES[0], target=1), message)
    message = "^altered images of type bool; expected float"
    refused(lambda: uh.response(network, IMAGES, IMAGES > 0.5, target=1), message)


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_batches_are_counted_in_integers(network, value):
    message = "^batch_size is .*; expected an integer$"
    refused(lambda: uh.attribute(network, IMAGES, TARGETS, batch_size=value), message)
    refused(lambda: uh.activations(network, "1", IMAGES, batch_size=value), message)
    refused(lambda: uh.activations(network, "1", IMAGES, batch_size=0), "batch_size is 0; expected")


def test_a_composite_is_a_name(network):
    message = r"^unknown composite \[\]; expected one of epsilon_plus_flat"
    refused(lambda: uh.attribute(network, IMAGES, TARGETS, composite=[]), message)


def test_errors_of_the_machine_are_no_errors_of_images(network):
    class Full(nn.Module):
        def forward(self, x):
            raise torch.OutOfMemoryError("full")

    with pytest.raises(torch.OutOfMemoryError):
        uh.response(Full(), IMAGES, IMAGES, target=1)


# Layers and vectors


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("conv", "^the network has no layer 'conv'; expected one as"),
        (1, "^layer is 1; expected its name"),
        (None, "^layer is None; expected its name"),
    ],
)
def test_an_unknown_layer_is_refused(network, layer, message):
    vector = uh.fit_cav(np.zeros((2, 144)), np.ones((2, 144)))
    refused(lambda: uh.activations(network, layer, IMAGES), message)
    refused(lambda: uh.p_clarc(network, layer, vector).__enter__(), message)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("twice", "^layer 'twice' is computed 2 times for an image; expected"),
        ("never", "^layer 'never' is computed 0 times for an image; expected"),
        ("pair", "^layer 'pair' gives a tuple for 6 images; expected a tensor of one row each"),
    ],
)
def test_a_layer_is_computed_once_and_gives_a_tensor(layer, message):
    refused(lambda: uh.activations(Odd(), layer, IMAGES), message)


def test_activations_do_not_depend_on_the_mode_of_the_network(network):
    noisy = nn.Sequential(nn.Dropout(), *network).train()
    found = uh.activations(noisy, "2", IMAGES)
    np.testing.assert_array_equal(found, uh.activations(network, "1", IMAGES))
    assert all(module.training for module in [noisy, noisy[0]])


ROWS = RANDOM.normal(size=(6, 144))
MARKED = ROWS + np.abs(RANDOM.normal(size=(6, 144)))


@pytest.mark.parametrize("estimator", ["mean_difference", "ridge", "svm"])
def test_maps_are_fitted_as_rows_of_all_their_numbers(estimator):
    maps, marked = ROWS.reshape(6, 4, 6, 6), MARKED.reshape(6, 4, 6, 6)
    found = uh.fit_cav(maps, marked, estimator=estimator)
    expected = uh.fit_cav(ROWS, MARKED, estimator=estimator)
    np.testing.assert_array_equal(found.direction, expected.direction)
    np.testing.assert_array_equal(found.scores(maps), expected.scores(ROWS))


@pytest.mark.parametrize("estimator", ["mean_difference", "ridge", "svm"])
@pytest.mark.parametrize(
    ("activations", "message"),
    [
        (ROWS[0], r"^activations have shapes \(144,\) and \(6, 144\); expected some of each"),
        (1.0, r"^activations have shapes \(\) and \(6, 144\)"),
        (ROWS[:, :0], r"^activations have shapes \(6, 0\) and \(6, 144\)"),
        (ROWS.reshape(6, 4, 36), r"^activations have shapes \(6, 4, 36\) and \(6, 144\)"),
        (None, "^activations are of type object; expected real numbers"),
        ([[1, 2], [3]], r"^activations are no array \("),
        (ROWS * 1j, "^activations are of type complex128"),
        (ROWS.astype(str), "^activations are of type <U32"),
        (torch.from_numpy(ROWS).requires_grad_(), r"^activations are no array \(Can't call numpy"),
        (with_nan(ROWS), "^activations are not finite"),
        (ROWS * 1e200, r"^activations reach .*e\+200; expected at most 3.4e\+38$"),
    ],
)
def test_activations_that_cannot_be_fitted_are_refused(estimator, activations, message):
    refused(lambda: uh.fit_cav(activations, MARKED, estimator=estimator), message)


def test_a_vector_is_fitted_with_a_seed_and_a_known_estimator():
    for seed in (-1, "0", 1.5, None, 2**40):
        refused(lambda seed=seed: uh.fit_cav(ROWS, MARKED, estimator="svm", seed=seed), "^seed is ")
    refused(lambda: uh.fit_cav(ROWS, MARKED, estimator=[]), r"^unknown estimator \[\]; expected")
    message = "^activations have 3 numbers each; expected 144, as the vector$"
    refused(lambda: uh.fit_cav(ROWS, MARKED).scores(ROWS[:, :3]), message)


VECTOR = uh.fit_cav(ROWS, MARKED)


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        (VECTOR.direction, r"^vector is an array of shape \(144,\); expected a Vector, as fit_cav"),
        (tuple(VECTOR), r"^vector is .*; expected a Vector, as fit_cav gives it$"),
        (None, "^vector is None; expected a Vector"),
        (VECTOR._replace(direction=0 * VECTOR.direction), "^vector.direction is zero"),
        (
            VECTOR._replace(direction=5 * VECTOR.direction),
            "^vector.direction has norm 5; expected 1",
        ),
        (VECTOR._replace(direction=np.nan * VECTOR.direction), r"expected \(d,\), finite$"),
        (VECTOR._replace(direction=VECTOR.direction[None]), r"shape \(1, 144\); expected \(d,\)"),
        (VECTOR._replace(direction="x"), "^vector.direction is of type <U1; expected real numbers"),
        (VECTOR._replace(clean=np.nan), "^vector.clean is nan; expected a finite number"),
        (VECTOR._replace(clean=None), "^vector.clean is None; expected a finite number"),
        (VECTOR._replace(intercept=np.inf), "^vector.intercept is inf; expected a finite number"),
    ],
)
def test_what_is_no_vector_is_refused(network, vector, message):
    refused(lambda: uh.p_clarc(network, "1", vector).__enter__(), message)


@pytest.mark.parametrize(
    ("layer", "pooled", "message"),
    [
        (
            "3",
            False,
            r"has 144 numbers, and the layer gives 5 numbers for an image; expected a vec",
        ),
        ("1", True, r"has 144 numbers, and the layer gives 4 channels for an .*, pooled=True$"),
    ],
)
def test_a_vector_of_another_width_is_refused(network, layer, pooled, message):
    with uh.p_clarc(network, layer, VECTOR, pooled=pooled) as corrected:
        refused(lambda: corrected(torch.from_numpy(IMAGES)), message)


def test_p_clarc_takes_true_or_false(network):
    for name in ("pooled", "reactive"):
        call = uh.p_clarc(network, "1", VECTOR, **{name: "no"})
        refused(call.__enter__, f"^{name} is 'no'; expected True or False$")


# Groups and artefacts

PICTURES = RANDOM.integers(0, 256, (12, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_groups_are_found_with_integers(value):
    refused(lambda: uh.find_groups(MAPS, bins=value), "^bins is .*; expected an integer$")
    refused(lambda: uh.find_groups(MAPS, seed=value), "^seed is .*; expected an integer$")


@pytest.mark.parametrize(
    ("smallest", "message"),
    [
        *((wrong, "^smallest is .*; expected a finite number$") for wrong in ("a", None, np.nan)),
        *((wrong, "^smallest is .*; expected a share above 0, up to 0.5$") for wrong in (-1, 0, 2)),
    ],
)
def test_the_smallest_group_is_a_share(smallest, message):
    refused(lambda: uh.find_groups(MAPS, smallest=smallest), message)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("pictures", "^images are 'pictures'; expected a sequence of pictures$"),
        (3, "^images are 3; expected a sequence of pictures$"),
        (PICTURES[:5], "^12 heatmaps and 5 images; expected as many$"),
        (
            PICTURES / 255,
            r"^image 0 is of type float64; expected \(h, w\) or \(h, w, 3\) of uint8$",
        ),
        (["a.png"] * 12, r"^image 0 has shape \(\); expected"),
        ([None] * 12, r"^image 0 has shape \(\); expected"),
        (np.stack([PICTURES] * 3, axis=1), r"^image 0 has shape \(3, 28, 28\); expected"),
        (np.stack([PICTURES] * 4, axis=3), r"^image 0 has shape \(28, 28, 4\); expected"),
        (PICTURES[:, 0], r"^image 0 has shape \(28,\); expected"),
        (
            [*PICTURES[:11], np.stack([PICTURES[0]] * 3, axis=2)],
            "^image 11 has 3 channels in 6 x 6",
        ),
        (PICTURES[:, :2, :2], "^images are too small for the raster of 36 bins$"),
    ],
)
def test_what_is_no_picture_is_refused(images, message):
    refused(lambda: uh.find_groups(MAPS, images=images, bins=6), message)


@pytest.mark.parametrize(
    ("rises", "message"),
    [
        ([1], r"^rises is \[1\]; expected a mapping of pieces to Rises$"),
        ({"window": 3}, "^rises of 'window' are 3; expected Rises of 12 images"),
        ({"corner": 3}, "^unknown piece of rises 'corner'; expected one of window, rim, style$"),
        (
            {"window": Rises(np.zeros((8, 3), np.float32), np.zeros((8, 3), np.float32), 1.0)},
            "^rises of 'window' are .*; expected Rises of 12 images",
        ),
    ],
)
def test_rises_that_do_not_fit_are_refused(rises, message):
    refused(lambda: uh.find_groups(MAPS, rises=rises), message)


SHOWN = RANDOM.random((12, 1, 6, 6)).astype(np.float32)
MEMBERS = np.arange(12) < 4


@pytest.mark.parametrize("kind", ["fixed", "free", "whole", "overlay"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"images": with_nan(SHOWN)}, "^image 1 holds NaN or infinite values"),
        ({"images": RAGGED}, r"^images are no array \(.*\); expected \(n, channels, height, width"),
        ({"images": SHOWN.astype(object)}, "^images are of type object; expected real numbers"),
        ({"images": SHOWN * 1j}, "^images are of type complex64; expected real numbers"),
        ({"images": SHOWN[:, :0]}, r"^images have shape \(12, 0, 6, 6\)"),
        ({"images": SHOWN.astype(float) * 1e300}, r"^image 0 holds .*; expected at most 3.4e\+38"),
        ({"heatmaps": with_nan(MAPS)}, "^1 of 12 heatmaps hold NaN"),
        ({"heatmaps": MAPS.astype(str)}, "^heatmaps are of type <U32; expected real numbers"),
        ({"members": [[1], [2, 3]]}, r"^members are no array \(.*\); expected \(n,\), bool$"),
        ({"members": MEMBERS & False}, "^0 images in a cluster and 12 beside it"),
    ],
)
def test_what_cannot_be_isolated_is_refused(kind, given, message):
    whole = {"images": SHOWN, "heatmaps": MAPS, "members": MEMBERS, **given}
    refused(lambda: uh.isolate(**whole, kind=kind), message)


@pytest.mark.parametrize("kind", ["fixed", "free", "whole", "overlay"])
def test_images_of_integers_are_isolated_as_floats(kind):
    images = (255 * SHOWN).astype(np.uint8)
    found = uh.isolate(images, MAPS, MEMBERS, kind=kind)
    expected = uh.isolate(images.astype(np.float32), MAPS, MEMBERS, kind=kind)
    np.testing.assert_array_equal(found.template, expected.template)
    assert found.consistency == expected.consistency


# Metrics of a user's own and results


@pytest.mark.parametrize(("name", "function"), [("a b", len), (None, len), ("euclidean", len)])
def test_metrics_have_names_of_their_own(name, function):
    refused(lambda: uh.register_metric(name, function), "expected")


@pytest.mark.parametrize("folder", [None, 3, b"results", ["results"]])
def test_a_folder_of_results_is_a_path(folder):
    refused(lambda: uh.open_results(folder), "^folder is .*; expected a path, as 'results'$")
    refused(lambda: uh.Results(folder), "^folder is .*; expected a path, as 'results'$")
