"""Detection benchmark: how well scores of classes find planted artefacts, over a grid of corpora.

The truth is "planted and used": a class counts as poisoned where its artefact, inserted into held-out
images of other classes, raises the class's probability by at least two points. Planted classes whose
artefact is not used are neither right nor wrong. They are left out, and their number is reported.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.benchmark import baseline_scores
from unhans.bootstrap import interval
from unhans.config.benchmark_grid import CLEAN, Condition
from unhans.errors import ConfigError
from unhans.io.store import Result
from unhans.paths import Analysis, parse_analysis
from unhans.reporting.comparison import auc
from unhans.types import Array

STAGES = ("separability", "affinity", "embedding", "clustering", "attribution", "group_search")
"""Stages whose results `classes` compares with the truth."""

SCORES = ("tau", "score", "eigengap", "conductance", "silhouette", "persistence")
"""Columns of `classes` that rank the classes of a condition, each the higher the more suspicious.
``score`` is that of the findings."""

USED = 0.02
"""Mean change of probability from which an artefact counts as used."""

OUTLIER = 3.5
"""Robust standard deviations above the median of its condition from which a class is flagged (Iglewicz
and Hoaglin 1993)."""


def classes(
    results: Mapping[str, Iterable[Result]],
    conditions: Mapping[str, Condition],
    responses: Mapping[tuple[str, ...], pd.DataFrame],
    findings: Mapping[tuple[str, ...], pd.DataFrame],
) -> pd.DataFrame:
    """Score every class of every condition by every analysis.

    Parameters
    ----------
    results : mapping of str to iterable of Result
        Results of each of the `STAGES`, all in the same order: one for each analysis and class. They are
        read one class at a time.
    conditions : mapping of str to Condition
        Condition of each corpus.
    responses : mapping of (corpus, model) to DataFrame
        Tables of the stage ``planted_response``; none for conditions without artefacts.
    findings : mapping of (corpus, model, composite) to DataFrame
        Tables of the stage ``findings``.

    Returns
    -------
    DataFrame
        One row for each class and analysis: the fields of the condition and of the analysis, ``class``,
        ``planted``, ``response`` (mean change of probability; 0 for clean classes), the `SCORES`,
        ``flagged`` and ``indicator`` (of the findings), and, of the cluster of least conductance, its
        ``size``, and ``f1`` and ``average_precision`` against the marked images. The same of the group of
        the findings as ``size_score``, ``f1_score`` and ``average_precision_score``. Of each
        indicator its value, by its name, and its group's ``f1_<indicator>``.

    Raises
    ------
    ConfigError
        There are no results.

    """
    used = {key: _by_class(table, "probability_change") for key, table in responses.items()}
    evaluated = {key: _findings(table) for key, table in findings.items()}
    rows = []
    for found in zip(*(results[stage] for stage in STAGES), strict=True):
        of_stage = dict(zip(STAGES, found, strict=True))
        separability = of_stage["separability"]
        analysis, class_id = parse_analysis(str(separability.path))
        planted = used.get((analysis.corpus, analysis.model), {})
        row: dict[str, Any] = {**conditions[analysis.corpus]._asdict(), **analysis._asdict()}
        row |= {"class": class_id, "planted": class_id in planted}
        finding = evaluated[analysis[:3]][class_id]
        row |= {"response": planted.get(class_id, 0.0)}
        row |= {key: finding[key] for key in ("score", "flagged", "indicator")}
        if separability.attributes["status"] == "ok":
            row |= _scores(of_stage, row["indicator"])
            row |= _indicators(of_stage, finding)
        rows.append(row)
    if not rows:
        raise ConfigError(
            "detection: the grid is empty; expected detection.kinds, or detection.clean_seeds"
        )
    return pd.DataFrame(rows)


def f1(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of a set of images.

    Parameters
    ----------
    found : ndarray of bool, shape (n,)
        The set.
    truth : ndarray of bool, shape (n,)
        Images that belong in it.

    Returns
    -------
    float
        From 0 to 1; 0 where both sets are empty.

    """
    total = int(found.sum()) + int(truth.sum())
    return 2 * int((found & truth).sum()) / total if total else 0.0


def average_precision(scores: Array, truth: Array) -> float:
    """Mean precision at each true item, of items sorted by falling score.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Items of equal score are taken at once.
    truth : ndarray of bool, shape (n,)
        Items that are true.

    Returns
    -------
    float
        From 0 to 1; NaN where no item is true.

    """
    values, right = np.asarray(scores, dtype=float), np.asarray(truth, dtype=bool)
    if not right.any():
        return float("nan")
    total = 0.0
    for value in np.unique(values[right]):
        taken = values >= value
        total += right[taken].mean() * np.sum(right & (values == value))
    return total / int(right.sum())


def summary(table: pd.DataFrame, scores: Sequence[str] = SCORES) -> pd.DataFrame:
    """Measure how well each score ranks poisoned classes above clean ones.

    Parameters
    ----------
    table : DataFrame
        From `classes`.
    scores : sequence of str
        Columns of the table, each the higher the more suspicious.

    Returns
    -------
    DataFrame
        One row for each kind, rate, number of poisoned classes, difficulty, analysis and score: ``kind``,
        ``rate``, ``score``, ``seeds`` (conditions with a used artefact), ``auc`` (mean over them),
        ``auc_low``, ``auc_high`` (95 % bootstrap interval over them), ``average_precision``, ``f1`` (of
        the flagged cluster, mean over the poisoned classes), ``precision`` (at the number of poisoned
        classes), ``unused`` (planted classes left out), ``poisoned``, ``difficulty`` and the analysis
        without its corpus.

    """
    rows = []
    keys = ["kind", "rate", "poisoned", "difficulty", *Analysis._fields[2:]]
    for key, part in table[table["kind"] != CLEAN].groupby(keys, sort=False):
        group = dict(zip(keys, key, strict=True))
        rows += [{**group, "score": score, **_summary(part, score)} for score in scores]
    first = ["kind", "rate", "score", "seeds", "auc", "auc_low", "auc_high"]
    ordered = [*first, "average_precision", "f1", "precision", "unused"]
    rest = [key for key in keys if key not in ordered]
    return pd.DataFrame(rows, columns=[*ordered, *rest])


def clean(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the classes of conditions without artefacts that each score flags.

    The findings flag by their level, the other scores by `flags`.

    Parameters
    ----------
    table : DataFrame
        From `classes`.

    Returns
    -------
    DataFrame
        One row for each difficulty, analysis and score: ``score``, ``seeds``, ``flagged``,
        ``difficulty`` and the analysis without its corpus.

    """
    rows = []
    keys = ["difficulty", *Analysis._fields[2:]]
    for key, part in table[table["kind"] == CLEAN].groupby(keys, sort=False):
        group = dict(zip(keys, key, strict=True))
        for score in SCORES:
            shares = [
                (own["flagged"] if score == "score" else flags(own[score])).mean()
                for _, own in part.groupby("corpus", sort=False)
            ]
            rows.append({"score": score, "seeds": len(shares), "flagged": _mean(shares), **group})
    return pd.DataFrame(rows, columns=["score", "seeds", "flagged", *keys])


def flags(scores: Iterable[float]) -> NDArray[np.bool_]:
    """Flag the classes that lie far above the median of their condition.

    Parameters
    ----------
    scores : iterable of float
        One score for each class of a condition.

    Returns
    -------
    ndarray of bool, shape (n,)
        The score is more than `OUTLIER` robust standard deviations above the median.

    References
    ----------
    Iglewicz and Hoaglin 1993, "How to detect and handle outliers".

    """
    values = np.asarray(list(scores), dtype=float)
    median = np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(values - median))
    return np.asarray(values - median > OUTLIER * spread)


def describe(found: pd.DataFrame) -> str:
    """Describe how well each score did over all conditions.

    Parameters
    ----------
    found : DataFrame
        From `summary`.

    Returns
    -------
    str
        One line for each score.

    """
    lines = []
    for score, part in found.groupby("score", sort=False):
        count = int(part["seeds"].sum())
        mean = part["auc"].mean()
        lines.append(f"detection: {score}: mean AUC {mean:.2f} over {count} conditions")
    return "\n".join(lines or ["detection: no planted corpora in the grid"])


def _by_class(table: pd.DataFrame, column: str) -> dict[str, float]:
    return dict(zip(table["class"].astype(str), table[column], strict=True))


def _findings(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["class"]): dict(row) for _, row in table.iterrows()}


def _scores(results: Mapping[str, Result], indicator: str) -> dict[str, Any]:
    embedding = results["embedding"]["embedding"]
    nested, ks = results["clustering"]["nested"], results["clustering"]["k"].tolist()
    marked = results["attribution"]["artefact"] > 0
    group = baseline_scores.group(results["affinity"]["affinity"], nested)
    found = results["group_search"]
    members, score = (found[f"{indicator}_{name}"][0] for name in ("members", "score"))
    return {
        "tau": float(results["separability"]["tau"][0]),
        "eigengap": baseline_scores.eigengap(results["embedding"]["eigenvalue"]),
        "conductance": 1 - group.conductance,
        "silhouette": baseline_scores.silhouette(embedding, nested, ks),
        "persistence": baseline_scores.persistence(embedding),
        **_agreement(group.members, group.score, marked),
        **{f"{key}_score": value for key, value in _agreement(members, score, marked).items()},
    }


def _indicators(results: Mapping[str, Result], finding: Mapping[str, Any]) -> dict[str, float]:
    """Value of each indicator of a class, and the F1 of the first group that it finds."""
    found, marked = results["group_search"], results["attribution"]["artefact"] > 0
    values: dict[str, float] = {}
    for key in found.arrays:
        name = key.removesuffix("_members")
        if name != key and name in finding and len(found[key]):
            values[name] = float(finding[name])
            values[f"f1_{name}"] = f1(found[key][0], marked) if marked.any() else float("nan")
    return values


def _agreement(
    members: NDArray[np.bool_], score: Array, marked: NDArray[np.bool_]
) -> dict[str, float]:
    return {
        "size": int(members.sum()),
        "f1": f1(members, marked) if marked.any() else float("nan"),
        "average_precision": average_precision(score, marked),
    }


def _summary(part: pd.DataFrame, score: str) -> dict[str, Any]:
    unused = part["planted"] & (part["response"] < USED)
    aucs, precisions, averages, found = [], [], [], []
    column = f"f1_{score}" if f"f1_{score}" in part else "f1"
    for _, own in part[~unused].groupby("corpus", sort=False):
        if not own["planted"].any() or own["planted"].all():
            continue
        values, truth = own[score].fillna(-np.inf).to_numpy(), own["planted"].to_numpy(bool)
        aucs.append(auc(values, truth))
        averages.append(average_precision(values, truth))
        order = np.argsort(-values, kind="stable")[: truth.sum()]
        precisions.append(float(truth[order].mean()))
        found.append(float(own.loc[truth, column].fillna(0).mean()))
    low, high = interval(aucs)
    return {
        "seeds": len(aucs),
        "auc": _mean(aucs),
        "auc_low": low,
        "auc_high": high,
        "average_precision": _mean(averages),
        "precision": _mean(precisions),
        "f1": _mean(found),
        "unused": int(unused.sum()),
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
