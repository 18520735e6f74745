"""Photo marks figure: an example of every mark, a row for each place where marks lie."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.choices import PHOTO_MARKS, MarkGroup
from unhans.reporting.figures.style import INK

ROWS: Mapping[MarkGroup, str] = {
    "fixed": "fixed place",
    "random": "random place",
    "whole": "whole image",
    "object": "second object",
}
"""Groups of marks, as the figure names them."""

PANEL = 1.5
"""Side of a picture, in inches."""


def photo_marks_figure(pictures: Mapping[str, NDArray[np.uint8]]) -> Figure:
    """Draw pictures of marks, a row for each group; those of published tables have a star.

    Parameters
    ----------
    pictures : mapping of str to ndarray of uint8, shape (h, w, 3)
        By the name of the mark, as `photo_examples.every_mark` gives them. A picture of another name
        comes first.

    Returns
    -------
    Figure

    """
    rows = [[name for name in pictures if _group(name) == group] for group in ROWS]
    rows[0] = [name for name in pictures if _group(name) is None] + rows[0]
    wide = max(map(len, rows))
    figure = Figure(figsize=(PANEL * wide + 0.4, (PANEL + 0.3) * len(ROWS)), layout="constrained")
    panels = figure.subplots(len(ROWS), wide, squeeze=False)
    for line, label, names in zip(panels.tolist(), ROWS.values(), rows, strict=True):
        for axes, name in zip(line, names, strict=False):
            axes.imshow(pictures[name])
            axes.set_title(_title(name), fontsize=8, color=INK)
        for axes in line:
            axes.set(xticks=[], yticks=[], frame_on=False)
        line[0].set_ylabel(label, fontsize=8, color=INK)
    figure.suptitle("Marks in photographs (*: of published tables)", fontsize=10)
    return figure


def _group(name: str) -> str | None:
    return PHOTO_MARKS[name].group if name in PHOTO_MARKS else None  # type: ignore[index]


def _title(name: str) -> str:
    published = name in PHOTO_MARKS and PHOTO_MARKS[name].published  # type: ignore[index]
    return f"{name} *" if published else name
