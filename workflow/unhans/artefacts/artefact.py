"""Artefact: pixels that can be put into images.

The *mask* is where it is, the *template* what is there. There are four kinds. One that is *fixed* is at
the same pixels of every image. One that is *free* is elsewhere in each image. One of the *whole* image
(a texture, a tint) is added everywhere. An *overlay* (a watermark) is added where its details are: the
image shines through.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unhans.choices import Placement
from unhans.errors import InputError
from unhans.types import Array

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Artefact:
    """Pixels that can be put into images.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        Where the artefact is.
    template : ndarray of float32, shape (c, h, w)
        What is there, as inputs of the network; what lies outside the mask is not used. Of the whole
        image, and of an overlay: what is added.
    consistency : float
        How much the images of its cluster share, from 0 to 1; see `isolation.isolate`.
    kind : str
        ``fixed``, ``free``, ``whole`` or ``overlay``.
    opacity : ndarray of float32, shape (h, w), optional
        How much of the template is seen, from 0 to 1; without it, all within the mask.
    seed : int
        Of the places where a free artefact is put.

    """

    mask: Mask
    template: NDArray[np.float32]
    consistency: float
    kind: Placement = "fixed"
    opacity: NDArray[np.float32] | None = None
    seed: int = 0

    def insert(self, images: Array) -> NDArray[np.float32]:
        """Put the artefact into images.

        Parameters
        ----------
        images : ndarray, shape (n, c, h, w)
            Inputs of the network; they stay as they are.

        Returns
        -------
        ndarray of float32, shape (n, c, h, w)

        Raises
        ------
        InputError
            The images are of another size than the template.

        """
        own = np.asarray(images, dtype=np.float32)
        if own.shape[1:] != self.template.shape:
            raise InputError(
                f"images have shape {own.shape}; expected (n, {', '.join(map(str, self.template.shape))})"
            )
        if self.adds:
            return np.asarray(own + self.mask * self.template, dtype=np.float32)
        if self.kind == "free" and len(own):
            moved = zip(own, self._moved(len(own)), strict=True)
            return np.stack([blended(image, *parts) for image, parts in moved])
        return blended(own, self.mask, self.template, self.opacity)

    @property
    def adds(self) -> bool:
        """Whether the template is added to an image instead of replacing it."""
        return self.kind in ("whole", "overlay")

    def masks(self, n: int) -> Mask:
        """Give the pixels that `insert` changes in each of the first images that it is given.

        Parameters
        ----------
        n : int
            Number of images.

        Returns
        -------
        ndarray of bool, shape (n, h, w)

        """
        if self.kind != "free" or not n:
            return np.broadcast_to(self.mask, (n, *self.mask.shape))
        return np.stack([mask for mask, *_ in self._moved(n)])

    def _moved(self, n: int) -> Iterator[tuple[Mask, Array, Array | None]]:
        """Mask, template and opacity moved to a random place, for each of n images."""
        rows, columns = np.nonzero(self.mask)
        span = np.array([[rows.min(), rows.max()], [columns.min(), columns.max()]])
        room = np.array(self.mask.shape) - (span[:, 1] - span[:, 0])
        # The places of the first images do not depend on how many follow.
        places = (np.random.default_rng(self.seed).random((n, 2)) * room).astype(int)
        for step in places - span[:, 0]:
            yield (
                np.roll(self.mask, step, axis=(0, 1)),
                np.roll(self.template, step, axis=(1, 2)),
                None if self.opacity is None else np.roll(self.opacity, step, axis=(0, 1)),
            )


def blended(
    images: Array, mask: Mask, template: Array, opacity: Array | None
) -> NDArray[np.float32]:
    """Show a template in images.

    Parameters
    ----------
    images : ndarray, shape (..., c, h, w)
        Inputs of the network.
    mask : ndarray of bool, shape (h, w)
        Where the template replaces the image, if there is no opacity.
    template : ndarray, shape (c, h, w)
        What is shown.
    opacity : ndarray of float32, shape (h, w), or None
        How much of the template is seen, from 0 to 1.

    Returns
    -------
    ndarray of float32, shape (..., c, h, w)

    """
    if opacity is None:
        return np.where(mask, template, images)
    return np.asarray(images + opacity * (template - images), dtype=np.float32)
