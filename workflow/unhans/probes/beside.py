"""Beside: what stands beside the shortcuts of a corpus, in sentences.

How well the data alone tell the classes, images that are there more than once, and images of a class that
the network is wrong about more often.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from unhans.probes.duplicates import ACROSS
from unhans.probes.families import SEEN
from unhans.probes.property_accuracy import TENTHS
from unhans.probes.sentences import at_most, percent, words_of

LEVEL = 0.05
"""Chance of one tenth that is called wrong more often, over all that are compared, where none is."""


class Beside(NamedTuple):
    """Tables that stand beside the shortcuts of a network.

    Parameters
    ----------
    overall : DataFrame
        Of the corpus; from `overall.tabulate`.
    duplicates : DataFrame
        Of the corpus; from `duplicates.find`.
    accuracy : DataFrame
        Of the network; from `networks.accuracy.tabulate`.
    property_accuracy : DataFrame
        Of both; from `property_accuracy.tabulate`.

    """

    overall: pd.DataFrame
    duplicates: pd.DataFrame
    accuracy: pd.DataFrame
    property_accuracy: pd.DataFrame


def notes(tables: Beside) -> list[str]:
    """Describe who pays for shortcuts, and images that are there more than once.

    Parameters
    ----------
    tables : Beside
        Of the corpus and network.

    Returns
    -------
    list of str
        Sentences. Where nothing was found, one that says what was looked for.

    """
    return [*of_tenths(tables.property_accuracy), of_duplicates(tables.duplicates)]


def of_data(overall: pd.DataFrame, accuracy: pd.DataFrame) -> str:
    """Say how well the data alone tell the classes, and how well the network does.

    Parameters
    ----------
    overall, accuracy : DataFrame
        See `Beside`.

    Returns
    -------
    str
        One sentence.

    """
    rows = overall[overall["class"].isna() | (overall["class"].astype(str) == "")]
    (seen,) = rows[rows["family"] == SEEN].to_dict("records")
    if seen["status"] != "ok":
        return f"How well properties alone tell the classes is not known: {seen['status']}"
    of_families = rows[~rows["family"].isin([SEEN, ""]) & rows["family"].notna()]
    known = of_families[of_families["status"] == "ok"].sort_values("accuracy", ascending=False)
    best = [f"{one['family']} {percent(one['accuracy'])}" for one in known.to_dict("records")]
    alone = f"; by one family alone: {', '.join(best[:3])}" if best else ""
    held = seen["accuracy_held_out"]
    new = "" if np.isnan(held) else f"; {percent(held)} of held-out images"
    chance = f"classes permuted: {percent(seen['null_mean'])}, p = {seen['p']:.2g}"
    return (
        f"{seen['properties']} properties that a network can see, without the network, tell the "
        f"{seen['classes']} classes with a balanced accuracy of {percent(seen['accuracy'])} "
        f"({chance}{new}){alone}. {_of_network(accuracy)}"
    )


def of_tenths(table: pd.DataFrame) -> list[str]:
    """Say which images of a class a network is wrong about more often than about the others.

    Parameters
    ----------
    table : DataFrame
        From `property_accuracy.tabulate`.

    Returns
    -------
    list of str
        A sentence for each class, the greatest loss first, where its worst tenth by a property is right
        less often than chance would make one of all tenths that are compared (binomial, Bonferroni); or
        one that says that there is none, or nothing to compare.

    """
    known = table.dropna(subset=["accuracy_worst_tenth"])
    if known.empty:
        return [
            "Whether the network is wrong more often about some images of a class is not known: no class "
            f"of {TENTHS} images or more has a property that tells it"
        ]
    images = (known["images"] // TENTHS).to_numpy()
    right = np.rint(known["accuracy_worst_tenth"].to_numpy(float) * images)
    chance = stats.binom.cdf(right, images, known["accuracy"].to_numpy(float))
    low = known[chance * TENTHS * len(known) <= LEVEL].drop_duplicates("class")
    found = [
        f"class {row['name']}: of the tenth of its images where '{words_of(row['property'])}' is "
        f"{row['worst_low']:.3g} to {row['worst_high']:.3g} the network is right about "
        f"{percent(row['accuracy_worst_tenth'])}, of all {row['images']} images "
        f"{percent(row['accuracy'])}"
        for row in low.to_dict("records")
    ]
    none = (
        f"No tenth of a class, by any of {known['property'].nunique()} properties that tell one, is "
        "right less often than chance makes one; property_accuracy.tsv has the accuracy of each fifth"
    )
    return at_most(found) or [none]


def of_duplicates(table: pd.DataFrame) -> str:
    """Say which images are there more than once.

    Parameters
    ----------
    table : DataFrame
        From `duplicates.find`.

    Returns
    -------
    str
        One sentence.

    """
    if table.empty:
        return "No image was found twice, neither exactly nor nearly"
    groups = table.drop_duplicates("group")
    counted = "; ".join(_counts(groups))
    return (
        f"{len(table)} images in {len(groups)} groups are there more than once, exactly or nearly: "
        f"{counted}. Each is named in duplicates.tsv"
    )


def _counts(groups: pd.DataFrame) -> Iterator[str]:
    for across in ACROSS:
        own = groups[groups["across"] == across]
        if len(own):
            exact = int((own["kind"] == "exact").sum())
            where = "within a class and split" if across == "neither" else f"across {across}"
            yield f"{where} {exact} exact and {len(own) - exact} near"


def _of_network(accuracy: pd.DataFrame) -> str:
    """Mean accuracy of a network over classes, by split."""
    classes = accuracy[accuracy["class"].notna() & (accuracy["class"].astype(str) != "")]
    means = classes.dropna(subset=["top1"]).groupby("split", sort=False)["top1"].mean()
    if means.empty:
        return "The accuracy of the network is not known"
    text = ", ".join(f"{percent(mean)} ({split})" for split, mean in means.items())
    return f"The network itself, among all its outputs, has {text}"
