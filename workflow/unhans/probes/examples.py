"""Examples: an image as it is and changed, for each finding of a network that a change moves."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from unhans.images.changes.catalogue import CHANGES, Donated, Step, changed
from unhans.images.changes.pixels import Images, as_display, as_picture
from unhans.probes.groups import Group
from unhans.probes.shortcuts import SHORTCUT, UNEXPLAINED
from unhans.probes.table import CHANGE_OF

SIDE = 128
"""Most pixels of a side of a picture."""

MOST = 99
"""Findings that have an example, and a picture, at most."""

TRIED = 5
"""Images of a class that are read, to find one that can be."""

KEY = ("class", "intervention", "direction")
"""What an example is of."""


class Shown(NamedTuple):
    """Images of m findings.

    Parameters
    ----------
    picture : ndarray of uint8, shape (m, 2, s, s, 3)
        As it is, and changed.
    rows : list of dict
        Class, intervention and direction of each.

    """

    picture: NDArray[np.uint8]
    rows: list[dict[str, str]]


def draw(table: pd.DataFrame, groups: Sequence[Group]) -> Shown:
    """Change an image for each finding: one of another class (``in``), or one of its own (``out``).

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.
    groups : sequence of Group
        Images of each class, as the interventions changed them.

    Returns
    -------
    Shown
        Of at most `MOST` findings. The image is the first of its class that can be read; that of another
        class is of the class that follows. A change that needs heatmaps has none.

    """
    given = {group.class_id: group for group in groups}
    following = dict(zip(given, [*given][1:] + [*given][:1], strict=True))
    pairs: list[NDArray[np.uint8]] = []
    rows: list[dict[str, str]] = []
    for row in drawn(table).to_dict("records"):
        change = CHANGE_OF[row["intervention"]]
        class_id = str(row["class"])
        if CHANGES[change].relevance or class_id not in given:
            continue
        names = [class_id, following[class_id]]
        own, other = (_first(given[name]) for name in names)
        if not len(own) or not len(other):
            continue
        image, donor = (other, own) if row["direction"] == "in" else (own, other)
        after = changed(image, Step(change, row["strength"]), donated=Donated(image, donor))
        pairs.append(np.stack([_picture(image), _picture(after)]))
        rows.append({key: str(row[key]) for key in KEY})
    side = pairs[0].shape[1] if pairs else SIDE
    return Shown(np.stack(pairs) if pairs else np.zeros((0, 2, side, side, 3), np.uint8), rows)


def drawn(table: pd.DataFrame) -> pd.DataFrame:
    """Choose the findings that have a picture.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.

    Returns
    -------
    DataFrame
        The first `MOST` that a change moves.

    """
    return table[table["conclusion"].isin((SHORTCUT, UNEXPLAINED))].head(MOST)


def pairs_of(
    picture: NDArray[np.uint8], rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, ...], NDArray[np.uint8]]:
    """Find the pictures of each finding.

    Parameters
    ----------
    picture, rows : ndarray of uint8, sequence of mapping
        Of `Shown`.

    Returns
    -------
    dict of tuple of str to ndarray of uint8, shape (2, s, s, 3)
        By `KEY`.

    """
    return {
        tuple(str(row[key]) for key in KEY): pair for row, pair in zip(rows, picture, strict=True)
    }


def _first(group: Group) -> Images:
    """Read the first image of a class that can be read; none where the first `TRIED` cannot."""
    return as_display(group.read(np.arange(min(group.size, TRIED))))[:1]


def _picture(images: Images) -> NDArray[np.uint8]:
    shown = Image.fromarray(as_picture(images[0]))
    shown.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(shown)
