"""Clusters figure: classes in the plane and their clusters (figures 4, 5, 6 and 8 of the paper)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from unhans.errors import InputError
from unhans.paths import Analysis
from unhans.reporting import class_figures
from unhans.reporting.class_figures import RankedClass
from unhans.reporting.explained import ExplainedClass, ExplainedClasses
from unhans.reporting.figures.class_figure import MarkedGroup

BY_SPLIT = 8
"""Number of the figure whose clusters are shown by split."""


def draw(
    number: int,
    ranking: pd.DataFrame,
    analysis: Analysis,
    classes: ExplainedClasses,
    named: Sequence[str],
    clusters: int,
    samples: int,
) -> dict[str, Figure]:
    """Draw a figure of the paper that shows classes and their clusters.

    Parameters
    ----------
    number : int
        Of the figure: 4, 5, 6 or 8.
    ranking : DataFrame
        From `ranking.collect`.
    analysis : Analysis
        That the clusters are of.
    classes : ExplainedClasses
        Results of the stages corpus, attribution, affinity, clustering and projection.
    named : sequence of str
        Classes to show; none: those of highest and of lowest tau, and of figure 8 that of highest.
    clusters, samples : int
        Clusters of each class, and images of each cluster.

    Returns
    -------
    dict of str to Figure
        Panels from above, by class; of figure 8 also ``splits``.

    Raises
    ------
    InputError
        None of the classes has a tau and a projection.

    References
    ----------
    Anders et al. 2019.

    """
    rows = [
        row
        for row in _chosen(class_figures.top_classes(ranking, analysis, len(ranking)), named)
        if not classes[row.class_id].set_aside
    ]
    if not rows:
        sought = ", ".join(named) or "the classes of highest and of lowest tau"
        raise InputError(
            f"none of {sought} has a tau and a projection in {analysis.path}; "
            "expected a class of enough images"
        )
    if number == BY_SPLIT:
        return _by_split(rows[0], classes[rows[0].class_id], analysis, samples)
    drawn = {}
    for row in rows:
        explained = classes[row.class_id]
        groups = class_figures.marked(explained, analysis, clusters)
        drawn[row.class_id] = class_figures.draw_class(explained, row.title, groups, samples)
    return drawn


def _chosen(ranked: Sequence[RankedClass], named: Sequence[str]) -> list[RankedClass]:
    """Choose classes by id, in the order of their names, or the first and the last of all."""
    if not named:
        return list({row.class_id: row for row in (*ranked[:1], *ranked[-1:])}.values())
    by_id = {row.class_id: row for row in ranked}
    return [by_id[name] for name in named if name in by_id]


def _by_split(
    row: RankedClass, explained: ExplainedClass, analysis: Analysis, samples: int
) -> dict[str, Figure]:
    """Draw a class by split, and the cluster that stands out most as each split shows it."""
    attribution = explained["attribution"]
    split, names = attribution["split"], attribution.attributes["splits"]
    found = class_figures.marked(explained, analysis, 1)
    cluster = found[0] if found else MarkedGroup(np.arange(len(split)), "", "whole class")
    groups = []
    for number, name in enumerate(names):
        own = cluster.members[split[cluster.members] == number]
        share = len(own) / max(1, int((split == number).sum()))
        note = f"{share:.0%} of the split"
        groups.append(replace(cluster, members=own, named=f"{cluster.named}, {name}", note=note))
    shown = [group for group in groups if len(group.members)]
    return {
        "splits": class_figures.draw_splits(explained, row.title),
        row.class_id: class_figures.draw_class(explained, row.title, shown, samples),
    }
