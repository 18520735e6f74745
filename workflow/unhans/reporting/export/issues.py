"""Issues: a row for each image of a run, in the manner of cleanlab's Datalab.

Datalab has two columns for each kind of issue: whether an image has it, and a score in [0, 1] that is
lowest for the most severe. Here the issue is that the image bears what a flagged group shares.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.detection.findings import groups_to_test
from unhans.errors import StoreError
from unhans.io.store import Result
from unhans.paths import parse_beside
from unhans.reporting.export.explanations import DEPTH, divided
from unhans.reporting.standing import OTHERS, confirmed, on_others
from unhans.types import Array, Flags

COLUMNS = [
    *("corpus", "model", "composite", "class", "name", "split", "image", "path"),
    *("is_artefact_issue", "artefact_score", "indicator", "side", "images", "q", "conclusion"),
    *("prediction", "status"),
]
"""Columns of the table."""

NOT_EXPLAINED = "not explained"
"""Status of an image that can be read and has no heatmap."""

GROUP = "group"
"""Side of a class that was found; its other images are `standing.OTHERS`."""


class Tables(NamedTuple):
    """Tables of a run, each by path.

    Parameters
    ----------
    manifests : mapping of str to DataFrame
        Of each corpus.
    indicators, responses : mapping of str to DataFrame
        ``findings_indicators.tsv`` and ``candidate_response.tsv`` of each corpus, network and composite.

    """

    manifests: Mapping[str, pd.DataFrame]
    indicators: Mapping[str, pd.DataFrame]
    responses: Mapping[str, pd.DataFrame]


def tabulate(tables: Tables, results: Mapping[str, Mapping[str, Result]]) -> pd.DataFrame:
    """Tabulate the images of all corpora, for each network and composite.

    Parameters
    ----------
    tables : Tables
        Of the run.
    results : mapping of str to mapping of str to Result
        Results of the stages ``attribution`` and ``group_search``, by stage and path.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Of each corpus, network and composite the rows are those of the manifest, in
        its order.

    Raises
    ------
    StoreError
        A class has other images than in the manifest.

    """
    manifests = {parse_beside(path, 1): table for path, table in tables.manifests.items()}
    indicators = {parse_beside(path, DEPTH): table for path, table in tables.indicators.items()}
    responses = {parse_beside(path, DEPTH): table for path, table in tables.responses.items()}
    searched = divided(results["group_search"], DEPTH)
    found = []
    for fields, classes in divided(results["attribution"], DEPTH).items():
        table = manifests[fields[:1]].copy()
        table[["corpus", "model", "composite"]] = list(fields)
        table["status"] = table["status"].where(table["status"] != "ok", NOT_EXPLAINED)
        columns = {name: _empty(name, len(table)) for name in COLUMNS if name not in table}
        groups = _groups(indicators[fields], responses[fields])
        for class_id, attribution in classes.items():
            if attribution.attributes["status"] == "ok":
                places = np.flatnonzero(table["class"].astype(str) == class_id)
                rows = rows_of(places, attribution, class_id)
                table.loc[rows, "status"] = "ok"
                own = [group for group in groups if group["class"] == class_id]
                marked = _mark(own, searched[fields][class_id] if own else None, len(rows))
                for name, values in {**marked, "prediction": attribution["prediction"]}.items():
                    columns[name][rows] = values
        found.append(table.assign(**columns)[COLUMNS])
    joined = pd.concat(found, ignore_index=True)
    return joined.astype({"images": "Int64", "prediction": "Int64", "is_artefact_issue": bool})


def score(scores: Array, members: Flags) -> NDArray[np.float64]:
    """Score images by how clearly each is a member of a group, the clearest lowest.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Higher for images that are more like the group.
    members : ndarray of bool, shape (n,)
        The group.

    Returns
    -------
    ndarray of float64, shape (n,)
        With r the rank of an image among the m members, the highest score first (ties: their mean rank),
        (r - 1/2) / (2 m); of the n - m others 1/2 + (r - 1/2) / (2 (n - m)). A member is below 1/2, and
        no other image is.

    """
    found = np.empty(len(scores))
    for part, start in ((members, 0.0), (~members, 0.5)):
        ranks = pd.Series(-np.asarray(scores, dtype=np.float64)[part]).rank().to_numpy()
        found[part] = start + (ranks - 0.5) / (2 * max(1, int(part.sum())))
    return found


def rows_of(places: NDArray[np.intp], attribution: Result, class_id: str) -> NDArray[np.intp]:
    """Give the rows of the manifest of the images of a class that were explained.

    Parameters
    ----------
    places : ndarray of int, shape (m,)
        Rows of all images of the class.
    attribution : Result
        Of the class.
    class_id : str
        Its id.

    Returns
    -------
    ndarray of int, shape (n,)

    Raises
    ------
    StoreError
        The manifest has fewer images of the class.

    """
    images = attribution["image"]
    if images.size and images.max() >= len(places):
        raise StoreError(
            f"{attribution.path}: explains image {images.max()} of class {class_id}, and the manifest "
            f"has {len(places)} of it; delete the manifest and run again"
        )
    return np.asarray(places[images])


def describe(table: pd.DataFrame) -> str:
    """Count the issues of a table, in a line for each corpus, network and composite.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str

    """
    lines = []
    for fields, own in table.groupby(["corpus", "model", "composite"], sort=False):
        flagged = own[own["is_artefact_issue"]]
        lines.append(
            f"issues: {', '.join(map(str, fields))}: {len(flagged)} of {len(own)} images in "
            f"{flagged['class'].nunique()} classes"
        )
    return "\n".join(lines)


def _groups(indicators: pd.DataFrame, responses: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the flagged groups, with the side of the class that the experiments find the artefact on."""
    kept = responses[responses["kept"].astype(bool)] if len(responses) else responses
    conclusions = {
        (str(row["class"]), row["indicator"]): row["conclusion"] for row in kept.to_dict("records")
    }
    others = on_others(responses)
    groups = set(groups_to_test(indicators)) & confirmed(indicators, responses)
    found = []
    for row in indicators.to_dict("records"):
        key = str(row["class"]), row["indicator"]
        if key in groups:
            own = {"class": key[0], "indicator": key[1], "q": row["q"]}
            side = OTHERS if key in others else GROUP
            found.append({**own, "side": side, "conclusion": conclusions.get(key, "")})
    return found


def _mark(groups: list[dict[str, Any]], searched: Result | None, count: int) -> dict[str, Any]:
    """Say of each image of a class the group that it is the clearest member of."""
    found = {
        "artefact_score": np.ones(count),
        "is_artefact_issue": np.zeros(count, dtype=bool),
        **{
            name: _empty(name, count) for name in ("indicator", "side", "images", "q", "conclusion")
        },
    }
    for group in groups if searched is not None else []:
        members = searched[f"{group['indicator']}_members"][0]  # type: ignore[index]
        scores = searched[f"{group['indicator']}_score"][0]  # type: ignore[index]
        if group["side"] == OTHERS:
            members, scores = ~members, -scores
        own = score(scores, members)
        lower = own < found["artefact_score"]
        found["artefact_score"][lower] = own[lower]
        found["is_artefact_issue"] |= members
        for name in ("indicator", "side", "q", "conclusion"):
            found[name][lower & members] = group[name]
        found["images"][lower & members] = members.sum()
    return found


def _empty(name: str, count: int) -> NDArray[Any]:
    if name == "is_artefact_issue":
        return np.zeros(count, dtype=bool)
    if name in ("indicator", "side", "conclusion"):
        return np.full(count, "", dtype=object)
    return np.full(count, np.nan)
