"""Verdicts: what was found in a corpus, in sentences and pictures for people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.detection import findings
from unhans.images.dataset import ClassDataset, DisplayImages
from unhans.images.transform import Transform
from unhans.io import store, tsv
from unhans.reporting import html_table
from unhans.reporting.figures import style
from unhans.reporting.figures.class_figure import class_figure

CAPTION = (
    "Classes of which some images stand out from the others by where their relevance lies or by what "
    "they show, compared with the other classes of the corpus. An insertion puts what the images of a "
    "group share into images of other classes; its control puts in what another image of the class has "
    "at the same pixels."
)

PUT: Mapping[str, str] = {
    "fixed": "putting what they share into",
    "free": "putting a piece of one of them at random places of",
    "whole": "adding what they differ by to",
    "overlay": "adding these details to",
}
"""What an insertion does, by the kind of the artefact."""

BESIDE = ("probability_low", "probability_high", "control_probability_change")

GROUPS = 4
"""Groups of a class that a picture shows at most: those of at least half the gap of the first."""

SAMPLES = 8
"""Images shown of each."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Images that stand out, as a picture marks them."""

    members: NDArray[np.int64]
    note: str


def sentences(found: pd.DataFrame, inserted: pd.DataFrame) -> pd.DataFrame:
    """Say of each class what was found.

    Parameters
    ----------
    found : from `findings.collect`
    inserted : from `insertion.tabulate`

    Returns
    -------
    ``class``, ``finding`` (a sentence), ``score``, ``p``, ``q``, ``flagged`` and ``status``

    """
    answers = inserted.assign(**{"class": inserted["class"].astype(str)}).set_index("class")
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
    found: pd.DataFrame,
    said: pd.DataFrame,
    stages: Mapping[str, Sequence[str]],
    record: str,
    root: Path | None,
    folder: str,
) -> None:
    """Draw each flagged class: its groups, or its strays, beside all its images.

    Parameters
    ----------
    found : from `findings.collect`
    said : from `sentences`
    stages : results of every class by stage: corpus, attribution, contrast
    record : of the network, which names its classes and knows how it sees images
    root : folder of the image files; None for digits
    folder : where the pictures go, ``<place>_<class>.png``; written anew as a whole

    """
    of_class = {stage: store.by_class(paths) for stage, paths in stages.items()}
    network = store.read_attributes(record)
    renewed = style.renewed(folder)
    flagged = found[found["flagged"]].to_dict("records")
    texts = dict(zip(said["class"], said["finding"], strict=True))
    for place, row in enumerate(flagged, start=1):
        class_id = str(row["class"])
        paths = {stage: files[class_id] for stage, files in of_class.items()}
        figure = _figure(cast("dict[str, Any]", row), texts[class_id], paths, network, root)
        style.save(figure, renewed / f"{place:02d}_{class_id}.png")


def write(said: pd.DataFrame, path: str) -> str:
    """Write the sentences as a page; the first of them as text."""
    tsv.write_text(path, html_table.to_html(said, "What was found", CAPTION))
    flagged = said.loc[said["flagged"], "finding"]
    return "\n".join(flagged) or f"nothing stands out in {len(said)} classes"


def _answer(row: Mapping[str, Any]) -> str:
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
    """One, and more of numbers that are small: as many as two digits of them take."""
    if points == 0 or abs(points) >= 0.5:
        return 1
    return min(4, 1 - math.floor(math.log10(abs(points))))


def _figure(
    row: Mapping[str, Any],
    title: str,
    paths: Mapping[str, str],
    network: Mapping[str, Any],
    root: Path | None,
) -> Figure:
    contrast = store.read(paths["group_search"])
    explained = store.read(paths["attribution"])
    names = network["names"]
    along = "grouped" if row["indicator"] == "scattered" else row["indicator"]
    return class_figure(
        # Along: how far in the direction of the first group. Up: how far off the usual places.
        points=np.column_stack(
            [contrast[f"{along}_score"][0], contrast["scattered_score"][0]]
        ).astype(np.float64),
        findings=_standing(row, contrast),
        images=DisplayImages(
            ClassDataset(store.read(paths["corpus"]), root),
            explained["image"],
            Transform.of(network.get("transform")),
        ),
        heatmaps=explained["heatmap"],
        prediction=[
            names[index] if index < len(names) and names[index] else f"output {index}"
            for index in explained["prediction"]
        ],
        rank=explained["rank"],
        title=title,
        samples=SAMPLES,
    )


def _standing(row: Mapping[str, Any], contrast: store.Result) -> list[Standing]:
    indicator = row["indicator"]
    note = {"scattered": "relevance at unusual places", "repeated": "same details"}.get(
        indicator, "gap"
    )
    gaps = contrast[f"{indicator}_gap"]
    return [
        Standing(np.nonzero(members)[0], f"{note} {gap:.1f}")
        for members, gap in zip(contrast[f"{indicator}_members"], gaps, strict=True)
        if gap >= gaps[0] / 2
    ][:GROUPS]
