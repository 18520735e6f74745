"""Style: colours, files and texts of all figures.

Figures are drawn on `matplotlib.figure.Figure` without any global state. Names of classes, splits and
analyses come from outside: they are shortened, and never read as mathematical text.
"""

import io
import os
import shutil
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from numpy.typing import NDArray
from PIL import Image

from unhans.io.atomic import replacing

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#117733")
"""Colours of groups, distinct for any kind of colour vision (after Okabe and Ito)."""

GREY = "#b4b4b4"
INK = "#333333"
WRONG = "#b00020"

DPI = 150
"""Pixels an inch of a saved figure."""


def save_all(
    pictures: Iterable[tuple[str, Figure | NDArray[np.uint8]]], folder: str | os.PathLike[str]
) -> None:
    """Make a folder anew and save pictures in it, each as it comes.

    Parameters
    ----------
    pictures : iterable of (str, Figure or ndarray of uint8)
        Name of each without its ending, and a figure or the pixels, shape (h, w), (h, w, 3) or
        (h, w, 4).
    folder : str or path
        What it held before is removed.

    Raises
    ------
    StoreError
        A file cannot be written.

    """
    place = renewed(folder)
    for name, picture in pictures:
        path = place / f"{name}.png"
        if isinstance(picture, Figure):
            save(picture, path)
        else:
            save_pixels(picture, path)


def save_pixels(picture: NDArray[np.uint8], path: str | os.PathLike[str]) -> None:
    """Write pixels as PNG atomically.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w), (h, w, 3) or (h, w, 4)
        To write.
    path : str or path
        Of the file.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    with replacing(path) as partial:
        Image.fromarray(picture).save(partial, format="PNG")


def renewed(folder: str | os.PathLike[str]) -> Path:
    """Make a folder of pictures anew, without those of an earlier run.

    Parameters
    ----------
    folder : str or path
        Removed with all that it holds, if it is there.

    Returns
    -------
    Path
        The empty folder.

    """
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    return Path(folder)


def save(figure: Figure, path: str | os.PathLike[str], dpi: int = DPI) -> None:
    """Write a figure as PNG atomically; equal figures give equal bytes.

    Parameters
    ----------
    figure : Figure
        To write.
    path : str or path
        Of the file.
    dpi : int
        Pixels an inch.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    content = as_png(figure, dpi)
    with replacing(path) as partial:
        partial.write_bytes(content)


def as_png(figure: Figure, dpi: int = DPI) -> bytes:
    """Draw a figure; equal figures give equal bytes.

    Parameters
    ----------
    figure : Figure
        To draw.
    dpi : int
        Pixels an inch.

    Returns
    -------
    bytes
        Of a PNG file.

    """
    drawn, written = io.BytesIO(), io.BytesIO()
    # Matplotlib writes its version into the file, and an alpha channel that makes it a tenth larger.
    figure.savefig(drawn, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    with Image.open(drawn) as image:
        image.convert("RGB").save(written, format="png", dpi=(dpi, dpi))
    return written.getvalue()


def clean(text: str) -> str:
    """Replace all that is not printable, line breaks among it, by spaces.

    Parameters
    ----------
    text : str
        From outside.

    Returns
    -------
    str
        Of the same length.
    """
    return "".join(one if one.isprintable() else " " for one in str(text))


def shorten(text: str, length: int) -> str:
    """Shorten text to a line of printable characters.

    Parameters
    ----------
    text : str
        From outside.
    length : int
        Number of characters at most.

    Returns
    -------
    str
        With an ellipsis at its end where something was cut off.

    """
    text = clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def class_label(class_id: str, name: str) -> str:
    """Name a class in a title: its id, and its readable name where that is another.

    Parameters
    ----------
    class_id : str
        Such as ``n03417042``.
    name : str
        Such as ``garbage truck``.

    Returns
    -------
    str

    """
    return class_id if class_id == name else f"{class_id} {name}"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Measure a line of text.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Of the letters, in points.
    weight : str
        Of the letters, as matplotlib names it.

    Returns
    -------
    float
        Width in inches.

    """
    font = FontProperties(size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def fit(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Shorten text to a line of a given width.

    Parameters
    ----------
    text : str
        From outside.
    room : float
        Width of the line, in inches.
    size, weight : float, str
        Of the letters, in points and as matplotlib names it.

    Returns
    -------
    str
        With an ellipsis at its end where something was cut off.

    """
    shown = shorten(text, 300)
    if text_width(shown, size, weight) <= room:
        return shown
    lengths = range(1, len(shown))

    def width(length: int) -> float:
        return text_width(shorten(shown, length), size, weight)

    return shorten(shown, max(1, bisect_right(lengths, room, key=width)))


def wrap(text: str, room: float, size: float, weight: str = "normal", most: int = 2) -> list[str]:
    """Break text at its spaces into lines of a given width; the last line is shortened.

    Parameters
    ----------
    text : str
        From outside.
    room : float
        Width of a line, in inches.
    size, weight : float, str
        Of the letters, in points and as matplotlib names it.
    most : int
        Number of lines at most.

    Returns
    -------
    list of str
        One line or more.

    """
    words = shorten(text, 150 * most).split()
    lines: list[str] = []
    while words and len(lines) < most - 1:
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size, weight) <= room:
            taken += 1
        lines.append(fit(" ".join(words[:taken]), room, size, weight))
        words = words[taken:]
    if words or not lines:
        lines.append(fit(" ".join(words), room, size, weight))
    return lines


def strip_axes(axes: Axes) -> None:
    """Remove the ticks of axes and draw their frame in light grey.

    Parameters
    ----------
    axes : Axes
        They are changed in place.
    """
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#cccccc")


def open_axes(axes: Axes) -> None:
    """Remove the upper and the right line of the frame of axes.

    Parameters
    ----------
    axes : Axes
        They are changed in place.
    """
    axes.spines[["top", "right"]].set_visible(False)
