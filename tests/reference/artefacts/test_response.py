"""response: against its definition, with the sign of the paper's table 3."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts.response import response
from unhans.errors import InputError


class Mean(nn.Module):
    """Logits that read off chosen pixels, so that every change can be computed by hand."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * x[:, 0, 0, :]


def test_response_is_the_change_of_rank_and_probability(random):
    images = random.normal(size=(9, 1, 1, 5)).astype(np.float32)
    altered = random.normal(size=(9, 1, 1, 5)).astype(np.float32)
    found = response(Mean(), images, altered, target=2)
    for row, (before, after) in enumerate(zip(images[:, 0, 0], altered[:, 0, 0], strict=True)):
        ranks = [sorted(logits, reverse=True).index(logits[2]) for logits in (before, after)]
        assert found.rank[row] == ranks[0] - ranks[1]
        shares = [np.exp(logits)[2] / np.exp(logits).sum() for logits in (before, after)]
        assert found.probability[row] == pytest.approx(shares[1] - shares[0], abs=1e-6)


def test_a_class_that_rises_has_positive_changes():
    before = np.zeros((1, 1, 1, 3), dtype=np.float32)
    before[..., 0] = 1
    after = before.copy()
    after[..., 2] = 5
    risen = response(Mean(), before, after, target=2)
    assert risen.rank[0] == 1
    assert risen.probability[0] > 0.7
    fallen = response(Mean(), after, before, target=2)
    assert fallen.rank[0] == -1
    assert fallen.probability[0] < -0.7


def test_nothing_altered_changes_nothing_even_at_huge_logits(random):
    images = (1e4 * random.normal(size=(4, 1, 1, 5))).astype(np.float32)
    found = response(Mean(), images, images, target=0)
    assert not found.rank.any()
    assert not found.probability.any()


def test_unequal_shapes_are_refused(random):
    images = random.normal(size=(4, 1, 1, 5)).astype(np.float32)
    with pytest.raises(InputError, match="expected the same"):
        response(Mean(), images, images[:2], target=0)
