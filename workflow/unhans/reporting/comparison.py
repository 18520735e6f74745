"""Comparison: the analyses of a grid side by side, and against the truth where it is known."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from unhans.errors import InputError
from unhans.io import store
from unhans.paths import Analysis, parse_analysis
from unhans.reporting.ranking import by_analysis, names_of
from unhans.types import Array

Found = Mapping[str, Sequence[float]]
"""F1 of the best cluster of each planted class: ``labels``, ``nested`` (see `clustering`)."""


def compare(table: pd.DataFrame, found: Mapping[Analysis, Found]) -> pd.DataFrame:
    """One row an analysis: how its ranking agrees with the first one's, and with the truth.

    Parameters
    ----------
    table : the ranking
    found : by analysis, the F1 of the best clusters; see `best_clusters`

    Returns
    -------
    the columns of an analysis, then ``classes`` (with a tau), ``spearman`` (correlation of tau with
    that of the first analysis), ``auc`` (of tau, planted classes against clean ones), ``f1`` (of the
    best cluster, of all clusterings that tau is made of, against the planted images; mean over the
    planted classes) and ``f1_nested`` (the same for the clusterings that figures are drawn from);
    empty where there is no truth or too little to say

    """
    first = None
    rows = []
    for analysis, part in by_analysis(table):
        first = part if first is None else first
        rows.append(
            {
                **analysis._asdict(),
                "classes": int(part["tau"].notna().sum()),
                "spearman": spearman(first, part),
                "auc": auc(part["tau"], part["planted"] != ""),
                "f1": _mean(found, analysis, "labels"),
                "f1_nested": _mean(found, analysis, "nested"),
            }
        )
    return pd.DataFrame(rows)


def best_clusters(
    clusterings: Iterable[str], attributions: Iterable[str]
) -> dict[Analysis, dict[str, list[float]]]:
    """By analysis, the F1 of the best cluster of each planted class against its planted images.

    Parameters
    ----------
    clusterings : results of the clustering stage, those of the planted classes
    attributions : for each of them the heatmaps it comes from, which carry the truth

    """
    found: dict[Analysis, dict[str, list[float]]] = {}
    for clustering, attribution in zip(clusterings, attributions, strict=True):
        analysis, _ = parse_analysis(clustering)
        scores = found.setdefault(analysis, {"labels": [], "nested": []})
        for name, score in _f1_of(clustering, attribution).items():
            scores[name].append(score)
    return found


def correlations(table: pd.DataFrame) -> tuple[list[Analysis], NDArray[np.float64]]:
    """Spearman correlations of tau between all pairs of analyses, over the classes they share."""
    analyses = by_analysis(table)
    matrix = [[spearman(one, other) for _, other in analyses] for _, one in analyses]
    return [analysis for analysis, _ in analyses], np.array(matrix)


def correlation_table(table: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the correlations between all pairs of analyses; see `correlations`.

    Parameters
    ----------
    table : DataFrame
        The ranking.

    Returns
    -------
    DataFrame
        A row an analysis: ``analysis`` (its name) and a column for each analysis, named as the rows.

    """
    analyses, matrix = correlations(table)
    names = names_of(analyses)
    frame = pd.DataFrame(matrix, index=pd.Index(names, name="analysis"), columns=names)
    return frame.reset_index()


def spearman(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Rank correlation of tau over shared classes; NaN for fewer than three of them."""
    keys = ["corpus", "class"]
    shared = one[[*keys, "tau"]].merge(other[[*keys, "tau"]], on=keys).dropna()
    taus = shared[["tau_x", "tau_y"]].to_numpy()
    if len(taus) < 3 or (taus == taus[0]).all(axis=0).any():
        return float("nan")
    return float(stats.spearmanr(taus[:, 0], taus[:, 1]).statistic)


def auc(scores: Iterable[float], positive: Iterable[bool]) -> float:
    """Area under the ROC curve: chance that a positive scores above a negative, ties half.

    NaN where either kind is absent; classes without a score are left out.
    """
    values = np.asarray(list(scores), dtype=float)
    truth = np.asarray(list(positive), dtype=bool)
    known = ~np.isnan(values)
    ranks = stats.rankdata(values[known])
    truth = truth[known]
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    wins = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def best_f1(labels_per_k: Array, truth: Array) -> float:
    """F1 of the one cluster, of all clusterings, that agrees best with the true images.

    Parameters
    ----------
    labels_per_k : (len(ks), n) integers
    truth : (n,) bool

    """
    truth = np.asarray(truth, dtype=bool)
    best = 0.0
    for labels in np.asarray(labels_per_k):
        sizes = np.bincount(labels)
        hits = np.bincount(labels, weights=truth, minlength=len(sizes))
        # F1 = 2 hits / (cluster + truth), the harmonic mean of precision and recall.
        scores = 2 * hits / np.maximum(sizes + truth.sum(), 1)
        best = max(best, float(scores.max()))
    return best


def _f1_of(clustering: str, attribution: str) -> dict[str, float]:
    names = ("labels", "nested")
    try:
        labels = store.read(clustering, names)
        truth = store.read(attribution, ["artefact"])["artefact"] > 0
    except InputError:  # set aside: nothing was found in it
        return dict.fromkeys(names, 0.0)
    return {name: best_f1(labels[name], truth) for name in names}


def _mean(found: Mapping[Analysis, Found], analysis: Analysis, name: str) -> float:
    return float(np.mean(found[analysis][name])) if analysis in found else float("nan")
