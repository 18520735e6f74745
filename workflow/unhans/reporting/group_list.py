"""Group list: every image of every group and cluster that stands out, for annotators.

Listed are, of each corpus, network and composite:

- the groups of each indicator that flags a class (`standing.groups`), and the other images of the class
  where the experiments say that these have the artefact;
- the clusters that figures mark: those that stand out (`standing.clusters`), of the classes of highest
  tau.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.detection.indicators import INDICATORS
from unhans.images.dataset import ClassDataset
from unhans.io.store import Result
from unhans.paths import Analysis, parse_beside
from unhans.reporting import hot_region, standing
from unhans.reporting.class_figures import top_classes
from unhans.reporting.explained import ExplainedClass
from unhans.reporting.export.explanations import DEPTH, Explanation, divided

COLUMNS = [
    *("corpus", "model", "class", "source", "group", "image", "path", "split", "score"),
    *("composite", "name", "indicator", "analysis", "k", "cluster"),
    *("relevance", "row", "prediction", "rank"),
]
"""Columns of the table. Those from ``indicator`` to ``cluster`` are what the table of accepted artefacts
takes, empty where it cannot name the group."""


class ListedGroup(NamedTuple):
    """A group of images of one class.

    Parameters
    ----------
    source : str
        Indicator, or analysis of a cluster.
    group : str
        Name of the group among those of its source: ``1``, the clearest, and so on, `standing.OTHERS`, or
        ``k=8 cluster=2``.
    members : ndarray of int, shape (m,)
        Indices of the images, ascending.
    score : ndarray of float, shape (m,), or None
        How clearly each belongs to it; None for the share of its relevance in the hot region.
    row : dict
        Columns of the table of accepted artefacts.

    """

    source: str
    group: str
    members: NDArray[np.int64]
    score: NDArray[np.float64] | None
    row: dict[str, Any]


class Tables(NamedTuple):
    """Tables that say which classes are looked at.

    Parameters
    ----------
    ranking : DataFrame
        Of all analyses.
    indicators, responses : mapping of str to DataFrame
        By path, ``findings_indicators.tsv`` and ``candidate_response.tsv`` of each corpus, network and
        composite.

    """

    ranking: pd.DataFrame
    indicators: Mapping[str, pd.DataFrame]
    responses: Mapping[str, pd.DataFrame]


def collect(
    explained: Iterable[Explanation],
    tables: Tables,
    graphs: Mapping[str, Mapping[str, Result]],
    *,
    top: int,
    clusters: int,
) -> pd.DataFrame:
    """List the images of all groups and clusters that stand out.

    Parameters
    ----------
    explained : iterable of Explanation
        With results of the stages corpus, attribution and group_search.
    tables : Tables
        Of the run.
    graphs : mapping of str to mapping of str to Result
        Results of the stages affinity and clustering, by stage and path, of the analyses that figures
        are drawn of.
    top : int
        Classes of each analysis whose clusters are listed, from rank 1 on.
    clusters : int
        Clusters of a class that are listed at most.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row an image and group: the groups of `standing.listed` in the order of
        the findings, then the clusters in the order of the ranking; the highest score first within a
        group.

    """
    of_clusters = _analyses(graphs)
    rows: list[dict[str, Any]] = []
    for own in explained:
        responses = _of(tables.responses, own)
        flagged = standing.listed(_of(tables.indicators, own), responses)
        two_sided = standing.on_others(responses)
        for class_id, table in flagged.groupby(flagged["class"].astype(str), sort=False):
            found = own[str(class_id)]
            for indicator in table["indicator"]:
                both = (str(class_id), indicator) in two_sided
                listed = _groups(found["group_search"], indicator, both)
                rows += _rows(own, str(class_id), str(table["name"].iloc[0]), found, listed)
        for analysis, (affinity, clustering) in of_clusters.items():
            if analysis.explanation == own.fields:
                for ranked in top_classes(tables.ranking, analysis, top):
                    pair = affinity[ranked.class_id], clustering[ranked.class_id]
                    listed = _clusters(*pair, analysis, clusters)
                    found = own[ranked.class_id]
                    rows += _rows(own, ranked.class_id, ranked.name, found, listed)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"k": "Int64", "cluster": "Int64"})


def describe(listed: pd.DataFrame, tables: Tables, *, top: int, clusters: int) -> str:
    """Say how many groups are listed, or what was looked for.

    Parameters
    ----------
    listed : DataFrame
        From `collect`.
    tables : Tables
        Of the run.
    top, clusters : int
        See `collect`.

    Returns
    -------
    str
        One line.

    """
    if len(listed):
        named = listed[["corpus", "model", "composite", "class", "source", "group"]]
        by_indicator = named[named["source"].isin(list(INDICATORS))].drop_duplicates()
        count = len(named.drop_duplicates())
        return (
            f"groups: {len(by_indicator)} groups by indicators and {count - len(by_indicator)} "
            f"clusters, {len(listed)} rows"
        )
    classes = sum(table["class"].nunique() for table in tables.indicators.values())
    return (
        f"groups: none. No indicator flags any of {classes} classes, and of the {top} classes of "
        f"highest tau of each analysis that is drawn none has a cluster that stands out (at most "
        f"{clusters} were looked for, of ten images to half of the class)"
    )


def _of(tables: Mapping[str, pd.DataFrame], own: Explanation) -> pd.DataFrame:
    return next(table for path, table in tables.items() if parse_beside(path, DEPTH) == own.fields)


def _analyses(
    graphs: Mapping[str, Mapping[str, Result]],
) -> dict[Analysis, tuple[Mapping[str, Result], Mapping[str, Result]]]:
    """Graphs and clusterings by analysis, and then by class."""
    depth = len(Analysis._fields)
    affinity, clustering = divided(graphs["affinity"], depth - 1), graphs["clustering"]
    found: dict[Analysis, tuple[Mapping[str, Result], Mapping[str, Result]]] = {}
    for fields, own in divided(clustering, depth).items():
        *names, knn, q = fields
        found[Analysis._make((*names, int(knn), int(q)))] = affinity[fields[:-1]], own
    return found


def _groups(result: Result, indicator: str, others: bool) -> Iterator[ListedGroup]:
    """Groups of an indicator; the clearest is the one that an artefact may be accepted of."""
    members, score = result[f"{indicator}_members"], result[f"{indicator}_score"]
    for place, at in enumerate(standing.groups(result, indicator)):
        row = {"indicator": indicator} if at == 0 else {}
        own = np.flatnonzero(members[at])
        yield ListedGroup(indicator, str(place + 1), own, score[at][own], row)
    if others:
        rest = np.flatnonzero(~members[0])
        yield ListedGroup(indicator, standing.OTHERS, rest, -score[0][rest], {})


def _clusters(
    affinity: Result, clustering: Result, analysis: Analysis, count: int
) -> Iterator[ListedGroup]:
    if affinity.attributes["status"] != "ok" or clustering.attributes["status"] != "ok":
        return
    for one in standing.clusters(affinity, clustering, count):
        row = {"analysis": analysis.comparison, "k": one.k, "cluster": one.cluster}
        yield ListedGroup(analysis.comparison, one.named, one.members, None, row)


def _rows(
    own: Explanation,
    class_id: str,
    name: str,
    found: ExplainedClass,
    listed: Iterable[ListedGroup],
) -> Iterator[dict[str, Any]]:
    """Rows of the groups of one class."""
    attribution = found["attribution"]
    share = hot_region.shares(hot_region.pool(attribution["heatmap"]))
    rows, rank, predictions = attribution["image"], attribution["rank"], found.predictions
    listing = ClassDataset(found["corpus"], None).rows
    corpus, model, composite = own.fields
    same = {"corpus": corpus, "model": model, "composite": composite}
    same |= {"class": class_id, "name": name}
    for group in listed:
        flags = np.zeros(len(share), dtype=bool)
        flags[group.members] = True
        relevance = hot_region.within(share, flags)
        score = relevance if group.score is None else group.score
        for at in np.argsort(-np.asarray(score), kind="stable"):
            member = int(group.members[at])
            image = listing[int(rows[member])]
            yield {
                **same,
                **{"source": group.source, "group": group.group, "score": float(score[at])},
                **{"image": image.image, "path": image.path, "split": image.split},
                **{"indicator": "", "analysis": "", "k": pd.NA, "cluster": pd.NA, **group.row},
                **{"relevance": float(relevance[at]), "row": int(rows[member])},
                **{"prediction": predictions[member], "rank": int(rank[member])},
            }
