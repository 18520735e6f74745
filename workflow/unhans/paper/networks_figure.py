"""Networks figure: the same images under several networks, one row a network (figure 11 of the paper)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.io.store import Result
from unhans.reporting.explained import ExplainedClass
from unhans.reporting.figures.image_panels import read_image, show_heatmap, show_image
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.style import class_label, fit
from unhans.reporting.hot_region import shares, spread
from unhans.types import Array

SIDE = 1.5
"""Side of a panel, in inches."""

GAP = 0.08
"""Between the panels of a row."""

COLUMNS = ["artefact", "class", "model", "images", "relevance", "area"]
"""Columns of the table."""

LABEL = 2.3
"""Width of what is written beside a row."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Images that show an artefact, as each network sees them.

    Parameters
    ----------
    artefact, class_id : str
        Name of the artefact, and its class.
    prepared : Result
        Of the stage prepared_artefact: rows of its class that show it, and where.
    networks : mapping of str to ExplainedClass
        Results of its class by network, of the same corpus.

    """

    artefact: str
    class_id: str
    prepared: Result
    networks: Mapping[str, ExplainedClass]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the class that show the artefact, of which all networks explained the image."""
        if any(one.set_aside for one in self.networks.values()):
            return np.zeros(0, dtype=np.int64)
        found = self.prepared["shown"]
        for one in self.networks.values():
            found = found[np.isin(found, one["attribution"]["image"])]
        return np.asarray(found, dtype=np.int64)

    def mask_of(self, row: int) -> NDArray[np.bool_]:
        """Find where an image shows the artefact; a free one has a place of its own in each.

        Parameters
        ----------
        row : int
            One of `rows`.

        Returns
        -------
        ndarray of bool, shape (h, w)

        """
        if "masks" not in self.prepared.arrays:
            return np.asarray(self.prepared["mask"], dtype=bool)
        place = int(np.flatnonzero(self.prepared["shown"] == row)[0])
        return np.asarray(self.prepared["masks"][place], dtype=bool)


def gather(
    accepted: Sequence[Mapping[str, str]],
    models: Sequence[str],
    *,
    prepared: Sequence[Result],
    corpora: Sequence[Result],
    attributions: Sequence[Result],
    records: Sequence[Result],
    root: Path | None,
) -> list[Shown]:
    """Put together what belongs to each artefact.

    Parameters
    ----------
    accepted : sequence of mapping
        Rows of the artefacts; ``artefact`` and ``class_id`` are read.
    models : sequence of str
        Names of the networks.
    prepared : sequence of Result
        Of the stage prepared_artefact, one an artefact.
    corpora, attributions : sequence of Result
        Of each artefact's class, one a network, the networks of an artefact in succession.
    records : sequence of Result
        One a network.
    root : Path or None
        Folder of the image files; None for digits.

    Returns
    -------
    list of Shown
        One an artefact.

    """
    found = []
    for number, (row, artefact) in enumerate(zip(accepted, prepared, strict=True)):
        own = slice(number * len(models), (number + 1) * len(models))
        parts = zip(models, corpora[own], attributions[own], records, strict=True)
        networks = {
            name: ExplainedClass({"corpus": corpus, "attribution": attribution}, record, root)
            for name, corpus, attribution, record in parts
        }
        found.append(Shown(row["artefact"], row["class_id"], artefact, networks))
    return found


def draw(shown: Sequence[Shown], samples: int) -> dict[str, Figure]:
    """Draw each artefact under each network.

    Parameters
    ----------
    shown : sequence of Shown
        Artefacts.
    samples : int
        Images of each.

    Returns
    -------
    dict of str to Figure
        Panels from above, by artefact; those that no image of the corpus is known to show are left out.

    Raises
    ------
    InputError
        No image is known to show any of the artefacts.

    References
    ----------
    Anders et al. 2019, figure 11.

    """
    drawn = {one.artefact: _figure(one, samples) for one in shown if len(one.rows)}
    if not drawn:
        raise InputError(
            f"no image is known to show {', '.join(one.artefact for one in shown)}; expected an "
            "artefact of a flagged group or of a cluster"
        )
    return drawn


def in_mask(shown: Shown, network: str) -> tuple[float, float]:
    """Measure how much of a network's positive relevance lies where images show an artefact.

    Parameters
    ----------
    shown : Shown
        Artefact and images.
    network : str
        Name of the network.

    Returns
    -------
    inside, area : float
        Mean fraction of the positive relevance, and of the pixels, in the mask; NaN where the network
        takes images of another size than the mask is of, and where the mask is the whole image, which
        holds all relevance.

    """
    own = shown.networks[network]["attribution"]
    masks = np.stack([shown.mask_of(row) for row in shown.rows])
    heatmaps = np.stack([own["heatmap"][_place(own, row)] for row in shown.rows])
    if heatmaps.shape[1:] != masks.shape[1:] or masks.all():
        return float("nan"), float("nan")
    inside = (shares(heatmaps) * masks).sum(axis=(1, 2))
    return float(inside.mean()), float(masks.mean())


def table(shown: Sequence[Shown]) -> pd.DataFrame:
    """Tabulate how much of its positive relevance each network has on each artefact.

    Parameters
    ----------
    shown : sequence of Shown
        Artefacts.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: images that show the artefact, the mean fraction of their positive relevance
        that lies in its mask, and of their pixels.

    """
    rows = [
        (one.artefact, one.class_id, name, len(one.rows), *in_mask(one, name))
        for one in shown
        for name in (one.networks if len(one.rows) else ())
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def describe(shown: Sequence[Shown]) -> str:
    """State how much of its positive relevance each network has on each artefact.

    Parameters
    ----------
    shown : sequence of Shown
        Artefacts.

    Returns
    -------
    str
        A line for each artefact and network of which there is a share; see `in_mask`.

    """
    found = table(shown).dropna(subset="relevance")
    return "\n".join(
        f"{row['artefact']}, {row['model']}: {row['relevance']:.1%} of the positive relevance on "
        f"{row['area']:.1%} of the pixels, {row['images']} images"
        for row in found.to_dict("records")
    )


def _figure(shown: Shown, samples: int) -> Figure:
    rows = spread(shown.rows, samples)
    first = next(iter(shown.networks.values()))
    images: list[Array] = []
    for row in rows:
        image = read_image(first.images, _place(first["attribution"], row))
        images.append(np.full((2, 2), 217, dtype=np.uint8) if image is None else image)
    wide = LABEL + len(rows) * (SIDE + GAP) + 2 * MARGIN
    high = (1 + len(shown.networks)) * (SIDE + GAP)
    name = str(first["corpus"].attributes["name"])
    named = f"{shown.artefact}, class {class_label(shown.class_id, name)}"
    title = f"{named}: the same images under {len(shown.networks)} networks"
    layout = FigureLayout.titled(wide, high, title)
    _label(layout, 0, ["images that show it"])
    for column, image in enumerate(images):
        show_image(_axes(layout, 0, column), image)
    for number, (name, explained) in enumerate(shown.networks.items(), start=1):
        inside, area = in_mask(shown, name)
        words = (
            [name]
            if np.isnan(inside)
            else [name, f"{inside:.1%} of the relevance", f"on {area:.1%} of the pixels"]
        )
        _label(layout, number, words)
        own = explained["attribution"]
        for column, row in enumerate(rows):
            heatmap = own["heatmap"][_place(own, row)]
            show_heatmap(_axes(layout, number, column), heatmap, images[column])
    return layout.figure


def _place(attribution: Result, row: int) -> int:
    """Place of an image of the class among those that a network explained."""
    return int(np.flatnonzero(attribution["image"] == row)[0])


def _label(layout: FigureLayout, number: int, words: Sequence[str]) -> None:
    middle = layout.top + number * (SIDE + GAP) + SIDE / 2 - (len(words) - 1) * LINE / 2
    for line, text in enumerate(words):
        layout.write(MARGIN, middle + line * LINE, fit(text, LABEL - MARGIN, 9.5), size=9.5)


def _axes(layout: FigureLayout, number: int, column: int) -> Axes:
    left = MARGIN + LABEL + column * (SIDE + GAP)
    return layout.axes(left, layout.top + number * (SIDE + GAP), SIDE, SIDE)
