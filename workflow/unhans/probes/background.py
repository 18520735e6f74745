"""Background: the classes that a network recognises where the middle of their images is greyed."""

from typing import NamedTuple

import pandas as pd

from unhans.probes.sentences import at_most, percent
from unhans.probes.shortcuts import TESTED

ALONE = 50.0
"""Points by which images of a class without their middle are called the class more often than images of
others without theirs, from which its surroundings alone tell it."""


class Alone(NamedTuple):
    """A class that its surroundings alone tell, and the sentence that says so."""

    class_id: str
    sentence: str


def alone(interventions: pd.DataFrame) -> list[Alone]:
    """Find the classes that their surroundings alone tell.

    Parameters
    ----------
    interventions : DataFrame
        From `interventions.tabulate`.

    Returns
    -------
    list of Alone
        Each at the largest middle where it holds, the clearest first.

    """
    tried = _tried(interventions)
    clear = tried[tried["after"] - tried["after_others"] >= ALONE]
    every = {name: own.sort_values("strength") for name, own in tried.groupby("class")}
    largest = clear.sort_values("strength", ascending=False).drop_duplicates("class")
    ordered = largest.sort_values("after", ascending=False, kind="stable")
    return [
        Alone(
            str(row["class"]),
            f"class {row['name']}: its surroundings alone are enough: with the middle greyed its images "
            f"are called the class ({_shares(every[row['class']])}; as they are {row['before']:.0f} %), "
            f"and {row['after_others']:.0f} % of images of others; objects may reach out of the middle: "
            "look at the images",
        )
        for row in ordered.to_dict("records")
    ]


def notes(interventions: pd.DataFrame) -> list[str]:
    """Say which classes their surroundings alone tell.

    Parameters
    ----------
    interventions : DataFrame
        From `interventions.tabulate`.

    Returns
    -------
    list of str
        A sentence for each class; or one that says that there is none, or that it was not tried on
        `TESTED` images of any class and of others.

    """
    tried, found = _tried(interventions), [one.sentence for one in alone(interventions)]
    if tried.empty:
        return [
            "Whether surroundings alone are enough is not known: in no class was the middle of "
            f"{TESTED} images and of as many of others greyed"
        ]
    if not found:
        return [
            f"None of {tried['class'].nunique()} classes is recognised by its surroundings alone: with "
            f"the middle greyed ({' or '.join(map(percent, sorted(tried['strength'].unique())))} of the "
            f"pixels), fewer than {ALONE:.0f} in a hundred more of its images than of others' are called "
            "the class"
        ]
    return at_most(found)


def _shares(own: pd.DataFrame) -> str:
    """Percent that are called the class, for each share of the pixels that is greyed."""
    return "; ".join(
        f"{percent(row['strength'])} of the pixels: {row['after']:.0f} %"
        for row in own.to_dict("records")
    )


def _tried(interventions: pd.DataFrame) -> pd.DataFrame:
    """Put what greying does to images of each class beside what it does to images of others."""
    greyed = interventions[interventions["intervention"] == "only_rim"]
    greyed = greyed[greyed["images"] >= TESTED]
    keys = ["class", "name", "strength"]
    own, others = (
        greyed.loc[greyed["direction"] == direction, [*keys, "before", "after"]]
        for direction in ("out", "in")
    )
    return own.merge(others.drop(columns="before"), on=keys, suffixes=("", "_others"))
