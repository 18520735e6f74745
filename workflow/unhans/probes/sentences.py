"""Sentences: what was found of a whole class, for people."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pandas as pd

from unhans.probes.families import FAMILIES
from unhans.probes.properties import PROPERTIES
from unhans.probes.shortcuts import (
    SHORTCUT,
    UNEXPLAINED,
    UNSEEN,
    UNTESTABLE,
    UNTRIED,
    UNUSED,
)
from unhans.probes.table import CHANGE_OF
from unhans.probes.words import UNCHANGED, words_of_act, words_of_change

MOST = 5
"""Sentences of a kind at most."""

ALSO = 2
"""Further changes of the family that a sentence names at most."""

LARGE = (
    "large objects reach into the surroundings: look at the images before you call it a shortcut"
)
"""Said where surroundings were exchanged."""


def describe_row(row: Mapping[str, Any]) -> str:
    """Describe a row of the table of shortcuts.

    Parameters
    ----------
    row : mapping of str to value
        From `shortcuts.join`.

    Returns
    -------
    str
        One sentence.

    """
    name, family = row["name"], row["family"]
    if row["conclusion"] == UNEXPLAINED:
        return (
            f"class {name}: {family}: {_moved(row)}; no property that was measured and that this "
            "change alters tells the class"
        )
    ending = {
        UNUSED: f"no change of its {family} that acts on it moves more images than the control does",
        UNTESTABLE: f"whether the network uses it is not known: {row['reason']}",
        UNTRIED: f"no change of its {family} was tried on the network",
        UNSEEN: "a network is given pixels alone and cannot see it",
    }
    said = _moved(row) if row["conclusion"] == SHORTCUT else ending[row["conclusion"]]
    return f"class {name}: {family}: {_told(row)}; {said}"


def describe(table: pd.DataFrame, predictability: pd.DataFrame, interventions: pd.DataFrame) -> str:
    """Describe what was found of whole classes.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.
    predictability, interventions : DataFrame
        What it was joined from.

    Returns
    -------
    str
        A line for each shortcut; where there is none, one that says so. Then what was looked for, and how
        many rows have each other conclusion.

    """
    looked = looked_for(predictability, interventions)
    return "\n".join([*of_shortcuts(table), looked, *_counts(table)])


def of_shortcuts(table: pd.DataFrame) -> list[str]:
    """Describe the shortcuts that cover whole classes.

    Parameters
    ----------
    table : DataFrame
        From `shortcuts.join`.

    Returns
    -------
    list of str
        A sentence each; where there is none, one that says so and where to read what was looked for.

    """
    rows = cast("list[dict[str, Any]]", table.to_dict("records"))
    found = [describe_row(row) for row in rows if row["conclusion"] == SHORTCUT]
    none = "no property that tells a whole class was found to move the network"
    return found or [f"{none}; probes.html of a run without a target says what was looked for"]


def looked_for(predictability: pd.DataFrame, interventions: pd.DataFrame) -> str:
    """Say what was tried.

    Parameters
    ----------
    predictability, interventions : DataFrame
        As `describe` takes them.

    Returns
    -------
    str
        One sentence, which ends with what cannot be found.

    """
    classes = predictability["class"].nunique()
    if interventions.empty:
        return (
            f"looked for nothing that moves the network: {classes} classes have images, and two are "
            "needed to compare"
        )
    families = [name for name in FAMILIES if name in set(interventions["family"])]
    return (
        f"looked for: which of {predictability['property'].nunique()} properties tell one of {classes} "
        f"classes, and {interventions['intervention'].nunique()} changes of images that move them into "
        f"a class or out of it ({', '.join(families)}); a shortcut of another kind, such as an object "
        "that is in most images of a class, is not found by these"
    )


def _counts(table: pd.DataFrame) -> list[str]:
    found = table["conclusion"].value_counts()
    return [
        f"{count} of classes and families: {conclusion}"
        for conclusion, count in found.items()
        if conclusion != SHORTCUT
    ]


def words_of(name: str) -> str:
    """Say what a property is.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    str
        In words; the name where it has none.

    """
    known = PROPERTIES.get(name)
    return known.words if known is not None else name


def at_most(found: Sequence[str]) -> list[str]:
    """Take the first `MOST` of some sentences, and say how many are left, where that is more than one.

    Parameters
    ----------
    found : sequence of str
        One for each class.

    Returns
    -------
    list of str

    """
    left = len(found) - MOST
    if left <= 1:  # the line takes the place of the one that it would leave out
        return [*found]
    return [*found[:MOST], f"And {left} more classes of this kind"]


def percent(share: Any) -> str:
    """Write a share in percent, with three digits.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    str

    """
    return f"{100 * cast('float', share):.3g} %"


def _told(row: Mapping[str, Any]) -> str:
    words = words_of(row["property"])
    more = "more" if row["property_direction"] == "higher" else "less"
    return f"'{words}' is {more} true of its images than of others (AUC {row['auc']:.2f})"


def _moved(row: Mapping[str, Any]) -> str:
    unit = row["unit"]
    strength = f" ({row['strength']:g} {unit})" if isinstance(unit, str) and unit else ""
    name = str(row["intervention"])
    change = f"{words_of_act(name, row['direction'])}{strength}"
    whose = "images of other classes" if row["direction"] == "in" else "its own images"
    goes = "rises" if row["after"] >= row["before"] else "falls"
    large = f"; {LARGE}" if name == "scene_of_others" else ""
    too = row["used_too"] if isinstance(row["used_too"], str) else ""
    kind = CHANGE_OF.get(name, name)  # one change may be two interventions, with other controls
    others = [one for one in too.split(", ") if one and CHANGE_OF.get(one, one) != kind]
    also = [words_of_change(one) for one in others]
    more = f"; {' and '.join(also[:ALSO])} moved images too" if also else ""
    return (
        f"{change}: the share of {whose} that the network calls the class {goes} from "
        f"{row['before']:.0f} to {row['after']:.0f} % ({_beside(row)}){more}{large}"
    )


def _beside(row: Mapping[str, Any]) -> str:
    """Say what the control did."""
    if row["control_name"] == UNCHANGED:
        return "no control moves any this way"
    moves = round(row["control"] if row["direction"] == "in" else -row["control"])
    size = f"{abs(moves)} {'point' if abs(moves) == 1 else 'points'}"
    moved = f"up {size}" if moves > 0 else f"down {size}" if moves < 0 else "no change"
    return f"control: {words_of_change(str(row['control_name']))}: {moved}"
