"""Findings: the classes of a corpus that stand out from its other classes and may hold an artefact.

Each indicator of each class (`group_search`) is compared with what it is in the class itself without
groups, and then with the other classes of the corpus (`calibration`). It has a p-value of its own, and is
flagged for itself: none hides another. The p-value of a class joins those of its indicators, and its
*score* is the normal deviate of that p-value. Of the classes that are flagged, a share of about ``level``
is flagged wrongly, and so it is of the indicators that are flagged in them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from unhans.detection import calibration, measured
from unhans.detection.indicators import INDICATORS
from unhans.io.lineage import check_lineage
from unhans.io.store import Result

GROUP = ("images", "place", "relevance", "relevance_elsewhere")
"""Columns that describe the group of an indicator, in both tables."""

COLUMNS = [
    *("class", "name", "n", "score", "p", "q", "flagged", "indicator", *GROUP),
    *INDICATORS,
    "status",
]
"""Columns of the table of classes."""

INDICATOR_COLUMNS = [
    *("class", "name", "n", "indicator", "value", "null", "needed"),
    *("unflagged_low", "unflagged_median", "unflagged_high"),
    *("deviation", "p", "q", "flagged", "also", "group", *GROUP),
    *("points", "points_elsewhere", "tried"),
    *("others_place", "others_relevance", "others_relevance_elsewhere"),
    *("errors", "errors_elsewhere", "errors_p"),
]
"""Columns of the table of indicators."""

RANGE = {"low": 0.05, "median": 0.5, "high": 0.95}
"""Quantiles of the values of classes that are not flagged."""

TAIL = (1e-300, 1 - 1e-15)
"""p-values beyond count as these, so that scores stay finite."""


class Findings(NamedTuple):
    """What was found in a corpus.

    Parameters
    ----------
    classes : DataFrame
        One row a class, columns `COLUMNS`, the highest score first. ``p`` is that of the class
        (`calibration.simes`), ``q`` the level at which it would just be flagged, and ``score`` the
        standard deviations at which a normal distribution has a tail of p; all NaN for classes that were
        set aside. ``indicator`` is that of the least p-value, ``images`` the size of its first group,
        ``place`` where the group has more than the other images, ``relevance`` the share of the group's
        positive relevance there, and ``relevance_elsewhere`` that of the other images. Last the value of
        each indicator.
    indicators : DataFrame
        One row for each indicator of each class, columns `INDICATOR_COLUMNS`, in the order of the
        classes and by falling deviation: its ``value``; its ``null``, what it is without groups; the
        value ``needed`` for the class to be flagged by it alone; the range of its values in classes
        that are not flagged (5 %, median, 95 %); its ``deviation``, ``p`` and ``q``
        (`calibration.deviations`, `calibration.selected`); whether it is ``flagged``, or ``also`` tried
        by experiments: it stands out less clearly in a class that another indicator flags (`_also`), or
        may differ as a whole in one of the classes nearest to that (`_nearest`); the ``group``, which
        has the same number in a class where two indicators find the same images; by how many ``points``
        a piece of the group's images raises the class in images of others, and one of the other images
        (`transplanted`); the other images described as a group (``others_place``, ...) where the artefact
        may be theirs; and which share of the group the network is wrong about, beside that of the other
        images, with the p-value of Fisher's exact test.

    """

    classes: pd.DataFrame
    indicators: pd.DataFrame


def collect(
    results: Mapping[str, Result],
    names: Mapping[str, str],
    lineage: Mapping[str, Any],
    level: float,
    nearest: int = 0,
) -> Findings:
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
    nearest : int
        Classes that are not flagged, the highest scores first, of which groups are tried all the same.

    Returns
    -------
    Findings
        Tables of classes and of indicators.

    Raises
    ------
    StoreError
        A result is damaged, or was made with other parameters or code than the config asks for.

    References
    ----------
    Benjamini and Hochberg 1995, "Controlling the false discovery rate"; Benjamini and Bogomolov 2014.

    """
    rows = [
        {"class": name, "name": names.get(name, name), **_row(results[name], lineage)}
        for name in results
    ]
    pixels = [row.pop("pixels") for row in rows if "pixels" in row]
    found: list[_Found] = [row.pop("found", {}) for row in rows]
    width = calibration.widths(np.array([row.get("n", np.nan) for row in rows]))
    standing = _standing(found, float(np.median(pixels)) if pixels else 0.0, width, level)
    table = _classes(pd.DataFrame(rows), found, standing, level)
    order = table["score"].sort_values(ascending=False, kind="stable").index
    long = _indicators(table, order, found, standing)
    long["flagged"] = long["q"] <= level
    long["also"] = _also(long, level) | _nearest(long, nearest)
    ranged = _with_range(long.drop(columns="within"), table)
    return Findings(table.loc[order].reset_index(drop=True), ranged)


def groups_to_test(*tables: pd.DataFrame) -> list[tuple[str, str]]:
    """Groups that tables of indicators flag, or that are tried besides.

    Parameters
    ----------
    tables : DataFrame
        ``indicators`` of `Findings`.

    Returns
    -------
    list of (str, str)
        Class and indicator of each. A group of one image, or of all but one, is left out: an artefact
        cannot be isolated from one image.

    """
    found: list[tuple[str, str]] = []
    for table in tables:
        enough = (table["images"] >= 2) & (table["n"] - table["images"] >= 2)
        standing = table["flagged"].astype(bool) | table["also"].astype(bool)
        found += _keys(table[standing & enough.fillna(False).astype(bool)])
    return found


def groups_beside(table: pd.DataFrame) -> set[tuple[str, str]]:
    """Groups of a table of indicators that stand out beside one that is flagged.

    Parameters
    ----------
    table : DataFrame
        ``indicators`` of `Findings`.

    Returns
    -------
    set of (str, str)
        Class and indicator of each.

    """
    return set(_keys(table[table["also"].astype(bool) & _of_flagged(table)]))


def groups_nearest(table: pd.DataFrame) -> set[tuple[str, str]]:
    """Groups of a table of indicators that are tried in classes that no indicator flags.

    Parameters
    ----------
    table : DataFrame
        ``indicators`` of `Findings`.

    Returns
    -------
    set of (str, str)
        Class and indicator of each.

    """
    return set(_keys(table[table["also"].astype(bool) & ~_of_flagged(table)]))


def two_sided_groups(table: pd.DataFrame) -> set[tuple[str, str]]:
    """Groups of a table of indicators where the artefact may be in the other images of the class.

    Parameters
    ----------
    table : DataFrame
        ``indicators`` of `Findings`.

    Returns
    -------
    set of (str, str)
        Class and indicator of each.

    """
    # Of a file, a column without any place is one of numbers.
    return set(_keys(table[table["others_place"].astype(object).fillna("") != ""]))


def _keys(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["class"].astype(str), rows["indicator"], strict=True))


_Found = dict[str, dict[str, Any]]
"""What is measured of each indicator of a class; see `measured.rows`."""


class _Standing(NamedTuple):
    """How the indicators stand: arrays (classes, indicators), in the order of the table `INDICATORS`."""

    deviation: calibration.Values
    p: calibration.Values
    q: calibration.Values
    within: calibration.Values
    needed: calibration.Values


def _row(result: Result, lineage: Mapping[str, Any]) -> dict[str, Any]:
    attributes = result.attributes
    check_lineage(str(result.path), attributes["lineage"], lineage)
    if attributes["status"] != "ok":
        return {"status": f"set aside: {attributes['reason']}"}
    kept = {"n": attributes["n"], "pixels": attributes["pixels"], "status": "ok"}
    return {**kept, "found": measured.rows(result)}


def _standing(
    found: list[_Found], pixels: float, width: calibration.Values, level: float
) -> _Standing:
    """Compare the classes by each indicator, and control false discoveries over all."""
    # The level of one test, if it is the only one to stand out.
    tests = np.array([len(own) for own in found])
    least = level / np.maximum(tests, 1) / max((tests > 0).sum(), 1)
    compared, needed = [], []
    for name, indicator in INDICATORS.items():
        excesses = np.array([own[name]["excess"] if name in own else np.nan for own in found])
        null = np.array([own[name]["null"] if name in own else np.nan for own in found])
        compared.append(calibration.deviations(excesses, indicator.usual(pixels), width))
        # Where all images are alike, no value would be too high.
        needed.append(np.where(null > 0, null * np.exp(compared[-1].needed(least)), np.nan))
    deviation, p = (
        np.stack([getattr(one, key) for one in compared], axis=1) for key in ("values", "p")
    )
    within = np.array([calibration.adjusted(row) for row in p]).reshape(p.shape)
    return _Standing(deviation, p, calibration.selected(p), within, np.stack(needed, axis=1))


def _classes(
    rows: pd.DataFrame, found: list[_Found], standing: _Standing, level: float
) -> pd.DataFrame:
    """Make the table of classes, in the order of the results."""
    table = rows.reindex(columns=COLUMNS)
    for name in INDICATORS:
        table[name] = [own[name]["value"] if name in own else np.nan for own in found]
    p = calibration.simes(standing.p)
    table["p"], table["q"] = p, calibration.adjusted(p)
    table["flagged"] = table["q"] <= level
    table["score"] = stats.norm.isf(np.clip(p, *TAIL))
    least = np.where(np.isnan(standing.p), np.inf, standing.p).argmin(axis=1)
    table["indicator"] = np.where(np.isnan(p), "", np.array(list(INDICATORS))[least])
    chosen = [
        own.get(name, {}) for own, name in zip(found, table["indicator"].tolist(), strict=True)
    ]
    for name in GROUP:
        table[name] = [one.get(name) for one in chosen]
    return table.astype({"images": "Int64", "n": "Int64"})


def _indicators(
    table: pd.DataFrame, order: Iterable[Any], found: list[_Found], standing: _Standing
) -> pd.DataFrame:
    """Make the table of indicators, the classes in some order."""
    rows = []
    for at in order:
        same = {name: table.loc[at, name] for name in ("class", "name", "n")}
        own = [
            {
                **same,
                "indicator": name,
                **found[at][name],
                **{key: getattr(standing, key)[at, place] for key in standing._fields},
            }
            for place, name in enumerate(INDICATORS)
            if name in found[at]
        ]
        rows += sorted(own, key=lambda row: float(row["p"]))
    return pd.DataFrame(rows).reindex(columns=[*INDICATOR_COLUMNS, "within"])


def _also(long: pd.DataFrame, level: float) -> "pd.Series[bool]":
    """Whether an indicator stands out in a class that another one flags.

    Of a class that is flagged, more is asked: which of its indicators would be rejected if the class
    were the only one (Benjamini and Hochberg, column ``within``), with a group that none before it has.
    What is flagged may be a part of such a group. It is no finding of its own: experiments decide.
    """
    new = ~long.duplicated(["class", "group"])
    return _of_flagged(long) & ~long["flagged"] & new & (long["within"] <= level)


def _nearest(long: pd.DataFrame, count: int) -> "pd.Series[bool]":
    """Whether an indicator is tried in a class that none flags.

    A tint or fog may part the images of a class no more than its own kinds of images do. Of groups that
    may differ as a whole an experiment tells the two apart: statistics of whole images hold no object,
    which pieces of images would. The classes come in the order of the table.
    """
    whole = [name for name, one in INDICATORS.items() if one.whole]
    asked = ~_of_flagged(long) & long["indicator"].isin(whole) & (long["images"] > 0)
    classes = long.loc[~_of_flagged(long), "class"].drop_duplicates().head(count)
    own = long[asked & long["class"].isin(classes)].drop_duplicates(["class", "group"])
    return pd.Series(long.index.isin(own.index), index=long.index)


def _of_flagged(long: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each indicator is of a class that any of them flags."""
    return long["flagged"].astype(bool).groupby(long["class"]).transform("any").astype(bool)


def _with_range(table: pd.DataFrame, classes: pd.DataFrame) -> pd.DataFrame:
    """Add the range of the values of each indicator in classes that are not flagged."""
    unflagged = classes[~classes["flagged"].astype(bool) & (classes["status"] == "ok")]
    for column, share in RANGE.items():
        quantiles = unflagged[list(INDICATORS)].astype(float).quantile(share)
        table[f"unflagged_{column}"] = table["indicator"].map(quantiles)
    return table
