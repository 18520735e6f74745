"""equality: what is explained is the network with all that its outermost module does."""

import numpy as np
import own_layers  # noqa: F401 - draws seeds
import pytest
import torch
from drawn_networks import drawn, pictures
from own_layers import CLASSES, SIDE, Made, conv
from torch import fx, nn

from unhans.attribution import check
from unhans.attribution.explainer import explain
from unhans.errors import ConfigError, InputError
from unhans.networks import canonizers, outputs
from unhans.networks.logits import as_logits
from unhans.networks.registry import Network

IMAGES = pictures(4, SIDE).numpy()
TARGETS = np.arange(4) % CLASSES


def body():
    torch.manual_seed(0)
    layers = conv(3, 6), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()
    return drawn(nn.Sequential(*layers, nn.Linear(24, CLASSES)), pictures(4, SIDE)).eval()


def moved(x):
    return (x - 0.5) / 0.25


class Called(nn.Sequential):
    """Does more when it is called than its forward."""

    def __call__(self, x):
        return super().__call__(moved(x))


def with_pre_hook():
    module = body()
    module.register_forward_pre_hook(lambda _, given: (moved(given[0]),))
    return module


def with_keyword_hook():
    module = body()
    module.register_forward_pre_hook(
        lambda _, given, named: ((moved(given[0]),), named), with_kwargs=True
    )
    return module


def with_hook():
    module = body()
    module.register_forward_hook(lambda _, __, output: output.roll(1, dims=1))
    return module


def with_own_forward():
    module = body()
    before = module.forward
    module.forward = lambda x: before(moved(x))
    return module


def with_own_call():
    return outputs.enclosed(Called(*body()).eval())


OUTERMOST = {
    "pre-hook": with_pre_hook,
    "pre-hook with keywords": with_keyword_hook,
    "hook": with_hook,
    "forward of the instance": with_own_forward,
    "call of its own": with_own_call,
}


@pytest.mark.parametrize("name", OUTERMOST)
def test_what_the_outermost_module_does_is_explained_once(name):
    module = OUTERMOST[name]()
    with torch.no_grad():
        own = module(torch.from_numpy(IMAGES))
    network = Network(module, canonizers.generic, None, CLASSES, "")
    assert check.check(network, "own", IMAGES).conserved == pytest.approx(1, abs=0.01)
    found = explain(network, IMAGES, TARGETS)
    np.testing.assert_array_equal(found.prediction, own.argmax(1).numpy())
    np.testing.assert_allclose(found.logit, own[np.arange(4), TARGETS].numpy(), atol=1e-5)
    again = explain(network, IMAGES, TARGETS)
    np.testing.assert_array_equal(again.heatmap, found.heatmap)
    with torch.no_grad():
        assert torch.equal(module(torch.from_numpy(IMAGES)), own)


def test_a_hook_has_the_maps_of_the_same_step_in_a_forward():
    inside = Made(lambda net, x: net.inner(moved(x)), inner=body()).eval()
    hooked, plain = (
        explain(Network(one, canonizers.generic, None, CLASSES, ""), IMAGES, TARGETS).heatmap
        for one in (with_pre_hook(), inside)
    )
    assert np.abs(hooked - plain).max() <= 1e-5 * np.abs(plain).max()


def test_a_call_of_its_own_that_is_not_enclosed_is_refused():
    module = Called(*body()).eval()
    network = Network(module, canonizers.generic, None, CLASSES, "")
    with pytest.raises(InputError, match="Called has a __call__ of its own"):
        explain(network, IMAGES, TARGETS)
    assert not outputs.has_own_call(fx.symbolic_trace(body()))


class Untraceable(Called):
    """Depends on values, so that it is not rewritten and runs as it is."""

    def forward(self, x):
        return super().forward(x if x.sum() > -1e9 else -x)


def test_a_call_of_its_own_that_is_not_rewritten_is_left():
    module = Untraceable(*body()).eval()
    found = explain(Network(module, canonizers.generic, None, CLASSES, ""), IMAGES, TARGETS)
    with torch.no_grad():
        own = module(torch.from_numpy(IMAGES)).numpy()
    np.testing.assert_allclose(found.logit, own[np.arange(4), TARGETS], atol=1e-5)


def test_canonizers_that_change_the_outputs_are_refused():
    class Halved(canonizers.Canonizer):
        """Halves the weights of the last layer."""

        def apply(self, root_module):
            self.layer, self.before = root_module[-1], root_module[-1].weight
            self.layer.weight = nn.Parameter(self.before / 2)
            return [self]

        def copy(self):
            return Halved()

        def register(self):
            pass

        def remove(self):
            self.layer.weight = self.before

    network = Network(body(), lambda: [Halved()], None, CLASSES, "")
    with pytest.raises(InputError, match="while it is explained its logits differ by"):
        check.check(network, "own", IMAGES)


def test_a_squeeze_of_the_images_dimension_is_said():
    module = Made(lambda net, x: net.dense(net.pool(net.first(x)).squeeze()))
    module.first, module.pool = conv(3, 6), nn.AdaptiveAvgPool2d(1)
    module.dense = nn.Linear(6, CLASSES)
    network = Network(module.eval(), canonizers.generic, None, CLASSES, "")
    said = rf"'own': one image alone gives \({CLASSES},\); expected \(1, {CLASSES}\)"
    with pytest.raises(InputError, match=said):
        check.check(network, "own", IMAGES)


def test_a_forward_for_one_number_of_images_is_said():
    module = Made(lambda net, x: net.dense(net.pool(net.first(x)).view(6, -1)))
    module.first, module.pool = conv(3, 6), nn.AdaptiveAvgPool2d(1)
    module.dense = nn.Linear(6, CLASSES)
    network = Network(module.eval(), canonizers.generic, None, CLASSES, "")
    with pytest.raises(InputError, match=r"'own' fails on one image alone: .*; expected a forward"):
        check.check(network, "own", IMAGES)


def heads(made):
    """A network that gives several answers for each image."""
    first, second = body(), body()
    with torch.no_grad():
        second[-1].weight.mul_(-1)
    return Made(lambda net, x: made(net.first(x), net.second(x)), first=first, second=second).eval()


SEVERAL = {
    "numbers by name": (
        lambda a, b: {"cat": a[:, 0], "dog": b[:, 0]},
        r"tensors of \(n,\): 'cat', 'dog'",
    ),
    "numbers in a tuple": (lambda a, b: (a[:, 0], b[:, 0]), r"tensors of \(n,\): 0, 1"),
    "logits of two parts": (
        lambda a, b: {"aux": {"logits": a}, "main": {"logits": b}},
        r"'aux' 'logits', 'main' 'logits'",
    ),
    "several under logits": (lambda a, b: {"logits": [a, b]}, r"'logits' 0, 'logits' 1"),
    "a tuple in a tuple": (lambda a, b: ((a, b), None), "0 0, 0 1"),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_answers_at_any_depth_are_refused(name):
    made, said = SEVERAL[name]
    with pytest.raises(ConfigError, match=said):
        as_logits(heads(made), torch.from_numpy(IMAGES), "own")


@pytest.mark.parametrize(
    "made",
    [
        lambda a, b: (a, {"features": b.repeat(1, 3)}),
        lambda a, b: {"logits": a, "aux": b},
        lambda a, b: ((a, None), {"loss": b.sum()}),
        lambda a, b: {"main": {"logits": a, "hidden": b}},
    ],
)
def test_what_stands_beside_logits_is_left_out(made):
    module, remarks = as_logits(heads(made), torch.from_numpy(IMAGES), "own")
    assert remarks
    with torch.no_grad():
        assert torch.equal(module(torch.from_numpy(IMAGES)), body()(torch.from_numpy(IMAGES)))
