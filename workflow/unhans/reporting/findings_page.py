"""Findings page: what was found in a corpus, in sentences and pictures for people."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.detection import findings
from unhans.io.store import Result
from unhans.reporting import html_table
from unhans.reporting.explained import ExplainedClass, ExplainedClasses
from unhans.reporting.figures.class_figure import class_figure

CAPTION = (
    "Classes of which some images stand out from the others by where their relevance lies or by what "
    "they show, compared with the other classes of the corpus. An insertion puts what the images of a "
    "group share into images of other classes; its control puts in what another image of the class has "
    "at the same pixels."
)

NOTES = {"scattered": "relevance at unusual places", "repeated": "same details"}
"""Text of the legend before the gap of a group, by indicator; ``gap`` for the others."""

PUT: Mapping[str, str] = {
    "fixed": "putting what they share into",
    "free": "putting a piece of one of them at random places of",
    "whole": "adding what they differ by to",
    "overlay": "adding these details to",
}
"""Beginning of the sentence on the response, by the kind of the artefact."""

BESIDE = ("probability_low", "probability_high", "control_probability_change")

GROUPS = 4
"""Number of groups of a class that a picture marks at most."""

SAMPLES = 8
"""Number of images shown of each group."""


@dataclass(frozen=True, eq=False)
class MarkedGroup:
    """Images that stand out, as a picture marks them.

    Parameters
    ----------
    members : ndarray of int, shape (m,)
        Indices of the images, ascending.
    note : str
        Text of the legend.

    """

    members: NDArray[np.int64]
    note: str


def sentences(found: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Describe in a sentence what was found in each class.

    Parameters
    ----------
    found : DataFrame
        From `findings.collect`.
    responses : DataFrame
        From `candidate_response.tabulate`.

    Returns
    -------
    DataFrame
        A row for each class: ``class``, ``finding`` (the sentence), ``score``, ``p``, ``q``,
        ``flagged`` and ``status``.

    """
    answers = responses.assign(**{"class": responses["class"].astype(str)}).set_index("class")
    rows = []
    for row in found.to_dict("records"):
        class_id = str(row["class"])
        text = findings.describe_class(cast("dict[str, Any]", row))
        if class_id in answers.index:
            text += _answer(cast("dict[str, Any]", answers.loc[class_id].to_dict()))
        kept = {key: row[key] for key in ("score", "p", "q", "flagged", "status")}
        rows.append({"class": class_id, "finding": text, **kept})
    return pd.DataFrame(rows)


def draw(
    found: pd.DataFrame, described: pd.DataFrame, classes: ExplainedClasses
) -> Iterator[tuple[str, Figure]]:
    """Draw each flagged class: its groups, or its outliers, beside all its images.

    Parameters
    ----------
    found : DataFrame
        From `findings.collect`.
    described : DataFrame
        From `sentences`.
    classes : ExplainedClasses
        Results of the stages corpus, attribution and group_search.

    Yields
    ------
    name : str
        ``<place>_<class>``.
    figure : Figure
        The picture.

    """
    texts = dict(zip(described["class"], described["finding"], strict=True))
    flagged = found[found["flagged"]]
    pairs = zip(flagged["class"].astype(str), flagged["indicator"], strict=True)
    for place, (class_id, indicator) in enumerate(pairs, start=1):
        yield f"{place:02d}_{class_id}", _figure(indicator, texts[class_id], classes[class_id])


def to_html(described: pd.DataFrame) -> str:
    """Make the page of the sentences.

    Parameters
    ----------
    described : DataFrame
        From `sentences`.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    return html_table.to_html(described, "What was found", CAPTION)


def describe(described: pd.DataFrame) -> str:
    """Collect the sentences of the flagged classes.

    Parameters
    ----------
    described : DataFrame
        From `sentences`.

    Returns
    -------
    str
        A line for each flagged class, or one line that there is none.

    """
    flagged = described.loc[described["flagged"], "finding"]
    return "\n".join(flagged) or f"nothing stands out in {len(described)} classes"


def _answer(row: Mapping[str, Any]) -> str:
    """Describe the response of the network, given a row of `candidate_response.tabulate`."""
    points, low, high, control = (100 * row[name] for name in ("probability_change", *BESIDE))
    direction = "raises" if points >= 0 else "lowers"
    n = _decimals(points)
    # Among a thousand classes one may climb by a hundred ranks and win next to no probability.
    answer = (
        f"; {PUT[row['kind']]} {row['images']:.0f} images of other classes {direction} the class by "
        f"{abs(points):.{n}f} points ({low:z.{n}f} to {high:z.{n}f}; control {control:z.{n}f})"
    )
    rank, plain = row["rank_change"], row["control_rank_change"]
    return f"{answer}, its rank by {rank:z.1f} (control {plain:z.1f})"


def _decimals(points: float) -> int:
    """Decimals of a number: one, and of a small number as many as show two of its digits."""
    if points == 0 or abs(points) >= 0.5:
        return 1
    return min(4, 1 - math.floor(math.log10(abs(points))))


def _figure(indicator: str, title: str, explained: ExplainedClass) -> Figure:
    groups, attribution = explained["group_search"], explained["attribution"]
    along = "grouped" if indicator == "scattered" else indicator
    # Along: how far in the direction of the first group. Up: how far off the usual places.
    scores = [groups[f"{along}_score"][0], groups["scattered_score"][0]]
    return class_figure(
        points=np.column_stack(scores).astype(np.float64),
        findings=_marked(indicator, groups),
        images=explained.images,
        heatmaps=attribution["heatmap"],
        prediction=explained.predictions,
        rank=attribution["rank"],
        title=title,
        samples=SAMPLES,
    )


def _marked(indicator: str, groups: Result) -> list[MarkedGroup]:
    """Choose the groups that a picture marks: those of at least half the gap of the first."""
    note = NOTES.get(indicator, "gap")
    gaps = groups[f"{indicator}_gap"]
    return [
        MarkedGroup(np.nonzero(members)[0], f"{note} {gap:.1f}")
        for members, gap in zip(groups[f"{indicator}_members"], gaps, strict=True)
        if gap >= gaps[0] / 2
    ][:GROUPS]
