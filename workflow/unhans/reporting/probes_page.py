"""Probes page: what was found of whole classes, in sentences and pictures for people."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.choices import WHOLE_CHANGES
from unhans.images.transform import Transform
from unhans.io.store import Result
from unhans.probes import background, beside, examples, sentences
from unhans.probes.beside import Beside
from unhans.probes.families import EXCHANGES, PARTS
from unhans.probes.shortcuts import ELSEWHERE, SHORTCUT
from unhans.reporting import html_table
from unhans.reporting.figures import predictability_figure
from unhans.reporting.figures.dose_figure import dose_figure

CAPTION = (
    "What tells a whole class, and what moves the network. A property tells a class where its values in "
    "the class's images differ from those in all others (AUC, 0.5 to 1). A change moves the network "
    "where more images are called the class, or fewer of its own, than under a control of equal size. A "
    "shortcut is both: the change acts on the property. The difference is in points of percent, with an "
    "interval of 95 %; closed is the share of the difference between the class and the others that the "
    "change takes away. A property may lead to a picture of the images that have most and least of it. "
    "'accept as' is what config/artefacts.tsv says of a shortcut that a network is to be corrected of."
)

TWO = (
    "Two classes mirror each other: what tells one tells the other, and what moves images into one moves "
    "them out of the other"
)
"""Said of a corpus of two classes."""

APART = 0.02
"""Share of a side by which what a network is given and what is measured may differ."""

SHOWN = (
    *("class", "conclusion", "finding", "property", "intervention", "strength"),
    *("difference", "difference_low", "difference_high", "auc", "auc_held_out"),
    *("intervention_q", "closed", "accept as"),
)
"""Columns of the page."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Add the sentence of each row.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.

    Returns
    -------
    DataFrame
        With the column ``finding``, and ``accept as``: what a row of the table of accepted artefacts says
        of a shortcut that a change of whole images puts in; empty for others.

    """
    every = cast("list[dict[str, Any]]", table.to_dict("records"))
    cells = {
        "finding": [sentences.describe_row(row) for row in every],
        "accept as": [_acceptable(row) for row in every],
    }
    return table.assign(**cells)


def with_pictures(described: pd.DataFrame, ends: Result) -> pd.DataFrame:
    """Let each property lead to the images at both of its ends, and each change to its answers.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    ends : Result
        Of the stage ``predictability``.

    Returns
    -------
    DataFrame
        Some values of ``property`` and of ``intervention`` are links to pictures.

    """
    drawn = predictability_figure.names(ends.attributes["rows"])
    keys = zip(described["class"].astype(str), described["property"].fillna(""), strict=True)
    cells: list[str | html_table.Link] = [
        html_table.Link(key[1], f"../predictability/{quote(drawn[key], safe='')}.png")
        if key in drawn
        else key[1]
        for key in keys
    ]
    names, changes = _names(described), described["intervention"].fillna("")
    doses: list[str | html_table.Link] = [
        html_table.Link(change, f"probes/{quote(names[at], safe='')}.png")
        if at in names
        else change
        for at, change in changes.items()
    ]
    links = {"property": cells, "intervention": doses}
    return described.assign(
        **{name: pd.Series(own, described.index, dtype=object) for name, own in links.items()}
    )


def first(
    table: pd.DataFrame,
    predictability: pd.DataFrame,
    interventions: pd.DataFrame,
    tables: Beside,
) -> list[str]:
    """Say what a reader needs before the rows.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.
    predictability, interventions : DataFrame
        What the table was joined from.
    tables : Beside
        Of the corpus and network.

    Returns
    -------
    list of str
        Sentences: how well the data alone tell the classes, which classes are recognised by their
        surroundings alone, and where the images that were changed differ from those of training.

    """
    two = [TWO] if predictability["class"].nunique() == 2 else []
    said = beside.of_data(tables.overall, tables.accuracy)
    return [said, *background.notes(interventions), *_elsewhere(table), *two]


def notes(predictability: pd.DataFrame, interventions: pd.DataFrame, tables: Beside) -> list[str]:
    """Say what was looked for, and what stands beside the shortcuts.

    Parameters
    ----------
    predictability, interventions : DataFrame
        What the table was joined from.
    tables : Beside
        Of the corpus and network.

    Returns
    -------
    list of str
        Sentences.

    """
    return [sentences.looked_for(predictability, interventions), *beside.notes(tables)]


def of_transform(transform: Transform | None, seen: float) -> list[str]:
    """Say where the properties are of another part of the images than the network is given.

    Parameters
    ----------
    transform : Transform or None
        Of the network; None for digits.
    seen : float
        Side of the square that the properties are of, as a share of the shorter side.

    Returns
    -------
    list of str
        A sentence, where the two differ by more than `APART`.

    """
    given = seen if transform is None else min(1.0, transform.crop / transform.resize)
    if abs(given - seen) <= APART:
        return []
    return [
        f"The network is given the middle {given:.3g} of the shorter side, and the properties are of the "
        f"middle {seen:.3g}: set properties.seen to {given:.3g}"
    ]


def _elsewhere(table: pd.DataFrame) -> list[str]:
    """Say where the images that were changed do not show what tells classes in training."""
    lost = table[table["reason"].astype(str).str.contains(ELSEWHERE, regex=False)]
    if lost.empty:
        return []
    return [
        f"The images that were changed differ from those of training: they do not show {len(lost)} "
        f"properties that tell {lost['class'].nunique()} classes there, and shortcuts by these cannot be "
        "found in them. interventions.splits names others (docs/how-to/probes.md)"
    ]


def to_html(described: pd.DataFrame, said: Sequence[str], above: Sequence[str] = ()) -> str:
    """Make the page of the sentences.

    Parameters
    ----------
    described : DataFrame
        From `rows`, or from `with_pictures`.
    said : sequence of str
        From `notes`; below the table.
    above : sequence of str
        From `of_transform` and `first`.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    return html_table.to_html(
        described[list(SHOWN)].fillna({"property": "", "intervention": ""}),
        *("What covers a whole class", CAPTION, said, above),
    )


def draw(
    described: pd.DataFrame,
    interventions: pd.DataFrame,
    pairs: Mapping[tuple[str, ...], NDArray[np.uint8]],
) -> Iterator[tuple[str, Figure]]:
    """Draw the response to the change of each finding by its strength.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    interventions : DataFrame
        From `interventions.tabulate`.
    pairs : mapping
        An image as it is and changed, for a finding; from `examples.pairs_of`.

    Yields
    ------
    name : str
        ``<place>_<class>-<intervention>``.
    figure : Figure
        Shortcuts first; at most `examples.MOST`.

    """
    keys = list(examples.KEY)
    own = {tuple(map(str, key)): part for key, part in interventions.groupby(keys, sort=False)}
    names = _names(described)
    rows = dict(zip(described.index, described.to_dict("records"), strict=True))
    for at, name in names.items():
        key = tuple(str(rows[at][one]) for one in keys)
        said, strength = str(rows[at]["finding"]), float(rows[at]["strength"])
        yield name, dose_figure(own[key], said, pairs.get(key), strength)


def _names(described: pd.DataFrame) -> dict[Hashable, str]:
    """Name the picture of each finding, by its place in the index."""
    found = examples.drawn(described)
    rows = zip(found.index, found["class"], found["intervention"], strict=True)
    return {
        at: f"{place:02d}_{class_id}-{change}"
        for place, (at, class_id, change) in enumerate(rows, start=1)
    }


def _acceptable(row: Mapping[str, Any]) -> str:
    """Say how a shortcut is accepted; see `choices.WHOLE_CHANGES`."""
    if row["conclusion"] != SHORTCUT:
        return ""
    change, strength = row["intervention"], row["strength"]
    # Noise and compression are named by themselves before they are frequencies.
    kinds = [kind for kind, changes in WHOLE_CHANGES.items() if change in changes]
    if kinds and row["direction"] == "in":
        return f"kind={kinds[-1]} intervention={change} strength={strength:g}"
    if change in EXCHANGES | PARTS:
        return "no kind: it puts in parts of other images"
    takes = row["direction"] == "out"
    return "no kind: it takes out what the class has" if takes else "no kind makes this change"
