"""Accuracy: how often a network is right, over the images that were explained."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unhans.errors import SetAsideError
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.types import Array

COLUMNS = [
    *("corpus", "model", "class", "name", "split", "images", "set_aside", "no_relevance"),
    *("explained", "top1", "top5"),
]


def tabulate(
    images: Mapping[str, Result], attributions: Mapping[str, Result], corpus: str, model: str
) -> pd.DataFrame:
    """Count right answers by class and split.

    Parameters
    ----------
    images : mapping of str to Result
        Results of the corpus stage by class. They are asked for one after the other, so that a lazy
        mapping keeps one class in memory.
    attributions : mapping of str to Result
        Results of the attribution stage of the same classes. One that was set aside counts as a class
        of which no image was explained.
    corpus, model : str
        Names for the table.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: ``images`` found, those ``set_aside`` because they could not be read, those
        with ``no_relevance`` to compare, and of the others (``explained``) the fraction with the true
        class first (``top1``) and among the first five (``top5``). The first rows, without a class,
        count all classes, one row a split.

    """
    rows = []
    for class_id, result in images.items():
        rows += _of_class(class_id, result, attributions[class_id])
    table = pd.DataFrame(rows)
    sums = table.groupby("split", sort=False)[["images", "readable", "explained", "top1", "top5"]]
    totals = sums.sum().reset_index().assign(**{"class": "", "name": "all"})
    whole = pd.concat([totals, table], ignore_index=True)
    whole = whole[whole["images"] > 0]
    with np.errstate(invalid="ignore"):
        return whole.assign(
            corpus=corpus,
            model=model,
            set_aside=whole["images"] - whole["readable"],
            no_relevance=whole["readable"] - whole["explained"],
            top1=whole["top1"] / whole["explained"],
            top5=whole["top5"] / whole["explained"],
        )[COLUMNS].reset_index(drop=True)


def describe(table: pd.DataFrame) -> str:
    """Describe the accuracy of a network on each split.

    Parameters
    ----------
    table : DataFrame
        As `tabulate` returns it.

    Returns
    -------
    str
        A line.

    """
    if table.empty:
        return "accuracy: there is no image"
    parts = [
        f"{row['top1']:.1%} of {row['explained']} {row['split']} images right "
        f"({row['top5']:.1%} among five)"
        for row in table[table["class"] == ""].to_dict("records")
    ]
    return f"accuracy of {table['model'].iloc[0]} on {table['corpus'].iloc[0]}: " + ", ".join(parts)


def _of_class(class_id: str, images: Result, attribution: Result) -> list[dict[str, Any]]:
    dataset = ClassDataset(images, root=None)
    rank, split = _answers(attribution)
    found = dataset.split_of(range(len(dataset.rows)))
    readable = dataset.split_of(dataset.readable)
    return [
        {
            "class": class_id,
            "name": images.attributes["name"],
            "split": name,
            "images": int((found == place).sum()),
            "readable": int((readable == place).sum()),
            "explained": int((split == place).sum()),
            "top1": int((rank[split == place] == 1).sum()),
            "top5": int((rank[split == place] <= 5).sum()),
        }
        for place, name in enumerate(dataset.splits)
    ]


def _answers(attribution: Result) -> tuple[Array, Array]:
    """Ranks and splits of the images that were explained."""
    try:
        return attribution["rank"], attribution["split"]
    except SetAsideError:  # no image of the class could be explained
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
