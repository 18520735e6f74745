"""Comparison: the analyses of a grid side by side, and against the truth where it is known."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from unhans.errors import InputError
from unhans.io.store import Result
from unhans.paths import Analysis, Location, parse, parse_analysis
from unhans.reporting.ranking import by_analysis, names_of
from unhans.types import Array

CLUSTERINGS = ("labels", "nested")
"""Arrays of the stage clustering: those that tau is made of, and those that figures show."""

EXPLANATION = 3
"""Depth of the results of the stage attribution."""

BestClusters = Mapping[str, Sequence[float]]
"""F1 of the best cluster of each planted class, by kind of clustering: ``labels`` and ``nested``
(see `clustering`)."""


def compare(table: pd.DataFrame, found: Mapping[Analysis, BestClusters]) -> pd.DataFrame:
    """Compare the ranking of each analysis with that of the first, and with the truth.

    Parameters
    ----------
    table : DataFrame
        The ranking.
    found : mapping of Analysis to BestClusters
        From `best_clusters`.

    Returns
    -------
    DataFrame
        A row for each analysis. After the columns of an analysis: ``classes``, the number of
        classes with a tau; ``spearman``, the correlation of tau with that of the first analysis;
        ``auc`` of tau, planted classes against clean ones; ``f1`` of the best cluster, of all
        clusterings that tau is made of, against the planted images, mean over the planted classes;
        ``f1_nested``, the same for the clusterings that figures are drawn from. NaN where the truth
        is unknown or there are too few classes.

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
    clusterings: Mapping[str, Result], attributions: Mapping[str, Result]
) -> dict[Analysis, dict[str, list[float]]]:
    """Measure how well the best cluster of each planted class agrees with its planted images.

    Parameters
    ----------
    clusterings : mapping of str to Result
        Results of the stage clustering by path, those of the planted classes; see `store.by_path`.
        They are read one after the other.
    attributions : mapping of str to Result
        Heatmaps that they come from, by path; these hold the truth.

    Returns
    -------
    dict of Analysis to dict of str to list of float
        F1 of each class, for ``labels`` and ``nested``; 0 for a class that was set aside.

    """
    explained = {parse(path, EXPLANATION): path for path in attributions}
    found: dict[Analysis, dict[str, list[float]]] = {}
    for path in clusterings:
        analysis, class_id = parse_analysis(path)
        scores = found.setdefault(analysis, {name: [] for name in CLUSTERINGS})
        attribution = explained[Location(analysis.explanation, class_id)]
        for name, score in _f1_of(clusterings[path], attributions[attribution]).items():
            scores[name].append(score)
    return found


def correlations(table: pd.DataFrame) -> tuple[list[Analysis], NDArray[np.float64]]:
    """Correlate tau between all pairs of analyses (Spearman), over the classes that they share.

    Parameters
    ----------
    table : DataFrame
        The ranking.

    Returns
    -------
    analyses : list of Analysis
        In the order of the ranking.
    matrix : ndarray of float, shape (m, m)
        Their correlations; NaN where two analyses share fewer than three classes.

    """
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
    """Compute the rank correlation of tau over shared classes.

    Parameters
    ----------
    one, other : DataFrame
        Rankings of one analysis each.

    Returns
    -------
    float
        NaN for fewer than three shared classes, or where either tau is constant.

    """
    keys = ["corpus", "class"]
    shared = one[[*keys, "tau"]].merge(other[[*keys, "tau"]], on=keys).dropna()
    taus = shared[["tau_x", "tau_y"]].to_numpy()
    if len(taus) < 3 or (taus == taus[0]).all(axis=0).any():
        return float("nan")
    return float(stats.spearmanr(taus[:, 0], taus[:, 1]).statistic)


def auc(scores: Iterable[float], positive: Iterable[bool]) -> float:
    """Compute the area under the ROC curve: the chance that a positive scores above a negative.

    Parameters
    ----------
    scores : iterable of float
        Of the classes; those with NaN are left out. A tie counts half.
    positive : iterable of bool
        Whether each class is a positive.

    Returns
    -------
    float
        NaN where there is no positive or no negative.

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
    """Compute F1 of the one cluster, of all clusterings, that agrees best with the true images.

    Parameters
    ----------
    labels_per_k : ndarray of int, shape (len(ks), n)
        Clusterings of the same n images.
    truth : ndarray of bool, shape (n,)
        Images that the cluster should hold.

    Returns
    -------
    float
        From 0 to 1.

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


def _f1_of(clustering: Result, attribution: Result) -> dict[str, float]:
    try:
        truth = attribution["artefact"] > 0
        return {name: best_f1(clustering[name], truth) for name in CLUSTERINGS}
    except InputError:  # set aside: nothing was found in it
        return dict.fromkeys(CLUSTERINGS, 0.0)


def _mean(found: Mapping[Analysis, BestClusters], analysis: Analysis, name: str) -> float:
    return float(np.mean(found[analysis][name])) if analysis in found else float("nan")
