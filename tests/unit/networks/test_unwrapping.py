"""unwrapping: layers within wrappers are found, and compiled and quantised ones are refused."""

import sys
import warnings
from types import ModuleType

import numpy as np
import pytest
import torch
from drawn_networks import pictures
from own_layers import CLASSES, SIDE, conv
from torch import nn

from unhans.attribution.explainer import attribute
from unhans.errors import ConfigError
from unhans.images.transform import Transform
from unhans.networks import registry
from unhans.networks.registry import Network

IMAGES = pictures(2, SIDE).numpy()
TARGETS = np.array([1, 3])
SMALL = Transform(SIDE, SIDE, (0.5,) * 3, (0.25,) * 3)


def plain():
    torch.manual_seed(0)
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, CLASSES)
    return nn.Sequential(conv(3, 6), nn.ReLU(), *head).eval()


def loaded(monkeypatch, module):
    """Load a network that a function of a user's own returns."""
    made = ModuleType("own_wrapped")
    made.net = lambda: Network(module, list, SMALL, 0, "")
    monkeypatch.setitem(sys.modules, "own_wrapped", made)
    return registry.load("own_wrapped:net", classes=CLASSES)


WRAPPED = {
    "spread over devices": nn.DataParallel,
    "compiled": lambda module: torch.compile(module, backend="eager"),
    "both": lambda module: torch.compile(nn.DataParallel(module), backend="eager"),
    "spread within": lambda module: nn.Sequential(nn.DataParallel(module)),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_network_has_the_maps_of_the_network_within(name, monkeypatch):
    expected = attribute(Network(plain(), list, SMALL, CLASSES, ""), IMAGES, TARGETS)
    network = loaded(monkeypatch, WRAPPED[name](plain()))
    found = attribute(network, IMAGES, TARGETS)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    assert network.first_layer.endswith("0")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_are_converted_and_it_is_said(kind, monkeypatch):
    expected = attribute(Network(plain(), list, SMALL, CLASSES, ""), IMAGES, TARGETS)
    network = loaded(monkeypatch, plain().to(kind))
    assert network.notes == (f"its weights are of type {kind}; it computes in float32",)
    found = attribute(network, IMAGES, TARGETS)
    assert np.abs(found - expected).max() <= 0.01 * np.abs(expected).max()


def test_a_network_that_converts_its_images_keeps_its_precision(monkeypatch):
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = plain().bfloat16()

        def forward(self, x):
            return self.inner(x.bfloat16()).float()

    network = loaded(monkeypatch, Half())
    assert network.notes == ()
    assert network.module.inner[0].weight.dtype == torch.bfloat16


def test_lazy_layers_draw_their_weights_from_the_seed(monkeypatch):
    made = ModuleType("own_lazy")
    made.net = lambda: nn.Sequential(nn.LazyConv2d(2, 8, 16), nn.Flatten(), nn.LazyLinear(CLASSES))
    monkeypatch.setitem(sys.modules, "own_lazy", made)
    states = []
    for outside, seed in ((1, 0), (2, 0), (2, 1)):
        torch.manual_seed(outside)
        states.append(registry.load("own_lazy:net", seed=seed, classes=CLASSES).module[0].weight)
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def quantised():
    with warnings.catch_warnings():  # PyTorch moves it to another package
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(plain(), {nn.Linear}, torch.qint8)


REFUSED = {
    "scripted": (lambda: torch.jit.script(plain()), "it is compiled by torch.jit"),
    "recorded": (lambda: torch.jit.trace(plain(), torch.zeros(1, 3, SIDE, SIDE)), "torch.jit"),
    "scripted within": (lambda: nn.Sequential(torch.jit.script(plain())), "layer '0' is compiled"),
    "quantised": (quantised, r"layer '4' is quantised \(.*Linear\)"),
    "exported": (
        lambda: torch.export.export(plain(), (torch.zeros(2, 3, SIDE, SIDE),)).module(),
        "is a .*Module that has no evaluation mode",
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_compiled_and_quantised_layers_are_refused_in_one_line(name, monkeypatch):
    make, said = REFUSED[name]
    with pytest.raises(ConfigError, match=rf"network 'own_wrapped:net'.*{said}.*expected") as error:
        loaded(monkeypatch, make())
    assert "\n" not in str(error.value)
