"""feature_maps: GradCAM by finite differences, layers that are chosen, and masks that are kept."""

import numpy as np
import pytest
import torch
from torch import nn

from unhans.errors import ConfigError
from unhans.features import class_features, feature_maps, shown_images
from unhans.features.feature_maps import FeatureMaps
from unhans.features.pixels import Pixels
from unhans.networks.registry import Network


@pytest.fixture(scope="module")
def pixels(planted, network):
    return Pixels(planted, network)


class Split(nn.Module):
    """A network that can be cut at its finer map."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.below = nn.Sequential(nn.Conv2d(1, 3, 3, 2, 1), nn.Tanh())
        self.above = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Softplus())
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(4, 10)

    def forward(self, x):
        return self.head(self.pool(self.above(self.below(x))))


def test_a_map_is_the_channels_weighed_by_the_mean_slope_of_the_feature(planted):
    module = Split().double().eval()
    pixels = Pixels(planted, Network(module, list, None, 10, ""))
    images = np.random.default_rng(0).random((2, 1, 28, 28))
    weights = torch.tensor([1.0, -0.5, 0.25, 2.0], dtype=torch.float64)

    def feature(map_):
        return module.pool(module.above(map_)) @ weights

    with torch.no_grad():
        map_ = module.below(torch.from_numpy(images))
        slope = torch.zeros_like(map_)
        for place in np.ndindex(*map_.shape[1:]):
            step = torch.zeros_like(map_)
            step[(slice(None), *place)] = 1e-5
            slope[(slice(None), *place)] = (feature(map_ + step) - feature(map_ - step)) / 2e-5
    slow = np.maximum((slope.mean(dim=(2, 3))[:, :, None, None] * map_).sum(dim=1).numpy(), 0)
    slow /= slow.max(axis=(1, 2), keepdims=True)
    object.__setattr__(pixels, "ending", type("Ending", (), {"linear": "head"})())
    found = feature_maps.gradcam(pixels, "below", images, weights)
    np.testing.assert_allclose(found, slow, atol=1e-3)  # found is float16


def test_at_the_last_map_it_is_the_activation_mask(neurons, pixels):
    at = np.array([0, 3, 3, 5])
    last = FeatureMaps(neurons, pixels, pixels.ending.last_map)
    for place in range(len(class_features.names(neurons.arrays))):
        own = FeatureMaps(neurons, pixels).masks(place, at)
        if place < len(
            neurons["neuron"]
        ):  # a component's map may count what is below zero in a channel
            np.testing.assert_allclose(last.masks(place, at), own, atol=2e-3)
        assert own.shape == (4, 28, 28)
        assert last.masks(place, at[:0]).shape == (0, 28, 28)


def test_the_layer_that_is_chosen_is_twice_as_fine_as_the_last_map(neurons, pixels):
    layer = feature_maps.layer_of(pixels, "auto")
    maps = FeatureMaps(neurons, pixels, layer)
    coarse = neurons["neuron_mask"].shape[-1]
    assert maps.maps(0, np.array([0])).shape[-1] >= 2 * coarse
    assert layer in str(maps)
    assert feature_maps.layer_of(pixels, "last") == ""
    assert feature_maps.layer_of(pixels, layer) == layer
    with pytest.raises(
        ConfigError, match=r"sensitivity\.layer: the network computes no layer 'top'"
    ):
        feature_maps.layer_of(pixels, "top")
    with pytest.raises(ConfigError, match=f"'{pixels.ending.linear}' is no map"):
        feature_maps.layer_of(pixels, pixels.ending.linear)


@pytest.mark.parametrize(
    ("name", "expected"), [("resnet18", "layer3"), ("mobilenet_v3_small", "features.8")]
)
def test_the_end_of_a_block_is_chosen_and_not_its_inside(planted, name, expected):
    from unhans.networks import _torchvision

    _torchvision.allow_import()
    import torchvision

    module = getattr(torchvision.models, name)(weights=None).eval()
    with torch.no_grad(), feature_maps.Watch(module) as watch:
        watch(torch.zeros(1, 3, 64, 64))
        sizes = {one: feature_maps._size(output, (64, 64)) for one, output in watch.output.items()}
    last = "layer4" if name.startswith("resnet") else "features"
    assert feature_maps._finer(module, sizes, last)[0] == expected


@pytest.mark.parametrize(
    ("size", "coarse", "expected"),
    [((19, 19), (10, 10), True), ((18, 18), (10, 10), False), ((28, 28), (7, 7), True)],
)
def test_sides_that_are_halved_may_be_rounded_up(size, coarse, expected):
    assert feature_maps._is_finer(size, coarse) is expected
    assert not feature_maps._is_finer((29, 29), (7, 7))  # too early a layer
    assert not feature_maps._is_finer(None, coarse)


def test_a_layer_beside_the_way_and_maps_of_other_orders_are_not_chosen():
    sizes = {"stem": (28, 28), "early": (14, 14), "last": (7, 7), "late": (14, 14)}
    assert feature_maps._finer(nn.Sequential(), sizes, "last") == ["early", "stem"]
    assert feature_maps._finer(nn.Sequential(), {"conv": (7, 7), "head": None}, "conv") == []
    assert feature_maps._size(torch.zeros(1, 14, 14, 64), (224, 224)) is None
    assert feature_maps._size(torch.zeros(1, 96, 96, 96), (384, 384)) is None
    assert feature_maps._size(torch.zeros(1, 64, 14, 14), (224, 224)) == (14, 14)


class Beside(Split):
    """Changes its input in place, and has a layer that the logits do not come from."""

    def __init__(self):
        super().__init__()
        self.aside = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        x = self.below(x.sub_(0.5))
        self.aside(x)
        return self.head(self.pool(self.above(x)))


def test_an_input_may_be_changed_and_a_layer_beside_the_way_is_refused(planted):
    pixels = Pixels(planted, Network(Beside().eval(), list, None, 10, ""))
    before = pixels.example.copy()
    assert feature_maps.layer_of(pixels, "auto") == "below"
    np.testing.assert_array_equal(pixels.example, before)
    assert feature_maps.layer_of(pixels, "below.0") == "below.0"
    with pytest.raises(ConfigError, match="no path leads from 'aside' to the last linear layer"):
        feature_maps.layer_of(pixels, "aside")


def test_masks_of_the_page_are_those_of_the_images_that_show_a_feature(neurons, pixels):
    maps = FeatureMaps(neurons, pixels, feature_maps.layer_of(pixels, "auto"))
    kept = shown_images.shown_masks(maps, 2)
    most, least = class_features.shown(neurons.arrays, 3, 2)
    assert kept["mask_image"][kept["mask_feature"] == 3].tolist() == [*most, *least]
    assert (kept["mask_feature"] == 0).sum() == 2
    assert kept["mask"].max() == 1
    assert len(shown_images.shown_masks(FeatureMaps(neurons, pixels), 2)["mask"]) == 0
