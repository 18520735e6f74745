"""check: what a network gives is read as logits, and what is explained wrongly is refused."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import own_layers
import pytest
import torch
from drawn_networks import drawn, pictures
from own_layers import CLASSES, SIDE, Made, conv
from torch import nn
from torch.nn import functional

from unhans.attribution import check
from unhans.attribution.explainer import attribute
from unhans.errors import ConfigError, InputError
from unhans.images.transform import IMAGENET
from unhans.networks import canonizers
from unhans.networks.logits import as_logits
from unhans.networks.registry import Network

from torchvision.transforms import Normalize  # isort: skip - after unhans has declared its operators

IMAGES = pictures(2, SIDE).numpy()
TARGETS = np.array([1, 3])


def plain(classes=CLASSES, seed=0):
    torch.manual_seed(seed)
    layers = conv(3, 6), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return drawn(nn.Sequential(*layers, nn.Linear(6, classes)), pictures(4, SIDE))


def network_of(module, first_layer=""):
    made, remarks = as_logits(module.eval(), torch.from_numpy(IMAGES), "own")
    classes = made(torch.from_numpy(IMAGES)).shape[1]
    return Network(made, canonizers.generic, None, classes, first_layer), remarks


def assert_same_maps(found, expected):
    span = np.abs(expected).max()
    assert span > 0
    assert np.abs(found - expected).max() <= 1e-4 * span


def wrapped(call):
    return Made(lambda net, x: call(net.inner(x)), inner=plain())


SQUASHED = {
    "softmax module": (lambda: nn.Sequential(plain(), nn.Softmax(dim=1)), "softmax"),
    "softmax within": (lambda: nn.Sequential(*plain(), nn.Softmax(dim=-1)), "softmax"),
    "softmax, dropout": (lambda: nn.Sequential(*plain(), nn.Softmax(1), nn.Dropout()), "softmax"),
    "functional softmax": (lambda: wrapped(lambda z: functional.softmax(z, dim=1)), "softmax"),
    "torch.softmax": (lambda: wrapped(lambda z: torch.softmax(z, 1)), "softmax"),
    "softmax method": (lambda: wrapped(lambda z: z.softmax(dim=-1)), "softmax"),
    "log softmax module": (lambda: nn.Sequential(*plain(), nn.LogSoftmax(1)), "log_softmax"),
    "log softmax": (lambda: wrapped(lambda z: functional.log_softmax(z, 1)), "log_softmax"),
    "log softmax method": (lambda: wrapped(lambda z: z.log_softmax(1)), "log_softmax"),
    "sigmoid module": (lambda: nn.Sequential(*plain(), nn.Sigmoid()), "sigmoid"),
    "sigmoid": (lambda: wrapped(torch.sigmoid), "sigmoid"),
    "sigmoid method": (lambda: wrapped(lambda z: z.sigmoid()), "sigmoid"),
    "functional sigmoid": (lambda: wrapped(functional.sigmoid), "sigmoid"),
    "torch.special.softmax": (lambda: wrapped(lambda z: torch.special.softmax(z, 1)), "softmax"),
    "torch.special.log_softmax": (
        lambda: wrapped(lambda z: torch.special.log_softmax(z, 1)),
        "log_softmax",
    ),
    "torch.special.expit": (lambda: wrapped(torch.special.expit), "sigmoid"),
    "sigmoid, cast": (lambda: wrapped(lambda z: torch.sigmoid(z).to(torch.float32)), "sigmoid"),
    "sigmoid, contiguous": (lambda: wrapped(lambda z: torch.sigmoid(z).contiguous()), "sigmoid"),
    "sigmoid, type as": (lambda: wrapped(lambda z: torch.sigmoid(z).type_as(z)), "sigmoid"),
    "sigmoid, flipped": (lambda: wrapped(lambda z: torch.sigmoid(z.flip(1)).flip(1)), "sigmoid"),
    "sigmoid, most of places": (
        lambda: wrapped(lambda z: torch.sigmoid(torch.stack([z, z - 1], 2)).amax(2)),
        "sigmoid",
    ),
    "softmax in a tuple": (lambda: wrapped(lambda z: (torch.softmax(z, 1), z)), "softmax"),
}


@pytest.mark.parametrize("engine", ["auto", "zennit"])
@pytest.mark.parametrize("name", SQUASHED)
def test_logits_below_probabilities_are_explained(name, engine):
    make, step = SQUASHED[name]
    network, remarks = network_of(make())
    assert any(f"ends in a {step}" in one for one in remarks)
    expected = attribute(plain(), IMAGES, TARGETS, engine=engine)
    assert_same_maps(attribute(network, IMAGES, TARGETS, engine=engine), expected)
    assert 0.9 <= check.check(network, name, IMAGES).conserved <= 1.1


OUTPUTS = {
    "tuple": lambda z: (z, z.mean()),
    "list": lambda z: [z],
    "none first": lambda z: (None, z),
    "logits": lambda z: {"features": z.mean(), "logits": z},
    "out": lambda z: {"aux": z * 2, "out": z},
    "first of a dict": lambda z: {"scores": z, "other": z * 2},
    "object": lambda z: SimpleNamespace(loss=None, logits=z),
    "nested": lambda z: {"logits": (z,)},
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_logits_are_taken_out_of_what_a_network_gives(name):
    network, remarks = network_of(wrapped(OUTPUTS[name]))
    assert "logits are taken out of it" in remarks[0]
    assert_same_maps(attribute(network, IMAGES, TARGETS), attribute(plain(), IMAGES, TARGETS))
    check.check(network, name, IMAGES)


KEPT = {
    "tanh": torch.tanh,
    "leaky": lambda z: functional.leaky_relu(z, 0.1),
    "scaled": lambda z: z / 3 - 0.0,
    "to length": lambda z: 16 * functional.normalize(z, dim=1),
    "clipped where nothing lies": lambda z: z.clamp(-50, 50),
    "rectified at places": lambda z: torch.relu(torch.stack([z, -z], 2)).mean(2) * 2,
    "chosen among places": lambda z: torch.stack([z, z - 1], 2).amax(2),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_keeps_logits_behind_the_last_weights_is_left(name):
    network, remarks = network_of(wrapped(KEPT[name]))
    assert not any("logits below" in one for one in remarks)
    assert 0.9 <= check.check(network, name, IMAGES).conserved <= 1.1
    if name == "rectified at places":
        return
    found, expected = attribute(network, IMAGES, TARGETS), attribute(plain(), IMAGES, TARGETS)
    for one, other in zip(found, expected, strict=True):
        scale = np.abs(one).max() / np.abs(other).max()
        assert_same_maps(one, scale * other)


def test_gates_with_a_softmax_are_no_probabilities_of_classes():
    torch.manual_seed(0)

    def experts(net, x):
        shares = torch.softmax(net.gate(x.mean((2, 3))), 1)
        return (shares[:, :, None] * torch.stack([net.one(x), net.two(x)], 1)).sum(1)

    made = Made(experts, gate=nn.Linear(3, 2), one=plain(), two=plain(seed=1))
    _, remarks = network_of(made)
    assert not remarks


ONE = {
    "a column": [],
    "sigmoid": [nn.Sigmoid()],
    "a number an image": [nn.Flatten(0)],
    "sigmoid, a number an image": [nn.Sigmoid(), nn.Flatten(0)],
    "squeezed": [Made(lambda _, z: z.squeeze())],
    "squeezed, sigmoid": [Made(lambda _, z: z.squeeze(-1)), nn.Sigmoid()],
    "chosen": [Made(lambda _, z: torch.sigmoid(z[:, 0]))],
}


@pytest.mark.parametrize("name", ONE)
def test_one_output_is_two_classes_whose_maps_are_opposite(name):
    one = plain(classes=1)
    network, remarks = network_of(nn.Sequential(*one, *ONE[name]))
    assert any("(-z, z)" in said for said in remarks)
    zeros, ones = np.zeros(2, dtype=int), np.ones(2, dtype=int)
    maps = [attribute(network, IMAGES, classes) for classes in (zeros, ones)]
    assert_same_maps(maps[0], -maps[1])
    assert_same_maps(maps[1], attribute(one, IMAGES, zeros))
    assert 0.9 <= check.check(network, "one", IMAGES).conserved <= 1.1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda z: z.exp() / z.exp().sum(1, keepdim=True), "computes exp behind its last weights"),
        (lambda z: torch.softmax(z, 1).clamp(min=0) * 1.0, "a softmax lies below its last step"),
        (lambda z: 100 * torch.softmax(z, 1), "a softmax lies below its last step 'mul'"),
        (lambda z: torch.softmax(z, 1)[:, 1:2], "a softmax lies below its last step 'getitem'"),
        (lambda z: (torch.sigmoid(z) + torch.sigmoid(2 * z)) / 2, "a sigmoid lies below"),
        (lambda z: (torch.relu(z), z[:, :3]), r"several tensors, of which 0 \(2, 5\), 1 \(2, 3\)"),
        (lambda z: {"features": z[:, :3], "scores": z}, "several tensors"),
        (lambda z: z.argmax(1, keepdim=True), "gives torch.int64; expected logits"),
        (lambda z: z - torch.logsumexp(z, 1, keepdim=True), "computes logsumexp behind"),
        (torch.exp, "ends in exp .*which makes no logits"),
        (lambda z: torch.softmax(z, 1).amax(1), "a softmax lies below its last step 'amax'"),
        (lambda z: torch.softmax(z, 1)[:, 1], "a softmax lies below its last step 'getitem'"),
        (functional.softplus, "ends in softplus"),
        (functional.logsigmoid, "ends in log_sigmoid"),
        (nn.Hardsigmoid(), "ends in hardsigmoid"),
        (lambda z: functional.hardsigmoid(z), "ends in hardsigmoid"),
        (torch.relu, "ends in relu"),
        (lambda z: torch.log(torch.sigmoid(z)), "ends in log "),
        (lambda z: torch.log(torch.sigmoid(z).clamp(1e-7, 1 - 1e-7)), "ends in log "),
        (lambda z: torch.sigmoid(z) ** 2, "ends in pow"),
        (
            lambda z: torch.sigmoid(z[:, :, None]).mean(2),
            "a sigmoid lies below its last step 'mean'",
        ),
        (lambda z: torch.softmax(torch.softmax(z, 1), 1), "a softmax lies below"),
        (lambda z: torch.sqrt(z.softmax(1) * (2 * z).softmax(1)), "ends in sqrt"),
        (lambda z: torch.relu(z) * 1.0, "computes relu behind its last weights"),
        (lambda z: functional.softplus(z) + 1, "computes softplus behind its last weights"),
        (lambda z: z.clamp(min=0), "ends in clamp"),
        (lambda z: z.clamp(0, 1), "ends in clamp"),
        (lambda z: functional.threshold(z, 0.1, 0.0), "ends in threshold"),
        (lambda z: torch.where(z > 0, z, 0.0), "ends in where"),
        (lambda z: z**2, "ends in pow"),
        (torch.abs, "ends in abs"),
        (lambda z: torch.log1p(torch.exp(z)), "ends in log1p"),
        (lambda z: 1 / (1 + torch.exp(-z)), "ends in truediv"),
        (lambda z: (torch.tanh(z) + 1) / 2, "computes tanh behind its last weights"),
        (lambda z: z - z.amax(1, keepdim=True), "computes amax behind its last weights"),
        (lambda z: torch.cumprod(z, 1), "ends in cumprod"),
        (
            lambda z: torch.sigmoid(z) @ torch.eye(CLASSES),
            "a sigmoid lies below its last step 'matmul'",
        ),
        (lambda z: torch.exp(z) if z.sum() < 1e9 else z, "ends in exp"),
        (lambda z: 2 * torch.sigmoid(z) if z.sum() < 1e9 else z, "a sigmoid lies below"),
        (lambda z: z[:, :, None], r"gives an output of \(2, 5, 1\)"),
        (lambda z: z.mean(), "gives an output of"),
        (lambda z: "text", "gives a str; expected"),
        (lambda z: (), "gives a tuple; expected"),
        (lambda z: {}, "gives a dict; expected"),
    ],
)
def test_outputs_that_are_no_logits_are_refused(call, said):
    with pytest.raises(ConfigError, match=said):
        network_of(wrapped(call))


def around(call, **layers):
    torch.manual_seed(0)
    return own_layers.around(Made(call, **layers)).eval()


def depends(net, x):
    return x.sum() > 1e9


UNTRACED = {
    "sum": (lambda net, x: x if depends(net, x) else x + net.conv(x), "1 calls add"),
    "sum in place": (lambda net, x: x if depends(net, x) else net.conv(x).add_(x), "1 calls add"),
    "product": (lambda net, x: x if depends(net, x) else x * torch.exp(net.conv(x)), "1 calls exp"),
    "gate": (lambda net, x: x if depends(net, x) else x * net.conv(x).sigmoid(), "1 calls"),
}


@pytest.mark.parametrize("name", UNTRACED)
def test_what_cannot_be_traced_and_is_not_conserved_is_refused_with_the_place(name):
    call, said = UNTRACED[name]
    network, _ = network_of(around(call, conv=conv(8, 8)))
    with pytest.raises(InputError, match="relevance is not conserved") as error:
        check.check(network, "own", IMAGES)
    message = str(error.value)
    assert said in message
    assert "cannot be traced" in message
    assert "\n" not in message
    assert "between 2 " in message or "between 1 " in message


def test_what_fails_where_it_cannot_be_traced_is_refused_in_one_line():
    def call(net, x):
        tokens = x.flatten(2).transpose(1, 2)
        if depends(net, x):
            return x
        return net.attention(tokens, tokens, tokens)[0].transpose(1, 2).reshape(x.shape)

    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    network, _ = network_of(around(call, attention=attention))
    with pytest.raises(InputError, match=r"network 'own': .*cannot be traced") as error:
        check.check(network, "own", IMAGES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net.conv(x).relu() if x.sum() < 1e9 else x,
        lambda net, x: functional.relu(net.conv(x)) if bool((x == x).all()) else x,
        lambda net, x: torch.cat([functional.relu(net.conv(one[None])) for one in x]),
    ],
)
def test_what_cannot_be_traced_is_explained_where_relevance_is_conserved(call):
    network, _ = network_of(around(call, conv=conv(8, 8)))
    report = check.check(network, "own", IMAGES)
    assert 0.9 <= report.conserved <= 1.1
    assert any("cannot be traced" in one for one in report.remarks)
    assert any("1 calls relu" in one for one in report.remarks)


UNEVEN = {
    "mean": (lambda net, x: x.mean((2, 3), keepdim=True), "1 calls mean"),
    "pooling": (lambda net, x: functional.adaptive_avg_pool2d(x, 2), "1 calls adaptive_avg_pool2d"),
    "attention": (
        lambda net, x: (x * net.one(x).flatten(2).softmax(2).view_as(x[:, :1])).sum((2, 3), True),
        "1 calls mul; 1 calls sum",
    ),
    "cut skip": (lambda net, x: x + net.conv(x).detach(), "1 calls add"),
    "skip by NumPy": (
        lambda net, x: x + torch.from_numpy(net.conv(x).numpy(force=True)),
        "1 calls",
    ),
    "enlarged": (lambda net, x: functional.interpolate(x, scale_factor=2.0), "1 calls interpolate"),
    "norm layer": (lambda net, x: net.norm(x), "1.norm is a BatchNorm2d"),
    "shrunk by a layer": (lambda net, x: net.up(x), "1.up is a Upsample"),
}


@pytest.mark.parametrize("name", UNEVEN)
def test_what_keeps_the_sum_and_moves_relevance_is_refused_where_it_cannot_be_traced(name):
    call, said = UNEVEN[name]
    layers = {"conv": conv(8, 8), "one": conv(8, 1), "norm": nn.BatchNorm2d(8, eps=0).eval()}
    with torch.no_grad():  # its average is one
        layers["norm"].weight.copy_(torch.tensor([0.5, 1.5]).repeat(4))
    module = around(
        lambda net, x: x if depends(net, x) else call(net, x),
        up=nn.Upsample(scale_factor=0.5),
        **layers,
    )
    with pytest.raises(InputError, match="there is no rule then") as error:
        check.check(network_of(module)[0], "own", IMAGES)
    assert said in str(error.value)
    assert "cannot be traced" in str(error.value)
    assert "1 calls gt" not in str(error.value), "what a question asks carries no relevance"


def test_canonizers_of_ones_own_are_measured_too():
    module = around(lambda net, x: x + net.conv(x), conv=conv(8, 8))

    class Nothing(canonizers.Canonizer):
        def apply(self, root_module):
            return []

        def register(self, *_):
            """Change nothing."""

        def remove(self):
            """Change nothing."""

        def copy(self):
            return Nothing()

    network = Network(module, lambda: [Nothing()], None, CLASSES, "0.0")
    with pytest.raises(InputError, match="canonizers of its own; 1 calls add, not rewritten"):
        check.check(network, "own", IMAGES)


@pytest.mark.parametrize("none", [list, lambda: []])
def test_no_canonizers_stand_for_those_of_any_network(none):
    module = around(lambda net, x: x + net.conv(x), conv=conv(8, 8))
    network = Network(module, none, None, CLASSES, "")
    assert 0.9 <= check.check(network, "own", IMAGES).conserved <= 1.1
    expected = attribute(network_of(module)[0], IMAGES, TARGETS)
    assert_same_maps(attribute(network, IMAGES, TARGETS), expected)


def test_a_call_without_a_rule_is_refused_by_its_name():
    def call(net, x):
        return torch.fft.fft2(x).real + net.conv(x)

    network, _ = network_of(around(call, conv=conv(8, 8)))
    with pytest.raises(InputError, match=r"1 calls .*fft2, for which there is no rule"):
        check.check(network, "own", IMAGES)


def test_a_form_that_is_another_function_is_refused():
    def call(net, x):
        y = x.view(x.shape)
        y.relu_()
        return x * 1.0

    module = nn.Sequential(conv(3, 8), Made(call), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network, _ = network_of(nn.Sequential(*module, nn.Linear(8, CLASSES)))
    with pytest.raises(InputError, match="rewritten for LRP its logits differ by"):
        check.check(network, "own", IMAGES)


def test_a_report_says_what_was_found():
    network, _ = network_of(plain())
    report = check.check(network, "own", IMAGES)
    notes = report.notes()
    assert notes["bounds"] == [0.9, 1.1]
    assert notes["images"] == "2 images of noise and 2 of the corpus"
    assert "fast engine" in str(notes["engine"])
    lines = report.describe().splitlines()
    assert all(line.startswith("model: check: ") for line in lines)
    assert "of the logit reaches the pixels" in lines[0]
    assert check.check(network, "own", IMAGES) == report
    assert not check.is_refused_engine(notes)
    assert check.is_refused_engine(
        {"engine": "by zennit on cpu (the fast engine's maps differ by 1)"}
    )
    for noted in (None, {}, {"engine": None}, "text"):
        assert not check.is_refused_engine(noted)


def layers_on(prepare, **layers):
    """A network that prepares its pixels before its first layer."""
    torch.manual_seed(0)
    made = Made(lambda net, x: net.rest(prepare(net, x)), rest=plain(), **layers)
    return made.eval()


ON_PIXELS = {
    "average pooling": lambda net, x: functional.avg_pool2d(x, 2),
    "pooling layer": lambda net, x: net.pool(x),
    "smaller": lambda net, x: functional.interpolate(x, scale_factor=0.5, mode="bilinear"),
    "larger": lambda net, x: functional.interpolate(x, size=(48, 48), mode="nearest"),
}


@pytest.mark.parametrize("name", ON_PIXELS)
def test_relevance_of_pixels_that_are_averaged_does_not_depend_on_their_values(name):
    network, _ = network_of(layers_on(ON_PIXELS[name], pool=nn.AvgPool2d(2)))
    assert network.rewriters()[1] == ("rest.0",)
    found = attribute(network, IMAGES, TARGETS)
    # The flat rule knows no values, and neither does what lies before it: pixels of one field are alike.
    spread = np.abs(found).max() / np.median(np.abs(found[found != 0]))
    assert spread < 100
    assert 0.99 <= check.check(network, "own", IMAGES).conserved <= 1.01


def extremes(x):
    return x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)


def by_range(x):
    low, high = extremes(x)
    return (x - low) / (high - low + 1e-6)


def by_range_scaled(x):
    low, high = extremes(x)
    return (2 * x - 2 * low) * (1 / (high - low)) - 1


def by_rows(x):
    values = x.flatten(1)
    least = values.min(1)[0].view(-1, 1, 1, 1)
    return (x - least) / (x - least).amax((1, 2, 3), keepdim=True)


NORMALISED = {
    "range": by_range,
    "range, as a product": by_range_scaled,
    "minimum of rows": by_rows,
    "standardised": lambda x: (
        (x - x.mean((1, 2, 3), keepdim=True)) / x.std((1, 2, 3), keepdim=True)
    ),
    "negative": lambda x: x.amax((1, 2, 3), keepdim=True) - x,
    "by channel": lambda x: x - x.mean((2, 3), keepdim=True),
}


@pytest.mark.parametrize("name", NORMALISED)
def test_statistics_of_the_image_within_a_network_are_constants_for_relevance(name):
    call = NORMALISED[name]
    network, _ = network_of(layers_on(lambda net, x: call(x)))
    assert 0.9 <= check.check(network, name, IMAGES).conserved <= 1.1
    found = attribute(network, IMAGES, TARGETS)
    inner, _ = network_of(plain())
    expected = attribute(inner, call(torch.from_numpy(IMAGES)).numpy(), TARGETS)
    assert_same_maps(found, expected)


WITHOUT_RULE = {
    "spectrum": lambda net, x: net.conv(torch.fft.fft2(x).abs().log1p()),
    "spectrum beside": lambda net, x: net.conv(x) + 1e-9 * torch.fft.fft2(x).abs(),
    "running product": lambda net, x: torch.cumprod(torch.sigmoid(net.conv(x)), 1),
    "sorted": lambda net, x: torch.sort(net.conv(x), 1)[0],
}


@pytest.mark.parametrize("name", WITHOUT_RULE)
def test_calls_without_a_rule_are_refused_whatever_is_conserved(name):
    network, _ = network_of(around(WITHOUT_RULE[name], conv=conv(8, 8)))
    with pytest.raises(InputError, match="for which there is no rule; expected"):
        check.check(network, "own", IMAGES)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: functional.glu(net.conv(x), 1),
        lambda net, x: net.gated(net.conv(x)),
        lambda net, x: net.conv(x)[:, :8] + x.std((2, 3), keepdim=True),
    ],
)
def test_gated_units_and_deviations_conserve_relevance(call):
    network, _ = network_of(around(call, conv=conv(8, 16), gated=nn.GLU(1)))
    assert 0.9 <= check.check(network, "own", IMAGES).conserved <= 1.1


def unpooled(net, x):
    found, places = net.pool(x)
    return net.unpool(net.conv(found), places)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net.fold(net.unfold(x)),
        lambda net, x: functional.fold(functional.unfold(x, 3, padding=1), (16, 16), 3, padding=1),
        unpooled,
    ],
)
def test_layers_that_move_values_conserve_relevance(call):
    layers = {
        "conv": nn.Sequential(conv(8, 8), nn.ReLU()),
        "fold": nn.Fold((16, 16), 3, padding=1),
        "unfold": nn.Unfold(3, padding=1),
        "pool": nn.MaxPool2d(2, return_indices=True),
        "unpool": nn.MaxUnpool2d(2),
    }
    network, _ = network_of(around(call, **layers))
    assert 0.9 <= check.check(network, "own", IMAGES).conserved <= 1.1


class Positions(nn.Module):
    """Adds positions that are kept as a buffer, as many as there are tokens."""

    def __init__(self):
        super().__init__()
        self.register_buffer("places", torch.randn(1, 300, 8))
        self.register_buffer("factors", torch.rand(1, 1, 8))

    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.places[:, : tokens.size(1)]
        return (tokens * self.factors.expand(x.shape[0], -1, -1)).transpose(1, 2).view(x.shape)


def test_buffers_may_be_cut_by_the_size_of_the_image():
    torch.manual_seed(0)
    module = own_layers.around(Positions()).eval()
    assert not canonizers.canonical(module).remarks
    assert 0.9 <= check.check(network_of(module)[0], "own", IMAGES).conserved <= 1.1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda one, two: [one, two], r"2 tensors of \(n, 5\): 0, 1; .*returns one of them"),
        (lambda one, two: (one, two), "2 tensors"),
        (lambda one, two: {"aux": one, "main": two}, "'aux', 'main'"),
    ],
)
def test_several_outputs_that_could_be_logits_are_refused_by_name(answer, said):
    torch.manual_seed(0)
    made = Made(lambda net, x: answer(net.one(x), net.two(x)), one=plain(seed=1), two=plain())
    with pytest.raises(ConfigError, match=said):
        network_of(made)


def test_the_output_that_is_explained_is_named():
    for answer, said in (
        (lambda z: {"logits": z, "other": -z}, "'logits'"),
        (lambda z: {"out": z}, "'out'"),
        (lambda z: (torch.softmax(z, 1), z), "number 0"),
    ):
        _, remarks = network_of(wrapped(answer))
        assert f"{said} of its output" in remarks[0] or f"({said})" in remarks[0]


FIRST = {
    "a head that sees means of pixels": (
        lambda net, x: net.fc(torch.cat([net.body(x), x.mean((2, 3))], 1)),
        {"fc": lambda: nn.Linear(CLASSES + 3, CLASSES)},
        ("body.0",),
    ),
    "a dense layer of constants before": (
        lambda net, x: net.body(x) + net.fc(torch.ones(1, 4)),
        {"fc": lambda: nn.Linear(4, CLASSES)},
        ("body.0",),
    ),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_rule_goes_to_layers_that_see_nothing_but_pixels(name):
    call, layers, expected = FIRST[name]
    torch.manual_seed(0)
    made = Made(call, **{key: one() for key, one in layers.items()}, body=plain())
    network, _ = network_of(made)
    assert network.rewriters()[1] == expected
    assert 0.9 <= check.check(network, "own", IMAGES).conserved <= 1.1


def test_logits_that_are_random_or_hang_on_the_batch_are_refused():
    noisy = Made(lambda net, x: net.rest(x + torch.randn_like(x)), rest=plain())
    of_batch = nn.Sequential(
        conv(3, 6), nn.BatchNorm2d(6, track_running_stats=False), *list(plain())[2:]
    )
    for module, said in ((noisy, "differ at each call"), (of_batch, "other images of a batch")):
        with pytest.raises(InputError, match=said):
            check.check(network_of(module)[0], "own", IMAGES)


def depending(call, **layers):
    """A network that cannot be traced, since its calls depend on values."""
    return Made(lambda net, x: call(net, x) if x.sum() < 1e9 else net.head(x), **layers).eval()


class Standardised(nn.Conv2d):
    """A convolution that standardises its weight, and pads by the image's size."""

    def forward(self, x):
        if x.shape[-1] % 2:
            x = functional.pad(x, (0, 1, 0, 1))
        weight = self.weight
        weight = (weight - weight.mean((1, 2, 3), keepdim=True)) / weight.std(
            (1, 2, 3), keepdim=True
        )
        return functional.conv2d(x, weight, self.bias, padding=1)


def test_without_rewriting_a_layer_called_twice_or_with_a_computed_weight_is_refused():
    torch.manual_seed(0)
    shared = conv(3, 3)
    twice = depending(
        lambda net, x: net.head(torch.relu(net.one(torch.relu(net.one(x))))),
        one=shared,
        head=plain(),
    )
    with pytest.raises(InputError, match="layer 'one' is called 2 times"):
        check.check(network_of(twice)[0], "own", IMAGES)
    computed = nn.Sequential(Standardised(3, 3, 3), nn.ReLU(), *plain())
    with pytest.raises(InputError, match="layer '0' computes its weight at each call"):
        check.check(network_of(computed)[0], "own", IMAGES)


def test_relevance_that_is_no_number_is_refused():
    torch.manual_seed(0)
    rooted = depending(
        lambda net, x: net.last(torch.sqrt(net.body(x).sum(1, keepdim=True) * 0 - 1).expand(-1, 5)),
        body=plain(),
        last=nn.Linear(5, CLASSES),
        head=plain(),
    )
    with pytest.raises((InputError, ConfigError)):
        check.check(network_of(rooted)[0], "own", IMAGES)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net.rest(net.stem(input=x)),
        lambda net, x: net.rest(functional.gelu(input=net.stem(x))),
        lambda net, x: net.rest(torch.sigmoid(input=net.stem(x))),
        lambda net, x: net.rest(torch.add(input=net.stem(x), other=x)),
    ],
)
def test_arguments_may_be_given_by_name(call):
    torch.manual_seed(0)
    network, _ = network_of(Made(call, stem=conv(3, 3), rest=plain()).eval())
    assert 0.9 <= check.check(network, "own", IMAGES).conserved <= 1.1


def test_torchvisions_normalize_within_a_network_passes_relevance():
    normalize = Normalize((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    network, _ = network_of(nn.Sequential(normalize, plain()))
    inner, _ = network_of(plain())
    expected = attribute(inner, normalize(torch.from_numpy(IMAGES)).numpy(), TARGETS)
    assert_same_maps(attribute(network, IMAGES, TARGETS), expected)


def test_logits_as_small_as_the_stabilisers_are_said():
    module = plain()
    with torch.no_grad():
        module[-1].weight.mul_(1e-7)
        module[-1].bias.mul_(1e-7)
    (said,) = check.check(network_of(module)[0], "own", IMAGES).remarks
    assert "the largest logit is" in said
    assert "not to be trusted" in said


class Autocast(nn.Module):
    """Computes in half precision, whoever calls it."""

    def __init__(self):
        super().__init__()
        self.inner = plain()

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.inner(x).float()


def test_autocast_within_a_forward_is_named():
    with pytest.raises(
        InputError, match=r"computes in bfloat16 by torch.autocast, and LRP without"
    ):
        check.check(network_of(Autocast())[0], "own", IMAGES)


def test_values_taken_out_of_the_gradient_are_explained():
    network, _ = network_of(Made(lambda net, x: net.inner(x.data * 2), inner=plain()))
    expected, _ = network_of(Made(lambda net, x: net.inner(x * 2), inner=plain()))
    check.check(network, "own", IMAGES)
    assert_same_maps(attribute(network, IMAGES, TARGETS), attribute(expected, IMAGES, TARGETS))


def test_a_cut_gradient_is_named_where_nothing_is_rewritten():
    def call(net, x):
        return net.inner((x * 0 if x.sum() > 1e9 else x).detach())

    network, _ = network_of(Made(call, inner=plain()))
    with pytest.raises(InputError, match=r"no gradient reaches the pixels .a call cuts it: detach"):
        check.check(network, "own", IMAGES)


def test_a_skip_behind_a_question_of_shape_is_explained():
    def call(net, x):
        assert x.ndim == 4 and x.shape[1] == 3, "channels"  # noqa: PT018
        y = net.a(x).relu()
        return net.head((y + net.b(y).relu()).mean((2, 3)))

    torch.manual_seed(0)
    parts = {"a": conv(3, 6), "b": conv(6, 6), "head": nn.Linear(6, CLASSES)}
    network, _ = network_of(Made(call, **parts))
    sized = replace(network, transform=replace(IMAGENET, resize=SIDE, crop=SIDE))
    report = check.check(sized, "own", IMAGES)
    assert 0.99 <= report.conserved <= 1.01
    assert not report.remarks
