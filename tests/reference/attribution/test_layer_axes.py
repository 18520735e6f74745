"""layer_axes: places of outputs against those that change where the image is changed."""

from contextlib import ExitStack, suppress
from functools import partial

import numpy as np
import own_layers
import pytest
import tokens
import torch
from drawn_networks import drawn, pictures
from tokens import CLASSES, GRID, PATCH, SIDE
from torch import nn
from torch.nn import functional

from unhans.attribution import hidden, hidden_layers
from unhans.attribution.explainer import Explainer
from unhans.attribution.layer_axes import MAP, Axes
from unhans.errors import InputError
from unhans.networks.canonizers import generic
from unhans.networks.registry import Network

from torchvision import models  # isort: skip - after unhans has declared its operators
from zennit.composites import EpsilonPlusFlat  # isort: skip

SHAPE = (3, SIDE, SIDE)
VIT = {
    "class token": {},
    "registers before": {"before": 3},
    "registers after": {"after": 2},
    "none apart": {"before": 0},
    "columns first": {"columns_first": True},
}
MAKERS = {
    **{name: partial(tokens.build, tokens.Tokens, **one) for name, one in VIT.items()},
    "channels last": partial(tokens.build, tokens.Last),
    "windows aside": partial(tokens.build, tokens.Windows, apart=False),
    "windows": partial(tokens.build, tokens.Windows, apart=True),
    "mixer": partial(tokens.build, tokens.Mixer),
    "shortcut": partial(tokens.build, tokens.Shortcut),
    "swin": partial(
        *(tokens.build, models.SwinTransformer, [4, 4]),
        **{"embed_dim": 8, "depths": [2, 2], "num_heads": [1, 2], "window_size": [2, 2]},
        num_classes=CLASSES,
    ),
    "maxvit": partial(
        *(tokens.build, models.MaxVit, (64, 64), 8, 2, [8, 16], [1, 1], 4, 0.0),
        num_classes=CLASSES,
    ),
}
SIDES = {"swin": 32, "maxvit": 64}
"""Of images; the others have SIDE."""
LAYERS = {
    **dict.fromkeys(
        VIT, ("patches", "enter", "blocks.0.first", "blocks.0", "blocks.1.mlp.0", "norm")
    ),
    "channels last": ("patches", "norm", "mlp.0", "mlp.2", "join"),
    "windows aside": ("stem.0", "stem", "inner", "out", "conv"),
    "windows": ("stem", "conv"),
    "mixer": ("patches", "mlp.0", "mlp.2"),
    "shortcut": ("conv", "point", "second"),
    "swin": (
        *("features.1.0.mlp.0", "features.1.1", "features.2.norm", "features.2.reduction"),
        "features.3.1.mlp.3",
    ),
    "maxvit": tuple(
        f"blocks.{block}.layers.0.layers.{kind}_attention.mlp_layer.{layer}"
        for block, kind, layer in ((0, "window", 1), (0, "grid", 3), (1, "window", 3))
    ),
}


def images(n=3, size=SIDE):
    return np.random.default_rng(0).normal(size=(n, 3, size, size)).astype(np.float32)


def network_of(module):
    return Network(module, generic, None, CLASSES, "")


def axes_of(module, layers, shape=SHAPE):
    parts = hidden_layers.find(module, generic(), layers)
    found = hidden_layers.axes(module, generic(), parts, shape)
    return {name: found[part] for name, part in parts.items()}


def outputs(module, layers, batch, relevance=False):
    """Outputs of layers, behind their activation, and relevance if asked for."""
    canonizer, found = generic()[0], {}
    parts = hidden_layers.find(module, [canonizer], layers)

    def keep(name):
        def kept(_, __, output):
            found[name] = output
            if relevance:
                output.retain_grad()

        return kept

    with EpsilonPlusFlat(canonizers=[canonizer]).context(module) as ready, ExitStack() as stack:
        for name, part in parts.items():
            stack.callback(ready.get_submodule(part).register_forward_hook(keep(name)).remove)
        logits = ready(batch.requires_grad_(relevance))
        if relevance:
            own = functional.one_hot(torch.arange(len(batch)) % CLASSES, CLASSES)
            logits.backward(logits.detach() * own)
    return found


def places(value, axes):
    """Give an output by place: (n, rows * columns, channels)."""
    value = value.movedim(axes.channel, -1).flatten(1, -2)
    return value if axes.order is None else value[:, axes.order]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_place_is_changed_by_the_pixels_that_lie_there(kind):
    network, pixels = tokens.local(MAKERS[kind]()), SIDES.get(kind, SIDE)
    found = axes_of(network, LAYERS[kind], (3, pixels, pixels))
    batch = torch.from_numpy(images(1, pixels))
    for name, axes in found.items():
        rows, columns = axes.size
        side = pixels // rows
        assert rows == columns
        changed = batch.repeat(rows * columns, 1, 1, 1)
        for place, image in enumerate(changed):
            row, column = divmod(place, columns)
            image[:, row * side : (row + 1) * side, column * side : (column + 1) * side] += 5
        given, whole = (outputs(network, [name], one)[name] for one in (changed, batch))
        moved = (places(given, axes) - places(whole, axes)).abs().sum(dim=-1)
        best, own = moved.argmax(dim=1), torch.arange(rows * columns)
        apart = [(best // columns - own // columns).abs(), (best % columns - own % columns).abs()]
        # The stem of MaxViT sees a row and a column before each place.
        assert max(int(one.max()) for one in apart) <= (kind == "maxvit"), name


@pytest.mark.parametrize(
    ("kind", "layer", "reason"),
    [
        ("windows", "inner", "first axis has windows"),
        ("mixer", "mix.0", r"shape \(3, 12, 9\); it lies at no known place"),
        ("class token", "head", r"shape \(3, 5\); expected places of the image"),
        ("channels last", "head", "expected places"),
    ],
)
def test_outputs_that_cannot_be_placed_are_refused_with_the_layer(kind, layer, reason):
    with (
        Explainer(network_of(MAKERS[kind]()), "epsilon_plus_flat", layers=(layer,)) as explain,
        pytest.raises(InputError, match=reason) as refused,
    ):
        explain(images(), np.arange(3))
    assert str(refused.value).startswith(f"layer {layer}: its output")
    assert "\n" not in str(refused.value)


class Irregular(nn.Module):
    """Tokens of which some are left out."""

    def __init__(self):
        super().__init__()
        self.patches, self.inner = nn.Conv2d(3, 8, PATCH, stride=PATCH), nn.Linear(8, 8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.inner(x[:, :-3]).mean(1))


def test_tokens_that_fill_no_grid_are_refused():
    found = axes_of(Irregular().eval(), ["inner"])["inner"]
    assert found == "its 13 positions fill no grid of the image; expected rows times columns"


def test_tokens_of_a_map_that_is_no_square_are_placed():
    network = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.Flatten(2))
    network = nn.Sequential(network, Transposed(), nn.Linear(8, 6), Transposed(), nn.Flatten())
    found = axes_of(nn.Sequential(network, nn.Linear(36, 2)).eval(), ["0.2"], (3, 8, 12))["0.2"]
    assert (found.channel, found.size, found.apart) == (2, (2, 3), False)


class Transposed(nn.Module):
    """Last two axes, the other way round."""

    def forward(self, x):
        return x.transpose(1, 2)


class Chosen(nn.Module):
    """Reads the brightest tokens alone; what is chosen depends on the values."""

    def __init__(self):
        super().__init__()
        self.patches, self.inner = nn.Conv2d(3, 8, PATCH, stride=PATCH), nn.Linear(8, 8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        best = x.sum(-1).argsort(dim=1)[:, :4, None].expand(-1, -1, 8)
        return self.head(self.inner(x.gather(1, best)).mean(1))


def test_tokens_that_are_chosen_by_their_values_are_refused():
    assert "no known place" in axes_of(Chosen().eval(), ["inner"])["inner"]


class Untraceable(nn.Module):
    """Asks for values."""

    def __init__(self):
        super().__init__()
        self.conv, self.inner = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 8)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = self.conv(x).relu() if x.sum() > -1e9 else x
        return self.head(self.inner(x.permute(0, 2, 3, 1)).flatten(1, 2).mean(1))


def test_of_networks_that_cannot_be_traced_convolutions_are_taken_alone():
    found = axes_of(Untraceable().eval(), ["conv", "inner"])
    assert found["conv"] == MAP
    assert "cannot be traced" in found["inner"]


@pytest.mark.parametrize("kind", own_layers.KINDS)
def test_layers_of_networks_of_ones_own_are_maps_or_tokens(kind):
    network, canonizers, parts = own_layers.build(kind), generic(), {}
    for name, part in network.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            with suppress(InputError):  # called several times, or no call of the network's
                parts |= hidden_layers.find(network, canonizers, [name])
    found = hidden_layers.axes(network, canonizers, parts, (3, 32, 32))
    for name, part in parts.items():
        if isinstance(network.get_submodule(name), nn.Conv2d):
            assert (found[part].channel, found[part].order) == (1, None), name
        elif kind in own_layers.TOKENS and name != "head":
            assert (found[part].channel, found[part].size) == (2, (4, 4)), name
        else:
            assert "places of the image" in found[part], name


# Summaries


@pytest.mark.parametrize("kind", ["random", "tied"])
def test_a_summary_of_tokens_is_that_of_their_map(kind):
    generator = torch.Generator().manual_seed(0)
    value, relevance = torch.randn(2, 4, 14, 3, generator=generator).half().float()
    if kind == "tied":
        relevance = relevance.round()
    order = torch.randperm(14, generator=generator)[:12]
    found = hidden.summarised(value, relevance, Axes(2, (3, 4), order, True))
    maps = [one[:, order].transpose(1, 2).reshape(4, 3, 3, 4) for one in (value, relevance)]
    expected = hidden.summarised(*maps)
    for name in ("place", "position", "position_relevance", "activation"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_allclose(found.relevance, relevance.sum(1), atol=1e-6)  # all tokens
    assert found.size == expected.size == (3, 4)


# Relevance


@pytest.mark.parametrize("kind", LAYERS)
def test_relevance_is_what_zennit_gives_to_the_output_in_double_precision(kind):
    side, layers = SIDES.get(kind, SIDE), LAYERS[kind]
    network, batch = drawn(MAKERS[kind](), pictures(4, side, seed=1)), pictures(3, side).numpy()
    with Explainer(network_of(network), "epsilon_plus_flat", layers=layers) as explain:
        found = explain(batch, np.arange(3)).hidden
    lies = axes_of(network, layers, batch.shape[1:])
    expected = outputs(network.double(), layers, torch.from_numpy(batch).double(), relevance=True)
    for name, output in expected.items():
        whole = output.grad.movedim(lies[name].channel, -1).flatten(1, -2).sum(dim=1).numpy()
        local = places(output.grad, lies[name]).sum(dim=-1).numpy()
        best = np.take_along_axis(local, found[name].position, axis=1)
        for one, given in ((whole, found[name].relevance), (best, found[name].position_relevance)):
            np.testing.assert_allclose(given, one, atol=1e-2 * np.abs(one).max(), err_msg=name)
        assert (local.argmax(axis=1) == found[name].position[:, 0]).all()


def bare(module):
    """Without what absorbs relevance: biases, positions, tokens of constants."""
    for name, parameter in module.named_parameters():
        if "bias" in name or name in ("before", "after", "places"):
            nn.init.zeros_(parameter)
    return module


@pytest.mark.parametrize("kind", VIT)
def test_what_passes_a_block_is_the_logit_and_what_enters_is_the_heatmap_of_the_patch(kind):
    network = bare(MAKERS[kind]())
    layers = ("enter", "blocks.0", "blocks.1")
    with Explainer(network_of(network), "epsilon_plus_flat", layers=layers) as explain:
        found = explain(images(), np.arange(3))
    for layer in found.hidden.values():
        np.testing.assert_allclose(layer.relevance.sum(axis=1), found.logit, rtol=0.02)
    blocks = found.heatmap.reshape(3, GRID, PATCH, GRID, PATCH).sum(axis=(2, 4)).reshape(3, -1)
    enter = found.hidden["enter"]
    expected = np.take_along_axis(blocks, enter.position, axis=1)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(enter.position_relevance, expected, atol=0.02 * scale)


# Choice


def chosen(module, side):
    return hidden_layers.automatic(network_of(module.eval()), np.zeros((3, side, side), np.float32))


def vit(patch, layers):
    sizes = {"num_heads": 2, "hidden_dim": 8, "mlp_dim": 32, "num_classes": CLASSES}
    return models.VisionTransformer(2 * patch, patch, layers, **sizes)


def test_three_depths_of_a_vision_transformer_are_chosen():
    name = "encoder.layers.encoder_layer_{}.mlp.3"
    for patch in (16, 32):  # the only stride is taken, whatever it is
        assert chosen(vit(patch, 12), 2 * patch) == tuple(map(name.format, (2, 5, 8)))
    assert chosen(vit(16, 1), 32) == (name.format(0),)
    # The last block of three is read at the class token alone.
    assert chosen(tokens.build(tokens.Tokens), SIDE) == ("blocks.0.mlp.2", "blocks.1.mlp.2")
    averaged = tokens.build(tokens.Tokens, before=0)
    assert chosen(averaged, SIDE) == tuple(f"blocks.{block}.mlp.2" for block in range(3))
    assert chosen(tokens.build(tokens.Mixer), SIDE) == ("mlp.2",)


def test_three_depths_of_networks_with_channels_last_are_chosen():
    sizes = {"embed_dim": 8, "depths": [1, 2, 4, 1], "num_heads": [1, 1, 2, 2]}
    swin = models.SwinTransformer([4, 4], window_size=[2, 2], num_classes=CLASSES, **sizes)
    assert chosen(swin, 64) == ("features.3.1.mlp.3", "features.5.1.mlp.3", "features.5.3.mlp.3")
    blocks = [(8, 16, 1), (16, 24, 2), (24, 32, 3), (32, None, 1)]
    setting = [models.convnext.CNBlockConfig(*one) for one in blocks]
    convnext = models.ConvNeXt(setting, num_classes=CLASSES)
    assert chosen(convnext, 64) == (
        "features.3.1.block.5",
        "features.5.1.block.5",
        "features.5.2.block.5",
    )


CONVOLUTIONAL = {
    "alexnet": ("features.3", "features.8", "features.10"),
    "resnet18": ("layer2.1.conv1", "layer3.0.conv1", "layer3.1.conv1"),
    "squeezenet1_1": ("features.7.expand3x3", "features.11.squeeze", "classifier.1"),
    "mobilenet_v3_small": tuple(
        f"features.{one}.0" for one in ("4.block.0", "6.block.1", "9.block.0")
    ),
    "shufflenet_v2_x0_5": tuple(f"stage{one}.branch2.0" for one in ("3.0", "3.4", "4.0")),
}
"""Chosen before there were others than convolutions."""


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_convolutional_networks_keep_their_layers(name):
    network = models.get_model(name, weights=None, num_classes=CLASSES).eval()
    assert chosen(network, 96) == CONVOLUTIONAL[name]
    layers = [one for one, part in network.named_modules() if isinstance(part, nn.Conv2d)]
    for layer, axes in axes_of(network, layers, (3, 96, 96)).items():
        assert (axes.channel, axes.order, axes.apart) == (1, None, False), layer
