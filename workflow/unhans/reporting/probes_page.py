"""Probes page: what was found of whole classes, in sentences and pictures for people."""

from collections.abc import Iterator
from typing import Any, cast

import pandas as pd
from matplotlib.figure import Figure

from unhans.probes import sentences
from unhans.probes.shortcuts import SHORTCUT, UNEXPLAINED
from unhans.reporting import html_table
from unhans.reporting.figures.dose_figure import dose_figure

CAPTION = (
    "What tells a whole class, and what moves the network. A property tells a class where its values in "
    "the class's images differ from those in all others (AUC, 0.5 to 1). A change moves the network "
    "where more images are called the class, or fewer of its own, than under a control of equal size. A "
    "shortcut is both: the change acts on the property. The difference is in points of percent, with an "
    "interval of 95 %; closed is the share of the difference between the class and the others that the "
    "change takes away."
)

SHOWN = (
    *("class", "conclusion", "finding", "family", "property", "auc", "auc_held_out"),
    *("intervention", "strength", "difference", "difference_low", "difference_high"),
    *("intervention_q", "closed"),
)
"""Columns of the page."""

DRAWN = 12
"""Findings that are drawn at most."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Add the sentence of each row.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.

    Returns
    -------
    DataFrame
        With the column ``finding``.

    """
    every = cast("list[dict[str, Any]]", table.to_dict("records"))
    return table.assign(finding=[sentences.describe_row(row) for row in every])


def to_html(
    described: pd.DataFrame, predictability: pd.DataFrame, interventions: pd.DataFrame
) -> str:
    """Make the page of the sentences.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    predictability, interventions : DataFrame
        What the table was joined from.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    notes = [sentences.looked_for(predictability, interventions)]
    return html_table.to_html(
        described[list(SHOWN)].fillna({"property": "", "intervention": ""}),
        "What covers a whole class",
        CAPTION,
        notes,
    )


def draw(described: pd.DataFrame, interventions: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Draw the response to the change of each finding by its strength.

    Parameters
    ----------
    described : DataFrame
        From `rows`.
    interventions : DataFrame
        From `interventions.tabulate`.

    Yields
    ------
    name : str
        ``<place>_<class>-<intervention>``.
    figure : Figure
        Shortcuts first; at most `DRAWN`.

    """
    found = described[described["conclusion"].isin((SHORTCUT, UNEXPLAINED))].head(DRAWN)
    keys = ["class", "intervention", "direction"]
    own = {tuple(map(str, key)): part for key, part in interventions.groupby(keys, sort=False)}
    for place, row in enumerate(found.to_dict("records"), start=1):
        key = tuple(str(row[name]) for name in keys)
        yield f"{place:02d}_{key[0]}-{key[1]}", dose_figure(own[key], str(row["finding"]))
