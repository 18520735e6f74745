"""components: contributions sum to the logit; NPCA and SpuFix against their definitions."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.features import components


def case(name, random):
    activations = np.maximum(random.normal(size=(30, 6)), 0)
    if name == "tied":
        activations = np.round(activations)
    if name == "duplicated":
        activations = np.repeat(activations[:15], 2, axis=0)
    if name == "few":
        activations = activations[:3]
    if name == "one":
        activations = activations[:1]
    if name == "constant":
        activations[:] = 1
    return activations.astype(np.float32), random.normal(size=6).astype(np.float32)


CASES = ["plain", "tied", "duplicated", "few", "one", "constant"]


@pytest.mark.parametrize("name", CASES)
def test_contributions_sum_to_the_logit_up_to_a_constant(name):
    activations, weights = case(name, np.random.default_rng(0))
    psi = components.weighted(activations, weights)
    found = components.principal(psi)
    alpha = components.contributions(psi, found)
    logit = activations.astype(float) @ weights.astype(float)
    np.testing.assert_allclose(alpha.sum(axis=1) + found.mean.sum(), logit, atol=1e-5)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(6), atol=1e-9)
    assert (np.diff(found.variance) <= 1e-12).all()


@pytest.mark.parametrize("name", ["plain", "duplicated", "few"])
def test_components_are_those_of_a_singular_value_decomposition(name):
    activations, weights = case(name, np.random.default_rng(1))
    psi = components.weighted(activations, weights)
    found = components.principal(psi)
    centred = psi - psi.mean(axis=0)
    _, values, rows = np.linalg.svd(centred, full_matrices=False)
    for place in range(min(len(psi) - 1, 6)):
        u = rows[place]
        slow = [sum(u * one) * sum(u) for one in centred]
        fast = components.contributions(psi, found)[:, place]
        np.testing.assert_allclose(fast, slow, atol=1e-9)
        np.testing.assert_allclose(found.variance[place], values[place] ** 2 / len(psi), atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_a_contribution_is_a_weighted_sum_of_activations(name):
    activations, weights = case(name, np.random.default_rng(2))
    psi = components.weighted(activations, weights)
    found = components.principal(psi)
    for place in range(6):
        c = components.coefficients(found, place, weights)
        shift = found.directions[place] @ found.mean * found.directions[place].sum()
        alpha = components.contributions(psi, found)[:, place]
        np.testing.assert_allclose(activations @ c - shift, alpha, atol=1e-6)


def slow_direction(psi, mean, alpha):
    total = sum(a * (one - mean) for a, one in zip(alpha, psi, strict=True))
    length = np.sqrt(sum(total**2))
    return total / length if length > 0 else total * 0


def slow_blocked(psi, mean, v):
    return [max(0, sum(v * (one - mean)) * sum(v)) for one in psi]


@pytest.mark.parametrize("name", CASES)
def test_spufix_lowers_the_logit_by_the_positive_part_of_a_direction(name):
    activations, weights = case(name, np.random.default_rng(3))
    psi = components.weighted(activations, weights)
    found = components.principal(psi)
    alpha = components.contributions(psi, found)[:, 0]
    v = components.spurious_direction(psi, found.mean, alpha)
    np.testing.assert_allclose(v, slow_direction(psi, found.mean, alpha), atol=1e-9)
    lowered = components.blocked(psi, found.mean, v)
    np.testing.assert_allclose(lowered, slow_blocked(psi, found.mean, v), atol=1e-9)


def test_several_directions_are_fitted_by_least_squares():
    random = np.random.default_rng(4)
    psi, mean = random.normal(size=(9, 5)), random.normal(size=5)
    rows = random.normal(size=(2, 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    expected = []
    for one in psi:
        parts = np.linalg.lstsq(rows.T, one - mean, rcond=None)[0]
        expected.append(sum(max(0, part * v.sum()) for part, v in zip(parts, rows, strict=True)))
    np.testing.assert_allclose(components.blocked(psi, mean, rows), expected, atol=1e-9)


def test_a_direction_of_zeros_changes_nothing():
    random = np.random.default_rng(5)
    psi = random.normal(size=(4, 3))
    assert not components.blocked(psi, psi.mean(axis=0), np.zeros(3)).any()
    assert not components.spurious_direction(psi, psi.mean(axis=0), np.zeros(4)).any()


def test_widths_that_differ_are_refused():
    found = components.principal(np.ones((3, 4)))
    with pytest.raises(InputError, match="components of 4 neurons"):
        components.contributions(np.ones((3, 5)), found)
    with pytest.raises(InputError, match="weights of shape"):
        components.weighted(np.ones((3, 4)), np.ones(3))
