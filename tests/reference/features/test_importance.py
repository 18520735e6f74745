"""importance: against loops over images and neurons."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.features import importance


def slow_importance(activations, weights):
    n, d = len(activations), len(weights)
    return [sum(activations[i][j] * weights[j] for i in range(n)) / n for j in range(d)]


def slow_greatest(values, count):
    left, found = list(range(len(values))), []
    while left and len(found) < count:
        best = left[0]
        for place in left:
            best = place if values[place] > values[best] else best
        found.append(best)
        left.remove(best)
    return found


def case(name, random):
    activations = np.maximum(random.normal(size=(12, 5)), 0)
    if name == "tied":
        activations = np.round(activations)
    if name == "duplicated":
        activations = np.repeat(activations[:6], 2, axis=0)
    if name == "tiny":
        activations = activations[:1, :1]
    if name == "zeros":
        activations[:] = 0
    return activations, random.normal(size=activations.shape[1])


CASES = ["plain", "tied", "duplicated", "tiny", "zeros"]


@pytest.mark.parametrize("name", CASES)
def test_importance_is_the_mean_part_of_the_logit(name):
    activations, weights = case(name, np.random.default_rng(0))
    found = importance.feature_importance(activations, weights)
    np.testing.assert_allclose(found, slow_importance(activations, weights), atol=1e-12)
    np.testing.assert_allclose(found.sum(), (activations @ weights).mean(), atol=1e-12)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_the_greatest_come_first_and_of_equal_ones_the_first(name, count):
    values = case(name, np.random.default_rng(1))[0][:, 0]
    assert importance.greatest(values, count).tolist() == slow_greatest(values, count)
    members = np.arange(len(values)) % 2 == 0
    chosen = slow_greatest(values[members], count)
    found = importance.greatest_of(values, members, count)
    assert found.tolist() == np.flatnonzero(members)[chosen].tolist()


@pytest.mark.parametrize("bad", [np.zeros((0, 3)), np.zeros(3), np.full((2, 3), np.nan)])
def test_what_is_no_activation_is_refused(bad):
    with pytest.raises(InputError, match="activations"):
        importance.feature_importance(bad, np.zeros(3))


def test_weights_of_another_width_are_refused():
    with pytest.raises(InputError, match=r"weights of shape \(2,\)"):
        importance.feature_importance(np.ones((4, 3)), np.ones(2))
