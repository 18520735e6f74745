"""Sentences: what was found in a class, for people."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from unhans.detection.indicators import INDICATORS

MISTAKEN = 0.5
"""Share of a group's images that the network is wrong about, from which they are called its errors."""

LEAST = 0.001
"""p-value from which it is said as it is."""

CHANCE = 0.01
"""p-value up to which so many errors in a group are no chance."""


def describe_class(row: Mapping[str, Any]) -> str:
    """Describe in a sentence what was found in a class, or in a class by one indicator.

    Parameters
    ----------
    row : mapping of str to value
        Row of either table of `findings.Findings`.

    Returns
    -------
    str
        One sentence.

    """
    if row.get("status", "ok") != "ok":
        return f"class {row['name']}: {row['status']}"
    if row.get("also", False):
        return f"class {row['name']}: less clearly, {describe_group(row)}"
    if not row["flagged"]:
        return f"class {row['name']}: nothing stands out"
    return f"class {row['name']}: {describe_group(row)}"


def describe_group(row: Mapping[str, Any]) -> str:
    """Describe a group of a class, flagged or not.

    Parameters
    ----------
    row : mapping of str to value
        Row of either table of `findings.Findings`.

    Returns
    -------
    str
        A clause: how many images, what they have in common, where, and whether they are errors.

    """
    chance = f"p < {LEAST:g}" if row["p"] < LEAST else f"p = {row['p']:.2g}"
    said = INDICATORS[row["indicator"]].describe(row, chance)
    return f"{row['images']} of {row['n']} images {said}{_others(row)}{_errors(row)}"


def describe(table: pd.DataFrame) -> str:
    """Describe what was found in a corpus.

    Parameters
    ----------
    table : DataFrame
        Of the classes, or of the indicators, from `findings.Findings`.

    Returns
    -------
    str
        One line for each class, or each indicator of a class, that is flagged.

    """
    rows = table[table["flagged"].astype(bool)].to_dict("records")
    flagged = [describe_class(cast("dict[str, Any]", row)) for row in rows]
    return "\n".join(flagged or [describe_nothing(table)])


def describe_nothing(table: pd.DataFrame) -> str:
    """Say in how many classes nothing stands out: in those that were set aside nothing was sought.

    Parameters
    ----------
    table : DataFrame
        See `describe`. Classes that were set aside are in that of the classes alone.

    Returns
    -------
    str
        A clause.

    """
    own = table.drop_duplicates("class")
    aside = int((own["status"] != "ok").sum()) if "status" in own else 0
    more = f" ({aside} more set aside)" if aside else ""
    return f"nothing stands out in {len(own) - aside} classes{more}"


def _others(row: Mapping[str, Any]) -> str:
    """Describe the other images, where these may be those with the artefact."""
    place = row.get("others_place")
    if not isinstance(place, str) or not place:  # a file has no NaN in a column of text
        return ""
    inside, outside = (
        f"{100 * row[f'others_{key}']:.0f} %" for key in ("relevance", "relevance_elsewhere")
    )
    return (
        f"; or the artefact is in the other {row['n'] - row['images']}, with {inside} of their relevance "
        f"{place}, where this group has {outside}"
    )


def _errors(row: Mapping[str, Any]) -> str:
    """Say that a group's images are those that the network is wrong about, if they are."""
    errors, chance = row.get("errors", np.nan), row.get("errors_p", np.nan)
    if not (errors >= MISTAKEN and chance <= CHANCE):
        return ""
    return (
        f"; {100 * errors:.0f} % of them are errors of the network, of the others "
        f"{100 * row['errors_elsewhere']:.0f} %"
    )
