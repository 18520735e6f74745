"""Picture files: one is written as a whole, and whether one that was written is whole."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import StoreError, one_line
from unhans.io import atomic


def write_png(image: NDArray[np.uint8], path: Path) -> None:
    """Write a PNG file, or none.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w), (h, w, 3) or (h, w, 4)
        Grey, RGB, or RGB and opacity.
    path : Path
        Of the file.

    Raises
    ------
    StoreError
        The file cannot be written.

    """
    with atomic.replacing(path) as part:
        Image.fromarray(np.ascontiguousarray(image)).save(part, format="PNG")


def check(path: Path) -> None:
    """Refuse a picture that is damaged or cut.

    Parameters
    ----------
    path : Path
        The file, of any format that Pillow reads.

    Raises
    ------
    StoreError
        It cannot be read to its end, or the checksum of a piece is wrong.

    """
    try:
        with Image.open(path) as picture:
            picture.verify()  # checksums of all pieces
        with Image.open(path) as picture:
            picture.load()
    except Exception as error:  # a damaged picture raises many kinds of errors
        raise StoreError(f"{path}: no picture ({one_line(error)})") from error
