"""Feature maps: where in an image a feature comes from, by a layer whose maps are finer than the last.

The last map of a network is coarse: 7 x 7 positions of an image of 224 pixels, so that an activation mask
cannot say whether a feature is a thin bar or what lies beside it. A GradCAM of the feature at an earlier
layer can. At the last map itself GradCAM of a neuron is its channel, and of a component the weighted sum
of channels: the masks of `class_features.masks`.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unhans.errors import ConfigError
from unhans.features import class_features, soft_masks
from unhans.features.pixels import Pixels
from unhans.io.store import Result
from unhans.networks.inference import device_of, evaluating
from unhans.networks.penultimate import Watch

AUTO, LAST = "auto", "last"
"""Layers that are not named: one that is twice as fine as the last map, and the last map."""

FINER, FINEST = 2, 4
"""How many times as fine as the last map a layer that is chosen is, at least and at most.
Finer maps of early layers show edges, and not what a feature is."""

Sizes = dict[str, tuple[int, int] | None]
"""Rows and columns of the maps of layers, in the order of the calls; None of what is no map."""

BATCH = 8
"""Images at once: what is computed backwards needs memory."""


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """Masks of a class's features in its images, each computed once.

    Parameters
    ----------
    stored : Result
        Of the stage ``neurons``.
    pixels : Pixels
        Images of the class, and the network.
    layer : str
        From `layer_of`; empty for the last map.
    """

    stored: Result
    pixels: Pixels
    layer: str = ""
    _kept: dict[tuple[int, int], NDArray[np.float16]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"features are where maps of {self.layer or self.pixels.ending.last_map} say"

    def masks(self, feature: int, at: NDArray[np.integer]) -> NDArray[np.float32]:
        """Give soft masks of a feature at the size of the images.

        Parameters
        ----------
        feature : int
            Place in `class_features.names`.
        at : ndarray of int, shape (m,)
            Rows of the stored arrays.

        Returns
        -------
        ndarray of float32, shape (m, h, w)
            From 0 to 1.
        """
        if not self.layer or not len(at):
            return class_features.masks(self.stored.arrays, feature, at, self.pixels.size)
        return soft_masks.activation_masks(self.maps(feature, at), self.pixels.size)

    def maps(self, feature: int, at: NDArray[np.integer]) -> NDArray[np.float16]:
        """Give the masks at the size of the layer's maps.

        Parameters
        ----------
        feature : int
            Place in `class_features.names`.
        at : ndarray of int, shape (m,)
            Rows of the stored arrays, one at least.

        Returns
        -------
        ndarray of float16, shape (m, k, l)
            From 0 to 1; zeros where the feature comes from nowhere.
        """
        new = [row for row in np.unique(at).tolist() if (feature, row) not in self._kept]
        weights = torch.from_numpy(class_features.weights_of(self.stored.arrays, feature))
        for start in range(0, len(new), BATCH):
            rows = new[start : start + BATCH]
            images = self.pixels.inputs(self.pixels.read(self.stored["image"][rows]))
            found = gradcam(self.pixels, self.layer, images, weights)
            self._kept.update({(feature, row): one for row, one in zip(rows, found, strict=True)})
        return np.stack([self._kept[feature, int(row)] for row in at])


def gradcam(
    pixels: Pixels, layer: str, images: NDArray[np.float32], weights: Tensor
) -> NDArray[np.float16]:
    """Find where a weighted sum of penultimate activations comes from.

    Parameters
    ----------
    pixels : Pixels
        The network.
    layer : str
        Whose maps are weighed.
    images : ndarray of float32, shape (n, c, h, w)
        As the network takes them.
    weights : Tensor, shape (d,)
        Of the activations.

    Returns
    -------
    ndarray of float16, shape (n, k, l)
        max(0, sum over channels of a mean gradient times the channel), divided by its greatest value;
        zeros where nothing is above zero.

    References
    ----------
    Selvaraju et al. 2017 (Grad-CAM), of a feature in place of a logit (Neuhaus et al. 2023).
    """
    map_, slope = _slope(pixels, layer, images, weights)
    if slope is None:  # the layer does not lead to the activations
        slope = torch.zeros_like(map_)
    found = (slope.mean(dim=(2, 3), keepdim=True) * map_).sum(dim=1).relu().detach()
    most = found.amax(dim=(1, 2), keepdim=True)
    own = found / torch.where(most > 0, most, 1)
    return np.asarray(own.cpu().numpy(), dtype=np.float16)


def _slope(
    pixels: Pixels, layer: str, images: NDArray[np.float32], weights: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Compute the maps of a layer and the gradient of the activations' sum, None where no path leads."""
    module, linear = pixels.network.module, pixels.ending.linear
    device = device_of(module)
    with evaluating(module), torch.enable_grad(), Watch(module, [layer, linear]) as watch:
        # A copy, which a network may change in place.
        watch(torch.from_numpy(images).to(device).requires_grad_().clone())
        map_ = watch.output[layer]
        total = (watch.given[linear] @ weights.to(watch.given[linear])).sum()
        (slope,) = torch.autograd.grad(total, map_, allow_unused=True)
    return map_, slope


def layer_of(pixels: Pixels, asked: str) -> str:
    """Choose the layer whose maps show where features come from.

    Parameters
    ----------
    pixels : Pixels
        The network, and an image for running it.
    asked : str
        `AUTO` for the last layer with `FINER` to `FINEST` times as many rows and columns as the last map,
        `LAST`, or the name of a layer.

    Returns
    -------
    str
        Empty for the last map, also where no layer is finer.

    Raises
    ------
    ConfigError
        The network has no such layer, its output is no map, or it leads nowhere.
    """
    if asked == LAST:
        return ""
    module = pixels.network.module
    image = pixels.example
    with evaluating(module), torch.no_grad(), Watch(module) as watch:
        watch(torch.tensor(image, device=device_of(module)))  # a copy: it may be changed in place
        sizes = {name: _size(output, image.shape[2:]) for name, output in watch.output.items()}
    if asked == AUTO:
        tried = _finer(module, sizes, pixels.ending.last_map)
        return next((name for name in tried if _leads(pixels, name)), "")
    if asked not in sizes:
        some = ", ".join([name for name, size in sizes.items() if size is not None][::-1][:4])
        raise ConfigError(
            f"sensitivity.layer: the network computes no layer '{asked}'; expected auto, last or a layer "
            f"whose output is a map, such as {some}"
        )
    if sizes[asked] is None:
        raise ConfigError(
            f"sensitivity.layer: the output of '{asked}' is no map; expected a layer whose output has "
            "the shape (images, channels, rows, columns)"
        )
    if not _leads(pixels, asked):
        raise ConfigError(
            f"sensitivity.layer: no path leads from '{asked}' to the last linear layer; expected a layer "
            "between the image and it"
        )
    return asked


def _leads(pixels: Pixels, layer: str) -> bool:
    """Whether a path leads from a layer to the activations."""
    weights = torch.ones(pixels.ending.weights.shape[1], dtype=torch.float64)
    return _slope(pixels, layer, pixels.example, weights)[1] is not None


def _finer(module: nn.Module, sizes: Sizes, last: str) -> list[str]:
    """List layers that are finer, the last one first; the ends of blocks before their insides."""
    coarse = sizes[last]
    # What is called later may lie beside the way to the last map.
    before = itertools.takewhile(lambda name: sizes[name] != coarse, sizes)
    fine = [name for name in before if _is_finer(sizes[name], coarse)]
    whole = [name for name in fine if not _inside(module, sizes, name)]
    return [*reversed(whole), *(name for name in reversed(fine) if name not in whole)]


def _inside(module: nn.Module, sizes: Sizes, name: str) -> bool:
    """Whether a layer is a part of a block whose own maps are coarser: a block that makes them so."""
    own, parts = sizes[name], name.split(".")
    blocks = (".".join(parts[:depth]) for depth in range(1, len(parts)))
    return any(
        _is_finer(own, sizes.get(block))
        for block in blocks
        if not isinstance(module.get_submodule(block), nn.Sequential)
    )


def _is_finer(size: tuple[int, int] | None, coarse: tuple[int, int] | None) -> bool:
    """Whether a map is `FINER` to `FINEST` times as fine; sides that are halved are rounded up."""
    if size is None or coarse is None:
        return False
    sides = tuple(zip(size, coarse, strict=True))
    return all(FINER * other - 1 <= one <= FINEST * other for one, other in sides)


def _size(output: Any, image: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns of a map; None of what is no map, or has its channels last."""
    if not isinstance(output, Tensor) or output.ndim != 4:
        return None
    channels, rows, columns = output.shape[1:]
    height, width = image
    if rows * columns < 2 or abs(rows * width - columns * height) > max(height, width):
        return None
    if channels == rows == columns:  # the channels may come first or last
        return None
    return rows, columns
