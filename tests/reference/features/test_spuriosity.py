"""spuriosity: against sorted lists and loops."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.features import spuriosity


def slow_gap(values, correct, count):
    order = sorted(range(len(values)), key=lambda place: (-values[place], place))
    k = min(count, len(values) // 2)
    high, low = order[:k], order[len(values) - k :]
    return sum(correct[one] for one in high) / k - sum(correct[one] for one in low) / k


def slow_spuriosity(activations, neurons):
    found = []
    for image in activations:
        total = 0.0
        for j in neurons:
            column = activations[:, j]
            mean = sum(column) / len(column)
            spread = np.sqrt(sum((column - mean) ** 2) / len(column))
            total += (image[j] - mean) / spread if len(set(column.tolist())) > 1 else 0
        found.append(total / len(neurons) if len(neurons) else 0)
    return found


def case(name, random):
    activations = np.maximum(random.normal(size=(20, 4)), 0)
    if name == "tied":
        activations = np.round(activations)
    if name == "duplicated":
        activations = np.repeat(activations[:10], 2, axis=0)
    if name == "tiny":
        activations = activations[:2]
    if name == "constant":
        activations[:, 1] = 0.1
    return activations, random.random(len(activations)) > 0.4


CASES = ["plain", "tied", "duplicated", "tiny", "constant"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("count", [1, 4, 100])
def test_the_gap_compares_both_ends(name, count):
    activations, correct = case(name, np.random.default_rng(0))
    for values in activations.T:
        found = spuriosity.accuracy_gap(values, correct, count)
        assert found == pytest.approx(slow_gap(values, correct, count))


def test_one_image_has_no_two_ends():
    with pytest.raises(InputError, match="two ends"):
        spuriosity.accuracy_gap([1.0], [True], 1)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("neurons", [[0], [1, 3], []])
def test_images_are_ranked_by_their_mean_z_score(name, neurons):
    activations, _ = case(name, np.random.default_rng(1))
    found = spuriosity.spuriosity(activations, neurons)
    np.testing.assert_allclose(found, slow_spuriosity(activations, neurons), atol=1e-9)
