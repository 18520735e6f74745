"""Effect figure: images before and after an alteration, and what the network looks at in them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from matplotlib.figure import Figure

from unhans.reporting.figures import style
from unhans.reporting.figures.layout import LINE, MARGIN, Sheet
from unhans.reporting.figures.panels import show_heatmap, show_image
from unhans.reporting.figures.style import fit
from unhans.types import Array

SIDE = 1.5
"""Of a panel, in inches."""

GAP = 0.08
"""Between the panels of a sample."""

HEADS = ("before", "relevance", "after", "relevance")

WORDS = {
    "insertion": "artefact put into images of other classes",
    "control": "a random patch of its size put into them",
    "removal": "artefact taken out of images of its class",
}


class Shown(Protocol):
    """An image before and after; see `effect.Sample`."""

    @property
    def alteration(self) -> str:
        """Name of what was done."""
        ...

    @property
    def pictures(self) -> tuple[Array, Array]:
        """The image, (h, w) or (h, w, 3) uint8."""
        ...

    @property
    def heatmaps(self) -> tuple[Array, Array]:
        """Relevance for the artefact's class, (h, w)."""
        ...

    @property
    def probability(self) -> tuple[float, float]:
        """Of the artefact's class."""
        ...

    @property
    def rank(self) -> tuple[int, int]:
        """Of the artefact's class, from 1."""
        ...


def draw(samples: Sequence[Shown], name: str, path: str | Path) -> None:
    """Draw samples into a file (figure 7 of the paper).

    Parameters
    ----------
    samples : some of each alteration, in the order of their alterations
    name : of the artefact and its class
    path : of the picture

    """
    style.save(effect_figure(samples, name), path)


def effect_figure(samples: Sequence[Shown], name: str) -> Figure:
    """Draw a row a sample, in a block an alteration, and two samples beside each other."""
    blocks = {
        what: [one for one in samples if one.alteration == what]
        for what in dict.fromkeys(one.alteration for one in samples)
    }
    wide = 4 * SIDE + 3 * GAP
    row = SIDE + LINE + GAP
    height = sum(1.5 * LINE + row * (-(-len(block) // 2)) for block in blocks.values())
    title = f"{name}: what the network looks at for the class, before and after"
    sheet = Sheet.titled(2 * wide + 3 * MARGIN, height, title)
    top = sheet.top
    for what, block in blocks.items():
        sheet.write(MARGIN, top + LINE / 2, WORDS.get(what, what), size=10.5, weight="bold")
        for place, sample in enumerate(block):
            left = MARGIN + (place % 2) * (wide + MARGIN)
            _draw_sample(sheet, left, top + 1.25 * LINE + (place // 2) * row, sample)
        top += 1.5 * LINE + row * (-(-len(block) // 2))
    return sheet.figure


def _draw_sample(sheet: Sheet, left: float, top: float, sample: Shown) -> None:
    for at, head in enumerate(HEADS):
        side, shows = divmod(at, 2)
        corner = left + at * (SIDE + GAP)
        if not shows:
            head = f"{head}: {sample.probability[side]:.1%}, rank {sample.rank[side]}"
        sheet.write(corner, top + LINE / 2, fit(head, SIDE, 8.5), size=8.5)
        axes = sheet.axes(corner, top + LINE, SIDE, SIDE)
        picture = sample.pictures[side]
        if shows:
            show_heatmap(axes, sample.heatmaps[side], picture)
        else:
            show_image(axes, picture)
