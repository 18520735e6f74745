"""conservation: what is measured at each place is the sum of relevance there."""

import numpy as np
import own_layers
import pytest
import torch
from drawn_networks import drawn, pictures
from own_layers import CLASSES, SIDE, Made, conv
from torch import nn
from torch.nn import functional

from unhans.attribution import check, composites, conservation
from unhans.attribution.conservation import hooked_stages, stages
from unhans.networks import canonizers
from unhans.networks.operations import EXACT
from unhans.networks.registry import Network


def images(n=3, side=SIDE):
    return pictures(n, side).numpy()


def measured(module, batch, first):
    made = composites.make(
        check.COMPOSITE, first_layers=(f"network.{first}",), completed=True, stabiliser=EXACT
    )
    return stages(canonizers.canonical(module), made, batch)


def dense(biases=(True, True)):
    torch.manual_seed(0)
    layers = nn.Linear(12, 6, bias=biases[0]), nn.ReLU(), nn.Linear(6, CLASSES, bias=biases[1])
    return nn.Sequential(nn.Flatten(), *layers).eval()


def test_shares_are_sums_of_relevance_over_the_logit():
    module, batch = dense(), images(1, 2)
    first, second = module[1].weight.detach().double(), module[3].weight.detach().double()
    hidden = (first @ torch.from_numpy(batch).double().flatten()).clamp(min=0)
    logits = second @ hidden
    target = int(logits.abs().argmax())
    relevance = hidden * second[target]  # epsilon, where the stabiliser absorbs nothing
    names = {one.name: one.share for one in measured(module, batch, "1")}
    assert list(names)[-1] == "input"
    for share in names.values():
        assert share == pytest.approx(float(relevance.sum() / logits[target]), rel=1e-5)


def test_biases_are_left_out_and_the_network_keeps_them():
    module = dense()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with_biases = measured(module, images(side=2), "1")
    assert all(torch.equal(module.state_dict()[name], value) for name, value in before.items())
    nn.init.zeros_(module[1].bias)
    nn.init.zeros_(module[3].bias)
    assert with_biases == measured(module, images(side=2), "1")


def test_positions_and_class_tokens_are_left_out_too():
    module = drawn(own_layers.build("class token"), pictures(2, SIDE))
    form = canonizers.canonical(module)
    bare = conservation.without_biases(form.module)
    constants = [
        value
        for name, value in bare.named_parameters()
        if name.endswith(("token", "place", "bias"))
    ]
    assert len(constants) > 4
    assert not any(value.any() for value in constants)
    assert form.module.get_parameter("network.block.place").any()


def test_the_place_where_relevance_is_gained_is_seen():
    def doubled(net, x):
        return torch.fft.fft2(x).real + net.conv(x)

    torch.manual_seed(0)
    module = own_layers.around(Made(doubled, conv=conv(8, 8))).eval()
    found = measured(module, images(), "0.0")
    names = [one.name for one in found]
    after, before = (
        next(one.share for one in found if one.name.startswith(start)) for start in ("2.", "0.")
    )
    assert names[-1] == "input"
    assert after == pytest.approx(1, abs=1e-3)
    assert abs(before - 1) > 0.1


@pytest.mark.parametrize("plain", [True, False])
def test_networks_that_cannot_be_traced_are_measured_by_hooks(plain):
    def call(net, x):
        if x.sum() > 1e9:
            return x
        return net.conv(x) if plain else x + net.conv(x)

    torch.manual_seed(0)
    module = own_layers.around(Made(call, conv=conv(8, 8))).eval()
    made = composites.make(check.COMPOSITE, ("0.0",), [], completed=True, stabiliser=EXACT)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = hooked_stages(module, made, images())
    assert [one.name for one in found] == ["2", "1", "0", "input"]
    if plain:
        np.testing.assert_allclose([one.share for one in found], 1, atol=1e-2)
    else:
        assert found[0].share == pytest.approx(1, abs=1e-2)
        assert found[-1].share > 1.5
    assert all(torch.equal(module.state_dict()[name], value) for name, value in before.items())


def test_stages_whose_first_dimension_is_not_that_of_images_are_left_out():
    def stacked(net, x):
        return torch.stack([x, net.conv(x)], dim=0).sum(0)

    torch.manual_seed(0)
    module = own_layers.around(Made(stacked, conv=conv(8, 8))).eval()
    found = measured(module, images(), "0.0")
    assert found[-1].share == pytest.approx(1, abs=0.01)


def test_logits_of_zero_have_no_share():
    module = dense()
    nn.init.zeros_(module[3].weight)
    assert all(np.isnan(one.share) for one in measured(module, images(side=2), "1"))
    report = check.check(
        Network(module, canonizers.generic, None, CLASSES, ""), "zero", images(side=2)
    )
    assert np.isnan(report.conserved)
    assert report.notes()["conserved"] is None
    assert "cannot be measured" in report.describe()


@pytest.mark.parametrize("inputs", ["zero", "tied", "tiny", "one"])
def test_degenerate_images_are_measured(inputs):
    batch = {
        "zero": np.zeros((2, 3, SIDE, SIDE), dtype=np.float32),
        "tied": np.full((2, 3, SIDE, SIDE), 0.5, dtype=np.float32),
        "tiny": images() * np.float32(1e-12),
        "one": images(1),
    }[inputs]
    module = drawn(own_layers.build("residual"), pictures(2, SIDE))
    (*_, last) = measured(module, batch, "0.0")
    assert np.isnan(last.share) if inputs == "zero" else 0.9 < last.share < 1.1


def test_activations_that_leave_negative_values_lose_nothing():
    torch.manual_seed(0)
    block = nn.Sequential(conv(8, 8, groups=8), nn.Tanh(), conv(8, 8, 1, groups=8), nn.Hardswish())
    module = drawn(own_layers.around(block), pictures(2, SIDE))
    found = measured(module, images(), "0.0")
    assert found[-1].share == pytest.approx(1, abs=0.02)
    made = composites.make(check.COMPOSITE, ("network.0.0",), stabiliser=EXACT)
    lost = stages(canonizers.canonical(module), made, images())
    assert abs(lost[-1].share - 1) > 0.1


def complete_plus(x, weight, relevance, stabiliser):
    """R_i = sum_j (x_i w_ji)^+ R_j / z_j^+, or of the negative products where there is no positive."""
    found = np.zeros(len(x))
    for j in range(len(weight)):
        products = x * weight[j]
        above, below = products[products > 0].sum(), products[products < 0].sum()
        for i in range(len(x)):
            if above > 0 and products[i] > 0:
                found[i] += products[i] * relevance[j] / (above + stabiliser)
            elif above == 0 and below < 0:
                found[i] += products[i] * relevance[j] / (below - stabiliser)
    return found


@pytest.mark.parametrize("kind", ["random", "negative", "tied", "zero", "tiny"])
def test_complete_plus_is_its_formula(kind):
    generator = np.random.default_rng(0)
    x, weight = generator.standard_normal(4), generator.standard_normal((6, 4))
    weight[0], weight[1] = -np.sign(x) * np.abs(weight[0]), 0
    x = {
        "random": x,
        "negative": -np.abs(x),
        "tied": np.full(4, 0.3),
        "zero": x * 0,
        "tiny": x * 1e-9,
    }[kind]
    relevance = generator.standard_normal(6)
    layer = nn.Conv2d(4, 6, 1, bias=False).double()
    layer.weight.data = torch.from_numpy(weight[:, :, None, None].copy())
    pixels = torch.from_numpy(x[None, :, None, None].copy()).requires_grad_()
    hook = composites.CompletePlus(1e-6)
    handle = hook.register(layer)
    output = layer(pixels)
    (found,) = torch.autograd.grad(output, pixels, torch.from_numpy(relevance)[None, :, None, None])
    handle.remove()
    expected = complete_plus(x, weight, relevance, 1e-6)
    np.testing.assert_allclose(found.flatten().numpy(), expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(output, functional.conv2d(pixels, layer.weight))
