"""Detection: how well scores of classes find planted artefacts, over a grid of corpora.

The truth is "planted and used": a class counts as poisoned where its artefact, inserted into held-out
images of other classes, raises the class's probability by at least two points. Classes that were
planted in vain are neither right nor wrong, and left out; how many they are is told.
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
from unhans.io import store, tsv
from unhans.paths import Analysis, parse_analysis, parse_beside
from unhans.reporting.comparison import auc
from unhans.types import Array

SCORES = ("tau", "score", "eigengap", "conductance", "silhouette", "persistence")
"""Columns of `classes` that rank the classes of a cell, each the higher the more suspicious; ``score`` is
that of the findings."""

USED = 0.02
"""Mean change of probability from which an artefact counts as used."""

OUTLIER = 3.5
"""A class is flagged from so many robust standard deviations above its cell's median on (Iglewicz
and Hoaglin 1993)."""


def classes(
    separabilities: Iterable[str],
    conditions: Mapping[str, Sequence[Any]],
    sources: Mapping[str, Sequence[str]],
    responses: Iterable[str],
    findings: Iterable[str],
) -> pd.DataFrame:
    """One row a class and analysis of each cell.

    Parameters
    ----------
    separabilities : results of that stage
    conditions : fields of each `Condition`, by the name of its corpus
    sources : by stage (``affinity``, ``embedding``, ``clustering``, ``attribution``, ``contrast``), the
        results of the same class
    responses : ``<corpus>/<model>/planted_response.tsv``; none for clean cells
    findings : ``<corpus>/<model>/<composite>/findings.tsv``

    Returns
    -------
    what the cell is, the analysis, ``class``, ``planted``, ``response`` (mean change of probability;
    0 for clean classes), the `SCORES`, ``flagged`` (by the findings), and ``size``, ``f1`` and
    ``average_precision`` against the planted images of the cluster of least conductance, and of the
    group of the contrast as ``size_score`` and so on

    """
    used = {parse_beside(path, 2): _responses(path) for path in responses}
    judged = {parse_beside(path, 3): _judged(path) for path in findings}
    rows = []
    for at, path in enumerate(separabilities):
        analysis, class_id = parse_analysis(path)
        cell = Condition(*conditions[analysis.corpus])
        planted = used.get((analysis.corpus, analysis.model), {})
        row = {**cell._asdict(), **analysis._asdict(), "class": class_id}
        row |= {"planted": class_id in planted, "response": planted.get(class_id, 0.0)}
        row |= judged[analysis[:3]][class_id]
        if store.read_attributes(path)["status"] == "ok":
            own = {stage: paths[at] for stage, paths in sources.items()}
            row |= _scores(path, own, row["indicator"])
        rows.append(row)
    if not rows:
        raise ConfigError(
            "detection: the grid is empty; expected detection.kinds, or detection.clean_seeds"
        )
    return pd.DataFrame(rows)


def _responses(path: str) -> dict[str, float]:
    table = tsv.read_tsv(path)
    return dict(zip(table["class"].astype(str), table["probability_change"], strict=True))


def _judged(path: str) -> dict[str, dict[str, Any]]:
    rows = tsv.read_tsv(path).to_dict("records")
    return {
        str(row["class"]): {key: row[key] for key in ("score", "flagged", "indicator")}
        for row in rows
    }


def _scores(path: str, own: Mapping[str, str], indicator: str) -> dict[str, Any]:
    spectrum = store.read(own["embedding"], ["eigenvalue", "embedding"])
    found = store.read(own["clustering"], ["k", "nested"])
    graph = store.read(own["affinity"], ["affinity"])["affinity"]
    marked = store.read(own["attribution"], ["artefact"])["artefact"] > 0
    group = baseline_scores.group(graph, found["nested"])
    apart = store.read(own["group_search"], [f"{indicator}_members", f"{indicator}_score"])
    members, grade = (apart[f"{indicator}_{name}"][0] for name in ("members", "score"))
    return {
        "tau": float(store.read(path, ["tau"])["tau"][0]),
        "eigengap": baseline_scores.eigengap(spectrum["eigenvalue"]),
        "conductance": 1 - group.conductance,
        "silhouette": baseline_scores.silhouette(
            spectrum["embedding"], found["nested"], found["k"].tolist()
        ),
        "persistence": baseline_scores.persistence(spectrum["embedding"]),
        **_agreement(group.members, group.grade, marked),
        **{f"{key}_score": value for key, value in _agreement(members, grade, marked).items()},
    }


def _agreement(
    members: NDArray[np.bool_], grade: Array, marked: NDArray[np.bool_]
) -> dict[str, float]:
    return {
        "size": int(members.sum()),
        "f1": f1(members, marked) if marked.any() else float("nan"),
        "average_precision": average_precision(grade, marked),
    }


def f1(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of a set of images; 0 where nothing is right."""
    total = int(found.sum()) + int(truth.sum())
    return 2 * int((found & truth).sum()) / total if total else 0.0


def average_precision(scores: Array, truth: Array) -> float:
    """Mean precision at each true item when items are taken by falling score, ties at once.

    NaN where nothing is true.
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
    """How well each score ranks poisoned classes above clean ones, by kind, rate and analysis.

    Parameters
    ----------
    table : from `classes`
    scores : columns of it, each the higher the more suspicious

    Returns
    -------
    ``kind``, ``rate``, ``score``, ``seeds`` (cells with a used artefact), ``auc`` (mean over them),
    ``auc_low``, ``auc_high`` (95 % bootstrap interval over them), ``average_precision``,
    ``precision`` (at the number of poisoned classes), ``f1`` (of the flagged cluster, mean over the
    poisoned classes), ``unused`` (planted classes left out), ``poisoned``, ``difficulty`` and the
    analysis without its corpus

    """
    rows = []
    keys = ["kind", "rate", "poisoned", "difficulty", *Analysis._fields[2:]]
    for key, part in table[table["kind"] != CLEAN].groupby(keys, sort=False):
        told = dict(zip(keys, key, strict=True))
        rows += [{**told, "score": score, **_summary(part, score)} for score in scores]
    first = ["kind", "rate", "score", "seeds", "auc", "auc_low", "auc_high"]
    ordered = [*first, "average_precision", "f1", "precision", "unused"]
    rest = [key for key in keys if key not in ordered]
    return pd.DataFrame(rows, columns=[*ordered, *rest])


def _summary(part: pd.DataFrame, score: str) -> dict[str, Any]:
    unused = part["planted"] & (part["response"] < USED)
    aucs, precisions, averages, found = [], [], [], []
    own = "f1_score" if score == "score" else "f1"
    for _, cell in part[~unused].groupby("corpus", sort=False):
        if not cell["planted"].any() or cell["planted"].all():
            continue
        values, truth = cell[score].fillna(-np.inf).to_numpy(), cell["planted"].to_numpy(bool)
        aucs.append(auc(values, truth))
        averages.append(average_precision(values, truth))
        order = np.argsort(-values, kind="stable")[: truth.sum()]
        precisions.append(float(truth[order].mean()))
        found.append(float(cell.loc[truth, own].fillna(0).mean()))
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


def clean(table: pd.DataFrame) -> pd.DataFrame:
    """Share of classes of clean corpora that each score flags, by difficulty and analysis.

    The findings flag by their level, the other scores by `flags`.

    Returns
    -------
    ``score``, ``seeds``, ``flagged``, ``difficulty`` and the analysis without its corpus

    """
    rows = []
    keys = ["difficulty", *Analysis._fields[2:]]
    for key, part in table[table["kind"] == CLEAN].groupby(keys, sort=False):
        told = dict(zip(keys, key, strict=True))
        for score in SCORES:
            cells = [cell for _, cell in part.groupby("corpus", sort=False)]
            shares = [
                cell["flagged"].mean() if score == "score" else flags(cell[score]).mean()
                for cell in cells
            ]
            flagged = _mean(shares)
            rows.append({"score": score, "seeds": len(shares), "flagged": flagged, **told})
    return pd.DataFrame(rows, columns=["score", "seeds", "flagged", *keys])


def in_words(found: pd.DataFrame) -> str:
    """Say in a line a score how it did over all cells."""
    lines = []
    for score, part in found.groupby("score", sort=False):
        cells = int(part["seeds"].sum())
        lines.append(f"detection: {score}: mean AUC {part['auc'].mean():.2f} over {cells} cells")
    return "\n".join(lines or ["detection: no planted corpora in the grid"])


def flags(scores: Iterable[float]) -> NDArray[np.bool_]:
    """Classes that stand out in their cell: far above the median, in robust standard deviations."""
    values = np.asarray(list(scores), dtype=float)
    median = np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(values - median))
    return np.asarray(values - median > OUTLIER * spread)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
