"""Predictability figure: images at both ends of a property that tells a class, and its values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.reporting.figures import style

PANEL = 1.05
"""Side of a picture, in inches."""

CHART = 3.0
"""Width of the histogram, in inches."""


def draw(
    rows: Sequence[Mapping[str, Any]],
    pictures: NDArray[np.uint8],
    edges: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> Iterator[tuple[str, Figure]]:
    """Draw each class and property of a corpus.

    Parameters
    ----------
    rows : sequence of mapping
        What `ends.draw` says of each.
    pictures : ndarray of uint8, shape (m, 2, s, side, side, 3)
        Of the class, and of others.
    edges, shares : ndarray of float, shape (m, bins + 1) and (m, 2, bins)
        Histograms of both.

    Yields
    ------
    name : str
        ``<place>_<class>-<property>``.
    figure : Figure
        The picture.

    """
    for place, (name, row) in enumerate(zip(names(rows).values(), rows, strict=True)):
        yield name, predictability_figure(row, pictures[place], edges[place], shares[place])


def names(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Name the pictures of a corpus.

    Parameters
    ----------
    rows : sequence of mapping
        What `ends.draw` says of each.

    Returns
    -------
    dict of (str, str) to str
        By class and property, ``<place>_<class>-<property>``.

    """
    return {
        (str(row["class"]), str(row["property"])): f"{place:02d}_{row['class']}-{row['property']}"
        for place, row in enumerate(rows, start=1)
    }


def predictability_figure(
    row: Mapping[str, Any],
    pictures: NDArray[np.uint8],
    edges: NDArray[np.float64],
    share: NDArray[np.float64],
) -> Figure:
    """Draw one class and property.

    Parameters
    ----------
    row : mapping
        What `ends.draw` says of it.
    pictures : ndarray of uint8, shape (2, s, side, side, 3)
        Of the class, and of others.
    edges, share : ndarray of float, shape (bins + 1,) and (2, bins)
        Histograms of both.

    Returns
    -------
    Figure

    """
    samples = pictures.shape[1]
    width = PANEL * samples + CHART + 0.4
    figure = Figure(figsize=(width, 2 * PANEL + 1.3), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=[PANEL * samples, CHART])[0]
    panels = left.subplots(2, samples, squeeze=False)
    least = "lowest" if row["direction"] == "higher" else "highest"
    most = "highest" if row["direction"] == "higher" else "lowest"
    titles = (f"this class, {most} {row['property']}", f"other classes, {least} {row['property']}")
    names = ([""] * samples, row["others"])
    for line, own, title, classes in zip(panels, pictures, titles, names, strict=True):
        for at, axes in enumerate(line):
            style.strip_axes(axes)
            if own[at].any():
                axes.imshow(own[at])
            label = classes[at] if at < len(classes) else ""
            axes.set_xlabel(
                style.fit(label, PANEL, 7), fontsize=7, color=style.INK, parse_math=False
            )
        line[0].set_title(title, fontsize=8, color=style.INK, loc="left")
    _histogram(right.subplots(), row["property"], edges, share)
    title = f"{row['name']}: {row['direction']} {row['property']}, AUC {row['auc']:.2f}"
    title += "" if row["stands_out"] else ", does not stand out"
    title += f" (high: {row['words']})"
    figure.suptitle(style.fit(title, width - 0.4, 10), fontsize=10, parse_math=False)
    return figure


def _histogram(
    axes: Axes, name: str, edges: NDArray[np.float64], share: NDArray[np.float64]
) -> None:
    for own, color, label in zip(
        share, (style.COLORS[1], style.GREY), ("this class", "others"), strict=True
    ):
        axes.stairs(100 * own, edges, fill=True, alpha=0.6, color=color, label=label)
    axes.set_xlabel(name, fontsize=8)
    axes.set_ylabel("images (%)", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7, frameon=False)
    style.open_axes(axes)
