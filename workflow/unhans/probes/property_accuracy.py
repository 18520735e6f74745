"""Property accuracy: how often a network is right, by the properties that tell a class.

Where a network rests on a property, it is wrong about the images of a class that do not have it. The mean
over the class hides these.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.io.store import Result

FIFTHS, TENTHS = 5, 10
"""Bins of as many images each, by rising value."""

HELD_OUT = 50
"""Images beyond the first split from which these alone are binned."""

COLUMNS = [
    *("corpus", "model", "class", "name", "property", "family", "images", "accuracy"),
    *(f"accuracy_fifth_{fifth}" for fifth in range(1, FIFTHS + 1)),
    *("accuracy_worst_tenth", "worst_low", "worst_high"),
]
"""Columns of the table."""


class Answered(NamedTuple):
    """Images of a class that a network was asked for.

    Parameters
    ----------
    correct : ndarray of bool, shape (n,)
        The class was the network's answer.
    values : ndarray of float, shape (n, p)
        Properties; NaN where one is not defined.

    """

    correct: NDArray[np.bool_]
    values: NDArray[np.floating]


def gather(
    properties: Mapping[str, Result], attributions: Mapping[str, Result]
) -> dict[str, Answered]:
    """Gather answers and properties of the images that both stages have.

    Parameters
    ----------
    properties, attributions : mapping of str to Result
        Results of the stages by class.

    Returns
    -------
    dict of str to Answered
        By class, without those that were set aside. Of a class with `HELD_OUT` images or more beyond the
        first split, these alone: a network is right about what it was trained on.

    """
    found = {}
    for name in properties:
        measured, explained = properties[name], attributions[name]
        if {one.attributes["status"] for one in (measured, explained)} != {"ok"}:
            continue
        _, at, own = np.intersect1d(measured["row"], explained["image"], return_indices=True)
        held_out = measured["split"][at] != 0
        if held_out.sum() >= HELD_OUT:
            at, own = at[held_out], own[held_out]
        found[name] = Answered(explained["rank"][own] == 1, measured["values"][at])
    return found


def tabulate(
    answered: Mapping[str, Answered],
    names: list[str],
    predictability: pd.DataFrame,
    *,
    corpus: str = "",
    model: str = "",
) -> pd.DataFrame:
    """Count right answers in bins of each property that tells a class.

    Parameters
    ----------
    answered : mapping of str to Answered
        By class.
    names : list of str, length p
        Of the properties.
    predictability : DataFrame
        Of the corpus; from `predictability.tabulate`.
    corpus, model : str
        Names for the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row for each class and property that tells it; the greatest loss from the
        class's accuracy to that of its worst tenth first. Bins hold as many images each as can be, equal
        values in the order of the images; NaN for bins of a class of fewer images than bins.

    """
    telling = predictability[predictability["stands_out"].astype(bool)]
    rows = list(_rows(answered, {name: at for at, name in enumerate(names)}, telling))
    table = pd.DataFrame(rows, columns=COLUMNS).assign(corpus=corpus, model=model)
    loss = (table["accuracy_worst_tenth"] - table["accuracy"]).astype(float)
    return table.loc[loss.sort_values(kind="stable").index].reset_index(drop=True)


def _rows(
    answered: Mapping[str, Answered], places: Mapping[str, int], telling: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    for row in telling.to_dict("records"):
        own = answered.get(row["class"])
        if own is None or row["property"] not in places:
            continue
        values = own.values[:, places[row["property"]]]
        known = np.isfinite(values)
        same = {key: row[key] for key in ("class", "name", "property", "family")}
        yield {**same, **_binned(values[known], own.correct[known])}


def _binned(values: NDArray[np.floating], correct: NDArray[np.bool_]) -> dict[str, Any]:
    order = np.argsort(values, kind="stable")
    ranked, right = values[order], correct[order]
    fifths = [np.nan] * FIFTHS
    worst: dict[str, Any] = {}
    if len(right) >= FIFTHS:
        fifths = [float(part.mean()) for part in np.array_split(right, FIFTHS)]
    if len(right) >= TENTHS:
        tenths = np.array_split(np.arange(len(right)), TENTHS)
        least = min(tenths, key=lambda part: float(right[part].mean()))
        worst = {
            "accuracy_worst_tenth": float(right[least].mean()),
            "worst_low": float(ranked[least[0]]),
            "worst_high": float(ranked[least[-1]]),
        }
    return {
        "images": len(right),
        "accuracy": float(right.mean()) if len(right) else np.nan,
        **{f"accuracy_fifth_{at}": value for at, value in enumerate(fifths, start=1)},
        **worst,
    }


def describe(table: pd.DataFrame) -> str:
    """Say where a network is wrong most.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line.

    """
    binned = table.dropna(subset=["accuracy_worst_tenth"])
    if binned.empty:
        return (
            f"property_accuracy: no class of {TENTHS} images or more has a property that tells it"
        )
    row = binned.iloc[0]
    return (
        f"property_accuracy: {len(binned)} classes and properties; lowest beside its class: "
        f"{row['class']}, {row['property']} {row['worst_low']:.3g} to {row['worst_high']:.3g}: "
        f"{row['accuracy_worst_tenth']:.0%} right, of all its images {row['accuracy']:.1%}"
    )
