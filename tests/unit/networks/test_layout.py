"""layout: channels last where the network allows it, the same answers either way."""

import pytest
import torch
from torch import nn

from unhans.images.transform import Transform
from unhans.networks import layout

TRANSFORM = Transform(resize=16, crop=16, mean=(0.0,) * 3, std=(1.0,) * 3)


class Viewed(nn.Module):
    """A network whose code needs rows that lie one after another."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 * 16 * 16, 5)

    def forward(self, x):
        return self.head(self.conv(x).view(len(x), -1))


class OfMemory(nn.Module):
    """A network whose answers depend on the order of memory, without an error."""

    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4 * 16 * 16, 5)

    def forward(self, x):
        maps = self.conv(x)
        return self.head(torch.as_strided(maps, (len(x), 4 * 16 * 16), (4 * 16 * 16, 1)))


class Picky(OfMemory):
    """A network that refuses what is no photograph."""

    def forward(self, x):
        if float(x.std()) > 0.9:
            raise ValueError("no photograph")
        return super().forward(x)


def depthwise():
    own = [nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8), nn.BatchNorm2d(8)]
    return nn.Sequential(*own, nn.Flatten(), nn.Linear(8 * 12 * 12, 5))


@pytest.mark.parametrize(
    ("make", "last"), [(depthwise, True), (Viewed, False), (OfMemory, False), (Picky, False)]
)
def test_a_network_answers_the_same_and_keeps_a_layout_that_it_needs(make, last):
    torch.manual_seed(0)
    module, images = make().eval(), torch.randn(3, 3, 16, 16) / 2
    with torch.no_grad():
        before = module(images)
        layout.lay_channels_last(module, TRANSFORM)
        after = module(images)
    torch.testing.assert_close(after, before)
    kernels = [one.weight for one in module.modules() if isinstance(one, nn.Conv2d)]
    assert {one.is_contiguous(memory_format=torch.channels_last) for one in kernels[:1]} == {last}
    assert all(one.is_contiguous() for one in kernels) != last
