"""Contact sheet: many images on one page, each beside its heatmap."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.reporting.figures.image_panels import (
    Images,
    overlay,
    read_image,
    thumbnail,
)
from unhans.reporting.figures.layout import MARGIN, FigureLayout
from unhans.reporting.figures.style import DPI, INK, WRONG, fit
from unhans.types import Array

ACROSS = 6
"""Images in a row."""

SIDE = 112
"""Side of an image in pixels: four times that of a digit, half that of a photograph."""

GAP = 12
"""Between images, in pixels."""

SIZE = 6.5
"""Of letters, in points."""

FRAME, GREY = 1, 200
"""Width and shade of the line around an image and its heatmap: a white rim would be lost on the page."""

LINE = 16
"""Height of a line of text, in pixels."""


class Tile(NamedTuple):
    """An image on the sheet.

    Parameters
    ----------
    place : int
        Index of the image and of its heatmap.
    lines : tuple of str
        Text below it.
    marked : bool
        Write the text in red.

    """

    place: int
    lines: tuple[str, ...]
    marked: bool = False


def contact_sheet(tiles: Sequence[Tile], images: Images, heatmaps: Array, title: str) -> Figure:
    """Draw images in rows, each with its heatmap at its right and text below.

    Parameters
    ----------
    tiles : sequence of Tile
        At least one; row by row.
    images : Images
        Read one at a time. An image that cannot be read leaves a grey tile.
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images.
    title : str
        Of the sheet.

    Returns
    -------
    Figure
        To be saved with `style.DPI` pixels an inch.

    """
    lines = max(len(tile.lines) for tile in tiles)
    width, height = 2 * (SIDE + FRAME) + GAP, SIDE + 2 * FRAME + lines * LINE + GAP
    rows = -(-len(tiles) // ACROSS)
    wide, high = ACROSS * width - GAP, rows * height - GAP
    layout = FigureLayout.titled(wide / DPI + 2 * MARGIN, high / DPI, title)
    sheet = np.full((high, wide, 3), 255, dtype=np.uint8)
    for number, tile in enumerate(tiles):
        down, along = divmod(number, ACROSS)
        top, left = down * height, along * width
        pair = _drawn(tile, images, heatmaps)
        sheet[top : top + pair.shape[0], left : left + pair.shape[1]] = pair
        color, room = WRONG if tile.marked else INK, 0.96 * 2 * SIDE / DPI
        for line, text in enumerate(tile.lines):
            middle = layout.top + (top + SIDE + 2 * FRAME + (line + 0.6) * LINE) / DPI
            x = MARGIN + left / DPI
            layout.write(x, middle, fit(text, room, SIZE), size=SIZE, color=color)
    # Pixel by pixel: axes would resample it.
    bottom = layout.height - layout.top - high / DPI
    layout.figure.figimage(sheet, round(MARGIN * DPI), round(bottom * DPI), zorder=-1)
    return layout.figure


def _drawn(tile: Tile, images: Images, heatmaps: Array) -> NDArray[np.uint8]:
    image = read_image(images, tile.place)
    colors = overlay(heatmaps[tile.place], image, SIDE)
    pair = np.hstack([thumbnail(image, SIDE), thumbnail(colors, SIDE)])
    edges = ((FRAME, FRAME), (FRAME, FRAME), (0, 0))
    return np.pad(pair, edges, constant_values=GREY)
