"""Findings: the classes of a corpus that stand out from its other classes and may hold an artefact.

The indicators of a class (`group_search`) are compared with those of the corpus's other classes: by how
many robust standard deviations does the logarithm lie above the median? The largest of these numbers is
the *score* of the class. Its p-value is the chance that the largest of as many such numbers is as high.
Classes are flagged by the procedure of Benjamini and Hochberg (1995), so that of the flagged classes a
share of about ``level`` is flagged wrongly.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from unhans.detection import groups, places
from unhans.io import store
from unhans.io.lineage import check_lineage
from unhans.types import Array

COLUMNS = [
    *("class", "name", "n", "score", "p", "q", "flagged", "indicator", "images", "place"),
    *("relevance", "relevance_elsewhere", "grouped", "content", "scattered", "repeated", "status"),
]

INDICATORS: Mapping[str, float] = {
    "grouped": 0.3,
    "content": 0.3,
    "scattered": 0.1,
    "repeated": 0.35,
}
"""Indicators of an artefact (see `group_search`), and the standard deviation of their logarithms among
classes without one: of the digit corpora that the score was developed on, and for ``repeated`` of ten
classes of ImageNet. Small images have no indicator ``repeated``."""

POWERS: Mapping[str, float] = {
    "grouped": -0.3,
    "content": -0.25,
    "scattered": 0.07,
    "repeated": 0.45,
}
"""Power of the number of images that an indicator grows by in classes without an artefact: of digits and
of Imagenette cut to 40 to 500 images (docs/reference/method.md)."""

SIMILAR = 1.5
"""Ratio of the largest to the smallest class up to which indicators are compared as they are."""

PRIOR = 10
"""Number of classes that the known standard deviation counts for: the median of ten values alone says
little about it."""


def collect(
    results: Mapping[str, store.Result],
    names: Mapping[str, str],
    lineage: Mapping[str, Any],
    level: float,
) -> pd.DataFrame:
    """Compare all classes of a corpus.

    Parameters
    ----------
    results : mapping of str to Result
        Results of the stage ``group_search`` by class, read one class at a time (`store.classes`).
    names : mapping of str to str
        Readable name of each class.
    lineage : mapping of str to dict
        Parameters and code that the results must name for each stage that led to them.
    level : float
        Share of false ones among the classes that are flagged.

    Returns
    -------
    DataFrame
        One row a class, columns `COLUMNS`, the highest score first. ``indicator`` is the one that gives
        the score, ``images`` the size of its first group, ``place`` a description of where the group has
        more relevance than the class's other images, ``relevance`` the share of the group's positive
        relevance there, and ``relevance_elsewhere`` that of the other images. ``p`` and ``q`` (the level
        at which the class would just be flagged) are NaN for classes that were set aside.

    Raises
    ------
    StoreError
        A result is damaged, or was made with other parameters or code than the config asks for.

    References
    ----------
    Benjamini and Hochberg 1995, "Controlling the false discovery rate".

    """
    rows = [
        {
            "class": class_id,
            "name": names.get(class_id, class_id),
            **_row(results[class_id], lineage),
        }
        for class_id in results
    ]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    known = table["status"] == "ok"
    # Small images have no repetition: an indicator that no class has cannot be large by chance.
    had = [name for name in INDICATORS if table[name].notna().any()] or list(INDICATORS)
    deviations = np.stack(
        [
            standardised(for_size(table[name], table["n"], POWERS[name]), INDICATORS[name])
            for name in had
        ]
    )
    deviations = np.where(np.isnan(deviations), -np.inf, deviations)
    table["score"] = np.where(known, deviations.max(axis=0), np.nan)
    table["indicator"] = np.where(known, np.array(had)[deviations.argmax(axis=0)], "")
    table["p"] = p_value(table["score"].to_numpy(), int(known.sum()), len(had))
    table["q"] = adjusted(table["p"].to_numpy())
    table["flagged"] = (table["q"] <= level) & known
    for name in ("images", "place", "relevance", "relevance_elsewhere"):
        table[name] = [
            row.get(f"{indicator}_{name}")
            for row, indicator in zip(rows, table["indicator"], strict=True)
        ]
    table["images"] = table["images"].astype("Int64")
    table["n"] = table["n"].astype("Int64")
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def for_size(values: Iterable[float], sizes: Iterable[float], power: float) -> NDArray[np.float64]:
    """Rid an indicator of what it owes to the number of images, where classes differ in size.

    Parameters
    ----------
    values : iterable of float
        One value a class.
    sizes : iterable of float
        Images of each class; NaN where it has no value.
    power : float
        See `POWERS`.

    Returns
    -------
    ndarray of float64, shape (n,)
        What the classes would have with the median number of images. The values themselves, where the
        largest class has at most `SIMILAR` times the images of the smallest.

    """
    own = np.asarray(list(values), dtype=np.float64)
    n = np.asarray(list(sizes), dtype=np.float64)
    known = n[~np.isnan(own)]
    if not known.size or known.max() <= SIMILAR * known.min():
        return own
    return np.asarray(own * (n / np.median(known)) ** -power)


def standardised(values: Iterable[float], spread: float) -> NDArray[np.float64]:
    """Deviation of each logarithm from their median, in robust standard deviations.

    The standard deviation is that of the median absolute deviation, pooled with a known one that counts
    for `PRIOR` classes.

    Parameters
    ----------
    values : iterable of float
        One value a class. Values that are not positive count as the smallest positive one.
    spread : float
        The standard deviation known beforehand.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN where the value is NaN.

    """
    own = np.asarray(list(values), dtype=np.float64)
    known = ~np.isnan(own)
    positive = own[known & (own > 0)]
    if not positive.size:
        return np.where(known, 0.0, np.nan)
    logs = np.log(np.where(known, np.maximum(own, positive.min()), 1.0))
    middle = np.median(logs[known])
    deviation = stats.median_abs_deviation(logs[known], scale="normal")
    count = int(known.sum())
    scale = np.sqrt((count * deviation**2 + PRIOR * spread**2) / (count + PRIOR))
    return np.where(known, (logs - middle) / scale, np.nan)


def p_value(scores: Array, classes: int, indicators: int) -> NDArray[np.float64]:
    """Chance that the largest of as many numbers as there are indicators reaches a score.

    The numbers have Student's t distribution: the standard deviation that scores are measured in is
    itself estimated, from the classes of the corpus and from the `PRIOR` classes that the known one
    counts for.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Scores of classes.
    classes : int
        Classes that the scores were standardised by.
    indicators : int
        Indicators that a score is the largest of.

    Returns
    -------
    ndarray of float64, shape (n,)
        1 - (1 - P(t > score)) ** indicators.

    """
    tail = stats.t.sf(np.asarray(scores, dtype=np.float64), max(1, classes + PRIOR - 1))
    return np.asarray(-np.expm1(indicators * np.log1p(-tail)))


def adjusted(p_values: Array) -> NDArray[np.float64]:
    """Level at which each class would just be flagged by Benjamini and Hochberg.

    Parameters
    ----------
    p_values : ndarray of float, shape (n,)
        p-values. NaN counts as no test.

    Returns
    -------
    ndarray of float64, shape (n,)
        Adjusted p-values; NaN where the p-value is NaN.

    References
    ----------
    Benjamini and Hochberg 1995; `scipy.stats.false_discovery_control`.

    """
    own = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(own)
    adjusted = np.full(own.shape, np.nan)
    if known.any():
        adjusted[known] = stats.false_discovery_control(own[known])
    return adjusted


def describe_class(row: Mapping[str, Any]) -> str:
    """Describe in a sentence what was found in a class.

    Parameters
    ----------
    row : mapping of str to value
        Row of a table from `collect`.

    Returns
    -------
    str
        One sentence.

    """
    if row["status"] != "ok":
        return f"class {row['name']}: {row['status']}"
    if not row["flagged"]:
        return f"class {row['name']}: nothing stands out"
    chance = f"p < {10.0 ** np.ceil(np.log10(max(row['p'], 1e-9))):g}"
    inside, outside = (f"{100 * row[key]:.0f} %" for key in ("relevance", "relevance_elsewhere"))
    begin = f"class {row['name']}: {row['images']} of {row['n']} images"
    if row["indicator"] == "grouped":
        return (
            f"{begin} form a group ({chance}) with {inside} of their relevance {row['place']}, where the "
            f"others have {outside}"
        )
    if row["indicator"] == "content":
        return (
            f"{begin} form a group ({chance}) by what they show {row['place']}; {inside} of their "
            f"relevance lies there, of the others' {outside}"
        )
    if row["indicator"] == "repeated":
        return (
            f"{begin} show the same details ({chance}) {row['place']}; {inside} of their relevance lies "
            f"there, of the others' {outside}"
        )
    return (
        f"{begin} have relevance at unusual places, each at its own ({chance}): {inside} of it where "
        f"the others have {outside}"
    )


def describe(table: pd.DataFrame) -> str:
    """Describe what was found in a corpus.

    Parameters
    ----------
    table : DataFrame
        From `collect`.

    Returns
    -------
    str
        One line for each class that is flagged.

    """
    rows = table[table["flagged"]].to_dict("records")
    flagged = [describe_class(cast("dict[str, Any]", row)) for row in rows]
    return "\n".join(flagged or [f"nothing stands out in {len(table)} classes"])


def flagged_groups(*tables: pd.DataFrame) -> dict[str, str]:
    """Classes that tables of findings flag, with the indicator that each is flagged by.

    Parameters
    ----------
    tables : DataFrame
        From `collect`, the highest score first.

    Returns
    -------
    dict of str to str
        Indicator of each class. A class of which one image is found, or all but one, is left out: an
        artefact cannot be isolated from one image.

    """
    flagged: dict[str, str] = {}
    for table in tables:
        enough = (table["images"] >= 2) & (table["n"] - table["images"] >= 2)
        chosen = table[table["flagged"] & enough.fillna(False)]
        flagged |= dict(zip(chosen["class"].astype(str), chosen["indicator"], strict=True))
    return flagged


def _row(result: store.Result, lineage: Mapping[str, Any]) -> dict[str, Any]:
    """Indicators of a class; the size and the place of the first group of each."""
    attributes = result.attributes
    check_lineage(str(result.path), attributes["lineage"], lineage)
    if attributes["status"] != "ok":
        return {"status": f"set aside: {attributes['reason']}"}
    row: dict[str, Any] = {"n": attributes["n"], "status": "ok"}
    coordinates = result["coordinates"]
    side = round(coordinates.shape[1] ** 0.5)
    for indicator in (name for name in INDICATORS if name in result.arrays):
        members = result[f"{indicator}_members"][0]
        if indicator == "content":
            more = _content(result["contents"].astype(np.float64), members, side)
        elif indicator == "repeated":
            where = result["repeated_where"].astype(np.float64)
            more = where.reshape(2 * [round(len(where) ** 0.5)])
        else:
            more = places.surplus(coordinates, members, side)
        row[indicator] = float(result[indicator][0])
        found = _measured(coordinates, members, more)
        row |= {f"{indicator}_{key}": value for key, value in found.items()}
    return row


def _measured(points: Array, members: NDArray[np.bool_], more: Array) -> dict[str, Any]:
    """Size of a group, and its relevance in the bins that hold most of what it has more of.

    Parameters
    ----------
    points : ndarray of float, shape (n, side * side)
        Square roots of shares of relevance.
    members : ndarray of bool, shape (n,)
        The group.
    more : ndarray of float64, shape (side, side)
        What the group has more of than the other images.

    """
    shares = points.astype(np.float64) ** 2
    order = np.argsort(-more, axis=None, kind="stable")
    reached = np.cumsum(np.maximum(more.ravel()[order], 0))
    bins = order[: int(np.searchsorted(reached, 0.8 * reached[-1])) + 1]
    return {
        "images": int(members.sum()),
        "place": places.describe(more),
        "relevance": float(shares[members][:, bins].sum(axis=1).mean()),
        "relevance_elsewhere": float(shares[~members][:, bins].sum(axis=1).mean()),
    }


def _content(contents: Array, members: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Difference of the mean content of a group from that of the others, in each bin: (side, side).

    In units of the others' spread, so that bins that hardly vary count for more.
    """
    difference = contents[members].mean(axis=0) - contents[~members].mean(axis=0)
    spread = contents[~members].std(axis=0)
    scaled = np.abs(difference) / (spread + groups.RIDGE * spread.mean() + 1e-9)
    return np.asarray(scaled.reshape(-1, side, side).max(axis=0))
