"""evaluation: images of all classes are looked at, and only positive relevance inside the mask counts."""

import math

import numpy as np
import pytest
import torch

from unhans.correction import evaluation
from unhans.networks.registry import Network

MASK = np.zeros((6, 6), dtype=bool)
MASK[0] = True


@pytest.fixture
def network():
    """A network that sees the first row alone, for class 1 alone."""
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(36, 2, bias=False))
    weights = torch.zeros(2, 36)
    weights[0, 6:] = 1
    weights[1, :6] = 1
    module[1].weight.data = weights
    return Network(module.eval(), list, None, 2, "0")


def test_relevance_is_that_of_the_class_in_the_mask(network):
    images = np.random.default_rng(0).random((5, 1, 6, 6), dtype=np.float32)
    beside, inside = (
        evaluation.relevance(network, "epsilon_plus", images, at, np.stack([MASK] * 5))
        for at in (0, 1)
    )
    assert beside == (0, 0, 0)
    assert inside.fraction == pytest.approx(1)
    assert inside.total == pytest.approx(images[:, 0, 0].sum(axis=1).mean(), rel=1e-3)
    assert inside.balance == pytest.approx(1)
    whole = np.ones((5, 6, 6), dtype=bool)
    assert math.isnan(evaluation.relevance(network, "epsilon_plus", images, 1, whole).fraction)
    nothing = evaluation.relevance(network, "epsilon_plus", images[:0], 1, MASK[None][:0])
    assert all(math.isnan(one) for one in nothing)


def test_of_many_images_some_of_all_classes_are_explained(network, monkeypatch):
    images = np.zeros((40, 1, 6, 6), dtype=np.float32)
    images[:, 0, 0, 0] = np.arange(40)
    seen = []

    def watched(_, shown, targets, composite):
        seen.extend(shown[:, 0, 0, 0])
        return np.zeros((len(targets), 6, 6), dtype=np.float32)

    monkeypatch.setattr(evaluation, "attribute", watched)
    monkeypatch.setattr(evaluation, "EXPLAINED", 10)
    assert evaluation.relevance(network, "epsilon_plus", images, 1, np.stack([MASK] * 40)) == (
        *(0, 0, 0),
    )
    assert seen == list(range(0, 40, 4))


def test_relevance_that_speaks_against_the_class_has_a_negative_balance(network, monkeypatch):
    maps = np.where(MASK, np.float32([[-3, 1, 1, 1, 1, 1]]), np.float32(2))
    monkeypatch.setattr(evaluation, "attribute", lambda *_: np.stack([maps] * 2))
    images = np.zeros((2, 1, 6, 6), dtype=np.float32)
    found = evaluation.relevance(network, "epsilon_plus", images, 1, np.stack([MASK] * 2))
    within = maps[MASK]
    assert found.total == pytest.approx(within.sum())
    assert found.balance == pytest.approx(within.sum() / np.abs(within).sum())


def test_accuracy_is_the_share_whose_label_is_highest(network):
    images = np.zeros((4, 1, 6, 6), dtype=np.float32)
    images[:2, 0, 0] = 1
    images[2:, 0, 3] = 1
    label = np.array([1, 1, 0, 1])
    assert evaluation.accuracy(network.module, images, label) == 0.75
    assert math.isnan(evaluation.accuracy_of(np.zeros((0, 2)), label[:0]))
