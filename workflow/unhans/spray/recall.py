"""Recall: the audits of all classes and metrics, in one table."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from unhans.io import store

TOLD = tuple(
    whose + what for whose in ("", "least_", "reference_") for what in ("recall", "excess", "above")
)
KEYS = ("corpus", "model", "composite", "representation", "metric")


def collect(paths: Iterable[str], names: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """One row an audited class and metric.

    Parameters
    ----------
    paths : results of the audit stage, ``<corpus>/.../<metric>/audit/<class>.zarr.zip``
    names : readable names of the classes, by corpus and id

    Returns
    -------
    ``corpus`` to ``metric``, ``class``, ``name``, ``n`` (images), ``queries`` (images checked), ``k``,
    ``recall``, ``excess``, ``above`` against the reference (see `audit.agreement`; means over the
    queries), ``least_recall``, ``least_excess``, ``least_above`` against the least known distances,
    ``reference_recall``, ``reference_excess``, ``reference_above``: of the reference against the
    least known; ``reference``, ``status`` (``ok``, or why there is no audit)

    """
    rows = []
    for path in paths:
        *_, corpus, model, composite, representation, metric, _, file = path.split("/")
        class_id = file.removesuffix(".zarr.zip")
        row = dict(zip(KEYS, (corpus, model, composite, representation, metric), strict=True))
        row |= {"class": class_id, "name": names[corpus][class_id]}
        rows.append({**row, **_of(store.read_attributes(path))})
    return pd.DataFrame(rows)


def summary(found: pd.DataFrame) -> str:
    """Say how each metric did, in a line each."""
    lines = []
    for metric, part in found[found["status"] == "ok"].groupby("metric", sort=False):
        lines.append(
            f"recall: {metric}: recall@{int(part['k'].iloc[0])} {part['recall'].mean():.3f} "
            f"(least of {len(part)} classes {part['recall'].min():.3f}) "
            f"against {part['reference'].iloc[0]}" + _beside_the_least(part)
        )
    return "\n".join(lines or ["recall: no class could be audited"])


def _beside_the_least(part: pd.DataFrame) -> str:
    """Say how metric and reference do against the least known, where the reference is not it."""
    own, reference = part["least_recall"].mean(), part["reference_recall"].mean()
    if (part["reference_excess"] == 0).all():
        return ""
    return f"; against the least known {own:.3f}, the reference itself {reference:.3f}"


def _of(told: Mapping[str, Any]) -> dict[str, Any]:
    if told["status"] != "ok":
        return {"status": told["reason"]}
    means = {key: sum(told[key]) / len(told[key]) for key in TOLD}
    return {
        "n": told["n"],
        "queries": len(told["queries"]),
        "k": told["k"],
        **means,
        "reference": told["reference"],
        "status": "ok",
    }
