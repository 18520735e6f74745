"""Views: brightness and edges of the parts of an image that properties are measured on."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
"""One number a pixel: (h, w)."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


class View:
    """Pixels of an image, and what several properties need of them.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        Colours.

    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels
        self.height, self.width = pixels.shape[:2]

    @cached_property
    def channels(self) -> tuple[Map, Map, Map]:
        """Red, green and blue from 0 to 1: three (h, w)."""
        red, green, blue = (
            np.multiply(self.pixels[..., place], np.float32(1 / 255), dtype=np.float32)
            for place in range(3)
        )
        return red, green, blue

    @cached_property
    def luma(self) -> Map:
        """Brightness from 0 to 1: (h, w)."""
        red, green, blue = self.channels
        found: Map = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
        return found

    @cached_property
    def slopes(self) -> tuple[Map, Map]:
        """Central differences of brightness along columns and along rows; 0 on the rim: two (h, w)."""
        across, down = np.zeros_like(self.luma), np.zeros_like(self.luma)
        across[:, 1:-1] = (self.luma[:, 2:] - self.luma[:, :-2]) / 2
        down[1:-1] = (self.luma[2:] - self.luma[:-2]) / 2
        return across, down

    @cached_property
    def edges(self) -> Map:
        """Energy of edges, the squared length of the gradient of brightness: (h, w)."""
        across, down = self.slopes
        return across**2 + down**2

    @cached_property
    def places(self) -> tuple[Map, Map]:
        """Distance of each column and of each row from the middle, -1 and 1 at the rim: (w,), (h,)."""
        return _places(self.width), _places(self.height)

    def frame(self, share: float) -> NDArray[np.bool_]:
        """Find the pixels outside of a rectangle in the middle.

        Parameters
        ----------
        share : float
            Of the sides that the rectangle has, between 0 and 1.

        Returns
        -------
        ndarray of bool, shape (h, w)

        """
        across, down = self.places
        return (np.abs(down) > share)[:, None] | (np.abs(across) > share)[None]

    def mean_colour(self, where: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Average colours.

        Parameters
        ----------
        where : ndarray of bool, shape (h, w)
            Pixels to average, at least one.

        Returns
        -------
        ndarray of float, shape (3,)
            Mean red, green and blue from 0 to 1.

        """
        return np.array([one[where].mean(dtype=np.float64) for one in self.channels])

    def outside_circle(self) -> NDArray[np.bool_]:
        """Find the corners: the pixels outside of the ellipse that touches all four sides.

        Returns
        -------
        ndarray of bool, shape (h, w)

        """
        across, down = self.places
        return down[:, None] ** 2 + across[None] ** 2 > 1


def parts(values: Map, step: int) -> Map:
    """Cut an array into squares, what is left at the right and at the bottom left out.

    Parameters
    ----------
    values : ndarray of float32, shape (h, w)
        One number a pixel.
    step : int
        Side of a square.

    Returns
    -------
    ndarray of float32, shape (h // step, step, w // step, step)

    """
    rows, columns = (length // step for length in values.shape)
    return values[: rows * step, : columns * step].reshape(rows, step, columns, step)


def _places(length: int) -> Map:
    return ((np.arange(length, dtype=np.float32) + np.float32(0.5)) / length * 2 - 1).astype(
        np.float32
    )
