"""Predictability: which properties of images tell a class, and how well all of them together do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.io.store import Result
from unhans.probes.families import UNSEEN, Family
from unhans.probes.properties import PROPERTIES, TEXTS
from unhans.probes.separation import false_discovery, interval, separate

COLUMNS = [
    *("corpus", "class", "name", "property", "family", "images", "auc", "auc_low", "auc_high"),
    *("direction", "p", "q", "median_class", "median_others", "stands_out"),
    *("auc_held_out", "images_held_out"),
]

VALUES, LEAST_IMAGES = 20, 5
"""Of names, such as that of the camera, at most so many values are properties: the most frequent ones, of
at least so many images each."""

LONGEST = 60
"""Most characters of a value that the name of a property shows."""


@dataclass(frozen=True)
class Settings:
    """Settings of the stage.

    Parameters
    ----------
    names : mapping of str to str
        Names of the classes by id.
    level : float
        False discovery rate over all classes and properties.
    least : float
        Area under the curve from which a property stands out.
    images : int
        Images that the classes are predicted of, at most, of all classes together; of each class at least
        ``folds``.
    folds : int
        Parts of the cross-validation; fewer where a class has fewer images.
    permutations : int
        Permutations of the classes, for the null.
    pictures : int
        Classes and properties that are drawn, at most.
    samples : int
        Images at each end.
    seed : int
        Of samples, folds and permutations.
    seen : float
        Side of the square that properties are of, as a share of the shorter side.

    """

    names: Mapping[str, str]
    level: float
    least: float
    images: int
    folds: int
    permutations: int
    pictures: int
    samples: int
    seed: int
    seen: float = 1.0

    def name(self, class_id: str) -> str:
        """Name of a class; its id where it has none.

        Parameters
        ----------
        class_id : str
            Id of the class.

        Returns
        -------
        str

        """
        return self.names.get(class_id, class_id)


class Gathered(NamedTuple):
    """Properties of all images of a corpus.

    Parameters
    ----------
    classes : list of str
        Ids of the classes that were measured.
    label : ndarray of int, shape (n,)
        Class of each image.
    row : ndarray of int, shape (n,)
        Row of each in the listing of its class.
    training : ndarray of bool, shape (n,)
        Images of the first split; of all where no two classes have images in it.
    names : list of str
        Of the properties that are defined and differ.
    families : list of Family
        Of the same.
    values : ndarray of float32, shape (n, p)
        Of the same; NaN where one is not defined.
    left_out : dict of str to str
        Classes that could not be measured, and why.

    """

    classes: list[str]
    label: NDArray[np.int64]
    row: NDArray[np.int64]
    training: NDArray[np.bool_]
    names: list[str]
    families: list[Family]
    values: NDArray[np.float32]
    left_out: dict[str, str]


def gather(results: Mapping[str, Result]) -> Gathered:
    """Gather the properties of the classes of a corpus.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the stage `properties` by class.

    Returns
    -------
    Gathered

    """
    classes: list[str] = []
    left_out: dict[str, str] = {}
    rows, values, first = [], [], []
    texts: dict[str, list[str]] = {name: [] for name in TEXTS}
    for name in results:
        result = results[name]
        if result.attributes["status"] != "ok":
            left_out[name] = result.attributes["reason"]
            continue
        classes.append(name)
        rows.append(result["row"])
        values.append(result["values"])
        first.append(result["split"] == 0)
        said = json.loads(result["texts"].tobytes())
        for key in TEXTS:
            texts[key] += said.get(key, [""] * len(rows[-1]))
    label = np.repeat(np.arange(len(classes)), [len(own) for own in rows])
    training = np.concatenate([np.zeros(0, dtype=bool), *first])
    if len(np.unique(label[training])) < 2:
        training = np.ones(len(label), dtype=bool)
    table = np.concatenate([np.zeros((0, len(PROPERTIES)), dtype=np.float32), *values])
    extra, flags = _indicators(texts, len(label))
    names = [*PROPERTIES, *extra]
    families: list[Family] = [*(one.family for one in PROPERTIES.values()), *["file"] * len(extra)]  # type: ignore[list-item]
    table = np.concatenate([table, flags], axis=1)
    kept = [place for place, column in enumerate(table.T) if _differs(column)]
    row = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    return Gathered(
        *(classes, label, row, training),
        [names[place] for place in kept],
        [families[place] for place in kept],
        table[:, kept],
        left_out,
    )


def tabulate(gathered: Gathered, corpus: str, settings: Settings) -> pd.DataFrame:
    """Compare each class with all others by each property.

    Parameters
    ----------
    gathered : Gathered
        Properties of the corpus.
    corpus : str
        Its name.
    settings : Settings
        Of the stage.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row for each class and property: those that stand out first, then by falling
        area. Areas are of the training images; ``auc_held_out`` is that of the others in the same
        direction, so that it may be below 0.5.

    """
    own, k = gathered.training, len(gathered.classes)
    found = separate(gathered.values[own], gathered.label[own], k)
    held = separate(gathered.values[~own], gathered.label[~own], k)
    higher = ~(found.auc < 0.5)
    folded = np.where(higher, found.auc, 1 - found.auc)
    low, high = interval(folded, found.own, found.others)
    q = false_discovery(found.p)
    inside, outside = _medians(gathered.values[own], gathered.label[own], k)
    stands_out = (q <= settings.level) & (folded >= settings.least)
    p = len(gathered.names)
    table = pd.DataFrame(
        {
            "corpus": corpus,
            "class": np.repeat(gathered.classes, p),
            "name": np.repeat([settings.name(one) for one in gathered.classes], p),
            "property": gathered.names * k,
            "family": gathered.families * k,
            "images": found.own.ravel(),
            "auc": folded.ravel(),
            "auc_low": low.ravel(),
            "auc_high": high.ravel(),
            "direction": np.where(higher, "higher", "lower").ravel(),
            "p": found.p.ravel(),
            "q": q.ravel(),
            "median_class": inside.ravel(),
            "median_others": outside.ravel(),
            "stands_out": stands_out.ravel(),
            "auc_held_out": np.where(higher, held.auc, 1 - held.auc).ravel(),
            "images_held_out": held.own.ravel(),
        },
        columns=COLUMNS,
    )
    return table.sort_values(
        ["stands_out", "auc"], ascending=False, kind="stable", ignore_index=True
    )


def describe(table: pd.DataFrame, gathered: Gathered) -> str:
    """Say which properties tell which classes.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.
    gathered : Gathered
        What it was made of.

    Returns
    -------
    str
        A line, and one for each of the clearest rows and each class that was left out.

    """
    found = table[table["stands_out"]]
    lines = [
        f"predictability: {len(gathered.names)} properties of {len(gathered.label)} images; "
        f"{found['class'].nunique()} of {len(gathered.classes)} classes stand out by one or more"
    ]
    lines += [
        f"  {row['class']}: {row['direction']} {row['property']} (AUC {row['auc']:.2f})"
        for row in found.head(5).to_dict("records")
    ]
    lines += [f"  {name}: set aside: {reason}" for name, reason in gathered.left_out.items()]
    return "\n".join(lines)


def seen(families: Sequence[Family]) -> NDArray[np.bool_]:
    """Find the properties that a network can see.

    Parameters
    ----------
    families : sequence of Family
        Of each property.

    Returns
    -------
    ndarray of bool, shape (p,)

    """
    return np.array([family not in UNSEEN for family in families], dtype=bool)


def _indicators(
    texts: Mapping[str, Sequence[str]], n: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Properties that are 1 where a name has a value, and 0 elsewhere."""
    names, columns = [], []
    for key, own in texts.items():
        given = pd.Series([value[:LONGEST] for value in own], dtype=object)
        counts = given[given != ""].value_counts()
        frequent = counts[counts >= LEAST_IMAGES]
        order = sorted(frequent.index, key=lambda value: (-int(frequent[value]), value))
        for value in order[:VALUES]:
            names.append(f"{key}: {value}")
            columns.append((given == value).to_numpy(dtype=np.float32))
    return names, np.stack(columns, axis=1) if columns else np.zeros((n, 0), dtype=np.float32)


def _differs(column: NDArray[np.float32]) -> bool:
    known = column[np.isfinite(column)]
    return bool(len(known) and known.min() < known.max())


def _medians(
    values: NDArray[np.float32], label: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median of each property in each class, and in all others, of the images that have a value."""
    inside, outside = np.full((2, classes, values.shape[1]), np.nan)
    for place, column in enumerate(values.T):
        known = np.isfinite(column)
        order = np.argsort(column[known], kind="stable")
        ascending, own = column[known][order].astype(np.float64), label[known][order]
        starts = np.cumsum(np.bincount(own, minlength=classes))[:-1]
        for one, places in enumerate(np.split(np.argsort(own, kind="stable"), starts)):
            if len(places):
                inside[one, place] = _middle(ascending, places)
            if len(places) < len(own):
                outside[one, place] = _middle(ascending, _others(len(own), places))
    return inside, outside


def _middle(ascending: NDArray[np.float64], places: NDArray[np.int64]) -> float:
    return float(ascending[places[[(len(places) - 1) // 2, len(places) // 2]]].mean())


def _others(n: int, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Middle two of the places from 0 to n - 1 that are not among ascending ones."""
    count = n - len(places)
    before = places - np.arange(len(places))  # others before each
    wanted = np.array([(count - 1) // 2, count // 2])
    return wanted + np.searchsorted(before, wanted, side="right")
