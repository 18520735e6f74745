"""explainer: zennit's rules re-derived slowly, relevance conserved, and explainers."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from unhans.attribution.class_attribution import fit_for_analysis
from unhans.attribution.composites import GAMMA
from unhans.attribution.explainer import (
    COMPOSITES,
    CPU_BATCH,
    FIRST_RULES,
    Explainer,
    attribute,
    explain,
)
from unhans.errors import ConfigError, InputError
from unhans.images import digits
from unhans.images.transform import Transform
from unhans.networks import small
from unhans.networks.inference import predict, rank_of
from unhans.networks.registry import Network

ENGINES = ("auto", "zennit")


@pytest.fixture
def network(trained):
    return trained


@pytest.fixture(scope="module")
def inputs(samples):
    return digits.as_inputs(samples.images[::75])


@pytest.fixture(scope="module")
def targets(samples):
    return samples.label[::75]


def without_biases(network):
    copy = small.build("small_vgg", 10, 0)
    copy.load_state_dict(network.state_dict())
    with torch.no_grad():
        for layer in copy:
            if hasattr(layer, "bias"):
                layer.bias.zero_()
    return copy


def slow_relevance(network, image, target):
    """LRP of the paper's recipe for one image, layer by layer from the formulas.

    Dense layers: epsilon, R_i = x_i sum_j w_ij R_j / (z_j + eps sign z_j), with biases in z.
    Convolutions: alpha1-beta0, R_i = sum_j (x_i w_ij)^+ R_j / (sum_i (x_i w_ij)^+ + b_j^+).
    First layer: flat, relevance spread evenly over the receptive field.
    Pooling passes relevance to the maximum.
    """
    layers = list(copy.deepcopy(network).double())
    values = [torch.from_numpy(image[None]).double()]
    with torch.no_grad():
        for layer in layers:
            values.append(layer(values[-1]))
    relevance = torch.zeros_like(values[-1])
    relevance[0, target] = values[-1][0, target]
    for index in reversed(range(len(layers))):
        layer, x = layers[index], values[index]
        if isinstance(layer, nn.Linear):
            z = layer(x)
            z = z + 1e-6 * torch.where(z >= 0, 1.0, -1.0)
            relevance = x * ((relevance / z) @ layer.weight)
        elif isinstance(layer, nn.Conv2d) and index == 0:
            ones, weight = torch.ones_like(x), torch.ones_like(layer.weight)
            z = nn.functional.conv2d(ones, weight, padding=1)
            relevance = ones * nn.functional.conv_transpose2d(relevance / z, weight, padding=1)
        elif isinstance(layer, nn.Conv2d):
            assert (x >= 0).all()  # after a ReLU: the positive products are those of w^+
            positive = layer.weight.clamp(min=0)
            z = nn.functional.conv2d(x, positive, layer.bias.clamp(min=0), padding=1)
            share = torch.where(z > 0, relevance / z.clamp(min=1e-12), 0)
            relevance = x * nn.functional.conv_transpose2d(share, positive, padding=1)
        elif isinstance(layer, nn.MaxPool2d):
            _, places = nn.functional.max_pool2d(x, 2, return_indices=True)
            relevance = nn.functional.max_unpool2d(relevance, places, 2, output_size=x.shape)
        elif isinstance(layer, nn.Flatten):
            relevance = relevance.reshape(x.shape)
    return relevance.detach().sum(dim=1)[0].numpy()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_default_composite_is_the_recipe_of_the_paper(network, inputs, targets, engine):
    found = attribute(network, inputs, targets, "epsilon_plus_flat", engine=engine)
    for heatmap, image, target in zip(found, inputs, targets, strict=True):
        expected = slow_relevance(network, image, int(target))
        np.testing.assert_allclose(heatmap, expected, atol=2e-4 * np.abs(expected).max())


def test_alpha1_beta0_is_what_zennit_calls_zplus(network, inputs, targets):
    from zennit.attribution import Gradient
    from zennit.composites import SpecialFirstLayerMapComposite
    from zennit.rules import AlphaBeta, Epsilon, Flat, Pass
    from zennit.types import Activation, Convolution, Linear

    rules = [(Activation, Pass()), (Convolution, AlphaBeta(1, 0)), (nn.Linear, Epsilon())]
    composite = SpecialFirstLayerMapComposite(rules, [(Linear, Flat())])
    with Gradient(network, composite) as attributor:
        _, relevance = attributor(
            torch.from_numpy(inputs).requires_grad_(),
            lambda output: output.detach() * torch.eye(10)[torch.from_numpy(targets)],
        )
    expected = relevance.sum(dim=1).detach().numpy()
    found = attribute(network, inputs, targets, "epsilon_plus_flat")
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("composite", ["epsilon_plus_flat", "epsilon_plus"])
def test_relevance_is_conserved_where_no_bias_absorbs_it(
    network, inputs, targets, composite, engine
):
    # What is left over is epsilon's share (1e-6 of each z) and float32.
    bare = without_biases(network)
    explained = explain(bare, inputs, targets, composite, engine=engine)
    sums = explained.heatmap.sum(axis=(1, 2))
    np.testing.assert_allclose(sums, explained.logit, rtol=1e-3, atol=1e-3)


def test_biases_absorb_a_bounded_share(network, inputs, targets):
    # The bias of a layer takes its share of z; on the trained digits network that stays below
    # a third of the logit.
    explained = explain(network, inputs, targets, "epsilon_plus_flat")
    sure = explained.logit > 1
    assert sure.sum() >= 5
    ratio = explained.heatmap.sum(axis=(1, 2))[sure] / explained.logit[sure]
    assert (np.abs(ratio - 1) < 0.34).all()


@pytest.mark.parametrize("composite", sorted(FIRST_RULES))
def test_the_fast_engine_equals_zennit(network, inputs, targets, composite):
    fast, slow = (explain(network, inputs, targets, composite, engine=engine) for engine in ENGINES)
    scale = np.abs(slow.heatmap).max(axis=(1, 2), keepdims=True)
    assert (np.abs(fast.heatmap - slow.heatmap) / scale).max() < 1e-4
    np.testing.assert_allclose(fast.logit, slow.logit, rtol=1e-5)
    np.testing.assert_array_equal(fast.prediction, slow.prediction)
    np.testing.assert_array_equal(fast.rank, slow.rank)


@pytest.mark.parametrize("engine", ENGINES)
def test_predictions_and_ranks_stand_beside_the_heatmaps(network, inputs, targets, engine):
    explained = explain(network, inputs, targets, "epsilon_plus_flat", engine=engine)
    logits = predict(network, inputs)
    np.testing.assert_array_equal(explained.prediction, logits.argmax(axis=1))
    np.testing.assert_allclose(explained.logit, logits[np.arange(len(inputs)), targets], rtol=1e-4)
    np.testing.assert_array_equal(explained.rank, rank_of(logits, targets))


@pytest.mark.parametrize("composite", sorted(COMPOSITES))
def test_every_composite_runs_and_leaves_the_network_as_it_was(network, inputs, targets, composite):
    before = predict(network, inputs)
    found = attribute(network, inputs, targets, composite)
    assert found.shape == (len(inputs), 28, 28)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(predict(network, inputs), before)


def test_batches_change_nothing(network, inputs, targets):
    whole = attribute(network, inputs, targets, "epsilon_plus_flat", batch_size=100)
    parts = attribute(network, inputs, targets, "epsilon_plus_flat", batch_size=3)
    np.testing.assert_allclose(parts, whole, rtol=1e-4, atol=1e-5 * np.abs(whole).max())


def test_broken_relevance_is_told_apart(network, inputs, targets):
    explained = explain(network, inputs, targets, "epsilon_plus_flat")
    explained.heatmap[1, 0, 0] = np.nan
    explained.heatmap[2] = 0
    fit, reasons = fit_for_analysis(explained)
    assert reasons == {1: "relevance is NaN or infinite", 2: "relevance is zero everywhere"}
    assert np.nonzero(~fit)[0].tolist() == [1, 2]


def test_unknown_composites_and_wrong_shapes_are_refused(network, inputs, targets):
    with pytest.raises(InputError, match="unknown composite 'lrp'; expected one of epsilon"):
        attribute(network, inputs, targets, "lrp")
    with pytest.raises(InputError, match="expected"):
        attribute(network, inputs, targets[:-1], "epsilon_plus")
    with pytest.raises(InputError, match="expected"):
        attribute(network, inputs[0], targets[:1], "epsilon_plus")
    with pytest.raises(InputError, match="expected"):
        attribute(network, inputs[:0], targets[:0], "epsilon_plus")


# Explainers


def opened(network, composite="epsilon_plus_flat", **options):
    return Explainer(network, composite, **options)


def test_an_explainer_says_who_computes_and_why_not_the_fast_engine(network):
    assert str(opened(network)) == "by the fast engine on cpu"
    assert str(opened(network, engine="zennit")) == "by zennit (as asked) on cpu"
    boxed = opened(network, "epsilon_gamma_box")
    assert "the fast engine does not compute epsilon_gamma_box" in str(boxed)
    odd = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.Tanh(), nn.Linear(8, 10))
    assert "Tanh" in opened(odd).fallback


def test_what_the_fast_engine_does_not_cover_is_explained_by_zennit(inputs, targets):
    odd = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.Tanh(), nn.Linear(8, 10))
    fallback, asked = (
        attribute(odd, inputs, targets, "epsilon_plus_flat", engine=engine) for engine in ENGINES
    )
    np.testing.assert_array_equal(fallback, asked)


def test_a_device_that_is_not_there_is_named(network, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:1"):
        with pytest.raises(ConfigError, match=f"attribution.device: {device}: .* has no GPU"):
            opened(network, device=device)
    assert opened(network, device="auto").device.type == "cpu"


def test_the_box_is_what_the_transform_can_give():
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonGammaBox

    transform = Transform(8, 6, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 5, 3), nn.ReLU()
    module = nn.Sequential(*layers, nn.Flatten(), nn.Linear(20, 4)).eval()
    images = np.random.default_rng(0).normal(size=(3, 3, 6, 6)).astype(np.float32)
    low, high = (torch.from_numpy(end).view(1, 3, 1, 1) for end in (transform.low, transform.high))
    with Gradient(module, EpsilonGammaBox(low=low, high=high)) as attributor:
        _, expected = attributor(
            torch.from_numpy(images).requires_grad_(),
            lambda output: output.detach() * torch.eye(4)[[0, 1, 2]],
        )
    expected = expected.sum(dim=1).detach().numpy()
    given = (images, np.arange(3), "epsilon_gamma_box")
    boxed = attribute(Network(module, list, transform, 4, "0"), *given)
    np.testing.assert_allclose(boxed, expected, atol=1e-6 * np.abs(expected).max())
    assert np.abs(attribute(module, *given) - boxed).max() > 0.01 * np.abs(boxed).max()


def matrix(layer, shape):
    """Weights of a convolution as a matrix: (inputs, outputs)."""
    bare = nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size, bias=False)
    bare.weight = layer.weight
    basis = torch.eye(int(np.prod(shape))).view(-1, *shape)
    return bare(basis).flatten(1).detach().double().numpy()


def test_gamma_favours_positive_products():
    """R_i = sum_j x_i (w_ij + gamma w_ij^+) R_j / z_j, with z_j the sum over i and the bias alike."""
    torch.manual_seed(0)
    first, second, last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.Linear(20, 4)
    module = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), last).eval()
    image = torch.randn(1, 3, 6, 6)
    given = (image.numpy(), np.array([1]), "epsilon_gamma_flat")
    found = attribute(Network(module, list, None, 4, "0"), *given)[0]

    hidden, top = (module[:stop](image).detach().double().flatten().numpy() for stop in (2, 4))
    relevance = top * last.weight[1].detach().double().numpy()
    weights, bias = matrix(second, (4, 4, 4)), second.bias.detach().double().numpy().repeat(4)
    given_more = hidden[:, None] * (weights + GAMMA * weights.clip(min=0))
    total = given_more.sum(axis=0) + bias + GAMMA * bias.clip(min=0)
    shares = (given_more / np.where(top > 0, total, np.inf)) @ relevance
    seen = matrix(first, (3, 6, 6)) != 0
    expected = ((seen / seen.sum(axis=0)) @ shares).reshape(3, 6, 6).sum(axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    plus = attribute(Network(module, list, None, 4, "0"), *given[:2], "epsilon_plus_flat")[0]
    assert np.abs(plus - expected).max() > 0.01 * np.abs(expected).max()


def within(explainer, most):
    """Let an explainer's memory hold so many images and no more; return the sizes it was given."""
    inner, sizes = explainer._explain, []

    def explain(batch, targets):
        sizes.append(len(batch))
        if len(batch) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(batch, targets)

    explainer._explain = explain
    return sizes


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_too_large_for_the_memory_is_explained_in_halves(network, inputs, targets, engine):
    with opened(network, engine=engine) as explainer:
        whole = explainer(inputs, targets)
        sizes = within(explainer, 2)
        halved = explainer(inputs, targets)
        assert sizes == [8, 4, 2, 2, 2, 2]
        explainer(inputs, targets)
        assert sizes[6:] == [2, 2, 2, 2]
    assert whole.hidden == halved.hidden == {}  # of layers: test_hidden
    for name in ("heatmap", "logit", "prediction", "rank"):
        values, expected = getattr(halved, name), getattr(whole, name)
        np.testing.assert_allclose(values, expected, atol=1e-5 * np.abs(expected).max())


def test_one_image_too_large_for_the_memory_is_an_error(network, inputs, targets):
    with opened(network) as explainer:
        within(explainer, 0)
        with pytest.raises(torch.OutOfMemoryError):
            explainer(inputs, targets)


def test_batches_are_as_large_as_asked(network, inputs):
    with opened(network) as explainer:
        assert explainer.batch_size(5, inputs[0]) == 5
        assert explainer.batch_size("auto", inputs[0]) == CPU_BATCH
