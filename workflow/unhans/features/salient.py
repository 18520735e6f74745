"""Salient: features of all classes and networks in one table, with core and spurious accuracy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unhans import paths
from unhans.features import sensitivity
from unhans.features.answers import CORE, SPURIOUS
from unhans.io.store import Result

DEPTH = 2
"""Folders that name a network."""

COLUMNS = [
    *("corpus", "model", "class", "feature", "label", "core_accuracy", "spurious_accuracy"),
    *("clean_accuracy", "name", "source", "core_control", "spurious_control", "rfs", "reliance"),
    *("rank", "importance", "iou", "auc", "gap", "noise_accuracy", "control_accuracy", "before"),
    *("response", "control", "difference", "low", "high", "area", "images", "status"),
]


def tabulate(results: Mapping[str, Result], names: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """List the features of all classes, those that rely most on spurious ones first.

    Parameters
    ----------
    results : mapping of str to Result
        Of the stage ``sensitivity``, by path.
    names : mapping of str to mapping of str to str
        Name of each class by its id, by corpus.

    Returns
    -------
    DataFrame
        One row a feature, and one for a class that was set aside, with the reason in ``status``.
        Columns `COLUMNS`; ``rank`` is that of the class among those of its network with spurious
        features.
    """
    rows: list[dict[str, Any]] = []
    for path, result in results.items():
        (corpus, model), class_id = paths.parse(path, DEPTH)
        own = {"corpus": corpus, "model": model, "class": class_id}
        own["name"] = names[corpus].get(class_id, class_id)
        if result.attributes["status"] != "ok":
            rows.append({**own, "status": result.attributes["reason"]})
            continue
        found, scores = sensitivity.from_array(result["table"])
        measured = {
            "core_accuracy": scores.core,
            "spurious_accuracy": scores.spurious,
            "clean_accuracy": scores.clean,
            "core_control": scores.core_control,
            "spurious_control": scores.spurious_control,
            "rfs": scores.rfs,
            "reliance": scores.reliance,
        }
        rows += [{**own, **measured, **row, "status": "ok"} for row in found]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table["rank"] = _ranks(table)
    kept = table["rank"].fillna(np.inf)
    return (
        table.assign(order=kept)
        .sort_values(["corpus", "model", "order"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def describe(table: pd.DataFrame) -> str:
    """Say which classes rely most on spurious features.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line a network, and one for the first class that was set aside.
    """
    lines = []
    for (corpus, model), part in table.groupby(["corpus", "model"], sort=False):
        classes = part.drop_duplicates("class")
        counted = {
            kind: int(part["label"].isin(labels).sum())
            for kind, labels in (("spurious", SPURIOUS), ("core", (CORE,)))
        }
        first = classes[classes["rank"].notna()].sort_values("rank").head(3)
        ranked = ", ".join(
            f"{row['name']} ({100 * row['reliance']:+.0f} points)" for _, row in first.iterrows()
        )
        lines.append(
            f"salient: {corpus}, {model}: {len(classes)} classes, {counted['spurious']} features "
            f"spurious, {counted['core']} core of {int((part['status'] == 'ok').sum())}; "
            + (f"relied on most: {ranked}" if ranked else "no class has a spurious feature")
        )
        aside = classes[classes["status"] != "ok"]
        if len(aside):
            lines.append(
                f"salient: {len(aside)} of {len(classes)} classes are set aside; the first: "
                f"{aside['status'].iloc[0]}"
            )
    return "\n".join(lines)


def _ranks(table: pd.DataFrame) -> "pd.Series[float]":
    """Rank of each row's class by reliance, within its network; NaN without spurious features."""
    keys = ["corpus", "model", "class"]
    classes = table.drop_duplicates(keys).dropna(subset=["reliance"])
    ranks = classes.groupby(keys[:2])["reliance"].rank(ascending=False, method="min")
    known = dict(zip(classes[keys].itertuples(index=False, name=None), ranks, strict=True))
    own = table[keys].itertuples(index=False, name=None)
    return pd.Series([known.get(key, np.nan) for key in own], index=table.index, dtype=float)
