"""last_layer: LEACE against its definition, SpuFix against components, and RR-ClArC's penalty."""

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf
from torch import nn

from unhans.correction import last_layer, rr_clarc
from unhans.errors import InputError
from unhans.features import components


def activations(name, random):
    own = random.normal(size=(80, 5)) @ random.normal(size=(5, 5)) + 3
    label = np.arange(80) % 2 == 0
    own[label] += [1, 0.5, 0, 0, -1]
    if name == "flat":
        own[:, 2] = 7
    if name == "dependent":
        own[:, 4] = own[:, 0] - own[:, 1]
    if name == "few":
        return own[label][:2], own[~label][:2]
    return own[~label], own[label]


@pytest.mark.parametrize("name", ["plain", "flat", "dependent", "few"])
def test_erased_activations_do_not_covary_with_the_artefact(name):
    clean, marked = activations(name, np.random.default_rng(0))
    erase = last_layer.eraser(clean, marked)
    own = np.concatenate([clean, marked])
    made = erase(own)
    assert np.abs(made[: len(clean)].mean(axis=0) - made[len(clean) :].mean(axis=0)).max() < 1e-8
    np.testing.assert_allclose(made.mean(axis=0), own.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(erase.projection @ erase.projection, erase.projection, atol=1e-8)


def test_no_other_eraser_changes_activations_less():
    random = np.random.default_rng(1)
    clean, marked = activations("plain", random)
    own = np.concatenate([clean, marked])
    erase = last_layer.eraser(clean, marked)
    least = ((erase(own) - own) ** 2).sum()
    apart = marked.mean(axis=0) - clean.mean(axis=0)
    for _ in range(50):
        # Any oblique projection along the difference of the means erases it.
        across = random.normal(size=5)
        other = np.outer(apart, across) / (across @ apart)
        assert (((own - own.mean(axis=0)) @ other.T) ** 2).sum() >= least - 1e-9


def test_alike_images_leave_nothing_to_erase():
    clean, _ = activations("plain", np.random.default_rng(0))
    erase = last_layer.eraser(clean, clean)
    np.testing.assert_array_equal(erase(clean), clean)


def test_spufix_lowers_one_logit_as_components_say_and_zeros_change_nothing():
    random = np.random.default_rng(0)
    torch.manual_seed(0)
    layer = nn.Linear(6, 3)
    phi = np.maximum(random.normal(size=(20, 6)), 0)
    inputs = torch.from_numpy(phi).float()
    psi = components.weighted(phi, layer.weight[1].detach().double().numpy())
    direction = random.normal(size=6)
    direction /= np.linalg.norm(direction)
    with torch.no_grad():
        before = layer(inputs)
        after = last_layer.Blocked(layer, 1, psi.mean(axis=0), direction, direction.sum())(inputs)
        same = last_layer.Blocked(layer, 1, psi.mean(axis=0), np.zeros(6), 3.0)(inputs)
    lowered = components.blocked(psi, psi.mean(axis=0), direction)
    np.testing.assert_allclose((before - after)[:, 1], lowered, atol=1e-5)
    assert torch.equal(after[:, [0, 2]], before[:, [0, 2]])
    assert torch.equal(same, before)


@pytest.mark.parametrize("pooled", [False, True])
def test_the_penalty_is_the_squared_gradient_along_the_vector(pooled):
    torch.manual_seed(0)
    activations = torch.rand(4, 3, 2, 2, requires_grad=True)
    head = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    own = activations.double()
    direction = torch.nn.functional.normalize(torch.rand(3 if pooled else 12), dim=0).double()
    signs = torch.tensor([[1.0, -1.0]] * 4).double()
    found = rr_clarc.penalty(head(own), own, direction, signs)
    step = 1e-6 * (direction[:, None, None].expand(3, 2, 2) if pooled else direction.view(3, 2, 2))
    slope = ((head(own + step) - head(own - step)) * signs).sum(dim=1) / 2e-6
    assert found.item() == pytest.approx(slope.square().mean().item(), rel=1e-6)


def test_a_negative_penalty_is_refused():
    with pytest.raises(InputError, match="expected 0 or more"):
        rr_clarc.train(nn.Linear(1, 1), "", [1.0], None, None, -1)


@pytest.mark.parametrize("name", ["plain", "flat", "silent", "few", "one"])
def test_the_amount_of_a_change_is_that_of_least_squares_in_whitened_coordinates(name):
    random = np.random.default_rng(3)
    clean = random.normal(size=(40, 5)) @ random.normal(size=(5, 5)) + 2
    changes = random.normal(size=(30, 5)) * 0.2 + [1, 2, 0, -0.5, 0]
    if name == "flat":
        clean[:, 1] = 7
    if name == "silent":
        clean[:, 4], changes[:, 4] = 0, 0
    if name == "few":
        clean, changes = clean[:3], changes[:2]
    if name == "one":
        clean, changes = clean[:1], changes[:1]
    direction, filter_ = last_layer.inserted_direction(changes, clean)
    np.testing.assert_allclose(direction, changes.mean(axis=0), atol=1e-12)
    assert filter_ @ direction == pytest.approx(1)
    covariance = LedoitWolf().fit(clean).covariance_
    covariance += 1e-6 * (np.trace(covariance) / 5 or 1) * np.eye(5)
    white = np.linalg.inv(np.linalg.cholesky(covariance))
    for own in random.normal(size=(6, 5)):
        slow = np.linalg.lstsq((white @ direction)[:, None], white @ own, rcond=None)[0]
        assert filter_ @ own == pytest.approx(slow.item(), rel=1e-5, abs=1e-8)


def test_an_artefact_that_changes_nothing_has_no_amount():
    clean = np.random.default_rng(0).normal(size=(9, 4))
    direction, filter_ = last_layer.inserted_direction(np.zeros((3, 4)), clean)
    assert not direction.any()
    assert not filter_.any()
    with pytest.raises(InputError, match="changes of shape"):
        last_layer.inserted_direction(np.zeros((3, 3)), clean)
