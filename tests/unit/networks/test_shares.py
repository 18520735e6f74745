"""shares: softmax written out is explained as softmax is."""

import numpy as np
import pytest
import torch
from drawn_networks import pictures
from own_layers import CLASSES, SIDE
from torch import nn
from torch.nn import functional

from unhans.attribution.explainer import attribute
from unhans.networks import canonizers, graph, shares
from unhans.networks.registry import Network

IMAGES, TARGETS = pictures(2, SIDE).numpy(), np.array([1, 3])


class Attention(nn.Module):
    """One block of attention whose weights are computed by a function."""

    def __init__(self, weights):
        super().__init__()
        torch.manual_seed(0)
        self.weights = weights
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.q, self.k, self.v = (nn.Linear(8, 8) for _ in range(3))
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x):
        tokens = self.stem(x).flatten(2).transpose(1, 2)
        scores = self.q(tokens) @ self.k(tokens).transpose(1, 2)
        return self.head((self.weights(scores) @ self.v(tokens)).mean(1))


def maps(weights):
    module = Attention(weights).eval()
    return attribute(Network(module, canonizers.generic, None, CLASSES, ""), IMAGES, TARGETS)


def plain(scores):
    raised = torch.exp(scores)
    return raised / raised.sum(-1, keepdim=True)


def shifted(scores):
    raised = (scores - scores.amax(-1, keepdim=True)).exp()
    return raised.div(raised.sum(dim=-1, keepdim=True) + 1e-12)


def clamped(scores):
    raised = torch.exp(scores)
    return raised / torch.clamp(raised.sum(-1).unsqueeze(-1), min=1e-12)


def by_norm(scores):
    return functional.normalize(torch.exp(scores), p=1, dim=-1)


def by_reciprocal(scores):
    raised = scores.exp()
    return raised.sum(-1, keepdim=True).reciprocal().expand_as(raised) * raised


WRITTEN_OUT = {one.__name__: one for one in (plain, shifted, clamped, by_norm, by_reciprocal)}


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_softmax_written_out_gives_the_maps_of_softmax(name):
    expected = maps(lambda scores: scores.softmax(-1))
    found = maps(WRITTEN_OUT[name])
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


def masked_out(scores):
    raised = scores.exp().masked_fill(torch.eye(64, dtype=torch.bool), 0.0)
    return raised / raised.sum(-1, keepdim=True)


def test_masked_values_count_too():
    module = Attention(masked_out)
    assert len(shares.shares(graph.traced(module))) == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda s: s / s.sum(-1, keepdim=True),  # of both signs
        lambda s: s.exp() / s.sum(-1, keepdim=True),
        lambda s: s.exp() / s.exp().mean(-1, keepdim=True),
        lambda s: s / 8,
        lambda s: functional.normalize(s.exp(), dim=-1),
        lambda s: s.exp() * s.exp().sum(-1, keepdim=True),
    ],
)
def test_other_quotients_are_no_shares(other):
    assert not shares.shares(graph.traced(Attention(other)))
