"""shapes: a forward may ask for the shape of its images; what depends on their values stays unknown."""

import pytest
import torch
from torch import fx, nn
from torch.nn import functional

from unhans.errors import NotCoveredError
from unhans.networks import graph, shapes

SHAPE = (3, 12, 10)


class Asking(nn.Module):
    """A skip behind a question that is put to the shape."""

    def __init__(self, ask):
        super().__init__()
        torch.manual_seed(0)
        self.ask = ask
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.register_buffer("places", torch.rand(1, 4, 16, 16))

    def forward(self, x):
        x = self.a(self.ask(self, x)).relu()
        if x.shape[1] != self.b.weight.shape[0]:
            x = x[:, :4]
        return (x + self.b(x)).mean((2, 3))


def asserted(_, x):
    assert x.ndim == 4, "four dimensions"
    assert x.shape[1] == 3 and x.shape[2] >= 4, "three channels"  # noqa: PT018
    return x


def repeated(_, x):
    if x.shape[1] == 1:
        x = x.repeat(1, 3, 1, 1)
    return x


def padded(_, x):
    h, w = x.shape[-2:]
    if h % 8 or w % 8:
        x = functional.pad(x, (0, -w % 8, 0, -h % 8))
    return x


def counted(_, x):
    for row in range(x.shape[2] // 4):
        x = torch.cat([x[:, :, row:], x[:, :, :row]], 2)
    return x


def converted(_, x):
    side = int((x.shape[2] * x.shape[3] * 1.0) ** 0.5)
    return functional.interpolate(x, size=(side, side)) if float(side) > 3 else x


def cut(net, x):
    x[:, :1] + net.places[:, :1, : int(x.shape[2]), : int(x.shape[3])]
    return x


def parted(_, x):
    return torch.cat([part * (place + 1) for place, part in enumerate(x.chunk(3, 1))], 1)


def listed(_, x):
    first, *rest = list(x.split(1, dim=1))
    return torch.cat([first, *rest][::-1], 1)


def starred(_, x):
    count, channels, *sides = x.shape
    return x.flatten(2).view(count, channels, *sides) + torch.zeros(1, *x.shape[1:])


def stacked(_, x):
    one, two = torch.stack([x, -x])
    return one + two * 0.5


def of_four(_, x):
    assert len(x.shape) == 4 and len(x.size()[2:]) == 2, "four dimensions"  # noqa: PT018
    return x.view(len(x), *tuple(x.shape[1:]))


ASKING = {
    one.__name__: one
    for one in (
        *(asserted, repeated, padded, counted, converted, cut, parted, listed, starred, stacked),
        of_four,
    )
}


@pytest.mark.parametrize("name", ASKING)
def test_questions_of_shape_are_answered(name):
    module = Asking(ASKING[name]).eval()
    images = torch.rand(5, *SHAPE)
    found = graph.traced(module, SHAPE)
    torch.testing.assert_close(found(images), module(images))


@pytest.mark.parametrize("name", ["asserted", "repeated"])
def test_without_a_shape_nothing_is_known(name):
    with pytest.raises(NotCoveredError, match="control flow"):
        graph.traced(Asking(ASKING[name]), None)


def bright(_, x):
    return x * 0 if x.sum() > 1e9 else x


def batched(_, x):
    return x * 2 if x.shape[0] > 2 else x


@pytest.mark.parametrize(
    ("ask", "said"), [(bright, "not known|values of the images"), (batched, "number of images")]
)
def test_an_answer_that_differs_between_images_is_none(ask, said):
    with pytest.raises(NotCoveredError, match=said):
        graph.traced(Asking(ask), SHAPE)


def test_images_cannot_be_taken_one_by_one():
    def one_by_one(_, x):
        return torch.stack([one * 2 for one in x])

    with pytest.raises(NotCoveredError, match="number of images"):
        graph.traced(Asking(one_by_one), SHAPE)


def test_an_error_without_words_is_named_by_its_kind():
    def refused(_, x):
        raise KeyError

    with pytest.raises(NotCoveredError, match=r"cannot be traced \(KeyError\)"):
        graph.traced(Asking(refused), SHAPE)


def test_a_network_without_questions_is_traced_for_any_shape():
    found = graph.traced(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)), SHAPE)
    assert found(torch.rand(1, 3, 40, 30)).shape == (1, 4, 1, 1)


def test_no_image_is_computed_with():
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1))
    known = shapes.Known(module, (3, 100_000, 100_000))  # 120 GB an image
    traced = fx.Tracer().trace(module)
    node = next(one for one in traced.nodes if one.target == "1")
    size = traced.create_node("call_method", "size", (node, 3))
    assert known.value(size) == 100_000
