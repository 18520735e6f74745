"""Barycentre figure: four images and their mean under each of three distances."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unhans.paper.barycentre import Barycentres
from unhans.reporting.figures.style import strip_axes
from unhans.types import Array


def barycentre_figure(made: Barycentres) -> Figure:
    """Draw four images and their barycentres (figure 3 of the paper).

    Parameters
    ----------
    made : Barycentres
        From `barycentre.barycentres`.

    Returns
    -------
    Figure

    """
    figure = Figure(figsize=(14, 3.8), layout="constrained")
    grid = figure.add_gridspec(2, 8)
    corners = [figure.add_subplot(grid[at // 2, at % 2]) for at in range(4)]
    # The images lie clockwise on their canvases, and so do the panels.
    for axes, image in zip((corners[place] for place in (0, 1, 3, 2)), made.images, strict=True):
        _show(axes, image)
    corners[0].set_title("a) images", loc="left", fontsize=11, fontweight="bold")
    means = {
        "b) euclidean": made.euclidean,
        "c) Wasserstein": made.wasserstein,
        "d) Gromov-Wasserstein": made.gromov_wasserstein,
    }
    for place, (title, mean) in enumerate(means.items(), start=1):
        axes = figure.add_subplot(grid[:, 2 * place : 2 * place + 2])
        _show(axes, mean)
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    return figure


def _show(axes: Axes, image: Array) -> None:
    """Draw an image with its largest value in black."""
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=image.max(), interpolation="nearest")
    strip_axes(axes)
