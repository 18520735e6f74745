"""Eigenvalue figure: the eigengap plot of a class, which shows into how many groups it falls."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unhans.reporting.figures.style import COLORS, INK, open_axes, wrap
from unhans.spray.eigengap import eigengap
from unhans.types import Array


def eigenvalue_panel(axes: Axes, eigenvalues: Array) -> None:
    """Draw the smallest eigenvalues and mark the largest gap, the first gap excluded.

    Parameters
    ----------
    axes : Axes
        To draw on.
    eigenvalues : ndarray of float, shape (q,)
        Ascending. Of fewer than 3 no gap is marked.

    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    places = np.arange(1, len(values) + 1)
    axes.plot(places, values, "o", color=INK, markersize=4)
    axes.set_xlabel("number of the eigenvalue")
    axes.set_ylabel("eigenvalue")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, len(values) + 0.5)
    open_axes(axes)
    if len(values) < 3:
        return
    k = eigengap(values)
    low, high = values[k - 1], values[k]
    axes.axvspan(k, k + 1, color=COLORS[0], alpha=0.15, linewidth=0)
    axes.annotate(
        "",
        (k + 0.5, high),
        (k + 0.5, low),
        arrowprops={"arrowstyle": "<->", "color": COLORS[0], "shrinkA": 0, "shrinkB": 0},
    )
    axes.plot(places[:k], values[:k], "o", color=COLORS[0], markersize=5)
    axes.set_title(f"largest gap after {k}", fontsize=9, color=COLORS[0], loc="right")


def eigenvalue_figure(eigenvalues: Array, title: str) -> Figure:
    """Draw the eigengap plot of one class.

    Parameters
    ----------
    eigenvalues : ndarray of float, shape (q,)
        See `eigenvalue_panel`.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    """
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    lines = "\n".join(wrap(title, 4.8, 10, most=3))
    figure.suptitle(lines, x=0.01, ha="left", parse_math=False, fontsize=10)
    eigenvalue_panel(figure.subplots(), eigenvalues)
    return figure
