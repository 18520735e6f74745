"""Transplants, against their definition spelled out pixel by pixel."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.artefacts import transplant
from unhans.artefacts.transplant import Hosts
from unhans.errors import InputError
from unhans.networks.cutting import Cut


class Network(nn.Module):
    """Two classes: the first sees a bright red square anywhere, the second brightness."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        red = nn.functional.avg_pool2d(x[:, :1] - x[:, 1:2], 5, stride=1).amax((1, 2, 3))
        return torch.stack([red, x.mean((1, 2, 3))], 1) + self.weight


def whole(network=None):
    return Cut(nn.Identity(), network or Network())


def random(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


@pytest.mark.parametrize("side", [28, 30, 56])
@pytest.mark.parametrize("seed", range(3))
def test_the_window_is_the_square_with_most_positive_relevance(side, seed):
    heatmap = np.random.default_rng(seed).normal(size=(side, side))
    (row, column), width = transplant.window(heatmap, (side, side))
    assert width == round(transplant.WINDOW * side)
    positive = np.maximum(heatmap, 0)
    sums = {
        (top, left): positive[top : top + width, left : left + width].sum()
        for top in range(side - width + 1)
        for left in range(side - width + 1)
    }
    assert sums[row, column] == pytest.approx(max(sums.values()))


def test_the_window_of_a_coarser_map_lies_over_the_relevance():
    heatmap = np.zeros((224, 224))
    heatmap[100:140, 60:100] = 1
    (row, column), side = transplant.window(heatmap, (28, 28))
    assert side == 5
    assert (row, column) == (12, 7) or (abs(row - 12.5) <= 0.5 and abs(column - 7.5) <= 0.5)


def test_relevance_without_a_positive_part_takes_the_first_window():
    assert transplant.window(-np.ones((28, 28)), (14, 14)) == ((0, 0), 3)


@pytest.mark.parametrize("size", [(14, 14), (28, 28), (20, 31), (2, 2)])
def test_the_rim_is_all_that_is_near_an_edge(size):
    width = max(1, round(transplant.RIM * min(size)))
    rim = transplant.margin(size).numpy()
    for row in range(size[0]):
        for column in range(size[1]):
            near = min(row, column, size[0] - 1 - row, size[1] - 1 - column) < width
            assert rim[row, column] == near


def test_style_gives_each_channel_the_mean_and_spread_of_the_donor():
    hosts, donor = torch.from_numpy(random(4, 3, 20, 20)), torch.from_numpy(random(3, 20, 20)) * 3
    made = transplant.with_style(hosts, donor)
    for host in made:
        torch.testing.assert_close(host.mean((1, 2)), donor.mean((1, 2)))
        torch.testing.assert_close(host.std((1, 2)), donor.std((1, 2)), rtol=1e-3, atol=1e-4)


def test_style_of_a_flat_channel_is_its_mean():
    made = transplant.with_style(torch.ones(1, 1, 4, 4), torch.full((1, 4, 4), 7.0))
    assert torch.equal(made, torch.full((1, 1, 4, 4), 7.0))


def test_rises_are_the_margins_with_each_piece_less_those_without():
    network, images = Network(), random(3, 3, 28, 28)
    donor, heatmap = random(3, 28, 28, seed=1), random(28, 28, seed=2)
    found = transplant.transplant(Hosts(whole(network), images, 1), [(donor, heatmap)])
    (row, column), side = transplant.window(heatmap, (28, 28))
    assert found.corner.tolist() == [[row, column]]
    own = network(torch.from_numpy(donor[None]))[0]
    assert found.margin[0] == pytest.approx((own[1] - own[0]).item(), abs=1e-5)
    for place, host in enumerate(images):
        answer = network(torch.from_numpy(host[None]))[0]
        before, without = (answer[1] - answer[0]).item(), answer.softmax(0)[1].item()
        in_window = host.copy()
        in_window[:, row : row + side, column : column + side] = donor[
            :, row : row + side, column : column + side
        ]
        in_rim = donor.copy()
        in_rim[:, 2:-2, 2:-2] = host[:, 2:-2, 2:-2]
        mean, spread = host.mean((1, 2)), host.std((1, 2), ddof=1)
        styled = (host - mean[:, None, None]) / (spread + transplant.FLAT)[:, None, None]
        styled = (
            styled * donor.std((1, 2), ddof=1)[:, None, None] + donor.mean((1, 2))[:, None, None]
        )
        for piece, changed in enumerate((in_window, in_rim, styled.astype(np.float32))):
            after = network(torch.from_numpy(changed[None]))[0]
            assert found.rise[0, piece, place] == pytest.approx(
                (after[1] - after[0]).item() - before, abs=1e-5
            )
            change = after.softmax(0)[1].item() - without
            assert found.probability[0, piece, place] == pytest.approx(change, abs=1e-5)


def test_a_mark_rises_by_its_window_alone_and_other_images_do_not():
    images = random(12, 3, 28, 28) * 0.3
    heatmaps = random(12, 28, 28, seed=3) * 0.1
    for image, heatmap in zip(images[:4], heatmaps[:4], strict=True):
        image[:, 12:17, 9:14] = np.array([1, 0, 0])[:, None, None]
        heatmap[12:17, 9:14] = 1
    hosts = Hosts(whole(), random(2, 3, 28, 28, seed=4) * 0.3, 0)
    rise = transplant.transplant(hosts, zip(images, heatmaps, strict=True)).rise.mean(axis=2)
    assert rise[:4, 0].min() > 0.5
    assert rise[4:, 0].max() < 0.3
    assert rise[:, 1].max() < 0.3


def test_hosts_stay_as_they_are():
    images = random(2, 3, 28, 28)
    hosts = Hosts(whole(), images, 0)
    transplant.transplant(hosts, [(random(3, 28, 28, seed=1), random(28, 28))])
    assert np.array_equal(hosts.maps.numpy(), images)


def test_what_cannot_be_tried_is_refused():
    with pytest.raises(InputError, match="no images of other classes"):
        Hosts(whole(), random(0, 3, 8, 8), 0)
    with pytest.raises(InputError, match="target 2 is none of the 2 classes"):
        Hosts(whole(), random(1, 3, 28, 28), 2)
    with pytest.raises(InputError, match="no explained images"):
        transplant.transplant(Hosts(whole(), random(1, 3, 28, 28), 0), [])
