"""Barycentre figure: weighted means of four images under each of three distances, in grids."""

from matplotlib.figure import Figure

from unhans.paper.barycentre import Barycentres
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.style import strip_axes
from unhans.types import Array

SIDE = 4.4
"""Side of a panel, in inches."""

FRAME = "#D55E00"
"""Colour of the frame of the images in the corners."""


def barycentre_figure(made: Barycentres) -> Figure:
    """Draw a grid a distance, the four images in its corners (figure 3 of the paper).

    Parameters
    ----------
    made : Barycentres
        From `barycentre.barycentres`.

    Returns
    -------
    Figure

    """
    panels = {
        "a) euclidean": made.euclidean,
        "b) Wasserstein": made.wasserstein,
        "c) Gromov-Wasserstein": made.gromov_wasserstein,
    }
    width = len(panels) * (SIDE + MARGIN) + MARGIN
    title = "Barycentres of four images (in the corners), weighted by the distance to each corner"
    layout = FigureLayout.titled(width, LINE + SIDE, title)
    for number, (heading, grid) in enumerate(panels.items()):
        left = MARGIN + number * (SIDE + MARGIN)
        layout.write(left, layout.top + LINE / 2, heading, size=11, weight="bold")
        _draw(layout, left, layout.top + LINE, grid)
    return layout.figure


def _draw(layout: FigureLayout, left: float, top: float, grid: Array) -> None:
    """Draw a grid of images, each with its largest value in black."""
    last = len(grid) - 1
    side = SIDE / len(grid)
    for row, images in enumerate(grid):
        for column, image in enumerate(images):
            axes = layout.axes(left + column * side, top + row * side, side, side)
            largest = image.max() or 1
            axes.imshow(image, cmap="gray_r", vmin=0, vmax=largest, interpolation="nearest")
            strip_axes(axes)
            if row in (0, last) and column in (0, last):
                axes.set_zorder(1)  # its frame above those beside it
                for spine in axes.spines.values():
                    spine.set(color=FRAME, linewidth=1.6, zorder=3)
