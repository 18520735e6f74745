"""Composition: figures one below the other in one picture, each as it is drawn alone."""

import io
from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from unhans.errors import InputError
from unhans.reporting.figures.style import as_png

BETWEEN = 15
"""Pixels between two figures, white."""


def stacked(figures: Iterable[Figure]) -> NDArray[np.uint8]:
    """Draw figures one below the other, at the left edge of a white picture.

    Parameters
    ----------
    figures : iterable of Figure
        At least one. They may differ in size.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Pixels, for `style.save_pixels`.

    Raises
    ------
    InputError
        There is no figure.

    """
    parts = [np.asarray(Image.open(io.BytesIO(as_png(figure)))) for figure in figures]
    if not parts:
        raise InputError("no figure to compose; expected at least one")
    width = max(part.shape[1] for part in parts)
    height = sum(part.shape[0] for part in parts) + BETWEEN * (len(parts) - 1)
    picture = np.full((height, width, 3), 255, dtype=np.uint8)
    top = 0
    for part in parts:
        picture[top : top + part.shape[0], : part.shape[1]] = part
        top += part.shape[0] + BETWEEN
    return picture
