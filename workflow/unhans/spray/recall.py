"""Recall: the audits of all classes and metrics, in one table."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from unhans.paths import parse

MEASURES = tuple(
    whose + measure
    for whose in ("", "least_", "reference_")
    for measure in ("recall", "excess", "above")
)
KEYS = ("corpus", "model", "composite", "representation", "metric")


def collect(
    audits: Mapping[str, Mapping[str, Any]], names: Mapping[str, Mapping[str, str]]
) -> pd.DataFrame:
    """Make one row for each audited class and metric.

    Parameters
    ----------
    audits : mapping of str to mapping
        Attributes of each result of the audit stage, by its path
        ``<corpus>/.../<metric>/audit/<class>.zarr.zip``.
    names : mapping of str to mapping
        Readable names of the classes, by corpus and id.

    Returns
    -------
    DataFrame
        The columns are:

        ``corpus`` to ``metric``, ``class``, ``name``
            What was audited.
        ``n``, ``queries``, ``k``
            Images of the class, images that were compared with all others, and neighbours.
        ``recall``, ``excess``, ``above``
            Against the reference, means over the queries; see `audit.agreement`.
        ``least_recall``, ``least_excess``, ``least_above``
            Against the least known distances.
        ``reference_recall``, ``reference_excess``, ``reference_above``
            Those of the reference against the least known distances.
        ``reference``, ``status``
            The reference metric, and ``ok`` or why there is no audit.
    """
    rows = []
    for path, attributes in audits.items():
        fields, class_id = parse(path, len(KEYS))
        row: dict[str, Any] = dict(zip(KEYS, fields, strict=True))
        row |= {"class": class_id, "name": names[fields[0]][class_id]}
        rows.append({**row, **_means(attributes)})
    return pd.DataFrame(rows)


def summary(found: pd.DataFrame) -> str:
    """Describe each metric's recall.

    Parameters
    ----------
    found : DataFrame
        Table of `collect`.

    Returns
    -------
    str
        One line a metric.
    """
    lines = []
    for metric, rows in found[found["status"] == "ok"].groupby("metric", sort=False):
        lines.append(
            f"recall: {metric}: recall@{int(rows['k'].iloc[0])} {rows['recall'].mean():.3f} "
            f"(least of {len(rows)} classes {rows['recall'].min():.3f}) "
            f"against {rows['reference'].iloc[0]}" + _against_the_least(rows)
        )
    return "\n".join(lines or ["recall: no class could be audited"])


def _against_the_least(rows: pd.DataFrame) -> str:
    """Recall of metric and reference against the least known, where the reference is not it."""
    own, reference = rows["least_recall"].mean(), rows["reference_recall"].mean()
    if (rows["reference_excess"] == 0).all():
        return ""
    return f"; against the least known {own:.3f}, the reference itself {reference:.3f}"


def _means(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of one audited class."""
    if attributes["status"] != "ok":
        return {"status": attributes["reason"]}
    means = {key: sum(attributes[key]) / len(attributes[key]) for key in MEASURES}
    return {
        "n": attributes["n"],
        "queries": len(attributes["queries"]),
        "k": attributes["k"],
        **means,
        "reference": attributes["reference"],
        "status": "ok",
    }
