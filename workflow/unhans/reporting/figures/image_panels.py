"""Image panels: an image or a heatmap, pixel by pixel, in few colours so that files stay small."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError, StoreError
from unhans.reporting.figures.style import INK, strip_axes
from unhans.types import Array

PHOTO_STEP = 5
"""Step between the shades of a photograph, which leaves 52 of each channel. Finer shades are noise and
a third of the file."""

MEAN_STEP = 3
"""Step between the shades of a mean of photographs. It is finer, since what many photographs share, such
as a watermark, is faint in their mean."""

UNDERLAY = 0.3
"""Brightness of a photograph under its heatmap: its shapes are seen, and none looks like relevance."""

UNDERLAY_STEP = 10
"""Step between the shades of a photograph under its heatmap."""

GREY_WEIGHTS = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the brightness (ITU-R BT.601)."""


class Images(Protocol):
    """Images that are read one at a time, such as a NumPy array or files in a folder."""

    def __len__(self) -> int:
        """Return the number of images."""
        ...

    def __getitem__(self, place: int, /) -> Array:
        """Read an image.

        Parameters
        ----------
        place : int
            Its index.

        Returns
        -------
        ndarray, shape (h, w) or (h, w, 3)
            Integers from 0 to 255 or floats from 0 to 1.

        Raises
        ------
        InputError, StoreError, OSError
            The image cannot be read, or no longer.

        """
        ...


def read_image(images: Images, place: int) -> NDArray[np.uint8] | None:
    """Read an image in shades from 0 to 255.

    Parameters
    ----------
    images : Images
        To read from.
    place : int
        Index of the image.

    Returns
    -------
    ndarray of uint8, shape (h, w) or (h, w, 3), or None
        None if the image cannot be read.

    Raises
    ------
    InputError
        The image has another shape.

    """
    try:
        image = np.asarray(images[int(place)])
    except (InputError, StoreError, OSError):
        return None
    if image.ndim != 2 and image.shape[2:] != (3,):
        raise InputError(f"image {place} has shape {image.shape}; expected (h, w) or (h, w, 3)")
    scale = 1 if np.issubdtype(image.dtype, np.integer) else 255
    shades = np.clip(np.asarray(image, dtype=np.float64) * scale, 0, 255)
    return np.round(shades).astype(np.uint8)


def mean_image(images: Images, places: Iterable[int]) -> tuple[NDArray[np.uint8] | None, int]:
    """Average images with one of them in memory at a time.

    Parameters
    ----------
    images : Images
        To read from.
    places : iterable of int
        Indices of the images.

    Returns
    -------
    mean : ndarray of uint8, shape (h, w) or (h, w, 3), or None
        Of the images that can be read; None if there is none.
    count : int
        Number of images that can be read.

    Raises
    ------
    InputError
        The images differ in size.

    """
    total, count = np.zeros((1, 1, 1)), 0
    for image in (read_image(images, place) for place in places):
        if image is None:
            continue
        if count and image.shape[:2] != total.shape[:2]:
            raise InputError(
                f"images of {total.shape[:2]} and {image.shape[:2]} pixels; expected one size"
            )
        total = total + np.atleast_3d(image)  # a grey one among coloured ones counts for all three
        count += 1
    if not count:
        return None, 0
    mean = np.round(total / count).astype(np.uint8)
    return (mean[..., 0] if mean.shape[2] == 1 else mean), count


def mean_heatmap(heatmaps: Array, places: Array) -> NDArray[np.float64]:
    """Average heatmaps in float64 without copying all of them.

    Parameters
    ----------
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance.
    places : ndarray of int, shape (m,)
        Indices of the heatmaps to average.

    Returns
    -------
    ndarray of float64, shape (h, w)

    """
    total = np.zeros(heatmaps.shape[1:])
    for place in places:
        total += heatmaps[place]
    return total / len(places)


def relevance_colormap() -> Colormap:
    """Make the colour map of relevance.

    Returns
    -------
    Colormap
        Black at the middle; red, yellow and white above it, blue, cyan and white below it.

    """
    colors = ["white", "cyan", "blue", "black", "red", "yellow", "white"]
    # An odd number of steps gives zero a step of its own.
    return LinearSegmentedColormap.from_list("relevance", colors, N=511)


def show_heatmap(
    axes: Axes, heatmap: Array, image: NDArray[np.uint8] | None = None, pixels: int | None = None
) -> None:
    """Draw a heatmap in colours that are symmetric around 0, up to its own largest magnitude.

    Over a photograph the colours are brightened by ``UNDERLAY * grey * (1 - m)**2``, where ``grey``
    is the photograph's brightness and ``m`` the magnitude, both from 0 to 1. Zero is then dark grey
    instead of black, and the strongest relevance keeps its colour.

    Parameters
    ----------
    axes : Axes
        To draw on; its ticks are removed.
    heatmap : ndarray of float, shape (h, w)
        Relevance; if all of it is zero, all is black.
    image : ndarray of uint8, shape (h', w', 3), optional
        The photograph. A grey image (h', w') is ignored: a small drawing would hide more than it
        explains.
    pixels : int, optional
        Longest side of the picture. A map of more than half as many pixels is smoothed with
        (1, 2, 1)/4 along both sides and shrunk to this side before its colours are chosen.

    """
    values = _scaled(heatmap, pixels)
    if image is None or image.ndim == 2:
        axes.imshow(values, cmap=relevance_colormap(), vmin=-1, vmax=1)
    else:
        axes.imshow(_over(image, values), interpolation="nearest")
    strip_axes(axes)


def overlay(
    heatmap: Array, image: NDArray[np.uint8] | None = None, pixels: int | None = None
) -> NDArray[np.uint8]:
    """Give the colours of a heatmap as `show_heatmap` draws them.

    Parameters
    ----------
    heatmap, image, pixels : ndarray, ndarray or None, int or None
        See `show_heatmap`.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)

    """
    values = _scaled(heatmap, pixels)
    if image is not None and image.ndim == 3:
        return _over(image, values)
    colors = relevance_colormap()((values + 1) / 2)[..., :3]
    return np.asarray(np.round(255 * colors), dtype=np.uint8)


def _scaled(heatmap: Array, pixels: int | None) -> NDArray[np.float64]:
    """Scale a heatmap to a largest magnitude of 1, smoothed and shrunk where it is large."""
    values = np.asarray(heatmap, dtype=np.float64)
    if pixels is not None and 2 * max(values.shape) > pixels:
        values = _shrunk(_without_grid(values), pixels)
    return np.asarray(values / (np.abs(values).max(initial=0) or 1))


def _over(image: NDArray[np.uint8], values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Lay a heatmap from -1 to 1 over a photograph."""
    grey = _resized(image @ np.array(GREY_WEIGHTS) / 255, values.shape)
    rest = (1 - np.abs(values)) ** 2
    colors = relevance_colormap()((values + 1) / 2)[..., :3]
    colors = 255 * np.clip(colors + (UNDERLAY * grey * rest)[..., None], 0, 1)
    return _coarse(colors, UNDERLAY_STEP)


def show_image(
    axes: Axes, image: NDArray[np.uint8] | None, pixels: int | None = None, step: int = PHOTO_STEP
) -> None:
    """Draw an image, or a grey panel with a note if it cannot be read.

    Parameters
    ----------
    axes : Axes
        To draw on; its ticks are removed.
    image : ndarray of uint8, shape (h, w) or (h, w, 3), or None
        None for an image that cannot be read.
    pixels : int, optional
        Longest side of the picture; larger images are shrunk to it.
    step : int
        Step between the shades of a photograph, which are from 0 to 255.

    """
    strip_axes(axes)
    if image is None:
        axes.set_facecolor("#d9d9d9")
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "color": INK}
        axes.text(0.5, 0.5, "cannot be read", transform=axes.transAxes, **style)
    elif image.ndim == 2:
        axes.imshow(_shrunk(image, pixels), cmap="gray", vmin=0, vmax=255)
    else:
        axes.imshow(_coarse(_shrunk(image, pixels), step), interpolation="nearest")


def thumbnail(image: NDArray[np.uint8] | None, side: int) -> NDArray[np.uint8]:
    """Shrink or enlarge an image to tiles of one size; pixels of small images stay sharp.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w) or (h, w, 3), or None
        None for an image that cannot be read.
    side : int
        Of the tile, in pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        White around images that do not fill it; light grey for None.

    """
    tile = np.full((side, side, 3), 217 if image is None else 255, dtype=np.uint8)
    if image is None:
        return tile
    small = _shrunk(image, side)
    factor = max(1, side // max(small.shape[:2]))
    large = small.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = large.shape[:2]
    top, left = (side - height) // 2, (side - width) // 2
    tile[top : top + height, left : left + width] = np.atleast_3d(large)
    return tile


def _without_grid(heatmap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Remove a pattern whose sign alternates from pixel to pixel, and keep the sum.

    Convolutions of stride two leave such a grid in heatmaps. It carries no information on the image
    and causes moiré when the map is shrunk.
    """
    for axis in (0, 1):
        padded = np.pad(heatmap, [(1, 1) if at == axis else (0, 0) for at in (0, 1)], mode="edge")
        first, middle, last = (
            np.take(padded, range(start, start + heatmap.shape[axis]), axis) for start in range(3)
        )
        heatmap = (first + 2 * middle + last) / 4
    return heatmap


def _shrunk(picture: Array, pixels: int | None) -> Array:
    """Shrink a picture so that its longest side has so many pixels; a smaller one is unchanged."""
    longest = max(picture.shape[:2])
    if pixels is None or longest <= pixels:
        return picture
    height, width = (max(1, round(side * pixels / longest)) for side in picture.shape[:2])
    return _resized(picture, (height, width))


def _resized(picture: Array, shape: tuple[int, ...]) -> Array:
    if picture.shape[:2] == shape[:2]:
        return picture
    # Lanczos keeps small writing sharp; on relevance it would invent negative rims around a peak.
    exact = picture.dtype != np.uint8
    ready = picture.astype(np.float32) if exact else picture
    kernel = Image.Resampling.BILINEAR if exact else Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(ready).resize((shape[1], shape[0]), kernel))


def _coarse(colors: Array, step: int) -> NDArray[np.uint8]:
    """Round shades from 0 to 255 to multiples of ``step``."""
    return np.clip(np.round(colors / step) * step, 0, 255).astype(np.uint8)
