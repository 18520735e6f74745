"""Class figures: pictures of the classes that an analysis ranks highest (stage ``figures``)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from unhans.paths import Analysis
from unhans.reporting import comparability, standing
from unhans.reporting.explained import ExplainedClass, ExplainedClasses
from unhans.reporting.figures.class_figure import MarkedGroup, class_figure
from unhans.reporting.figures.eigenvalues import eigenvalue_figure
from unhans.reporting.figures.splits import split_figure
from unhans.types import Array


class RankedClass(NamedTuple):
    """A class of the ranking that has a tau."""

    class_id: str
    name: str
    rank: int
    tau: float
    n: int
    beside: str = ""
    """What stands beside tau: its interval, ties, and tau of structureless points"""

    @property
    def title(self) -> str:
        """Title of its pictures."""
        return (
            f"class {self.name}: rank {self.rank}, tau {self.tau:.3g} (n = {self.n}){self.beside}"
        )


def draw_top(
    ranking: pd.DataFrame,
    analysis: Analysis,
    classes: ExplainedClasses,
    top: int,
    clusters: int,
    samples: int,
) -> Iterator[tuple[str, Figure]]:
    """Draw the classes of highest tau: projection, clusters and samples; eigenvalues; splits.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.
    analysis : Analysis
        Whose classes are drawn.
    classes : ExplainedClasses
        Results of the stages corpus, attribution, affinity, embedding, clustering and projection.
    top : int
        Number of classes, from rank 1 on.
    clusters : int
        Number of clusters marked in each class.
    samples : int
        Number of images shown of each cluster.

    Yields
    ------
    name : str
        ``rank<rank>_<shows>_<class>``, where ``shows`` is ``class``, ``eigenvalues`` and, if the
        images are of several splits, ``splits``.
    figure : Figure
        The picture. A class with too few images for a projection has none.

    """
    for row in top_classes(ranking, analysis, top):
        explained = classes[row.class_id]
        if not explained.set_aside:  # too few images for a projection: ranked, but not drawn
            for shows, figure in _draw(row, explained, analysis, clusters, samples).items():
                yield f"rank{row.rank:02d}_{shows}_{row.class_id}", figure


def top_classes(ranking: pd.DataFrame, analysis: Analysis, count: int) -> list[RankedClass]:
    """Choose the classes that an analysis ranks highest.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.
    analysis : Analysis
        Whose classes are chosen.
    count : int
        Number of classes at most.

    Returns
    -------
    list of RankedClass
        By rank.

    """
    chosen = ranking[ranking["rank"].notna()]
    for name, value in analysis._asdict().items():
        chosen = chosen[chosen[name] == value]
    columns = ["class", "name", "rank", "tau", "n"]
    rows = chosen.head(count)
    texts = [comparability.describe(row) for row in rows.to_dict("records")]
    named = rows[columns].itertuples(index=False, name=None)
    return [RankedClass._make([*row, text]) for row, text in zip(named, texts, strict=True)]


def _draw(
    row: RankedClass, explained: ExplainedClass, analysis: Analysis, clusters: int, samples: int
) -> dict[str, Figure]:
    """Draw the pictures of one class, by what they show."""
    attribution = explained["attribution"]
    drawn = {
        "class": draw_class(explained, row.title, marked(explained, analysis, clusters), samples),
        "eigenvalues": eigenvalue_figure(explained["embedding"]["eigenvalue"], row.title),
    }
    if len(set(attribution["split"].tolist())) > 1:
        drawn["splits"] = draw_splits(explained, row.title)
    return drawn


def draw_class(
    explained: ExplainedClass, title: str, groups: Sequence[MarkedGroup], samples: int
) -> Figure:
    """Draw the images of a class in the plane, and samples of some of its groups.

    Parameters
    ----------
    explained : ExplainedClass
        Results of the stages corpus, attribution and projection.
    title : str
        Of the figure.
    groups : sequence of MarkedGroup
        To mark, such as those of `marked`.
    samples : int
        Number of images shown of each.

    Returns
    -------
    Figure

    """
    attribution = explained["attribution"]
    return class_figure(
        points=_points(explained),
        findings=groups,
        images=explained.images,
        heatmaps=attribution["heatmap"],
        prediction=explained.predictions,
        rank=attribution["rank"],
        title=title,
        samples=samples,
    )


def draw_splits(explained: ExplainedClass, title: str) -> Figure:
    """Draw the images of a class in the plane by split.

    Parameters
    ----------
    explained : ExplainedClass
        Results of the stages attribution and projection.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    """
    attribution = explained["attribution"]
    names = attribution.attributes["splits"]
    return split_figure(_points(explained), attribution["split"], names, title)


def _points(explained: ExplainedClass) -> Array:
    """Places of the images by the first method of projection."""
    projection = explained["projection"]
    return projection[next(iter(projection.attributes["methods"]))]


def marked(explained: ExplainedClass, analysis: Analysis, count: int) -> list[MarkedGroup]:
    """Choose the clusters that stand out, as a picture marks them.

    Parameters
    ----------
    explained : ExplainedClass
        Results of the stages affinity and clustering.
    analysis : Analysis
        That they are of.
    count : int
        Clusters at most.

    Returns
    -------
    list of MarkedGroup

    """
    found = standing.clusters(explained["affinity"], explained["clustering"], count)
    return [MarkedGroup(one.members, one.note, one.named, analysis.comparison) for one in found]
