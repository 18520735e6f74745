"""Drawing: what all figures share, that is colours, files, and text that comes from outside.

Figures are drawn on `matplotlib.figure.Figure` without any global state. Names of classes, splits and
analyses come from outside: they are shortened, and never read as mathematical text.
"""

import io
import os
import shutil
from bisect import bisect_right
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from PIL import Image

from unhans.io.atomic import replacing

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#117733")
"""Colours of groups, told apart with any kind of colour vision (after Okabe and Ito)."""

GREY = "#b4b4b4"
INK = "#333333"
WRONG = "#b00020"

DPI = 150
"""Pixels an inch of a saved figure."""


def renewed(folder: str | os.PathLike[str]) -> Path:
    """Make a folder of pictures anew, without those of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    return Path(folder)


def save(figure: Figure, path: str | os.PathLike[str], dpi: int = DPI) -> None:
    """Write a figure as PNG, whole or not at all; equal figures give equal bytes.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    drawn = io.BytesIO()
    # Matplotlib writes its version into the file, and an alpha channel that makes it a tenth larger.
    figure.savefig(drawn, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    with replacing(path) as partial, Image.open(drawn) as image:
        image.convert("RGB").save(partial, format="png", dpi=(dpi, dpi))


def clean(text: str) -> str:
    """One line of printable characters."""
    return "".join(one if one.isprintable() else " " for one in str(text))


def shorten(text: str, length: int) -> str:
    """One line of printable characters, at most so many."""
    text = clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text in inches; ``size`` in points."""
    font = FontProperties(size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def fit(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Shorten a line of text to so many inches."""
    shown = shorten(text, 300)
    if text_width(shown, size, weight) <= room:
        return shown
    lengths = range(1, len(shown))

    def width(length: int) -> float:
        return text_width(shorten(shown, length), size, weight)

    return shorten(shown, max(1, bisect_right(lengths, room, key=width)))


def wrap(text: str, room: float, size: float, weight: str = "normal", most: int = 2) -> list[str]:
    """Break text at its spaces into lines of so many inches, the last of them shortened.

    Parameters
    ----------
    text : to break
    room : width of a line, in inches
    size, weight : of the letters, in points and as matplotlib names it
    most : lines at most

    Returns
    -------
    one line or more

    """
    words = shorten(text, 300).split()
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
    """Leave nothing but a light frame of the axes."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#cccccc")


def open_axes(axes: Axes) -> None:
    """Take the lines at the top and at the right of the axes away."""
    axes.spines[["top", "right"]].set_visible(False)
