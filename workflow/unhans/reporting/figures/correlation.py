"""Correlation figure: rank correlation of the analyses, pair by pair."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.reporting.figures.style import INK, shorten
from unhans.types import Array

NUMBERED = 30
"""Largest number of analyses for which the correlations are written in the matrix."""


def correlation_figure(names: Sequence[str], matrix: Array) -> Figure:
    """Draw the rank correlation of analyses, pair by pair.

    Parameters
    ----------
    names : sequence of str, length m
        Of the analyses.
    matrix : ndarray of float, shape (m, m)
        Spearman correlations; NaN where there is none. They are written as numbers for at most
        `NUMBERED` analyses.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        The matrix has another shape, or is empty.

    """
    values = np.asarray(matrix, dtype=np.float64)
    m = len(names)
    if values.shape != (m, m) or not m:
        raise InputError(f"{m} names and a matrix of shape {values.shape}; expected (m, m)")
    side = max(1.6, 0.5 * m) if m <= NUMBERED else max(15, 0.13 * m)
    labels = [f"{shorten(name, 60)}  {number}" for number, name in enumerate(names, start=1)]
    margin = 0.3 + 0.085 * max(len(label) for label in labels)
    width, height = max(margin + side + 1.1, 4.6), side + 0.9
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((margin / width, 0.15 / height, side / width, side / height))
    shown = axes.imshow(np.ma.masked_invalid(values), cmap=_correlation_colormap(), vmin=-1, vmax=1)
    every = 1 if m <= NUMBERED else 10
    axes.set_xticks(range(0, m, every), [str(number) for number in range(1, m + 1, every)])
    axes.set_yticks(range(m), labels, parse_math=False)
    axes.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False)
    if m > NUMBERED:
        axes.tick_params(axis="y", labelsize=6)
    else:
        _write_correlations(axes, values)
    bar = figure.add_axes(
        ((margin + side + 0.15) / width, 0.15 / height, 0.14 / width, side / height)
    )
    figure.colorbar(shown, cax=bar, ticks=[-1, 0, 1]).ax.tick_params(labelsize=8)
    title = "Rank correlation of analyses (Spearman)"
    figure.text(0.1 / width, 1 - 0.25 / height, title, fontsize=11, fontweight="bold", va="center")
    return figure


def _write_correlations(axes: Axes, values: NDArray[np.float64]) -> None:
    for (row, column), value in np.ndenumerate(values):
        rounded = round(value, 2) + 0.0  # no "-0.00"
        text = "–" if np.isnan(value) else f"{rounded:.2f}".replace("-", "−")  # noqa: RUF001
        color = "white" if abs(value) > 0.6 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=color)


def _correlation_colormap() -> Colormap:
    colormap = LinearSegmentedColormap.from_list("correlation", ["#9c3a00", "#ffffff", "#00507d"])
    return colormap.with_extremes(bad="#dddddd")
