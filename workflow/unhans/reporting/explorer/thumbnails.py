"""Thumbnails: all images of a class as one picture, one tile an image, row by row."""

import io
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.types import Array

QUALITY = 82
"""Of JPEG."""


class TileSheet(NamedTuple):
    """The picture of all images of a class.

    Parameters
    ----------
    data : bytes
        Of the file: PNG where the images have their own size, else JPEG.
    height, width : int
        Of a tile.
    across : int
        Tiles in a row.
    ending : str
        Of the file's name.

    """

    data: bytes
    height: int
    width: int
    across: int
    ending: str

    @property
    def sharp(self) -> bool:
        """Whether the tiles are the images themselves, so that their pixels are to be seen."""
        return self.ending == ".png"


def draw(images: Iterable[NDArray[np.uint8]], count: int, side: int) -> TileSheet:
    """Draw all images of a class, each read when its turn comes.

    Parameters
    ----------
    images : iterable of ndarray of uint8, shape (h, w) or (h, w, 3)
        All of one shape.
    count : int
        Number of images, at least 1.
    side : int
        Most pixels along a side of a tile. Smaller images keep their size and their pixels.

    Returns
    -------
    TileSheet

    """
    across = math.ceil(math.sqrt(count))
    rows = math.ceil(count / across)
    sheet: Image.Image | None = None
    own, height, width = True, 0, 0
    for place, image in enumerate(images):
        if sheet is None:
            own = max(image.shape[:2]) <= side
            scale = 1 if own else side / max(image.shape[:2])
            height, width = (max(1, round(scale * size)) for size in image.shape[:2])
            mode = "L" if image.ndim == 2 else "RGB"
            sheet = Image.new(mode, (across * width, rows * height))
        tile = Image.fromarray(image)
        if not own:
            tile = tile.resize((width, height), Image.Resampling.BOX, reducing_gap=None)
        sheet.paste(tile, (place % across * width, place // across * height))
    assert sheet is not None
    file = io.BytesIO()
    if own:
        sheet.save(file, "PNG", compress_level=6)
    else:
        sheet.save(file, "JPEG", quality=QUALITY)
    return TileSheet(file.getvalue(), height, width, across, ".png" if own else ".jpg")


def tiles(sheet: TileSheet, places: Array) -> Iterator[Image.Image]:
    """Cut images out of a sheet.

    Parameters
    ----------
    sheet : TileSheet
        From `draw`.
    places : ndarray of int
        Of the images.

    Yields
    ------
    Image
        In colour.

    """
    with Image.open(io.BytesIO(sheet.data)) as opened:
        picture = opened.convert("RGB")
    for place in places:
        left, top = place % sheet.across * sheet.width, place // sheet.across * sheet.height
        yield picture.crop((left, top, left + sheet.width, top + sheet.height))
