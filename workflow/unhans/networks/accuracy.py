"""Accuracy: how often a network is right, over the images that were explained."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from unhans.errors import SetAsideError
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.types import Array

COLUMNS = [
    *("corpus", "model", "class", "name", "split", "images", "set_aside", "no_relevance"),
    *("explained", "top1", "top5"),
]


def tabulate(
    images: Iterable[str], attributions: Iterable[str], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Count right answers by class and split.

    Parameters
    ----------
    images : results of the corpus stage, one a class
    attributions : of the attribution stage, of the same classes
    settings : ``corpus`` and ``model``, names

    Returns
    -------
    columns `COLUMNS`: ``images`` found, those ``set_aside`` because they could not be read, those
    with ``no_relevance`` to compare, and of the others (``explained``) the share with the true class
    first (``top1``) and among the first five (``top5``). The first rows, without a class, are of
    all classes, one a split

    """
    rows = []
    for corpus, attribution in zip(images, attributions, strict=True):
        rows += _of_class(store.read(corpus), attribution)
    table = pd.DataFrame(rows)
    sums = table.groupby("split", sort=False)[["images", "readable", "explained", "top1", "top5"]]
    totals = sums.sum().reset_index().assign(**{"class": "", "name": "all"})
    whole = pd.concat([totals, table], ignore_index=True)
    whole = whole[whole["images"] > 0]
    with np.errstate(invalid="ignore"):
        return whole.assign(
            corpus=settings["corpus"],
            model=settings["model"],
            set_aside=whole["images"] - whole["readable"],
            no_relevance=whole["readable"] - whole["explained"],
            top1=whole["top1"] / whole["explained"],
            top5=whole["top5"] / whole["explained"],
        )[COLUMNS].reset_index(drop=True)


def in_words(table: pd.DataFrame) -> str:
    """Say how accurate a network is on each split."""
    if table.empty:
        return "accuracy: there is no image"
    parts = [
        f"{row['top1']:.1%} of {row['explained']} {row['split']} images right "
        f"({row['top5']:.1%} among five)"
        for row in table[table["class"] == ""].to_dict("records")
    ]
    return f"accuracy of {table['model'].iloc[0]} on {table['corpus'].iloc[0]}: " + ", ".join(parts)


def _of_class(corpus: store.Result, attribution: str) -> list[dict[str, Any]]:
    members = ClassDataset(corpus, root=None)
    rank, split = _answers(attribution)
    found = members.split_of(range(len(members.rows)))
    readable = members.split_of(members.readable)
    return [
        {
            "class": corpus.path.name.removesuffix(".zarr.zip"),
            "name": corpus.attributes["name"],
            "split": name,
            "images": int((found == place).sum()),
            "readable": int((readable == place).sum()),
            "explained": int((split == place).sum()),
            "top1": int((rank[split == place] == 1).sum()),
            "top5": int((rank[split == place] <= 5).sum()),
        }
        for place, name in enumerate(members.splits)
    ]


def _answers(attribution: str) -> tuple[Array, Array]:
    try:
        answers = store.read(attribution, ["rank", "split"])
    except SetAsideError:  # no image of the class could be explained
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return answers["rank"], answers["split"]
