"""Ends: images of a class and of others at both ends of a property that tells the class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.images import originals
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.probes.families import UNSEEN
from unhans.probes.predictability import Gathered, Settings
from unhans.probes.properties import NATIVE, PROPERTIES

SIDE = 128
"""Most pixels of a side of a picture."""

BINS = 24
"""Bars of a histogram."""

WHOLE = frozenset(
    {"aspect", *(f"border_{side}" for side in ("top", "bottom", "left", "right", "area")), *NATIVE}
)
"""Properties of whole images, which their pictures show; of others they show what the network sees."""

A_CLASS = 2
"""Most properties of a class that are drawn, each of another family."""


class Ends(NamedTuple):
    """What the pictures are drawn from, for each of m classes and properties.

    Parameters
    ----------
    picture : ndarray of uint8, shape (m, 2, s, SIDE, SIDE, 3)
        Of the class, those first that have most of what tells it; and of other classes, those first that
        have least of it: the part that the property is of. Black where there are fewer images, and around
        narrow whole ones.
    edges : ndarray of float, shape (m, BINS + 1)
        Of the histograms.
    share : ndarray of float, shape (m, 2, BINS)
        Of the images of the class, and of the others, in each bar.
    rows : list of dict
        Class, name, property, direction, area under the curve, whether it stands out, what a
        high value means (words), and the name of the class of each picture of the others.

    """

    picture: NDArray[np.uint8]
    edges: NDArray[np.float64]
    share: NDArray[np.float64]
    rows: list[dict[str, Any]]


def draw(
    table: pd.DataFrame,
    gathered: Gathered,
    corpora: Mapping[str, Result],
    root: Path | None,
    settings: Settings,
) -> Ends:
    """Read the images at both ends of the properties that tell classes best.

    Parameters
    ----------
    table : DataFrame
        From `predictability.tabulate`.
    gathered : Gathered
        What it was made of.
    corpora : mapping of str to Result
        Results of the corpus stage, by class.
    root : Path or None
        Folder of the image files; None for digits.
    settings : Settings
        Of the stage.

    Returns
    -------
    Ends
        Without properties that a network cannot see, which no picture shows.

    Raises
    ------
    StoreError
        A file is gone, or has changed since it was listed.

    """
    rows, samples = choose(table, settings.pictures), settings.samples
    m = len(rows)
    picture = np.zeros((m, 2, samples, SIDE, SIDE, 3), dtype=np.uint8)
    edges, share = np.zeros((m, BINS + 1)), np.zeros((m, 2, BINS))
    opened: dict[int, ClassDataset] = {}
    for place, row in enumerate(rows):
        values = gathered.values[:, gathered.names.index(row["property"])].astype(np.float64)
        own = gathered.label == gathered.classes.index(row["class"])
        edges[place], share[place] = histogram(values, own)
        sign = 1 if row["direction"] == "higher" else -1
        most, least = _first(-sign * values, own, samples), _first(sign * values, ~own, samples)
        row["others"] = [
            settings.name(gathered.classes[one]) for one in gathered.label[least].tolist()
        ]
        row["words"] = PROPERTIES[row["property"]].words
        for side, chosen in enumerate((most, least)):
            for at, image in enumerate(chosen.tolist()):
                label = int(gathered.label[image])
                if label not in opened:
                    opened[label] = ClassDataset(corpora[gathered.classes[label]], root)
                picture[place, side, at] = _picture(
                    opened[label], int(gathered.row[image]), row["property"], settings.seen
                )
    return Ends(picture, edges, share, rows)


def choose(table: pd.DataFrame, pictures: int) -> list[dict[str, Any]]:
    """Choose the classes and properties that are drawn.

    Parameters
    ----------
    table : DataFrame
        From `predictability.tabulate`.
    pictures : int
        At most so many; if none stands out, the clearest one.

    Returns
    -------
    list of dict
        The clearest first; of each class at most `A_CLASS`, of different families.

    """
    visible = table[~table["family"].isin(sorted(UNSEEN)) & table["auc"].notna()]
    clear = visible[visible["stands_out"]] if visible["stands_out"].any() else visible.head(1)
    first = clear.drop_duplicates(["class", "family"])
    kept = first[first.groupby("class").cumcount() < A_CLASS].head(pictures)
    names = ["class", "name", "property", "family", "direction", "auc", "stands_out"]
    return [
        {str(key): value for key, value in row.items()} for row in kept[names].to_dict("records")
    ]


def histogram(
    values: NDArray[np.float64], own: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare the values of a class with those of the others.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        NaN where there is none.
    own : ndarray of bool, shape (n,)
        Images of the class.

    Returns
    -------
    edges : ndarray of float, shape (BINS + 1,)
        From the 1st to the 99th percentile; values beyond fall in the outer bars.
    share : ndarray of float, shape (2, BINS)
        Of the class, and of the others.

    """
    known = np.isfinite(values)
    low, high = np.quantile(values[known], [0.01, 0.99])
    if not low < high:
        low, high = float(values[known].min()), float(values[known].max())
    edges = np.linspace(low, high, BINS + 1)
    share = np.zeros((2, BINS))
    for place, part in enumerate((own, ~own)):
        kept = np.clip(values[known & part], low, high)
        share[place] = np.histogram(kept, edges)[0] / max(1, len(kept))
    return edges, share


def _first(order: NDArray[np.float64], part: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Places of the images of a part with the least values, ties by place."""
    places = np.nonzero(part & np.isfinite(order))[0]
    return places[np.argsort(order[places], kind="stable")[:count]]


def _picture(dataset: ClassDataset, row: int, name: str, seen: float) -> NDArray[np.uint8]:
    """Show the part of an image that a property is of."""
    if name not in WHOLE and dataset.root is not None:
        return originals.square(dataset, row, seen, SIDE)
    whole = originals.thumbnail(dataset, row, SIDE)
    shown = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    top, left = ((SIDE - length) // 2 for length in whole.shape[:2])
    shown[top : top + whole.shape[0], left : left + whole.shape[1]] = whole
    return shown
