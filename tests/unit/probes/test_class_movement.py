"""class_movement: answers are those of their names, however many images are changed at once."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.errors import InputError
from unhans.images.changes.catalogue import Step
from unhans.probes.class_movement import BATCH, ClassMovement, measure_class
from unhans.probes.groups import of_arrays

STEPS = [Step("brighter", 0.1), Step("scene_of_others", 0.4), Step("noise", 0.08)]


@pytest.fixture(scope="module")
def groups():
    images = np.random.default_rng(0).random((14, 3, 8, 8)).astype(np.float32)
    return of_arrays(images, np.repeat([0, 1, 2], [7, 4, 3]), {"a": "A", "b": "B", "c": "C"})


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 3))


def test_batches_and_workers_change_no_answer(network, groups):
    found = [
        measure_class(network, None, groups[0], groups[1:], STEPS, batch_size=size, workers=workers)
        for size, workers in ((BATCH, 1), (2, 1), (7, 3))
    ]
    for other in found[1:]:
        for name, values in found[0].arrays().items():
            assert np.allclose(values, other.arrays()[name], rtol=1e-5), name


def test_numbers_are_those_of_their_names(network, groups):
    found = measure_class(network, None, groups[0], groups[1:], STEPS)
    assert ClassMovement.of(found.arrays()).arrays().keys() == found.arrays().keys()
    images = torch.from_numpy(groups[0].read())
    chances = 100 * network(images).softmax(1).detach().numpy()
    assert np.allclose(found.own_probability[0], chances[:, 0], rtol=1e-4)
    assert np.allclose(found.probability[0], chances.sum(0), rtol=1e-4)
    assert (found.called[0] == chances.argmax(1)).all()
    ranks = 1 + (chances[:, None] > chances[:, :, None]).sum(2)
    assert (found.own_rank[0] == ranks[:, 0]).all()
    assert (found.rank[0] == ranks.sum(0)).all()
    assert found.donor.tolist() == [1, 2, 1, 2, 1, 2, 1]
    rows = np.arange(7)
    assert np.allclose(found.donor_probability[0], chances[rows, found.donor], rtol=1e-4)
    assert (found.donor_rank[0] == ranks[rows, found.donor]).all()
    assert np.allclose(found.colour, groups[0].read().mean((0, 2, 3)), atol=1e-6)


def test_a_class_that_the_network_has_no_output_of_is_named(groups):
    small = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    with pytest.raises(InputError, match="class of output 2: the network has 2 outputs"):
        measure_class(small, None, groups[2], groups[:2], STEPS)


def test_images_that_cannot_be_read_any_more_are_one_line(network, groups):
    gone = of_arrays(np.zeros((1, 3, 8, 8), np.float32), np.zeros(1, int), {"a": "A"})[0]
    gone = type(gone)("a", "A", 0, lambda: np.zeros((0, 3, 8, 8), np.float32), 1)
    with pytest.raises(InputError, match="class a: no image to change can be read"):
        measure_class(network, None, gone, groups[1:], STEPS)
