"""Findings: which classes of a corpus hold an artefact, by their contrast and that of the others.

A class's indicators (`contrast`: the edges of its clearest groups by relevance and by content, how
scattered its strays are, and of photographs how far details repeat) are compared with those of the
corpus's other classes: how many robust standard deviations does the logarithm lie above the median? The
largest is the *score*. Its p-value is that of the largest of so many such numbers by chance; classes are
flagged by the procedure of Benjamini and Hochberg (1995), so that of those flagged about a share
``level`` is flagged wrongly.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from unhans.detection import groups
from unhans.io import store
from unhans.io.lineage import check_lineage
from unhans.paths import name_of
from unhans.types import Array

COLUMNS = [
    *(
        "class",
        "name",
        "n",
        "score",
        "p",
        "q",
        "flagged",
        "indicator",
        "images",
        "place",
        "relevance",
    ),
    *("relevance_elsewhere", "grouped", "content", "scattered", "repeated", "status"),
]


INDICATORS: Mapping[str, float] = {
    "grouped": 0.3,
    "content": 0.3,
    "scattered": 0.1,
    "repeated": 0.35,
}
"""Indicators of an artefact (see `group_search`), and the standard deviation of their logarithms among
classes without one: those of the digit corpora that the score was developed on, and for repetition of ten
classes of ImageNet. Small images have no repetition."""

PRIOR = 10
"""Classes that the known spread counts for: the median of ten values alone says little about it."""

RIM = 0.7
"""Share of a group's surplus of relevance from which it is said to lie in one place."""


def collect(
    paths: Iterable[str], names: Mapping[str, str], lineage: Mapping[str, Any], level: float
) -> pd.DataFrame:
    """Judge all classes of a corpus.

    Parameters
    ----------
    paths : results of the stage ``contrast``, one a class
    names : readable name of each class
    lineage : what the results must say of the stages that made them
    level : share of false ones among the classes that are flagged

    Returns
    -------
    one row a class, columns `COLUMNS`, the highest score first. ``indicator`` is what the score
    comes from (`INDICATORS`), ``images`` the size of the group, or of the strays, ``place`` where
    its surplus of relevance lies in words, ``relevance`` the share of the group's positive relevance
    there and ``relevance_elsewhere`` that of the class's other images; ``p`` and ``q`` (the level at
    which it would just be flagged) are NaN for classes that were set aside

    Raises
    ------
    StoreError
        A result is damaged, or was made with other parameters or code than the config asks for.

    """
    rows = [_row(path, names, lineage) for path in paths]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    known = table["status"] == "ok"
    # Small images have no repetition: what no class has is no number that may be large by chance.
    had = [name for name in INDICATORS if table[name].notna().any()] or list(INDICATORS)
    both = np.stack([standardised(table[name], INDICATORS[name]) for name in had])
    both = np.where(np.isnan(both), -np.inf, both)
    table["score"] = np.where(known, both.max(axis=0), np.nan)
    table["indicator"] = np.where(known, np.array(had)[both.argmax(axis=0)], "")
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


def standardised(values: Iterable[float], spread: float) -> NDArray[np.float64]:
    """Logarithms in robust standard deviations above their median; NaN stays NaN.

    The standard deviation is the median absolute deviation's, pooled with a known one that counts for
    `PRIOR` classes.

    Parameters
    ----------
    values : positive, one a class; what is not counts as the smallest that is
    spread : the standard deviation known beforehand

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
    itself estimated, from the classes of the corpus and from those that it was known from (`PRIOR`).

    Parameters
    ----------
    scores : (n,)
    classes : that they were standardised by
    indicators : that the score is the largest of

    """
    tail = stats.t.sf(np.asarray(scores, dtype=np.float64), max(1, classes + PRIOR - 1))
    return np.asarray(-np.expm1(indicators * np.log1p(-tail)))


def adjusted(p_values: Array) -> NDArray[np.float64]:
    """Level at which each would just be flagged by Benjamini and Hochberg; NaN stays NaN."""
    own = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(own)
    adjusted = np.full(own.shape, np.nan)
    if known.any():
        adjusted[known] = stats.false_discovery_control(own[known])
    return adjusted


def place(surplus: Array) -> str:
    """Say where in the image a surplus of relevance lies.

    Parameters
    ----------
    surplus : (h, w) share of relevance of some images, less that of the others

    """
    positive = np.maximum(np.asarray(surplus, dtype=np.float64), 0)
    if not positive.any() or min(positive.shape) < 3:
        return "nowhere in particular"
    positive /= positive.sum()
    sides = {
        "top": positive[0].sum(),
        "bottom": positive[-1].sum(),
        "left": positive[:, 0].sum(),
        "right": positive[:, -1].sum(),
    }
    inside = positive[1:-1, 1:-1].sum()
    corner = max(
        ((down, across) for down in ("top", "bottom") for across in ("left", "right")),
        key=lambda ends: _corner(positive, *ends),
    )
    if _corner(positive, *corner) >= RIM:
        return f"in the {corner[0]} {corner[1]} corner"
    strongest = max(sides, key=lambda side: sides[side])
    if sides[strongest] >= RIM:
        return f"along the {strongest} edge"
    if 1 - inside >= RIM:
        return "on the border"
    down = ("upper part", "middle", "lower part")[_third(positive.sum(axis=1))]
    across = ("left", "centre", "right")[_third(positive.sum(axis=0))]
    return f"in the {down}, {across}"


def surplus(points: Array, members: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """Mean share of relevance in each cell of some images, less that of the others: (side, side).

    Parameters
    ----------
    points : (n, side * side) square roots of the shares, see `contrast.coordinates`
    members : (n,) neither all nor none

    """
    shares = np.asarray(points) ** 2
    difference = shares[members].mean(axis=0) - shares[~members].mean(axis=0)
    return np.asarray(difference.reshape(side, side))


def describe_class(row: Mapping[str, Any]) -> str:
    """Say in a sentence what was found in a class."""
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
    """Say what was found in a corpus, a line a class that is flagged."""
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


def _row(path: str, names: Mapping[str, str], lineage: Mapping[str, Any]) -> dict[str, Any]:
    class_id = name_of(path)
    row: dict[str, Any] = {"class": class_id, "name": names.get(class_id, class_id)}
    attributes = store.read_attributes(path)
    check_lineage(path, attributes["lineage"], lineage)
    if attributes["status"] != "ok":
        return {**row, "status": f"set aside: {attributes['reason']}"}
    found = store.read(path).arrays
    row |= {"n": attributes["n"], "status": "ok"}
    for indicator in (name for name in INDICATORS if name in found):
        row[indicator] = float(found[indicator][0])
        members = found[f"{indicator}_members"][0]
        more = None
        if indicator == "content":
            more = _content(found, members)
        elif indicator == "repeated":
            side = round(len(found["repeated_where"]) ** 0.5)
            more = found["repeated_where"].astype(np.float64).reshape(side, side)
        seen = _seen(found["coordinates"], members, more)
        row |= {f"{indicator}_{key}": value for key, value in seen.items()}
    return row


def _seen(points: Array, members: NDArray[np.bool_], more: Array | None) -> dict[str, Any]:
    """How many images of a group there are, and where they have more than the others.

    Parameters
    ----------
    points : (n, side * side) square roots of shares of relevance
    members : (n,)
    more : (side, side) what they have more of; None for relevance

    """
    shares = points.astype(np.float64) ** 2
    side = round(shares.shape[1] ** 0.5)
    more = surplus(points, members, side) if more is None else more
    # The cells that hold most of the surplus are the place.
    order = np.argsort(-more, axis=None, kind="stable")
    reached = np.cumsum(np.maximum(more.ravel()[order], 0))
    cells = order[: int(np.searchsorted(reached, 0.8 * reached[-1])) + 1]
    return {
        "images": int(members.sum()),
        "place": place(more),
        "relevance": float(shares[members][:, cells].sum(axis=1).mean()),
        "relevance_elsewhere": float(shares[~members][:, cells].sum(axis=1).mean()),
    }


def _content(found: Mapping[str, Array], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """By how much the mean content of a group differs from the others', in each cell: (side, side)."""
    contents = found["contents"].astype(np.float64)
    difference = contents[members].mean(axis=0) - contents[~members].mean(axis=0)
    side = round(found["coordinates"].shape[1] ** 0.5)
    # Beyond what tells any two halves of a class apart: cells that hardly vary count for more.
    spread = contents[~members].std(axis=0)
    scaled = np.abs(difference) / (spread + groups.RIDGE * spread.mean() + 1e-9)
    return np.asarray(scaled.reshape(-1, side, side).max(axis=0))


def _corner(positive: Array, down: str, across: str) -> float:
    """Share within a third of the height and width from a corner."""
    high, wide = (max(1, length // 3) for length in positive.shape)
    rows = slice(high) if down == "top" else slice(-high, None)
    columns = slice(wide) if across == "left" else slice(-wide, None)
    return float(positive[rows, columns].sum())


def _third(profile: Array) -> int:
    """The third of a side that the mean lies in."""
    middle = float(profile @ (np.arange(len(profile)) + 0.5) / profile.sum() / len(profile))
    return min(2, int(3 * middle))
