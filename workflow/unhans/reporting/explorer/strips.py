"""Strips: a few images of a group above their heatmaps, for the page that opens first."""

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.reporting import hot_region
from unhans.reporting.explorer import relevance, thumbnails
from unhans.reporting.explorer.thumbnails import TileSheet
from unhans.types import Array

SHOWN = 8
"""Images of a group, those with most relevance where the group has more than the others."""

LEAST = 64
"""Least pixels along a side of an image; smaller ones are enlarged by whole factors."""

FOR, AGAINST = (213, 62, 24), (23, 105, 194)
"""Colours of relevance for the class and against it, distinct for any kind of colour vision."""

DIM = 0.55
"""Brightness of an image below its heatmap."""


class Strip(NamedTuple):
    """A picture of a group.

    Parameters
    ----------
    data : bytes
        Of the file.
    ending : str
        Of the file's name.
    height, width : int
        In pixels.

    """

    data: bytes
    ending: str
    height: int
    width: int


def draw(sheet: TileSheet, heatmaps: Array, members: NDArray[np.bool_]) -> Strip:
    """Draw images of a group, and below each its heatmap over it.

    Parameters
    ----------
    sheet : TileSheet
        Of all images of the class.
    heatmaps : ndarray of int8, shape (n, h, w)
        See `relevance.Small`.
    members : ndarray of bool, shape (n,)
        Images of the group.

    Returns
    -------
    Strip

    """
    chosen = hot_region.by_heat(hot_region.shares(heatmaps), members)[:SHOWN]
    factor = max(1, -(-LEAST // max(sheet.height, sheet.width)))
    height, width = factor * sheet.height, factor * sheet.width
    drawn = Image.new("RGB", (max(1, len(chosen)) * width, 2 * height))
    for place, tile in enumerate(thumbnails.tiles(sheet, chosen)):
        large = tile.resize((width, height), Image.Resampling.NEAREST)
        drawn.paste(large, (place * width, 0))
        drawn.paste(overlay(large, heatmaps[chosen[place]], sheet.sharp), (place * width, height))
    file = io.BytesIO()
    if sheet.sharp:
        drawn.save(file, "PNG")
    else:
        drawn.save(file, "JPEG", quality=thumbnails.QUALITY)
    return Strip(file.getvalue(), sheet.ending, drawn.height, drawn.width)


def overlay(image: Image.Image, heatmap: Array, sharp: bool) -> Image.Image:
    """Lay a heatmap over its image, which becomes grey and dim.

    Parameters
    ----------
    image : Image
        In colour.
    heatmap : ndarray of int8, shape (h, w)
        See `relevance.Small`.
    sharp : bool
        Show its bins as they are.

    Returns
    -------
    Image
        Of the size of ``image``.

    """
    how = Image.Resampling.NEAREST if sharp else Image.Resampling.BICUBIC
    small = Image.fromarray(heatmap.astype(np.float32) / relevance.LEVELS)
    value = np.clip(np.asarray(small.resize(image.size, how)), -1, 1)[..., None]
    below = DIM * np.asarray(image.convert("L"), dtype=np.float32)[..., None]
    colour = np.where(value > 0, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
    opacity = np.abs(value) ** np.float32(0.7)
    mixed = below * (1 - opacity) + colour * opacity
    return Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8))


def as_picture(mask: NDArray[np.bool_]) -> bytes:
    """Turn a mask into a picture that covers what the mask leaves out.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)

    Returns
    -------
    bytes
        Of a PNG file, transparent where the mask is.

    """
    file = io.BytesIO()
    shade = np.zeros((*mask.shape, 2), dtype=np.uint8)
    shade[..., 1] = np.where(mask, 0, 255)
    Image.fromarray(shade).save(file, "PNG")
    return file.getvalue()
