"""hidden: relevance inside a network against zennit's, a slow definition, and the logit."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from unhans.attribution import hidden, hidden_layers
from unhans.attribution.explainer import Explainer
from unhans.errors import InputError
from unhans.networks import registry, small
from unhans.networks.canonizers import generic
from unhans.networks.registry import Network

from zennit.attribution import Gradient  # isort: skip - unhans lets torchvision be imported
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonPlusFlat

ENGINES = ("auto", "zennit")
CLASSES = 5


def tiny(bias=True, inplace=False):
    torch.manual_seed(0)
    made = nn.Sequential(
        *(nn.Conv2d(3, 6, 3, padding=1, bias=bias), nn.ReLU(inplace=inplace)),
        *(nn.Conv2d(6, 8, 3, padding=1, bias=bias), nn.ReLU(inplace=inplace), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 7, 3, bias=bias), nn.ReLU(inplace=inplace)),
        *(nn.Flatten(), nn.Linear(7 * 6 * 6, CLASSES, bias=bias)),
    )
    return made.eval()


class Inverted(nn.Module):
    """A residual block with norms, a depthwise convolution and one activation for all calls."""

    def __init__(self):
        super().__init__()
        self.expand, self.bn0 = nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16)
        self.depthwise = nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.project, self.bn2 = nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8)
        self.act = nn.ReLU6(inplace=True)

    def forward(self, x):
        y = self.act(self.bn0(self.expand(x)))
        return self.bn2(self.project(self.act(self.bn1(self.depthwise(y))))) + x


def residual():
    torch.manual_seed(0)
    made = nn.Sequential(
        *(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), Inverted(), Inverted()),
        *(nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(12, CLASSES),
    )
    for part in made.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.1)
    return made.eval()


def images(n=3, size=16):
    return np.random.default_rng(0).normal(size=(n, 3, size, size)).astype(np.float32)


def explained(network, layers, engine="auto", n=3):
    with Explainer(network, "epsilon_plus_flat", engine, layers=layers) as explain:
        return explain(images(n), np.arange(n) % CLASSES)


# Summaries


def slow(value, relevance):
    """Summarise one image at a time, in plain loops."""
    n, channels, rows, columns = value.shape
    places = [(row, column) for row in range(rows) for column in range(columns)]
    found = {"relevance": [], "place": [], "position": [], "activation": []}
    for image in range(n):
        maps = [[relevance[image, c][place] for place in places] for c in range(channels)]
        totals = relevance[image].sum(dim=0).flatten().tolist()
        best = sorted(range(len(places)), key=lambda place: -totals[place])[:32]
        found["relevance"].append([float(sum(one)) for one in maps])
        found["place"].append([max(range(len(one)), key=one.__getitem__) for one in maps])
        found["position"].append(best)
        found["activation"].append([value[image][:, *places[one]].tolist() for one in best])
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 8), (9, 7)])
@pytest.mark.parametrize("kind", ["random", "tied", "zero", "duplicated", "channels last"])
def test_a_summary_is_that_of_its_slow_definition(size, kind):
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(4, 3, *size, generator=generator).half().float()
    relevance = torch.randn(4, 3, *size, generator=generator)
    if kind == "tied":
        relevance = relevance.round()
    elif kind == "zero":
        relevance = torch.zeros_like(relevance)
    elif kind == "duplicated":
        relevance = relevance[:1].repeat(4, 1, 1, 1)
    elif kind == "channels last":
        value, relevance = (x.to(memory_format=torch.channels_last) for x in (value, relevance))
    found, expected = hidden.summarised(value, relevance), slow(value, relevance)
    np.testing.assert_allclose(found.relevance, expected["relevance"], atol=1e-5)
    np.testing.assert_array_equal(found.place, expected["place"])
    np.testing.assert_array_equal(found.position, expected["position"])
    np.testing.assert_array_equal(found.activation, expected["activation"])
    total = relevance.sum(dim=1).flatten(1)
    local = total.gather(1, torch.from_numpy(expected["position"]))
    np.testing.assert_array_equal(found.position_relevance, local)
    assert found.size == size


def test_activations_beyond_float16_are_refused():
    value = torch.full((1, 1, 2, 2), 1e5)
    with pytest.raises(InputError, match="65504"):
        hidden.summarised(value, value)


def test_batches_of_maps_of_several_sizes_are_refused():
    parts = [hidden.summarised(*2 * [torch.ones(1, 2, size, size)]) for size in (2, 3)]
    with pytest.raises(InputError, match="2 x 2 and 3 x 3"):
        hidden.joined(parts)


def test_a_layer_from_which_no_path_leads_to_the_logits_has_no_relevance():
    recorder = hidden.Recorder({"aside": "0"})
    recorder.output("0", torch.ones(2, 3, 4, 4))
    found = recorder.take()["aside"]
    assert not found.relevance.any()
    assert (found.activation == 1).all()


# Relevance


def slow_relevance(network, x, targets):
    """LRP by the formulas, layer by layer: relevance and values of each layer's output."""
    layers, values = list(deepcopy(network).double()), [x.double()]
    with torch.no_grad():
        for layer in layers:
            values.append(layer(values[-1]))
        relevance = values[-1] * functional.one_hot(targets, CLASSES)
        found = {}
        for index in reversed(range(1, len(layers))):
            found[str(index)] = values[index + 1], relevance
            layer, x = layers[index], values[index]
            if isinstance(layer, nn.Linear):
                z = layer(x)
                quotient = relevance / (z + 1e-6 * torch.where(z >= 0, 1.0, -1.0))
                relevance = x * (quotient @ layer.weight)
            elif isinstance(layer, nn.Conv2d):
                weight = layer.weight.clamp(min=0)
                bias = None if layer.bias is None else layer.bias.clamp(min=0)
                z = functional.conv2d(x, weight, bias, padding=layer.padding)
                back = functional.conv_transpose2d(
                    relevance / (z + 1e-6), weight, padding=layer.padding
                )
                relevance = x * back
            elif isinstance(layer, nn.MaxPool2d):
                _, places = functional.max_pool2d(x, 2, return_indices=True)
                relevance = functional.max_unpool2d(relevance, places, 2, output_size=x.shape)
            elif isinstance(layer, nn.Flatten):
                relevance = relevance.reshape(x.shape)
        found["0"] = values[1], relevance  # a ReLU passes relevance on
    return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("bias", [True, False])
def test_relevance_inside_is_that_of_the_formulas(engine, bias):
    network = tiny(bias)
    found = explained(network, ("0", "2", "4", "5"), engine).hidden
    expected = slow_relevance(network, torch.from_numpy(images()), torch.arange(3))
    # A convolution's output is taken behind its activation.
    for name, behind in {"0": "1", "2": "3", "4": "4", "5": "6"}.items():
        value, relevance = expected[behind]
        slowly = hidden.summarised(value.float(), relevance.float())
        scale = np.abs(slowly.relevance).max()
        np.testing.assert_allclose(found[name].relevance, slowly.relevance, atol=1e-4 * scale)
        assert (found[name].position == slowly.position).mean() > 0.95
        np.testing.assert_allclose(
            found[name].position_relevance, slowly.position_relevance, atol=1e-4 * scale
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_without_biases_the_relevance_of_a_layer_is_the_logit(engine):
    found = explained(tiny(bias=False), ("0", "2", "4", "5"), engine)
    for layer in found.hidden.values():
        np.testing.assert_allclose(layer.relevance.sum(axis=1), found.logit, rtol=1e-3)


LAYERS = ("0", "2.expand", "2.depthwise", "2", "3.expand", "3", "4")


@pytest.mark.parametrize("engine", ENGINES)
def test_relevance_inside_is_what_zennit_gives_to_the_output_of_a_layer(engine):
    network = residual()
    found = explained(network, LAYERS, engine).hidden
    canonizer, batch = generic()[0], torch.from_numpy(images()).requires_grad_()
    parts = hidden_layers.find(network, [canonizer], LAYERS)
    outputs = {}

    def keep(name):
        def kept(_, __, output):
            output.retain_grad()
            outputs[name] = output

        return kept

    first = canonizer.form(network).first_layers
    assert first == ("0",)
    with EpsilonPlusFlat(canonizers=[canonizer]).context(network) as ready:
        for name, part in parts.items():
            ready.get_submodule(part).register_forward_hook(keep(name))
        logits = ready(batch)
        logits.backward(logits.detach() * functional.one_hot(torch.arange(3), CLASSES))
    for name, output in outputs.items():
        expected = hidden.summarised(output.detach(), output.grad)
        scale = np.abs(expected.relevance).max()
        assert scale > 0
        np.testing.assert_allclose(
            found[name].relevance, expected.relevance, atol=1e-4 * scale, err_msg=name
        )
        assert (found[name].position == expected.position).mean() > 0.95
        np.testing.assert_allclose(
            *(found[name].activation.astype(float).sum(), expected.activation.sum()), rtol=1e-2
        )
    assert (found["2.expand"].activation >= 0).all()  # behind the activation
    assert found["2.expand"].activation.max() <= 6


def test_efficientnet_lite0_has_the_hidden_relevance_of_zennit():
    pytest.importorskip("efficientnet_lite_pytorch")
    network = registry.load("efficientnet_lite0")
    batch = np.random.default_rng(0).normal(size=(2, 3, 96, 96)).astype(np.float32)
    layers, both = hidden_layers.automatic(network, batch[0]), []
    for engine in ENGINES:
        with Explainer(network, "epsilon_plus_flat", engine, layers=layers) as explain:
            assert bool(explain.fallback) == (engine == "zennit")
            both.append(explain(batch, np.array([3, 7])).hidden)
    for name in layers:
        found, expected = (one[name] for one in both)
        scale = np.abs(expected.relevance).max()
        np.testing.assert_allclose(found.relevance, expected.relevance, atol=1e-3 * scale)
        assert (found.position == expected.position).mean() > 0.9


@pytest.mark.parametrize("engine", ENGINES)
def test_heatmaps_do_not_depend_on_the_layers_that_are_kept(engine):
    plain, kept = explained(residual(), (), engine), explained(residual(), LAYERS, engine)
    np.testing.assert_array_equal(plain.heatmap, kept.heatmap)
    assert plain.hidden == {}
    assert list(kept.hidden) == list(LAYERS)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_explained_in_parts_is_the_batch(engine):
    with Explainer(tiny(), "epsilon_plus_flat", engine, layers=("2",)) as explain:
        whole = explain(images(), np.arange(3)).hidden["2"]
        explain._most = 2
        parts = explain(images(), np.arange(3)).hidden["2"]
    np.testing.assert_allclose(whole.relevance, parts.relevance, atol=1e-6)
    np.testing.assert_array_equal(whole.position, parts.position)


@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_are_kept_from_layers_that_overwrite_them(engine):
    network = Network(tiny(inplace=True), lambda: [SequentialMergeBatchNorm()], None, CLASSES, "")
    found = explained(network, ("0",), engine).hidden["0"].activation
    assert (found < 0).any()  # not canonized by us: the output of the convolution itself


# Layers


def test_three_depths_are_chosen():
    pytest.importorskip("efficientnet_lite_pytorch")
    lite0 = registry.load("efficientnet_lite0")
    expected = tuple(f"_blocks.{block}._expand_conv" for block in (5, 8, 11))
    assert hidden_layers.automatic(lite0, np.zeros((3, 224, 224), np.float32)) == expected
    digits = Network(small.build("small_vgg", 10, 0).eval(), generic, None, 10, "")
    assert hidden_layers.automatic(digits, np.zeros((1, 28, 28), np.float32)) == ("2", "5", "7")
    one = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)).eval()
    image = np.zeros((1, 4, 4), np.float32)
    assert hidden_layers.automatic(Network(one, generic, None, 2, ""), image) == ("0",)
    shared = nn.Conv2d(2, 2, 3, padding=1)
    parts = [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), shared, nn.ReLU(), shared, nn.ReLU()]
    twice = nn.Sequential(*parts, nn.Flatten(), nn.Linear(32, 2)).eval()
    assert hidden_layers.automatic(Network(twice, generic, None, 2, ""), image) == ("0",)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).eval()
    assert hidden_layers.automatic(Network(dense, generic, None, 2, ""), image) == ()


def test_a_layer_is_found_behind_its_norm_and_activation():
    network = residual()
    parts = hidden_layers.find(network, generic(), ("2.expand", "2.project", "2", "4"))
    assert parts["2.expand"].startswith("2.act_")
    assert parts["2.project"] == "2.project"  # an addition reads it, and is no activation
    assert parts["2"].startswith("2.add")
    assert parts["4"].startswith("5")


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ("nothing", "no layer 'nothing'; expected one such as 0"),
        ("", "no layer ''"),
        ("2.act", "calls 2.act 2 times"),
    ],
)
def test_layers_that_cannot_be_watched_are_refused(layer, reason):
    with (
        pytest.raises(InputError, match=reason),
        Explainer(residual(), "epsilon_plus_flat", layers=(layer,)),
    ):
        pass


class Twice(nn.Module):
    """Calls one convolution twice."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3 * 256, CLASSES)

    def forward(self, x):
        return self.head(self.conv(self.conv(x).relu()).relu().flatten(1))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("canonizers", [generic, lambda: [SequentialMergeBatchNorm()]])
def test_a_layer_that_is_called_twice_is_refused(engine, canonizers):
    network = Network(Twice().eval(), canonizers, None, CLASSES, "")
    with pytest.raises(InputError, match="once"):
        explained(network, ("conv",), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_without_maps_is_refused(engine):
    with pytest.raises(InputError, match=r"layer 8: its output has shape \(3, 5\)"):
        explained(tiny(), ("8",), engine)


def test_zennit_has_the_same_relevance_of_pixels_while_it_is_watched():
    network, batch = tiny(), torch.from_numpy(images())
    with Gradient(network, EpsilonPlusFlat()) as attributor:
        _, expected = attributor(
            batch.clone().requires_grad_(),
            lambda output: output.detach() * functional.one_hot(torch.arange(3), CLASSES),
        )
    found = explained(network, ("2",), "zennit").heatmap
    np.testing.assert_allclose(found, expected.sum(dim=1).detach(), atol=1e-5)
