"""Un-Hansing figures: what a network looks at while it is trained on, and how far, by epoch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from unhans.artefacts import relevance_sign
from unhans.io.store import Result
from unhans.reporting.figures.image_panels import read_image, show_heatmap, show_image
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.style import COLORS, DPI, INK, fit, open_axes, wrap

SUBSETS = {
    "A": "A: images as they are",
    "B": "B: the artefact in all images",
    "R": "R: all images restored",
}
"""Headings of what the network was trained on."""

GAP = 0.06
"""Between panels, in inches."""

DOTTED: Mapping[str, Any] = {"color": "#999999", "linewidth": 1, "linestyle": ":"}
"""Style of a line to compare with."""

LINES = ("-", "--", ":")
"""Styles of the columns of a panel."""

WIDTH = 11.0
"""Approximate width of all panels of a row: the more epochs, the smaller they are."""

HEADS = 3 * LINE
"""Height of the headings: two lines a subset, one a column."""

NAME = 3.0
"""Room for the name of the class in a title."""

LARGEST, SMALLEST = 1.3, 0.75
"""Bounds of the side of a panel."""


def draw(
    table: pd.DataFrame, samples: Result, names: Sequence[str]
) -> Iterator[tuple[str, Figure]]:
    """Draw the pictures ``heatmaps`` and ``curve``.

    Parameters
    ----------
    table : DataFrame
        Of the stage unhansing.
    samples : Result
        Of the same stage; see `heatmap_figure`.
    names : sequence of str
        Of the network's outputs.

    Yields
    ------
    str, Figure
        Name of the picture, and the picture.

    """
    target = fit(names[samples.attributes["target"]], NAME, 11, "bold")
    named = f"{table['artefact'].iloc[0]}, class {target}, {table['model'].iloc[0]}"
    yield "heatmaps", heatmap_figure(samples, names, f"What the network looks at: {named}")
    title = f"Trained on without and with the artefact: {named}"
    turned = relevance_sign.describe(table)
    title += f"; {turned}" if turned else ""
    yield "curve", curve_figure(table, samples.attributes["area"], title)


# ------------------------------------------------------------------------------- heatmaps


def heatmap_figure(samples: Result, names: Sequence[str], title: str) -> Figure:
    """Draw samples and their heatmaps after each reported epoch on each subset.

    The network as it was is drawn once. Above each heatmap stands the probability of the artefact's
    class, which is the class that is explained; colours reach to each map's own largest magnitude.

    Parameters
    ----------
    samples : Result
        Of the stage unhansing: ``picture`` and ``label`` of n images, those of the artefact's class
        first; ``epoch``, ``heatmap`` and ``probability`` of s snapshots; attributes ``subsets`` (one a
        snapshot) and ``target``.
    names : sequence of str
        Of the network's outputs.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    """
    page = _Page.of(samples, title)
    page.write_heads()
    target = samples.attributes["target"]
    name, own = names[target], samples["label"] == target
    blocks = (
        (f"Images of class {name} with the artefact", np.nonzero(own)[0]),
        (f"Images of other classes with the artefact: what speaks for {name}", np.nonzero(~own)[0]),
    )
    top = page.layout.top + HEADS
    for heading, rows in blocks:
        if not len(rows):
            continue
        heading = fit(heading, page.layout.width - 2 * MARGIN, 10, "bold")
        page.layout.write(MARGIN, top + LINE / 2, heading, size=10, weight="bold")
        top += LINE
        for row in rows:
            page.draw_row(int(row), top, names)
            top += page.row
        top += MARGIN
    return page.layout.figure


class _Column(NamedTuple):
    """Column of heatmaps."""

    left: float
    """Left edge"""
    snapshot: int
    """Place of the snapshot that stands there"""
    subset: str
    epoch: int


@dataclass(frozen=True, eq=False)
class _Page:
    """A layout, what is drawn on it, and where."""

    layout: FigureLayout
    samples: Result
    columns: Sequence[_Column]
    side: float
    """Side of a panel"""

    @classmethod
    def of(cls, samples: Result, title: str) -> "_Page":
        """Lay out a figure."""
        subsets, epochs = samples.attributes["subsets"], samples["epoch"].tolist()
        snapshots = list(zip(range(len(epochs)), subsets, epochs, strict=True))
        first = next(one for one in snapshots if one[2] == 0)
        parts = ([one for one in snapshots if one[1] == own and one[2]] for own in SUBSETS)
        after = [part for part in parts if part]
        count = 2 + sum(map(len, after))
        side = round(float(np.clip(WIDTH / count, SMALLEST, LARGEST)) * DPI) / DPI
        left = MARGIN + side + MARGIN
        columns = [_Column(left, *first)]
        left += side + MARGIN
        for part in after:
            columns += [_Column(left + at * (side + GAP), *one) for at, one in enumerate(part)]
            left += len(part) * (side + GAP) - GAP + MARGIN
        own = samples["label"] == samples.attributes["target"]
        blocks = sum((LINE + MARGIN) for part in (own, ~own) if part.any())
        height = HEADS + blocks + len(own) * (side + LINE + GAP) - MARGIN
        layout = FigureLayout.titled(left, height, title)
        return cls(layout, samples, columns, side)

    @property
    def row(self) -> float:
        """Height of a row, with the line above its panels."""
        return self.side + LINE + GAP

    def write_heads(self) -> None:
        """Write what each column is, and above them what each subset is."""
        low = self.layout.top + 2.5 * LINE
        self._centred(MARGIN, low, "image", INK)
        for one in self.columns:
            color = COLORS[list(SUBSETS).index(one.subset)] if one.epoch else INK
            self._centred(one.left, low, f"epoch {one.epoch}" if one.epoch else "before", color)
        for place, (subset, words) in enumerate(SUBSETS.items()):
            lefts = [one.left for one in self.columns if one.epoch and one.subset == subset]
            if not lefts:
                continue
            room = lefts[-1] - lefts[0] + self.side
            lines = wrap(words, 0.96 * room, 10, "bold")
            for number, line in enumerate(lines):
                middle = self.layout.top + (2.4 - len(lines) + number) * LINE
                style = {"size": 10, "weight": "bold", "color": COLORS[place], "ha": "center"}
                self.layout.write(lefts[0] + room / 2, middle, line, **style)

    def draw_row(self, row: int, top: float, names: Sequence[str]) -> None:
        """Draw a sample and its heatmaps."""
        pixels = round(self.side * DPI)
        image = read_image(self.samples["picture"], row)
        middle, below = top + 0.6 * LINE, top + LINE
        self._centred(MARGIN, middle, names[int(self.samples["label"][row])], INK, 8.5)
        show_image(self.layout.axes(MARGIN, below, self.side, self.side), image, pixels)
        for one in self.columns:
            chance = self.samples["probability"][one.snapshot, row]
            self._centred(one.left, middle, f"{100 * chance:.0f} %", INK, 8.5)
            axes = self.layout.axes(one.left, below, self.side, self.side)
            show_heatmap(axes, self.samples["heatmap"][one.snapshot, row], image, pixels)

    def _centred(self, left: float, middle: float, text: str, color: str, size: float = 9) -> None:
        shown = fit(text, 0.96 * self.side, size)
        style = {"size": size, "color": color, "ha": "center"}
        self.layout.write(left + self.side / 2, middle, shown, **style)


# ---------------------------------------------------------------------------------- curve


def curve_figure(table: pd.DataFrame, area: float, title: str) -> Figure:
    """Draw response, accuracy and relevance on the artefact against the epoch, A beside B.

    Parameters
    ----------
    table : DataFrame
        Of the stage unhansing.
    area : float
        Fraction of the pixels that lie in the mask: what relevance would be there by chance.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    (answered, correct), (looked, summed) = figure.subplots(2, 2)
    lines = "\n".join(wrap(title, 8.6, 11, "bold"))
    figure.suptitle(lines, x=0.01, ha="left", parse_math=False, fontsize=11, fontweight="bold")
    _draw(answered, table, {"response": ""}, "rise of the class by insertion, points")
    for (_, part), color in zip(table.groupby("subset"), COLORS, strict=False):
        bounds = (100 * part["response_low"], 100 * part["response_high"])
        answered.fill_between(part["epoch"], *bounds, color=color, alpha=0.15, linewidth=0)
    images = {"accuracy_clean": "without the artefact", "accuracy_attacked": "with the artefact"}
    images |= {"accuracy_own": "of its class, with it"}
    _draw(correct, table, images, "accuracy of held-out images, %")
    images = {"relevance": "images of other classes", "relevance_own": "of its own class"}
    if table["relevance"].isna().all():  # the mask is the whole image, which holds all relevance
        _draw(looked, table, {"relevance_total": ""}, "relevance in the image", scale=1)
        looked.axhline(0, zorder=0, **DOTTED)
    else:
        looked.axhline(100 * area, label="the mask's share of the image", **DOTTED)
        _draw(looked, table, images, "share of positive relevance in the mask, %")
        looked.set_ylim(bottom=0)
    balance = {relevance_sign.BALANCE: ""}
    _draw(summed, table, balance, "relevance on the artefact, from -1 to 1", scale=1)
    for axes in (answered, summed):
        axes.axhline(0, zorder=0, **DOTTED)
    subsets = [
        Line2D([], [], color=color, marker="o", markersize=4, label=f"trained on {words}")
        for (subset, words), color in zip(SUBSETS.items(), COLORS, strict=False)
        if subset in set(table["subset"])
    ]
    figure.legend(handles=subsets, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _draw(
    axes: Axes, table: pd.DataFrame, columns: Mapping[str, str], title: str, scale: float = 100
) -> None:
    """Draw columns against the epoch, a colour a subset and a style a column; name the columns."""
    for (_, part), color in zip(table.groupby("subset"), COLORS, strict=False):
        for column, line in zip(columns, LINES, strict=False):
            values = scale * part[column]
            axes.plot(part["epoch"], values, line, marker="o", color=color, markersize=4)
    if len(columns) > 1:
        for words, line in zip(columns.values(), LINES, strict=False):
            axes.plot([], [], line, color=INK, label=words)
        axes.legend(fontsize=8.5, framealpha=0.8, edgecolor="none", loc="best")
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("epoch", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8)
    open_axes(axes)
