"""Class figure: the images of a class in the plane, and samples of the clusters that stand out.

Above a sample stand the network's prediction and the rank of the true class (red if it is not 1). Below
it is its heatmap; that of a photograph lies over a dark copy of the photograph.

The mean heatmap of a cluster is the mean of the raw relevance of all members, so that strong maps count
for more. The mean image is that of at most `MEAN_OF` members, spread evenly; the figure states their
number if they are not all members. No image is read besides these and the samples. An image that cannot
be read leaves a grey panel and is left out of the mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.reporting import hot_region
from unhans.reporting.figures.image_panels import (
    MEAN_STEP,
    PHOTO_STEP,
    Images,
    mean_heatmap,
    mean_image,
    read_image,
    show_heatmap,
    show_image,
)
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout, dot_size, scatter
from unhans.reporting.figures.style import COLORS, DPI, GREY, INK, WRONG, fit, text_width, wrap
from unhans.types import Array

MEAN_OF = 100
"""Number of images read for the mean of a cluster. More take seconds to decode and change nothing."""

LEAST, MOST = 140, 256
"""Least and largest side of an image in pixels: five times that of a digit, and that of a photograph."""

PIXELS = 36 * 224**2
"""Number of pixels of all images and heatmaps. As photographs they make a file of 2 MB at most."""

GAP = 0.08
PAD = 0.12
HEADING = 0.26


@dataclass(frozen=True, eq=False)
class MarkedGroup:
    """Images of a class that a figure marks: a cluster, or a group that stands out by an indicator.

    Parameters
    ----------
    members : ndarray of int, shape (m,)
        Indices of the images, ascending.
    note : str
        Text of the legend.
    named : str
        How the table of accepted artefacts names it, such as ``k=8 cluster=2``; empty where it cannot.
    analysis : str
        Analysis of a cluster, as that table names it.

    """

    members: NDArray[np.int64]
    note: str
    named: str = ""
    analysis: str = ""

    @property
    def names(self) -> list[str]:
        """What to write where there is room for it, the whole name first."""
        whole = [f"analysis {self.analysis} {self.named}"] if self.analysis else []
        return [*whole, self.named, ""]


@dataclass(frozen=True, eq=False)
class _Shown:
    """Arguments of `class_figure` that blocks are drawn from."""

    images: Images
    heatmaps: Array
    prediction: Sequence[str]
    rank: Array

    def require(self, n: int) -> None:
        """Refuse arguments of other lengths than n, and a class without images."""
        lengths = [len(self.images), len(self.heatmaps), len(self.prediction), len(self.rank)]
        if not n or lengths != [n] * 4:
            raise InputError(
                f"{n} points, and {lengths} images, heatmaps, predictions and ranks; "
                "expected as many of each, and at least one"
            )


def class_figure(
    points: Array,
    findings: Sequence[MarkedGroup],
    images: Images,
    heatmaps: Array,
    prediction: Sequence[str],
    rank: Array,
    title: str,
    samples: int = 8,
) -> Figure:
    """Draw the images of a class in the plane, and samples of its clusters.

    On the left each image is a point, those of the findings in colour. On the right each finding has
    a block: the mean of its images and of its heatmaps, then samples by falling relevance in its hot
    region (`hot_region.samples`): the first half show what it has in common, the others how pure it is.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Places of the images.
    findings : sequence of MarkedGroup
        Clusters to mark, the most isolated first. Without any, the figure states so.
    images : Images
        The n images, read one at a time: a NumPy array or any other sequence.
    heatmaps : ndarray of float, shape (n, h, w)
        Relevance of the images.
    prediction : sequence of str, length n
        Name of the class predicted for each image.
    rank : ndarray of int, shape (n,)
        Rank of the true class in each prediction, from 1.
    title : str
        Of the figure.
    samples : int
        Number of members shown of each finding.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        The arguments are of different lengths, or there is no image.

    References
    ----------
    Anders et al. 2019, figures 4 and 6.
    """
    shown = _Shown(images, heatmaps, prediction, rank)
    shown.require(len(points))
    share = hot_region.shares(hot_region.pool(heatmaps)) if findings else np.zeros((0, 1, 1))
    chosen = [hot_region.samples(share, finding.members, samples) for finding in findings]
    sizes = _Sizes.of(chosen, shown)
    counts, lines = [len(one) for one in chosen], len(findings) + 1 + len(_analyses(findings))
    side, layout = _lay_out(sizes, counts, title, lines)
    _draw_plane(layout, side, points, findings)
    for number, (finding, members) in enumerate(zip(findings, chosen, strict=True)):
        corner = (side + 2 * MARGIN, layout.top + number * (sizes.block + MARGIN))
        _Block(layout, sizes, shown, *corner).draw(number, finding, members)
    return layout.figure


# --------------------------------------------------------------------------------- layout


@dataclass(frozen=True)
class _Sizes:
    """Sizes of the parts of a block."""

    pixels: int
    """side of an image"""
    lines: int
    """that the name of a prediction takes"""

    @classmethod
    def of(cls, chosen: Sequence[Array], shown: _Shown) -> "_Sizes":
        """Show an image at its own size, many of them smaller, small ones larger."""
        panels = 2 * sum(1 + len(members) for members in chosen)
        own = max(shown.heatmaps.shape[1:])
        pixels = int(np.clip(min(own, np.sqrt(PIXELS / max(panels, 1))), LEAST, MOST))
        one = cls(pixels, 1)
        names = {shown.prediction[member] for members in chosen for member in members}
        return cls(pixels, max((len(one.name(name)) for name in names), default=1))

    def name(self, prediction: str) -> list[str]:
        """Break the name of a prediction into lines over an image."""
        return wrap(prediction, self.room, self.text)

    @property
    def cell(self) -> float:
        """Side of an image, in inches."""
        return self.pixels / DPI

    @property
    def text(self) -> float:
        """Size of letters, in points: larger ones where there is room."""
        return float(np.clip(8 * self.cell, 7.5, 9.5))

    @property
    def room(self) -> float:
        """Width of a line of text: letters on whole pixels are up to 9 % wider than measured."""
        return 0.96 * self.cell

    @property
    def line(self) -> float:
        """Height of a line of text, in inches."""
        return self.text / 50

    @property
    def labels(self) -> float:
        """Height of what stands above a sample: the block's heading, its prediction, its rank."""
        return HEADING + (self.lines + 1) * self.line

    @property
    def block(self) -> float:
        """Height of a block."""
        return 2 * PAD + self.labels + 2 * self.cell + GAP

    def width(self, columns: int) -> float:
        """Width of a block."""
        return 2 * PAD + columns * (self.cell + GAP) - GAP


def _lay_out(
    sizes: _Sizes, samples: Sequence[int], title: str, lines: int
) -> tuple[float, FigureLayout]:
    """Lay out a figure with a block for each finding; return the side of the plane and the layout."""
    blocks = len(samples) * (sizes.block + MARGIN) - MARGIN
    legend = LINE * lines + 0.1
    side = float(np.clip(blocks - legend, 4.2, 5.5))
    right = MARGIN + sizes.width(1 + max(samples)) if samples else 0
    return side, FigureLayout.titled(side + right + 2 * MARGIN, max(blocks, side + legend), title)


# ------------------------------------------------------------------------------ the plane


def _draw_plane(
    layout: FigureLayout, side: float, points: Array, findings: Sequence[MarkedGroup]
) -> None:
    axes = layout.plane(side)
    size = dot_size(len(points))
    scatter(axes, points, GREY, size)
    entries = []
    for number, finding in enumerate(findings):
        color = COLORS[number % len(COLORS)]
        mine = points[finding.members]
        scatter(axes, mine, color, 1.5 * size)
        _badge(axes, _letter(number), _nearest_to_middle(mine), color)
        entries.append((color, _describe(number, finding, len(points))))
    others = "other images" if findings else f"{len(points)} images: no cluster stands out"
    above = [("none", f"analysis {name}") for name in _analyses(findings)]
    layout.legend(MARGIN, layout.top + side + 0.1, side, [*above, *entries, (GREY, others)])


def _analyses(findings: Sequence[MarkedGroup]) -> list[str]:
    """Analyses that the marked clusters are of, each once."""
    return list(dict.fromkeys(finding.analysis for finding in findings if finding.analysis))


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


def _nearest_to_middle(points: Array) -> Array:
    """Return the point that stands nearest the median of all: inside the cluster, unlike a mean."""
    offset = points - np.median(points, axis=0)
    nearest: Array = points[int(np.square(offset).sum(axis=1).argmin())]
    return nearest


def _describe(number: int, finding: MarkedGroup, n: int) -> str:
    size = len(finding.members)
    share = f"{size} images ({size / n:.1%})".replace("%", " %")
    named = f"{finding.named}, " if finding.named else ""
    return f"{_letter(number)}: {named}{share}, {finding.note}"


def _letter(number: int) -> str:
    """Return A, B, ... Z, A2, B2, ..."""
    again, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(again + 1) if again else "")


# ----------------------------------------------------------------------------- the blocks


@dataclass(frozen=True, eq=False)
class _Block:
    """Block of one cluster at the right of the figure; ``left`` and ``top`` are its upper left corner."""

    layout: FigureLayout
    sizes: _Sizes
    shown: _Shown
    left: float
    top: float

    @property
    def row(self) -> float:
        """Upper edge of the images."""
        return self.top + PAD + self.sizes.labels

    def draw(self, number: int, finding: MarkedGroup, members: NDArray[np.int64]) -> None:
        """Draw a cluster's frame, its means and its samples."""
        layout, color = self.layout, COLORS[number % len(COLORS)]
        width = layout.width - self.left - MARGIN
        layout.frame(self.left, self.top, width, self.sizes.block, color)
        heading = f"{_letter(number)}   {len(finding.members)} images"
        left, middle = self.left + PAD, self.top + PAD + 0.07
        layout.write(left, middle, heading, color=color, size=11, weight="bold")
        left += 1.04 * text_width(heading, 11, "bold") + PAD
        room = self.left + width - PAD - left
        fitting = (text for text in finding.names if 1.04 * text_width(text, 9.5) <= room)
        layout.write(left, middle, next(fitting, ""), size=9.5)
        self._draw_means(finding.members)
        for column, member in enumerate(members, start=1):
            self._draw_sample(column, int(member))

    def _draw_means(self, members: NDArray[np.int64]) -> None:
        image, count = mean_image(self.shown.images, hot_region.spread(members, MEAN_OF))
        part = [] if count == len(members) else [f"(image: of {count})"]
        self._write_above(0, ["mean", *part], INK)
        self._draw_image(0, image, MEAN_STEP)
        # The mean of photographs is a fog: under a heatmap it would only dim the black.
        self._draw_heatmap(0, mean_heatmap(self.shown.heatmaps, members), None)

    def _draw_sample(self, column: int, member: int) -> None:
        rank = int(self.shown.rank[member])
        name = self.sizes.name(self.shown.prediction[member])
        self._write_above(column, [*name, f"rank {rank}"], INK if rank == 1 else WRONG)
        image = read_image(self.shown.images, member)
        self._draw_image(column, image)
        self._draw_heatmap(column, self.shown.heatmaps[member], image)

    def _write_above(self, column: int, lines: Sequence[str], color: str) -> None:
        """Write lines over an image, the last one right above it."""
        sizes = self.sizes
        middle = self._left_of(column) + sizes.cell / 2
        for above, line in enumerate(reversed(lines)):
            height = self.row - 0.1 - above * sizes.line
            text = fit(line, sizes.room, sizes.text)
            self.layout.write(middle, height, text, size=sizes.text, ha="center", color=color)

    def _draw_image(
        self, column: int, image: NDArray[np.uint8] | None, step: int = PHOTO_STEP
    ) -> None:
        cell = self.sizes.cell
        axes = self.layout.axes(self._left_of(column), self.row, cell, cell)
        show_image(axes, image, self.sizes.pixels, step)

    def _draw_heatmap(self, column: int, heatmap: Array, image: NDArray[np.uint8] | None) -> None:
        cell = self.sizes.cell
        axes = self.layout.axes(self._left_of(column), self.row + cell + GAP, cell, cell)
        show_heatmap(axes, heatmap, image, self.sizes.pixels)

    def _left_of(self, column: int) -> float:
        return self.left + PAD + column * (self.sizes.cell + GAP)
