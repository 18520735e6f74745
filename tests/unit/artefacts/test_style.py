"""style: the mean change of a map's channels, applied to other maps, and a control of its size."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import style
from unhans.networks.cutting import Cut


@pytest.fixture
def cut():
    """Return a network whose map is its input, and whose logits are means and squares of channels."""

    class Rest(nn.Module):
        def forward(self, x):
            return torch.cat([x.mean((-2, -1)), (x**2).mean((-2, -1))], dim=1)

    return Cut(nn.Identity(), Rest())


def images(random, n, scale=1.0):
    return (scale * random.standard_normal((n, 2, 12, 12)) + 1).astype(np.float32)


def test_a_group_of_another_contrast_is_told_and_its_style_applied(cut, random):
    inside, outside = (style.maps(cut, images(random, n, s)) for n, s in ((10, 2.0), (30, 1.0)))
    found = style.difference(style.values(inside), style.values(outside))
    assert found.move == pytest.approx([0, 0, np.log(2), np.log(2)], abs=0.1)
    assert found.consistency > 0.95
    hosts = style.maps(cut, images(random, 9))
    squares = style.answers(cut, hosts, found.move)[:, 2:].mean()
    assert squares == pytest.approx(1 + 4, rel=0.1)
    assert np.array_equal(hosts, style.maps(cut, hosts.numpy()))


def test_no_change_gives_the_logits_of_the_network(cut, random):
    hosts = style.maps(cut, images(random, 5))
    same = style.answers(cut, hosts, np.zeros(4))
    assert same == pytest.approx(cut.rest(hosts).numpy(), abs=1e-5)


def test_parts_of_the_same_images_share_no_more_than_chance(random):
    drawn = [random.standard_normal((40, 6)) for _ in range(50)]
    shares = [style.difference(one[:10], one[10:]).consistency for one in drawn]
    assert np.median(shares) < 0.3


def test_the_control_has_the_size_of_the_change(random):
    inside, outside = random.standard_normal((8, 6)) + 2, random.standard_normal((20, 6))
    found = style.difference(inside, outside)
    spread = outside.std(axis=0) + style.LEAST
    sizes = np.sqrt(((found.others / spread) ** 2).mean(axis=1))
    assert sizes == pytest.approx(np.sqrt(((found.move / spread) ** 2).mean()))


def test_equal_images_have_no_style_of_their_own():
    found = style.difference(np.ones((3, 4)), np.ones((5, 4)))
    assert (found.consistency, found.move.any(), found.others.any()) == (0, False, False)
