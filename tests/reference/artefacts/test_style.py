"""style against its definition: one image, one channel, one number at a time."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import style
from unhans.artefacts.transplant import FLAT
from unhans.networks.cutting import Cut


class Rest(nn.Module):
    def forward(self, x):
        return (x**3).sum((-2, -1))


def described(channel):
    mean = sum(channel.ravel().tolist()) / channel.size
    variance = sum((value - mean) ** 2 for value in channel.ravel().tolist()) / (channel.size - 1)
    return mean, np.log(np.sqrt(variance) + FLAT)


def test_values_moves_and_answers(random):
    found = random.standard_normal((6, 3, 4, 5)).astype(np.float32)
    values = style.values(torch.from_numpy(found))
    for image, row in zip(found, values, strict=True):
        own = [described(channel) for channel in image]
        assert row == pytest.approx([one[0] for one in own] + [one[1] for one in own], abs=1e-5)
    made = style.difference(values[:2], values[2:])
    for place in range(6):
        column = values[:, place]
        assert made.move[place] == pytest.approx(column[:2].mean() - column[2:].mean())
    logits = style.answers(Cut(nn.Identity(), Rest()), torch.from_numpy(found), made.move)
    for image, row in zip(found, logits, strict=True):
        for channel in range(3):
            mean = image[channel].mean()
            changed = (image[channel] - mean) * np.exp(made.move[3 + channel])
            wanted = ((changed + mean + made.move[channel]) ** 3).sum()
            assert row[channel] == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_the_consistency_is_the_share_beyond_chance(random):
    inside, outside = random.standard_normal((4, 3)) + 1, random.standard_normal((7, 3))
    size = 0.0
    for place in range(3):
        spread = outside[:, place].std() + style.LEAST
        size += ((inside[:, place].mean() - outside[:, place].mean()) / spread) ** 2 / 3
    wanted = max(0.0, 1 - (1 / 4 + 1 / 7) / size)
    assert style.difference(inside, outside).consistency == pytest.approx(wanted)
