"""Layout: figures laid out in inches on whole pixels, so that nothing overlaps or is blurred."""

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
"""Margin of a figure and between its parts, in inches."""
TITLE = 0.45
"""Height of a title of one line."""
TITLE_LINE = 0.2
"""Added by each further line of the title."""
TITLE_LINES = 4
"""Lines of a title at most: a finding's sentence ends with what the experiment says."""
DRAWN = 0.97
"""Share of the room that the measured width of a line may take: it is drawn up to 2 % wider."""
LINE = 0.24
"""Height of a line of a legend."""


@dataclass(frozen=True, eq=False)
class FigureLayout:
    """A figure with a title. Lengths are in inches, places are measured from its upper left corner.

    Parameters
    ----------
    figure : Figure
        The figure of matplotlib.
    width, height : float
        Of the whole figure.
    top : float
        Lower edge of the title, where the rest begins.
    """

    figure: Figure
    width: float
    height: float
    top: float

    @classmethod
    def titled(cls, width: float, height: float, title: str) -> "FigureLayout":
        """Make a figure and write its title, shrunk, then broken, then shortened to the width.

        Parameters
        ----------
        width : float
            Of the whole figure.
        height : float
            Of the content below the title, without the margin at the foot.
        title : str
            From outside.

        Returns
        -------
        FigureLayout
        """
        room = DRAWN * (width - 2 * MARGIN)
        one_line = 13 * room / max(text_width(clean(title), 13, "bold"), 0.1)
        size = float(np.clip(one_line, 9.5, 13))
        lines = wrap(title, room, size, "bold", most=TITLE_LINES)
        top = TITLE + TITLE_LINE * (len(lines) - 1)
        width, height, top = _on_pixels(width, top + height + MARGIN, top)
        layout = cls(Figure(figsize=(width, height)), width, height, top)
        for number, line in enumerate(lines):
            middle = TITLE / 2 + 0.03 + number * TITLE_LINE
            layout.write(MARGIN, middle, line, size=size, weight="bold")
        return layout

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes.

        Parameters
        ----------
        left, top : float
            Upper left corner.
        width, height : float
            Size.

        Returns
        -------
        Axes
        """
        left, top, width, height = _on_pixels(left, top, width, height)
        bottom = self.height - top - height
        rectangle = (left / self.width, bottom / self.height)
        return self.figure.add_axes((*rectangle, width / self.width, height / self.height))

    def write(self, left: float, middle: float, text: str, **style: Any) -> None:
        """Write a line of text.

        Parameters
        ----------
        left : float
            Place along, by default of the text's left end.
        middle : float
            Height of the text's middle, from the upper edge of the figure.
        text : str
            Never read as mathematics.
        **style
            Of the text, as matplotlib names it (``size``, ``weight``, ``color``, ``ha``).
        """
        x, y = left / self.width, 1 - middle / self.height
        style = {"va": "center", "color": INK, **style}
        self.figure.text(x, y, text, parse_math=False, **style)

    def frame(self, left: float, top: float, width: float, height: float, color: str) -> None:
        """Draw a coloured frame behind a block.

        Parameters
        ----------
        left, top : float
            Upper left corner.
        width, height : float
            Size.
        color : str
            Of the frame.
        """
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
        """Write a legend: for each entry a line with a dot and a text, shortened to the width.

        Parameters
        ----------
        left, top : float
            Upper left corner.
        room : float
            Width.
        entries : sequence of (str, str)
            Colour and text of each.
        """
        # Not matplotlib's: its labels are read as mathematics, and those with "_" in front left out.
        for number, (color, text) in enumerate(entries):
            middle = top + (number + 0.5) * LINE
            x, y = (left + 0.1) / self.width, 1 - middle / self.height
            dot = Line2D([x], [y], marker="o", color=color, markersize=6, linestyle="")
            dot.set_transform(self.figure.transFigure)
            self.figure.add_artist(dot)
            self.write(left + 0.22, middle, fit(text, room - 0.22, 9.5), size=9.5)

    def plane(self, side: float) -> Axes:
        """Add empty square axes of equal scales at the left below the title.

        Parameters
        ----------
        side : float
            Of the square.

        Returns
        -------
        Axes
        """
        axes = self.axes(MARGIN, self.top, side, side)
        strip_axes(axes)
        axes.set_aspect("equal", adjustable="datalim")
        return axes


def scatter(axes: Axes, points: Array, color: str, size: float) -> None:
    """Draw points of one colour.

    Parameters
    ----------
    axes : Axes
        To draw on.
    points : ndarray of float, shape (n, 2)
        Places.
    color : str
        Of all points.
    size : float
        Area of a point in square points; see `dot_size`.

    """
    axes.scatter(points[:, 0], points[:, 1], s=size, color=color, linewidths=0)


def dot_size(n: int) -> float:
    """Choose the area of a point by the number of points in the plane.

    Parameters
    ----------
    n : int
        Number of points.

    Returns
    -------
    float
        In square points, from 4 to 28.

    """
    return float(np.clip(6000 / max(n, 1), 4, 28))


def _on_pixels(*lengths: float) -> NDArray[np.float64]:
    return np.round(np.array(lengths) * DPI) / DPI
