"""Feature groups: whether a neural feature shows what a group of SpRAy's images shares."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans import paths
from unhans.features import class_features, labels, soft_masks
from unhans.io.store import Result

DEPTH = 3
"""Folders that name a set of heatmaps."""

COLUMNS = [
    *("corpus", "model", "composite", "class", "feature", "indicator", "members", "images"),
    *("auc", "iou", "agrees", "status"),
]

MEMBERS = "_members"


def tabulate(
    groups: Mapping[str, Result], attributions: Mapping[str, Result], neurons: Mapping[str, Result]
) -> pd.DataFrame:
    """Compare each feature of each class with the clearest group of each indicator.

    Parameters
    ----------
    groups, attributions : mapping of str to Result
        Of the stages ``group_search`` and ``attribution``, by path.
    neurons : mapping of str to Result
        Of the stage ``neurons``, by path.

    Returns
    -------
    DataFrame
        One row a feature and indicator; one for a class that was set aside. ``auc`` says how well the
        feature ranks members above the others, ``iou`` how its masks in members overlap with the places
        where the group has more relevance (NaN for indicators without such places). ``agrees``: AUC of
        0.9 or IoU of 0.3 and more.
    """
    known = {paths.parse(path, DEPTH - 1): result for path, result in neurons.items()}
    explained = {paths.parse(path, DEPTH): result for path, result in attributions.items()}
    rows: list[dict[str, Any]] = []
    for path, found in groups.items():
        place = paths.parse(path, DEPTH)
        own = dict(zip(("corpus", "model", "composite"), place.fields, strict=True))
        own["class"] = place.name
        stored = known.get(place._replace(fields=place.fields[:-1]))
        aside = _aside(found, explained.get(place), stored)
        if aside or stored is None:
            rows.append({**own, "status": aside})
            continue
        at = explained[place]["image"]
        rows += [{**own, **row, "status": "ok"} for row in _compared(found, at, stored)]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def describe(table: pd.DataFrame) -> str:
    """Say how many features show what a group shares.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line.
    """
    agreeing = table[table["agrees"] == True]  # noqa: E712 - NaN is neither
    classes = agreeing["class"].nunique()
    return (
        f"feature_groups: {len(agreeing)} of {int((table['status'] == 'ok').sum())} pairs of a feature "
        f"and a group agree, in {classes} of {table['class'].nunique()} classes"
    )


def _aside(*results: Result | None) -> str:
    """Why a class cannot be compared; empty where it can be."""
    for result in results:
        if result is None:
            return "it has no features"
        if result.attributes["status"] != "ok":
            return str(result.attributes["reason"])
    return ""


def _compared(
    found: Result, images: NDArray[np.integer], stored: Result
) -> Iterator[dict[str, Any]]:
    """Compare the features of a class with its groups, in the images that both know."""
    _, explained, seen = np.intersect1d(images, stored["image"], return_indices=True)
    strength = class_features.values(stored.arrays)[:, seen]
    names = class_features.names(stored.arrays)
    indicators = [name.removesuffix(MEMBERS) for name in found.arrays if name.endswith(MEMBERS)]
    for indicator in indicators:
        groups = found[f"{indicator}{MEMBERS}"]
        if not len(groups):
            continue
        members = np.asarray(groups[0], dtype=bool)[explained]
        places = _places(found.arrays.get(f"{indicator}_where"))
        for place, name in enumerate(names):
            auc = labels.auc(strength[place], members)
            iou = float("nan")
            if places is not None and members.any():
                own = class_features.masks(stored.arrays, place, seen[members], places.shape)
                iou = float(soft_masks.overlap(own, places).mean())
            yield {
                **{"feature": name, "indicator": indicator, "members": int(members.sum())},
                **{"images": len(seen), "auc": auc, "iou": iou},
                "agrees": auc >= labels.LEAST_AUC or iou >= labels.LEAST_IOU,
            }


def _places(where: Any) -> NDArray[np.bool_] | None:
    """Places of a grid where a group has more: at least half of the most."""
    if where is None or where.ndim != 1:
        return None
    side = round(len(where) ** 0.5)
    if side * side != len(where) or not where.max(initial=0) > 0:
        return None
    return np.asarray(where.reshape(side, side) >= where.max() / 2)
