"""clarc: projections against their formula, and networks that are what they were afterwards."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from unhans.correction import clarc, layers
from unhans.correction.cav import fit_cav
from unhans.errors import InputError
from unhans.networks import small
from unhans.networks.inference import predict


@pytest.fixture(scope="module")
def network():
    return small.build("small_vgg", 10, 0).eval()


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(0).random((5, 1, 28, 28)).astype(np.float32)


def direction(d, seed=0):
    v = np.random.default_rng(seed).normal(size=d)
    return v / np.linalg.norm(v)


def slow(x, v, place, pooled):
    """Move activation by activation, or position by position."""
    moved = x.astype(np.float64).copy()
    for one in moved:
        if pooled:
            for at in np.ndindex(*one.shape[1:]):
                at = (slice(None), *at)
                one[at] += v * (place - v @ one[at])
        else:
            own = one.reshape(-1)
            own += v * (place - v @ own)
    return moved


@pytest.mark.parametrize("shape", [(6, 3, 4, 5), (6, 7)])
@pytest.mark.parametrize("pooled", [False, True])
def test_a_projection_is_its_formula(shape, pooled):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    v = direction(shape[1] if pooled else int(np.prod(shape[1:])))
    moved = clarc.Projection(v, 0.7, pooled)(torch.from_numpy(x)).numpy()
    assert moved == pytest.approx(slow(x, v, 0.7, pooled), abs=1e-5)


@pytest.mark.parametrize("pooled", [False, True])
def test_twice_is_once_and_what_is_orthogonal_stays(pooled):
    x = torch.randn(6, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    v = direction(3 if pooled else 48)
    project = clarc.Projection(v, -1.5, pooled)
    once = project(x)
    assert torch.allclose(project(once), once, atol=1e-5)
    step = (once - x).double().numpy()
    rows = step.transpose(0, 2, 3, 1).reshape(-1, 3) if pooled else step.reshape(6, -1)
    assert rows - np.outer(rows @ v, v) == pytest.approx(0, abs=1e-5)


def test_a_direction_of_zeros_is_the_identity():
    x = torch.randn(4, 3, 2, 2)
    for pooled, d in ((False, 12), (True, 3)):
        assert torch.equal(clarc.Projection(np.zeros(d), 5.0, pooled)(x), x)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_reactive_projection_moves_only_images_with_the_artefact(pooled):
    x = torch.randn(40, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    v = direction(3 if pooled else 12)
    own = x.mean(dim=(2, 3)) if pooled else x.flatten(1)
    found = (own.double().numpy() @ v - 0.1) > 0
    moved = clarc.Projection(v, 0.0, pooled, intercept=-0.1)(x)
    assert 0 < found.sum() < 40
    assert ((moved != x).flatten(1).any(dim=1).numpy() == found).all()
    always = clarc.Projection(v, 0.0, pooled)(x)
    assert torch.equal(moved[found], always[found])


def test_every_other_image_can_be_moved():
    x = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    project = clarc.Projection(direction(12), 2.0)
    moved = clarc.EveryOther(project)(x)
    assert torch.equal(moved[::2], project(x)[::2])
    assert torch.equal(moved[1::2], x[1::2])


def test_behind_a_layer_it_moves_that_layer_and_goes_again(network, inputs):
    before, weights = predict(network, inputs), copy.deepcopy(network.state_dict())
    plain = layers.activations(network, "9", inputs)
    v = direction(plain.shape[1])
    with clarc.after(network, "9", clarc.Projection(v, 0.3)) as moved:
        found = layers.activations(moved, "9", inputs)
        assert found @ v == pytest.approx(0.3, abs=1e-5)
        assert not np.allclose(predict(moved, inputs), before)
    assert (predict(network, inputs) == before).all()
    assert network.state_dict().keys() == weights.keys()
    with pytest.raises(RuntimeError), clarc.after(network, "9", nn.Identity()):
        raise RuntimeError
    assert isinstance(network[9], nn.MaxPool2d)


def test_activations_are_those_of_the_layer(network, inputs):
    expected = network[:5](torch.from_numpy(inputs)).detach()
    found = layers.activations(network, "4", inputs, batch_size=2)
    assert found == pytest.approx(expected.flatten(1).numpy(), abs=1e-6)
    pooled = layers.activations(network, "4", inputs, pooled=True)
    assert pooled == pytest.approx(expected.mean(dim=(2, 3)).numpy(), abs=1e-6)
    assert layers.activations(network, "11", inputs, pooled=True).shape == (5, 128)


def test_layers_that_put_out_maps_are_named_in_their_order(network, inputs):
    assert layers.maps(network, inputs[:1]) == [str(number) for number in range(10)]

    class Blocks(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([nn.Conv2d(1, 2, 3), nn.Sequential(nn.Conv2d(2, 2, 3))])
            self.head = nn.Linear(2, 2)

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x.mean(dim=(2, 3)))

    assert layers.maps(Blocks(), inputs[:1]) == ["blocks.0", "blocks.1.0", "blocks.1"]


def test_only_layers_above_can_be_trained(network, inputs):
    with layers.frozen_up_to(network, "9", inputs[:1]):
        free = [name for name, one in network.named_parameters() if one.requires_grad]
    assert free == ["11.weight", "11.bias", "13.weight", "13.bias"]
    assert all(one.requires_grad for one in network.parameters())


def test_an_exported_network_runs_without_its_code(network, inputs, tmp_path):
    v = direction(32 * 7 * 7)
    with clarc.after(network, "9", clarc.Projection(v, 0.3, intercept=0.1)) as moved:
        expected = predict(moved, inputs)
        content = clarc.program(copy.deepcopy(moved), inputs[:2])
    (tmp_path / "moved.pt2").write_bytes(content)
    program = torch.export.load(tmp_path / "moved.pt2").module()
    for n in (1, 5):
        found = program(torch.from_numpy(inputs[:n])).detach().numpy()
        assert found == pytest.approx(expected[:n], abs=1e-5)


def test_an_unknown_layer_is_named_with_those_there_are(network, inputs):
    with pytest.raises(InputError, match="no layer 'conv1'; expected one as 0, 1, 2"):
        layers.activations(network, "conv1", inputs)
    with pytest.raises(InputError, match="no layer ''"):
        layers.layer_of(network, "")


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("reactive", [False, True])
def test_p_clarc_moves_activations_to_where_clean_images_lie(network, inputs, pooled, reactive):
    before = predict(network, inputs)
    plain = layers.activations(network, "9", inputs, pooled=pooled)
    vector = fit_cav(plain[:2], plain[2:])
    with clarc.p_clarc(network, "9", vector, pooled=pooled, reactive=reactive) as corrected:
        found = layers.activations(corrected, "9", inputs, pooled=pooled)
    moved = vector.scores(plain) > 0 if reactive else np.ones(len(inputs), dtype=bool)
    assert moved.any()
    assert vector.place(found)[moved] == pytest.approx(vector.clean, abs=1e-5)
    assert found[~moved] == pytest.approx(plain[~moved], abs=1e-6)
    assert (predict(network, inputs) == before).all()
