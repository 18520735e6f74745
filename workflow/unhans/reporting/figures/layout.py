"""FigureLayout: a figure laid out in inches on whole pixels, so that nothing overlaps or is blurred."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from unhans.reporting.figures.style import DPI, INK, clean, fit, strip_axes, text_width, wrap
from unhans.types import Array

MARGIN = 0.2
"""Of the sheet, and between its parts; all lengths are inches from its upper left corner."""
TITLE = 0.45
TITLE_LINE = 0.2
"""Added by a second line of the title."""
LINE = 0.24
"""Height of a line of a legend."""


@dataclass(frozen=True, eq=False)
class FigureLayout:
    """A figure with a title; lengths are inches, places are told from its upper left corner."""

    figure: Figure
    width: float
    height: float
    top: float
    """lower edge of the title: where all else begins"""

    @classmethod
    def titled(cls, width: float, height: float, title: str) -> "FigureLayout":
        """Make a sheet and write its title: shrunk, then broken, then shortened to the width.

        Parameters
        ----------
        width : of the whole sheet
        height : of what stands below the title, without the margin at the foot
        title : text from outside

        """
        room = width - 2 * MARGIN
        one_line = 13 * room / max(text_width(clean(title), 13, "bold"), 0.1)
        size = float(np.clip(one_line, 9.5, 13))
        lines = wrap(title, room, size, "bold")
        top = TITLE + TITLE_LINE * (len(lines) - 1)
        width, height, top = _on_pixels(width, top + height + MARGIN, top)
        sheet = cls(Figure(figsize=(width, height)), width, height, top)
        for number, line in enumerate(lines):
            middle = TITLE / 2 + 0.03 + number * TITLE_LINE
            sheet.write(MARGIN, middle, line, size=size, weight="bold")
        return sheet

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes; ``left`` and ``top`` are those of their upper left corner."""
        left, top, width, height = _on_pixels(left, top, width, height)
        bottom = self.height - top - height
        rectangle = (left / self.width, bottom / self.height)
        return self.figure.add_axes((*rectangle, width / self.width, height / self.height))

    def write(self, left: float, middle: float, text: str, **style: Any) -> None:
        """Write a line of text, its middle so far below the upper edge."""
        x, y = left / self.width, 1 - middle / self.height
        style = {"va": "center", "color": INK, **style}
        self.figure.text(x, y, text, parse_math=False, **style)

    def frame(self, left: float, top: float, width: float, height: float, color: str) -> None:
        """Draw a coloured frame behind a block."""
        corner = (left / self.width, 1 - (top + height) / self.height)
        self.figure.add_artist(
            Rectangle(
                corner,
                width / self.width,
                height / self.height,
                transform=self.figure.transFigure,
                facecolor="#f7f7f7",
                edgecolor=color,
                linewidth=2,
                zorder=-1,
            )
        )

    def legend(
        self, left: float, top: float, room: float, entries: Sequence[tuple[str, str]]
    ) -> None:
        """Write a legend, a line an entry: a dot of its colour, and its text shortened to fit."""
        # Not matplotlib's: its labels are read as mathematics, and those with "_" in front left out.
        for number, (color, text) in enumerate(entries):
            middle = top + (number + 0.5) * LINE
            x, y = (left + 0.1) / self.width, 1 - middle / self.height
            dot = Line2D([x], [y], marker="o", color=color, markersize=6, linestyle="")
            dot.set_transform(self.figure.transFigure)
            self.figure.add_artist(dot)
            self.write(left + 0.22, middle, fit(text, room - 0.22, 9.5), size=9.5)

    def plane(self, side: float) -> Axes:
        """Add empty square axes below the title at the left, for points whose scales are equal."""
        axes = self.axes(MARGIN, self.top, side, side)
        strip_axes(axes)
        axes.set_aspect("equal", adjustable="datalim")
        return axes


def scatter(axes: Axes, points: Array, color: str, size: float) -> None:
    """Draw points of one colour; ``size`` is their area in square points (see `dot_size`)."""
    axes.scatter(points[:, 0], points[:, 1], s=size, color=color, linewidths=0)


def dot_size(n: int) -> float:
    """Choose the area of a point, in square points, by the number of points in the plane."""
    return float(np.clip(6000 / max(n, 1), 4, 28))


def _on_pixels(*lengths: float) -> NDArray[np.float64]:
    return np.round(np.array(lengths) * DPI) / DPI
