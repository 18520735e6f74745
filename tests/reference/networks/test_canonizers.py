"""canonizers: any network is rewritten into an equal one, and comes back bit for bit."""

import numpy as np
import own_layers
import pytest
import torch
from drawn_networks import drawn, pictures
from own_layers import CLASSES, SIDE, Made, conv
from torch import nn
from torch.nn import functional

from unhans.attribution import check
from unhans.attribution.explainer import Explainer, attribute, explain
from unhans.errors import InputError, NotCoveredError
from unhans.networks import canonizers
from unhans.networks.registry import Network

from torchvision import models  # isort: skip - after unhans has declared its operators
from zennit.attribution import Gradient  # isort: skip
from zennit.composites import EpsilonPlusFlat, NameLayerMapComposite, layer_map_base
from zennit.rules import Epsilon, Flat, ZPlus
from zennit.torchvision import ResNetCanonizer, VGGCanonizer
from zennit.types import BatchNorm, Convolution

TARGETS = np.array([1, 3])
TORCHVISION = {
    "resnet18": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "mobilenet_v3_small": 64,
    "shufflenet_v2_x0_5": 64,
    "googlenet": 64,
    "convnext_tiny": 64,
    "swin_t": 64,
    "squeezenet1_1": 64,
    "vit_b_32": 224,
}


def network_of(module, first_layer=""):
    return Network(module.eval(), canonizers.generic, None, CLASSES, first_layer)


def images(n=2, channels=3, side=SIDE):
    return pictures(n, side, channels).numpy()


def own(name):
    return drawn(own_layers.build(name), pictures(4, SIDE, seed=1))


def largest_difference(module, form, batch):
    with torch.no_grad():
        given, found = module(batch), form(batch)
    return float((given - found).abs().max() / (given.max() - given.min()))


def assert_same_maps(found, expected, tolerance=1e-4):
    assert np.isfinite(found).all()
    span = np.abs(expected).max()
    assert span > 0
    assert np.abs(found - expected).max() <= tolerance * span


@pytest.mark.parametrize("name", own_layers.KINDS)
def test_networks_of_ones_own_are_equal_and_conserve_relevance(name):
    module = own(name)
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(images())) <= 1e-5
    assert form.remarks == ()
    report = check.check(network_of(module), name, images())
    assert 0.9 <= report.conserved <= 1.1
    assert "differ" not in report.engine


LARGE = ("vit_b_32", "efficientnet_b0")


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.long] * (one in LARGE)) for one in TORCHVISION],
)
def test_networks_of_torchvision_are_equal_and_conserve_relevance(name):
    side = TORCHVISION[name]
    torch.manual_seed(0)
    more = {"init_weights": False} if name == "googlenet" else {}
    module = models.get_model(name, weights=None, num_classes=CLASSES, **more).eval()
    drawn(module, pictures(4, side, seed=1))
    network, batch = network_of(module), images(1, side=side)
    form = check._form(network)
    assert form.remarks == ()
    # Single precision rounds a random network by about as much as is allowed for.
    assert largest_difference(module, form.module, torch.from_numpy(batch)) <= 1e-4
    stages = check._stages(network, form, Explainer(network, check.COMPOSITE), batch)
    assert 0.99 <= stages[-1].share <= 1.01, stages
    module.double()
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(batch).double()) <= 1e-9


# What was rewritten comes back


def state_of(module):
    tensors = {name: value.clone() for name, value in module.state_dict().items()}
    parts = {
        name: (type(part), list(part._modules), sorted(vars(part)), part.training)
        for name, part in module.named_modules()
    }
    return tensors, parts, dict(module._modules), module.forward


@pytest.mark.parametrize("name", ["residual", "dense", "class token", "functional calls", "reused"])
def test_everything_comes_back_also_after_an_error(name):
    module = own(name)
    module[1].train() if isinstance(module, nn.Sequential) else module.train()
    tensors, *rest = state_of(module)
    attribute(Network(module, canonizers.generic, None, CLASSES, ""), images(), TARGETS)
    with pytest.raises(RuntimeError, match="stop"), network_of_training(module).canonized():
        raise RuntimeError("forward" in vars(module) and "stop")
    with pytest.raises(RuntimeError):
        explain(network_of_training(module), images(channels=2), TARGETS)
    with pytest.raises(InputError, match="the network cannot compute images"):
        attribute(network_of_training(module), images(channels=2), TARGETS)
    found, *found_rest = state_of(module)
    assert found_rest == rest
    assert list(found) == list(tensors)
    assert all(torch.equal(found[key], value) for key, value in tensors.items())


def network_of_training(module):
    return Network(module, canonizers.generic, None, CLASSES, "")


def test_hooks_of_users_stay_and_run():
    module, seen = own("residual"), []
    handle = module[1].conv.register_forward_hook(lambda *_: seen.append(1))
    hooks = dict(module[1].conv._forward_hooks)
    attribute(network_of(module), images(), TARGETS)
    assert seen
    assert module[1].conv._forward_hooks == hooks
    handle.remove()


def test_a_hook_that_changes_the_output_of_a_block_counts():
    module = own("residual")
    plain = canonizers.canonical(module).module(torch.from_numpy(images()))
    module[1].register_forward_hook(lambda _, __, output: output * 2)
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(images())) <= 1e-5
    assert not torch.allclose(form.module(torch.from_numpy(images())), plain)


def test_a_forward_of_the_instance_counts():
    module = own("residual")
    inner = module.forward
    module.forward = lambda x: inner(x) + 1
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(images())) <= 1e-5


@pytest.mark.parametrize("how", ["weight norm", "spectral norm", "old weight norm"])
def test_layers_that_compute_their_weights_are_equal(how):
    wrap = {
        "weight norm": nn.utils.parametrizations.weight_norm,
        "spectral norm": nn.utils.parametrizations.spectral_norm,
        "old weight norm": nn.utils.weight_norm,
    }[how]
    torch.manual_seed(0)
    block = nn.Sequential(wrap(conv(8, 8)), nn.BatchNorm2d(8), nn.ReLU())
    module = drawn(own_layers.around(block), pictures(4, SIDE))
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(images())) <= 1e-5
    assert 0.9 <= check.check(network_of(module), how, images()).conserved <= 1.1


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: functional.relu_(x) + net.conv(x),
        lambda net, x: (net.act(x), x + net.conv(x))[1],
        lambda net, x: (net.act(x), net.conv(x) + x)[1],
        lambda net, x: (y := net.conv(x), y.add_(x), functional.relu(y))[2],
    ],
)
def test_what_is_overwritten_in_place_is_overwritten_for_later_calls(call):
    torch.manual_seed(0)
    block = nn.Sequential(conv(8, 8), Made(call, conv=conv(8, 8), act=nn.ReLU(inplace=True)))
    module = own_layers.around(block).eval()
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, torch.from_numpy(images())) <= 1e-5
    assert 0.9 <= check.check(network_of(module), "in place", images()).conserved <= 1.1


# Batch norm


def norm(kind, channels, affine=True):
    return kind(channels, eps=0.1, affine=affine)  # large, to be seen


N1, N2, N3 = nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d
AFTER = {
    "1d": (lambda **bias: nn.Conv1d(3, 6, 3, padding=1, **bias), N1, (3, 9)),
    "2d": (lambda **bias: nn.Conv2d(3, 6, 3, stride=2, padding=1, **bias), N2, (3, 9, 9)),
    "2d, groups": (lambda **bias: nn.Conv2d(4, 6, 3, groups=2, **bias), N2, (4, 9, 9)),
    "depthwise": (lambda **bias: nn.Conv2d(6, 6, 3, groups=6, **bias), N2, (6, 9, 9)),
    "3d": (lambda **bias: nn.Conv3d(3, 6, 3, **bias), N3, (3, 5, 5, 5)),
    "transposed 1d": (lambda **bias: nn.ConvTranspose1d(3, 6, 3, **bias), N1, (3, 9)),
    "transposed 2d": (lambda **bias: nn.ConvTranspose2d(3, 6, 3, 2, **bias), N2, (3, 5, 5)),
    "transposed, groups": (
        lambda **bias: nn.ConvTranspose2d(4, 6, 3, groups=2, **bias),
        *(N2, (4, 5, 5)),
    ),
    "dense": (lambda **bias: nn.Linear(7, 6, **bias), N1, (7,)),
}
BEFORE = ("1d, valid", "2d, valid", "2d, groups", "depthwise", "3d", "dense")


def few(name):
    make, kind, shape = (
        AFTER.get(name)
        or {
            "1d, valid": (lambda **bias: nn.Conv1d(3, 6, 3, **bias), N1, (3, 9)),
            "2d, valid": (
                lambda **bias: nn.Conv2d(3, 6, 3, 2, padding="valid", **bias),
                N2,
                (3, 9, 9),
            ),
        }[name]
    )
    batch = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))
    return make, kind, batch


def norms_of(form):
    return [part for part in form.module.modules() if isinstance(part, BatchNorm)]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", AFTER)
def test_norms_after_a_layer_are_merged(name, bias, affine):
    make, kind, batch = few(name)
    module = nn.Sequential(make(bias=bias), norm(kind, 6, affine), nn.ReLU())
    drawn(module, batch * 2 + 1)
    form = canonizers.canonical(module)
    assert norms_of(form) == []
    assert largest_difference(module, form.module, batch) <= 1e-5


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", BEFORE)
def test_norms_before_a_layer_that_pads_nothing_are_merged(name, bias, affine):
    make, kind, batch = few(name)
    module = nn.Sequential(norm(kind, batch.shape[1], affine), make(bias=bias))
    drawn(module, batch * 2 + 1)
    form = canonizers.canonical(module)
    assert norms_of(form) == []
    assert largest_difference(module, form.module, batch) <= 1e-5


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(norm(N2, 3), nn.Conv2d(3, 4, 3, padding=1)),
        lambda: nn.Sequential(norm(N2, 3), nn.Conv2d(3, 4, 3, padding="same")),
        lambda: nn.Sequential(norm(N2, 3), nn.ConvTranspose2d(3, 4, 3)),
        lambda: nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), norm(N2, 3), nn.ReLU()),
        lambda: Made(
            lambda net, x: net.norm(y := net.conv(x)) + y, conv=conv(3, 3), norm=norm(N2, 3)
        ),
        lambda: nn.Sequential(conv(3, 3), N2(3, track_running_stats=False)),
    ],
)
def test_norms_that_cannot_be_merged_stay(make):
    module = drawn(make(), pictures(4, 9))
    form = canonizers.canonical(module)
    assert len(norms_of(form)) == 1
    assert largest_difference(module, form.module, pictures(2, 9)) <= 1e-5


def test_a_layer_that_is_called_twice_keeps_its_norms():
    layers = {"conv": conv(3, 3), "a": norm(N2, 3), "b": norm(N2, 3)}
    module = Made(lambda net, x: net.b(net.conv(net.a(net.conv(x)))), **layers)
    drawn(module, pictures(4, 9))
    form = canonizers.canonical(module)
    assert largest_difference(module, form.module, pictures(2, 9)) <= 1e-5


def test_norms_on_both_sides_of_a_layer_are_equal():
    module = nn.Sequential(norm(N2, 3), nn.Conv2d(3, 4, 2), norm(N2, 4), nn.Conv2d(4, 4, 2))
    drawn(module, pictures(4, 9))
    form = canonizers.canonical(module)
    assert norms_of(form) == []
    assert largest_difference(module, form.module, pictures(2, 9)) <= 1e-5


# The same function in other words has the same maps


def halves(x):
    return x.mean((2, 3))


def squeezed(net, x):
    return torch.sigmoid(net.dense(halves(x)))[:, :, None, None]


def logistic(net, x):
    return torch.exp(-net.dense(halves(x)))[:, :, None, None] + 1


def scaled(net):
    scale = net.norm.weight * (net.norm.running_var + net.norm.eps).rsqrt()
    return scale.view(1, -1, 1, 1), (net.norm.bias - net.norm.running_mean * scale)[:, None, None]


def by_hand(net, x):
    mean, scale = net.norm.running_mean.reshape(-1, 1, 1), scaled(net)[0]
    return ((net.conv(x) - mean) * scale).add_(net.norm.bias[:, None, None])


def attended(net, x, weigh):
    tokens = x.flatten(2).transpose(1, 2)
    scores = net.dense(tokens) @ net.other(tokens).transpose(1, 2)
    return x + (weigh(scores) @ tokens).transpose(1, 2).reshape(x.shape)


def hard_swish(net, x, gate):
    y = net.conv(x)
    return y * gate(y)


SAME = {
    "gate, expanded": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: x * squeezed(net, x).expand_as(x),
    ),
    "gate, enlarged": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: functional.interpolate(squeezed(net, x), size=x.shape[2:]) * x,
    ),
    "gate, squared root": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: x * (squeezed(net, x) ** 2).sqrt(),
    ),
    "gate, sigmoid written out": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: x * (1 / logistic(net, x)),
    ),
    "gate, reciprocal": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: x * torch.reciprocal(logistic(net, x)),
    ),
    "gate of a clipped activation": (
        lambda net, x: x * squeezed(net, x),
        lambda net, x: functional.relu6(x * 1e-3) * squeezed(net, x) * 1e3,
    ),
    "norm, scale and shift": (
        lambda net, x: functional.relu(net.norm(net.conv(x))),
        lambda net, x: functional.relu(net.conv(x) * scaled(net)[0] + scaled(net)[1]),
    ),
    "norm by hand": (
        lambda net, x: functional.relu(net.norm(net.conv(x))),
        lambda net, x: functional.relu(by_hand(net, x)),
    ),
    "constant less a convolution": (
        lambda net, x: functional.relu(net.norm(net.conv(x))),
        lambda net, x: functional.relu((0.0 - (1 - by_hand(net, x))) + 1),
    ),
    "exponentials taken twice": (
        lambda net, x: attended(net, x, lambda a: a.softmax(-1)),
        lambda net, x: attended(net, x, lambda a: a.exp() / a.exp().sum(-1, keepdim=True)),
    ),
    "clamp with two bounds": (
        lambda net, x: hard_swish(net, x, functional.hardsigmoid),
        lambda net, x: hard_swish(net, x, lambda y: (y + 3).clamp(0, 6) / 6),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_function_in_other_words_has_the_same_maps(name):
    maps, logits = [], []
    torch.manual_seed(0)
    layers = {"conv": conv(8, 8), "norm": nn.BatchNorm2d(8)}
    block = Made(SAME[name][0], **layers, dense=nn.Linear(8, 8), other=nn.Linear(8, 8))
    module = drawn(own_layers.around(block), pictures(4, SIDE, seed=1))
    for block.call in SAME[name]:
        assert 0.99 <= check.check(network_of(module), name, images()).conserved <= 1.01
        maps.append(attribute(network_of(module), images(), TARGETS))
        logits.append(module(torch.from_numpy(images())).detach())
    assert torch.allclose(*logits, atol=1e-5)
    assert_same_maps(maps[1], maps[0], 1e-3)


# The layer that sees the pixels


def ordered(names):
    """One network, whose layers are registered in the order of their names."""
    torch.manual_seed(0)
    layers = {"stem": conv(3, 6), "middle": conv(6, 8), "head": nn.Linear(8, CLASSES)}

    def call(net, x):
        x = functional.relu(net.middle(functional.relu(net.stem(x))))
        return net.head(x.mean((2, 3)))

    return Made(call, **{name: layers[name] for name in names})


@pytest.mark.parametrize("engine", ["auto", "zennit"])
@pytest.mark.parametrize(
    "names", [("head", "stem", "middle"), ("middle", "head", "stem"), ("head", "middle", "stem")]
)
def test_layers_count_in_the_order_of_their_calls(names, engine):
    right, other = (network_of(ordered(one)) for one in (("stem", "middle", "head"), names))
    assert other.rewriters()[1] == ("stem",)
    assert next(iter(dict(other.module.named_children()))) == names[0]
    expected = attribute(right, images(), TARGETS, engine=engine)
    assert_same_maps(attribute(other, images(), TARGETS, engine=engine), expected, 1e-6)


def by_names(module, first, canonizer, batch=None):
    """The composite by zennit, with the flat rule for layers by their names."""
    rules = [*layer_map_base(), (Convolution, ZPlus()), (nn.Linear, Epsilon())]
    composite = NameLayerMapComposite(
        name_map=[(first, Flat())], layer_map=rules, canonizers=canonizer
    )
    pixels = torch.from_numpy(images() if batch is None else batch).requires_grad_()
    with Gradient(module, composite) as attributor:
        _, relevance = attributor(
            pixels,
            lambda output: (
                output.detach() * functional.one_hot(torch.from_numpy(TARGETS), output.shape[1])
            ),
        )
    return relevance.sum(1).detach().numpy()


def test_the_flat_rule_goes_to_the_stem():
    module = nn.Sequential(
        *(conv(3, 6), nn.ReLU(), conv(6, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(8, CLASSES),
    )
    expected = by_names(module, ["0"], [])
    for engine in ("auto", "zennit"):
        found = attribute(network_of(module), images(), TARGETS, engine=engine)
        assert_same_maps(found, expected)


def two_stems():
    def call(net, x):
        y = functional.relu(net.left(x[:, :1]) + net.right(x[:, 1:]))
        return net.head(functional.relu(net.middle(y)).mean((2, 3)))

    layers = {"middle": conv(8, 8), "left": conv(1, 8), "right": conv(2, 8, 5)}
    return drawn(Made(call, **layers, head=nn.Linear(8, CLASSES)), pictures(2, SIDE))


def test_two_layers_may_see_the_pixels():
    module = two_stems()
    network = network_of(module)
    assert network.rewriters()[1] == ("left", "right")
    found = attribute(network, images(), TARGETS)
    expected = by_names(module, ["left", "right"], [canonizers.GraphCanonizer()])
    assert_same_maps(found, expected)
    other = by_names(module, ["left"], [canonizers.GraphCanonizer()])
    assert np.abs(found - other).max() > 0.01 * np.abs(found).max()


def test_what_is_done_to_pixels_before_the_stem_is_no_layer():
    def call(net, x):
        return net.rest((x - 0.5) / net.spread.view(1, -1, 1, 1))

    torch.manual_seed(0)
    rest = nn.Sequential(conv(3, 6), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    module = Made(call, rest=nn.Sequential(*rest, nn.Linear(6, CLASSES)))
    module.register_buffer("spread", torch.tensor([0.2, 0.25, 0.3]))
    network = network_of(module)
    assert network.rewriters()[1] == ("rest.0",)
    scaled = (images() - 0.5) / np.array([0.2, 0.25, 0.3], dtype=np.float32)[:, None, None]
    expected = attribute(network_of(module.rest), scaled, TARGETS)
    assert_same_maps(attribute(network, images(), TARGETS), expected)


@pytest.mark.parametrize("engine", ["auto", "zennit"])
def test_a_first_layer_that_a_user_names_gets_the_rule(engine):
    torch.manual_seed(0)
    module = nn.Sequential(
        *(nn.Conv2d(3, 3, 1, bias=False), conv(3, 6), nn.ReLU(), conv(6, 8), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, CLASSES)),
    )
    network = network_of(module, first_layer="1")
    assert network.rewriters()[1] == ("1",)
    found = attribute(network, images(), TARGETS, engine=engine)
    assert_same_maps(found, by_names(module, ["1"], []))
    plain = attribute(network_of(module), images(), TARGETS, engine=engine)
    assert np.abs(found - plain).max() > 0.01 * np.abs(found).max()


# As zennit's own canonizers


@pytest.mark.parametrize(
    ("name", "canonizer"),
    [
        ("vgg11_bn", VGGCanonizer),
        ("resnet18", ResNetCanonizer),
        pytest.param("resnet50", ResNetCanonizer, marks=pytest.mark.long),
    ],
)
def test_maps_are_those_of_zennits_canonizers(name, canonizer):
    torch.manual_seed(0)
    module = models.get_model(name, weights=None, num_classes=CLASSES).eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps = 1e-12  # zennit leaves the eps of a merged norm in place
    drawn(module, pictures(4, 64, seed=1))
    batch = images(side=64)
    start = torch.from_numpy(batch).requires_grad_()
    with Gradient(module, EpsilonPlusFlat(canonizers=[canonizer()])) as attributor:
        _, relevance = attributor(
            start,
            lambda output: (
                output.detach() * functional.one_hot(torch.from_numpy(TARGETS), output.shape[1])
            ),
        )
    expected = relevance.sum(1).detach().numpy()
    for engine in ("auto", "zennit"):
        assert_same_maps(attribute(network_of(module), batch, TARGETS, engine=engine), expected)


@pytest.mark.parametrize("name", ["residual", "residual, +=", "functional calls", "reused"])
def test_where_the_fast_engine_computes_it_computes_what_zennit_does(name):
    network = network_of(own(name))
    with Explainer(network, "epsilon_plus_flat") as explain:
        assert not explain.fallback
        found = explain(images(), TARGETS).heatmap
    expected = attribute(network, images(), TARGETS, engine="zennit")
    assert_same_maps(found, expected)


# Channels, and what cannot be traced


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_networks_of_other_channels_are_explained(channels):
    torch.manual_seed(0)
    module = nn.Sequential(
        *(conv(channels, 6), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
        *(nn.Flatten(), nn.Linear(6, CLASSES)),
    )
    drawn(module, pictures(4, SIDE, channels))
    batch = images(channels=channels)
    assert 0.9 <= check.check(network_of(module), "own", batch).conserved <= 1.1
    assert attribute(network_of(module), batch, TARGETS).shape == (2, SIDE, SIDE)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, x: net.conv(x) if x.sum() > 0 else x,
        lambda net, x: net.conv(x) * (1 if bool((x > 0).any()) else 2),
        lambda net, x: torch.stack([net.conv(one[None])[0] for one in x]),
    ],
)
def test_what_depends_on_the_data_cannot_be_traced(call):
    module = own_layers.around(Made(call, conv=conv(8, 8)))
    with pytest.raises(NotCoveredError, match="it cannot be traced"):
        canonizers.canonical(module)
    assert canonizers.GraphCanonizer().apply(module) == []


def test_calls_without_a_rule_are_named_by_place():
    def call(net, x):
        return torch.fft.fft2(net.conv(x)).real

    module = own_layers.around(Made(call, conv=conv(8, 8)))
    (said,) = [one for one in canonizers.canonical(module).remarks if "fft" in one]
    assert said.startswith("1 calls")
