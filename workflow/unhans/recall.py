"""Recall: the audits of all classes and metrics, in one table."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from unhans import store

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
    ``recall``, ``excess``, ``above`` (see `audit.agreement`; means over the queries), ``reference``,
    ``status`` (``ok``, or why there is no audit)

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
            f"against {part['reference'].iloc[0]}"
        )
    return "\n".join(lines or ["recall: no class could be audited"])


def _of(told: Mapping[str, Any]) -> dict[str, Any]:
    if told["status"] != "ok":
        return {"status": told["reason"]}
    means = {key: sum(told[key]) / len(told[key]) for key in ("recall", "excess", "above")}
    return {
        "n": told["n"],
        "queries": len(told["queries"]),
        "k": told["k"],
        **means,
        "reference": told["reference"],
        "status": "ok",
    }
