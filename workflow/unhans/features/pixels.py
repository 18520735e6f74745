"""Pixels: images of a class from 0 to 1, as noise and attacks change them, and a network's answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.images import photo_marks, sampling
from unhans.images.dataset import ClassDataset, view
from unhans.networks import inference, penultimate
from unhans.networks.penultimate import Ending, Watch
from unhans.networks.registry import Network

STEP = 10.0
"""Length of a step of the feature attack in an image of 3 x 224 x 224 values."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """Images of a class, and the network that is given them.

    Parameters
    ----------
    dataset : ClassDataset
        The class's images.
    network : Network
        On the device that it runs on.
    """

    dataset: ClassDataset
    network: Network

    @property
    def index(self) -> int:
        """Output of the class."""
        return self.dataset.index

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images."""
        _, height, width = self.dataset.input_shape(self.network.transform)
        return height, width

    def read(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Read images.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Of the class.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)
            From 0 to 1.

        Raises
        ------
        StoreError
            A file has changed since it was listed.
        """
        used = self.network.transform
        inputs = [self.dataset.input(int(row), used) for row in rows]
        if used is not None:
            inputs = [used.shades(one) / np.float32(255) for one in inputs]
        shape = (0, *self.dataset.input_shape(used))
        return np.stack(inputs).clip(0, 1) if inputs else np.zeros(shape, dtype=np.float32)

    def inputs(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise images as the network takes them.

        Parameters
        ----------
        images : ndarray of float32, shape (n, c, h, w)
            From 0 to 1.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)
        """
        mean, std = self.statistics
        return np.asarray((images - mean) / std, dtype=np.float32)

    def marked(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Find the images with a planted artefact.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Of the class.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return np.asarray(self.dataset.artefact[rows] > 0)

    def truth(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Give the pixels of planted artefacts.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Of images with one.

        Returns
        -------
        ndarray of bool, shape (n, h, w)
        """
        stored = self.dataset.result.arrays.get("mask")
        if stored is not None:
            return np.asarray(stored[rows], dtype=bool)
        drawn = [self._drawn(int(row)) for row in rows]
        return np.stack(drawn) if drawn else np.zeros((0, *self.size), dtype=bool)

    @cached_property
    def ending(self) -> Ending:
        """Last map and last layer of the network."""
        return penultimate.find(self.network.module, self.example.copy())

    @cached_property
    def example(self) -> NDArray[np.float32]:
        """The first image that can be read, as the network takes it: (1, c, h, w)."""
        return sampling.first_input(self.dataset, self.network.transform)

    @property
    def statistics(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation by which images are normalised."""
        used = self.network.transform
        if used is None:
            return np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32)
        mean, std = (np.asarray(part, np.float32)[:, None, None] for part in (used.mean, used.std))
        return mean, std

    def _drawn(self, row: int) -> NDArray[np.bool_]:
        """Pixels of the mark that is planted in a photograph."""
        settings: Mapping[str, Any] = self.dataset.result.attributes["lineage"]["corpus"]
        entry = settings["parameters"]["planting"][int(self.dataset.artefact[row]) - 1]
        number = photo_marks.number_of(self.dataset.rows[row].sha256)
        used = self.network.transform
        if used is None:
            return np.zeros(self.size, dtype=bool)
        seen = np.asarray(view(self.dataset, row, used, planted=False).convert("RGB"))
        return photo_marks.draw(seen, entry["kind"], entry["seed"], number)[1]


def attacked(
    pixels: Pixels, images: NDArray[np.float32], neurons: NDArray[np.integer], steps: int
) -> NDArray[np.float32]:
    """Change images so that in each a neuron is more active: steps along the gradient, of equal length.

    Parameters
    ----------
    pixels : Pixels
        The network, and how it is given images.
    images : ndarray of float32, shape (n, c, h, w)
        From 0 to 1.
    neurons : ndarray of int, shape (n,)
        Of the penultimate layer, one an image.
    steps : int
        Of length 10 in images of 3 x 224 x 224 values, in smaller ones as long by value.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        From 0 to 1.

    References
    ----------
    Singla & Feizi 2022, section 3.2 (feature attack).
    """
    module, device = pixels.network.module, inference.device_of(pixels.network.module)
    length = STEP * (images[0].size / (3 * 224 * 224)) ** 0.5
    mean, std = (torch.from_numpy(part).to(device) for part in pixels.statistics)
    changed = torch.from_numpy(images).to(device)
    own = torch.as_tensor(np.asarray(neurons, dtype=np.int64), device=device)[:, None]
    with inference.evaluating(module), Watch(module, [pixels.ending.linear]) as watch:
        for _ in range(steps):
            changed = changed.detach().requires_grad_()
            watch((changed - mean) / std)
            total = watch.given[pixels.ending.linear].gather(1, own).sum()
            (gradient,) = torch.autograd.grad(total, changed)
            norm = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
            changed = (changed + length * gradient / norm).clamp(0, 1)
    return np.asarray(changed.detach().cpu().numpy(), dtype=np.float32)
