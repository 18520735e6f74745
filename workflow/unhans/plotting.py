"""Plotting: the figures, drawn on `matplotlib.figure.Figure` without any global state.

Names of classes come from outside: they are shortened, and never read as mathematical text.
"""

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from unhans.atomic import replacing
from unhans.errors import InputError
from unhans.isolation import Finding, eigengap
from unhans.types import Analysis, Array

if TYPE_CHECKING:
    import pandas as pd

    from unhans.toy import Toy

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#117733")
"""Clusters' colours, told apart with any kind of colour vision (after Okabe and Ito)."""

GREY = "#b4b4b4"
INK = "#333333"
WRONG = "#b00020"
PLANTED = "#D55E00"


def save(figure: Figure, path: str | os.PathLike[str], dpi: int = 150) -> None:
    """Write a figure as PNG, whole or not at all; equal figures give equal bytes.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=dpi, metadata={"Software": None})


# ---------------------------------------------------------------------------------- heatmaps


def relevance_colormap() -> Colormap:
    """Black at zero; red, yellow, white the more positive, blue, cyan, white the more negative."""
    colors = ["white", "cyan", "blue", "black", "red", "yellow", "white"]
    # An odd number of steps gives zero a step of its own.
    return LinearSegmentedColormap.from_list("relevance", colors, N=511)


def show_heatmap(axes: Axes, heatmap: Array) -> None:
    """Draw one heatmap, its colours symmetric around 0 up to its own largest magnitude.

    Parameters
    ----------
    axes : where to draw; its ticks are removed
    heatmap : (h, w); all zero is all black

    """
    values = np.asarray(heatmap, dtype=np.float64)
    peak = np.abs(values).max(initial=0)
    axes.imshow(values / (peak or 1), cmap=relevance_colormap(), vmin=-1, vmax=1)
    _strip(axes)


def show_image(axes: Axes, image: Array) -> None:
    """Draw one image.

    Parameters
    ----------
    axes : where to draw; its ticks are removed
    image : (h, w) or (h, w, 3), integers from 0 to 255 or floats from 0 to 1

    """
    axes.imshow(_unit_range(image), cmap="gray", vmin=0, vmax=1)
    _strip(axes)


def _unit_range(image: Array) -> NDArray[np.float64]:
    scale = 255 if np.issubdtype(image.dtype, np.integer) else 1
    return np.clip(np.asarray(image, dtype=np.float64) / scale, 0, 1)


# ------------------------------------------------------------------------------ one class


@dataclass(frozen=True, eq=False)
class _Shown:
    """What the figure of a class draws from; see `class_figure`."""

    images: Array
    heatmaps: Array
    prediction: Sequence[str]
    rank: Array


def class_figure(
    points: Array,
    findings: Sequence[Finding],
    images: Array,
    heatmaps: Array,
    prediction: Sequence[str],
    rank: Array,
    title: str,
    samples: int = 8,
) -> Figure:
    """Draw a class's images in the plane, and what its clusters look like (paper, figures 4 and 6).

    On the left every image is a point, those of the findings in colour. On the right each finding
    has a block: the mean of its images and of its heatmaps, then samples spread evenly over its
    members in their order (so that they show how pure it is, rather than its best). Above a sample
    stand the network's prediction and the rank of the true class (red where it is not 1), below it
    its heatmap. The mean heatmap is that of raw relevance: strong maps count for more.

    Parameters
    ----------
    points : (n, 2)
    findings : clusters to mark, most isolated first; without any, the figure says so
    images : (n, h, w) or (n, h, w, 3), integers from 0 to 255 or floats from 0 to 1
    heatmaps : (n, h, w)
    prediction : (n,) name of the class predicted for each image
    rank : (n,) rank of the true class in each prediction, from 1
    title : of the figure
    samples : members shown of each finding

    """
    n = len(points)
    lengths = [len(images), len(heatmaps), len(prediction), len(rank)]
    if not n or lengths != [n] * 4:
        raise InputError(
            f"{n} points, and {lengths} images, heatmaps, predictions and ranks; "
            "expected as many of each, and at least one"
        )
    chosen = [_spread(finding.members, samples) for finding in findings]
    shown = _Shown(images, heatmaps, prediction, rank)
    page = _Page.for_blocks([len(members) for members in chosen], title)
    _scatter(page, points, findings)
    for number, (finding, members) in enumerate(zip(findings, chosen, strict=True)):
        _block(page, number, finding, members, shown)
    return page.figure


def _spread(members: Array, count: int) -> NDArray[np.int64]:
    """At most ``count`` members, evenly spread over them."""
    count = max(0, min(count, len(members)))
    places = (np.arange(count) + 0.5) * len(members) / max(count, 1)
    return np.asarray(members, dtype=np.int64)[places.astype(np.int64)]


CELL = 0.95
"""Side of an image, in inches; all lengths below are inches from the figure's upper left."""
GAP = 0.08
PAD = 0.12
MARGIN = 0.2
TITLE = 0.45
LINE = 0.24
LABELS = 0.56
"""Height of what stands above a sample: the block's heading, and two lines of prediction."""
BLOCK = 2 * PAD + LABELS + 2 * CELL + GAP


@dataclass(frozen=True, eq=False)
class _Page:
    """A figure laid out in inches: nothing overlaps, whatever it holds."""

    figure: Figure
    width: float
    height: float
    side: float
    """of the scatter"""

    @classmethod
    def for_blocks(cls, samples: Sequence[int], title: str) -> "_Page":
        """Make room for a scatter and a block for each finding; ``samples`` has their numbers."""
        blocks = len(samples) * (BLOCK + MARGIN) - MARGIN
        legend = LINE * (len(samples) + 1) + 0.1
        side = float(np.clip(blocks - legend, 4.2, 5.5))
        columns = 1 + max(samples, default=0)
        right = MARGIN + 2 * PAD + columns * (CELL + GAP) - GAP if samples else 0
        width = side + right + 2 * MARGIN
        height = TITLE + max(blocks, side + legend) + MARGIN
        page = cls(Figure(figsize=(width, height)), width, height, side)
        page.write_title(_clean(title))
        return page

    @property
    def blocks_left(self) -> float:
        """Left edge of the blocks."""
        return self.side + 2 * MARGIN

    @property
    def blocks_top(self) -> float:
        """Upper edge of the first block."""
        return TITLE

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes; ``left`` and ``top`` are those of its upper left corner."""
        bottom = self.height - top - height
        rectangle = (left / self.width, bottom / self.height)
        return self.figure.add_axes((*rectangle, width / self.width, height / self.height))

    def write(self, left: float, middle: float, text: str, **style: Any) -> None:
        """Write a line of text, its middle so far below the upper edge."""
        x, y = left / self.width, 1 - middle / self.height
        style = {"va": "center", "color": INK, **style}
        self.figure.text(x, y, text, parse_math=False, **style)

    def write_title(self, text: str) -> None:
        """Write the title, shrunk and then shortened to the width."""
        room = self.width - 2 * MARGIN
        size = float(np.clip(13 * room / max(_width(text, 13, "bold"), 0.1), 7, 13))
        text = _fit(text, room, size, "bold")
        self.write(MARGIN, TITLE / 2 + 0.03, text, size=size, weight="bold")

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


def _scatter(page: _Page, points: Array, findings: Sequence[Finding]) -> None:
    axes = page.axes(MARGIN, TITLE, page.side, page.side)
    size = float(np.clip(6000 / len(points), 4, 28))
    axes.scatter(points[:, 0], points[:, 1], s=size, color=GREY, linewidths=0)
    handles = []
    for number, finding in enumerate(findings):
        color = COLORS[number % len(COLORS)]
        mine = points[finding.members]
        axes.scatter(mine[:, 0], mine[:, 1], s=1.5 * size, color=color, linewidths=0)
        _badge(axes, _letter(number), _nearest_to_middle(mine), color)
        handles.append(_dot(color, _describe(number, finding, len(points))))
    others = "other images" if findings else f"{len(points)} images: no cluster stands out"
    handles.append(_dot(GREY, others))
    _strip(axes)
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        borderaxespad=0.2,
        frameon=False,
        fontsize=9.5,
        handletextpad=0.2,
        labelcolor=INK,
    )


def _block(
    page: _Page, number: int, finding: Finding, members: NDArray[np.int64], shown: _Shown
) -> None:
    color = COLORS[number % len(COLORS)]
    left, top = page.blocks_left, page.blocks_top + number * (BLOCK + MARGIN)
    width = page.width - left - MARGIN
    page.frame(left, top, width, BLOCK, color)
    left += PAD
    heading = f"{_letter(number)}   {len(finding.members)} images"
    page.write(left, top + PAD + 0.07, heading, color=color, size=11, weight="bold")
    row = top + PAD + LABELS
    page.write(left + CELL / 2, row - 0.1, "mean", size=7.5, ha="center")
    _column(page, left, row, *_means(finding.members, shown))
    for place, member in enumerate(members, start=1):
        at = left + place * (CELL + GAP)
        _above(page, at + CELL / 2, row, shown.prediction[member], int(shown.rank[member]))
        _column(page, at, row, shown.images[member], shown.heatmaps[member])


def _above(page: _Page, middle: float, row: float, prediction: str, rank: int) -> None:
    """Write a sample's prediction and the rank of its true class over its image."""
    color = INK if rank == 1 else WRONG
    name = _fit(_clean(prediction), CELL + GAP / 2, 7.5)
    page.write(middle, row - 0.25, name, size=7.5, ha="center", color=color)
    page.write(middle, row - 0.1, f"rank {rank}", size=7.5, ha="center", color=color)


def _column(page: _Page, left: float, top: float, image: Array, heatmap: Array) -> None:
    show_image(page.axes(left, top, CELL, CELL), image)
    show_heatmap(page.axes(left, top + CELL + GAP, CELL, CELL), heatmap)


def _means(members: NDArray[np.int64], shown: _Shown) -> tuple[Array, Array]:
    # One image at a time: a cluster of 600 photographs in float64 would be 0.7 GB.
    total: Any = sum(_unit_range(shown.images[member]) for member in members)
    return total / len(members), shown.heatmaps[members].mean(axis=0, dtype=np.float64)


def _describe(number: int, finding: Finding, n: int) -> str:
    size = len(finding.members)
    share = f"{size} images ({size / n:.1%})".replace("%", " %")
    score = finding.conductance
    # A component of its own is exactly 0, a cluster that one edge ties to the rest is not.
    shown = f"{score:.2f}" if score >= 0.005 else f"{score:.1g}"
    return f"{_letter(number)}: {share}, conductance {shown}"


def _nearest_to_middle(points: Array) -> Array:
    """Return the point that stands nearest the median of all: inside the cluster, unlike a mean."""
    offset = points - np.median(points, axis=0)
    nearest: Array = points[int(np.square(offset).sum(axis=1).argmin())]
    return nearest


# --------------------------------------------------------------------------------- spectrum


def eigenvalue_panel(axes: Axes, eigenvalues: Array) -> None:
    """Draw the smallest eigenvalues with the largest gap marked, the first gap left out.

    Parameters
    ----------
    axes : where to draw
    eigenvalues : (q,) ascending; with fewer than 3 no gap is marked

    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    places = np.arange(1, len(values) + 1)
    axes.plot(places, values, "o", color=INK, markersize=4)
    axes.set_xlabel("number of the eigenvalue")
    axes.set_ylabel("eigenvalue")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, len(values) + 0.5)
    _open(axes)
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
    """Draw the eigengap plot of one class; see `eigenvalue_panel`."""
    figure = Figure(figsize=(5, 3.4), layout="constrained")
    figure.suptitle(_clean(title), x=0.01, ha="left", parse_math=False, fontsize=10)
    eigenvalue_panel(figure.subplots(), eigenvalues)
    return figure


def toy_figure(toy: "Toy") -> Figure:
    """Draw spectral clustering step by step (figure 2 of the paper)."""
    figure = Figure(figsize=(14, 3.8), layout="constrained")
    affinity, gap, embedding, result = figure.subplots(1, 4)
    affinity.imshow(toy.affinity, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    affinity.set_xlabel("point, sorted by group")
    affinity.set_ylabel("point, sorted by group")
    eigenvalue_panel(gap, toy.eigenvalues)
    gap.set_box_aspect(1)
    colors = ListedColormap(COLORS[: toy.clusters])(toy.labels)
    embedding.scatter(toy.embedding[:, 1], toy.embedding[:, 2], s=16, c=colors, linewidths=0)
    embedding.locator_params(nbins=5)
    embedding.set_xlabel("eigenvector 2")
    embedding.set_ylabel("eigenvector 3")
    embedding.set_box_aspect(1)
    result.scatter(toy.points[:, 0], toy.points[:, 1], s=16, c=colors, linewidths=0)
    result.set_aspect("equal", adjustable="datalim")
    result.set_box_aspect(1)
    result.set_xlabel("x")
    result.set_ylabel("y")
    titles = ("a) affinity", "b) eigenvalues", "c) spectral embedding", "d) clusters")
    for axes, title in zip((affinity, gap, embedding, result), titles, strict=True):
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    return figure


# ---------------------------------------------------------------------------------- rankings

NUMBERED = 30
"""Analyses up to which a matrix of correlations has its numbers written in."""

ROOM = 1.45
"""Width of a ranking's panel, numbers beside the points included, in widths of its axis."""


def correlation_figure(names: Sequence[str], matrix: Array) -> Figure:
    """Draw the rank correlation of analyses, pair by pair; few of them with numbers.

    Parameters
    ----------
    names : of the analyses
    matrix : (m, m) Spearman correlations; NaN where there is none

    """
    values = np.asarray(matrix, dtype=np.float64)
    m = len(names)
    if values.shape != (m, m) or not m:
        raise InputError(f"{m} names and a matrix of shape {values.shape}; expected (m, m)")
    side = max(1.6, 0.5 * m) if m <= NUMBERED else max(15, 0.13 * m)
    labels = [f"{_short(name, 60)}  {number}" for number, name in enumerate(names, start=1)]
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


def ranking_figure(table: "pd.DataFrame", top: int = 30, panels: int = 24) -> Figure:
    """Draw tau of the highest-ranked classes, an analysis a panel.

    Classes without tau (set aside) are counted below their panel. An infinite tau is drawn at the
    right edge. A panel whose values spread over a factor of 100 has a logarithmic axis.

    Parameters
    ----------
    table : the columns of an `Analysis`, and class, name, tau; in ``planted``, if there is such a
        column, the kind of the artefact that was planted in a class, empty for none
    top : classes an analysis at most
    panels : analyses at most, the first ones

    """
    every = [group for _, group in table.groupby(list(Analysis._fields), sort=False, dropna=False)]
    groups = every[:panels]
    if not groups:
        raise InputError("the ranking has no rows; expected at least one class")
    varying = [column for column in Analysis._fields if table[column].nunique(dropna=False) > 1]
    columns = 2 if len(groups) == 4 else min(len(groups), 3)
    rows = -(-len(groups) // columns)
    longest = max(min(top, len(group)) for group in groups)
    width = max(6.5, 5 * columns)
    title = textwrap.wrap(_ranking_title(table, varying, len(groups), len(every)), int(13 * width))
    height = 0.21 * (len(title) + 1) + (0.23 * longest + 1.1) * rows
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, group in zip(grid, groups, strict=False):
        _ranking_panel(axes, group, varying, top)
    for axes in grid[len(groups) :]:
        axes.set_axis_off()
    figure.suptitle("\n".join(title), x=0.01, ha="left", parse_math=False, fontsize=10)
    return figure


def _ranking_panel(axes: Axes, group: "pd.DataFrame", varying: Sequence[str], top: int) -> None:
    scored = group[group["tau"].notna()].sort_values("tau", ascending=False, kind="stable")
    shown = scored.head(top)
    tau = shown["tau"].to_numpy(dtype=np.float64)
    planted = _planted(shown)
    places = np.arange(len(shown))
    left, right = _limits(axes, tau)
    drawn = np.clip(tau, left, right)
    colors = [PLANTED if kind else COLORS[0] for kind in planted]
    axes.hlines(places, left, drawn, colors=colors, linewidth=1.5, alpha=0.5)
    axes.scatter(drawn, places, c=colors, s=26, zorder=3, clip_on=False)
    for place, value, at, kind in zip(places, tau, drawn, planted, strict=True):
        _beside(
            axes,
            (float(at), float(place)),
            f"{_tau(value)}  {kind}".rstrip(),
            PLANTED if kind else INK,
        )
    names = [_class_name(*pair) for pair in zip(shown["class"], shown["name"], strict=True)]
    axes.set_yticks(places, names, parse_math=False, fontsize=9)
    axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"tau{_left_out(len(group), len(scored), top)}", fontsize=9, x=0.5 / ROOM)
    title = ", ".join(f"{column} {group[column].iloc[0]}" for column in varying)
    axes.set_title(_short(title, 60), loc="left", fontsize=9.5, fontweight="bold", parse_math=False)


def _beside(axes: Axes, point: tuple[float, float], text: str, color: str) -> None:
    axes.annotate(
        _short(text, 30),
        point,
        (6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=color,
        parse_math=False,
        annotation_clip=False,
    )


def _limits(axes: Axes, tau: NDArray[np.float64]) -> tuple[float, float]:
    """Set the axis of tau, with room for the numbers beside the points; return its ends."""
    finite = tau[np.isfinite(tau)]
    peak = float(finite.max(initial=0)) or 1.0
    least = float(finite.min(initial=peak))
    if least > 0 and peak > 100 * least:
        axes.set_xscale("log")
        left, right = least / 2, peak * 2
        axes.set_xlim(left, left * (right / left) ** ROOM)
    else:
        left, right = 0.0, peak * 1.05
        axes.set_xlim(left, right * ROOM)
    # No scale below the room for numbers.
    _open(axes)
    axes.spines["bottom"].set_bounds(left, right)
    axes.set_xticks([tick for tick in axes.get_xticks() if left <= tick <= right])
    axes.tick_params(axis="x", which="minor", length=0)
    axes.tick_params(axis="x", labelsize=9)
    return left, right


def _planted(table: "pd.DataFrame") -> NDArray[np.str_]:
    if "planted" not in table:
        return np.full(len(table), "", dtype=np.str_)
    return np.array([str(kind) for kind in table["planted"].fillna("")], dtype=np.str_)


def _ranking_title(table: "pd.DataFrame", varying: Sequence[str], shown: int, of: int) -> str:
    common = [
        f"{column} {table[column].iloc[0]}" for column in Analysis._fields if column not in varying
    ]
    parts = ["Classes by tau", ", ".join(common)]
    parts += [f"the first {shown} of {of} analyses"] if shown < of else []
    parts += ["orange: with a planted artefact"] if (_planted(table) != "").any() else []
    return _clean(" — ".join(part for part in parts if part))


def _left_out(rows: int, scored: int, top: int) -> str:
    notes = []
    if scored > top:
        notes.append(f"top {top} of {scored} classes")
    if rows > scored:
        notes.append(f"{rows - scored} set aside")
    return f" ({', '.join(notes)})" if notes else ""


def _tau(value: float) -> str:
    return "∞" if np.isinf(value) else f"{value:.2f}" if 0.1 <= value < 100 else f"{value:.3g}"


def _class_name(identity: object, name: object) -> str:
    both = str(identity) if str(identity) == str(name) else f"{identity} {name}"
    return _short(both, 28)


# ---------------------------------------------------------------------------------- helpers


def _letter(number: int) -> str:
    """Return A, B, ... Z, A2, B2, ..."""
    again, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(again + 1) if again else "")


def _clean(text: str) -> str:
    """One line of printable characters."""
    return "".join(one if one.isprintable() else " " for one in str(text))


def _short(text: str, length: int) -> str:
    text = _clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text in inches."""
    font = FontProperties(size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def _fit(text: str, room: float, size: float, weight: str = "normal") -> str:
    """Shorten a line of text to so many inches."""
    shown = _short(text, 300)
    while len(shown) > 1 and _width(shown, size, weight) > room:
        shown = _short(shown.removesuffix("…"), len(shown.removesuffix("…")) - 1)
    return shown


def _strip(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#cccccc")


def _open(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _dot(color: str, label: str) -> Line2D:
    return Line2D([], [], marker="o", linestyle="", color=color, label=label, markersize=6)


def _badge(axes: Axes, letter: str, place: Array, color: str) -> None:
    axes.annotate(
        letter,
        (place[0], place[1]),
        ha="center",
        va="center",
        color="white",
        fontsize=10,
        fontweight="bold",
        bbox={"boxstyle": "circle,pad=0.25", "facecolor": color, "edgecolor": "white"},
    )
