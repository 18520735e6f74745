"""Group attributes: whether the images of a group differ from others in hospital, scanner or age.

Each group of ``groups.tsv`` is compared with the other images of its class, attribute by attribute. A
text is compared value by value, by Fisher's exact test; numbers by the Mann-Whitney test. The false
discovery rate is controlled over the whole table (Benjamini and Hochberg 1995).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from unhans.errors import StoreError, printed
from unhans.io import tsv
from unhans.paths import parse_beside

COLUMNS = [
    *("corpus", "model", "composite", "class", "name", "source", "group", "images", "attribute"),
    *("value", "known", "share", "share_elsewhere", "median", "median_elsewhere", "auc", "p", "q"),
]

GROUP = ["corpus", "model", "composite", "class", "name", "source", "group"]

TEXT = (*tsv.TEXT, "value")
"""Columns of the table that are text: a site 007 is no number."""

FEWEST = 3
"""Images of a class that have a value, for the value to be compared."""

MOST = 50
"""Values of an attribute that are compared, the most frequent ones of a class."""

LEVEL = 0.05
"""False discovery rate at which an attribute goes with a group."""

SHOWN = 10
"""Sentences of a log at most."""

DIFFERENT = 10
"""More different numbers than these are compared as numbers, fewer as values."""


def tabulate(
    groups: pd.DataFrame,
    manifests: Mapping[str, pd.DataFrame],
    columns: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Compare the attributes of each group with those of the other images of its class.

    Parameters
    ----------
    groups : DataFrame
        From `group_list.collect`.
    manifests : mapping of str to DataFrame
        By path, ``manifest.tsv`` of each corpus, its attributes as text.
    columns : mapping of str to sequence of str
        Attributes of each corpus that has some, columns of its manifest.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, the least q first. A row is a value of an attribute: ``share`` of the group's
        images that have it, and of the class's other images. Of an attribute of numbers it is the whole
        attribute (``value`` is empty): medians, and ``auc``, how likely an image of the group has a
        greater number than another one. ``known``: images of the group of which the attribute is known.

    Raises
    ------
    StoreError
        A manifest has no column of an attribute, or a group has images that are not in it.

    """
    listed = {parse_beside(path, 1)[0]: table for path, table in manifests.items()}
    rows: list[dict[str, Any]] = []
    for key, members in groups.groupby(GROUP, sort=False, dropna=False):
        own = dict(zip(GROUP, key, strict=True))
        table = listed[str(own["corpus"])]
        of_class = (table["class"].astype(str) == str(own["class"])) & (table["status"] == "ok")
        table, asked = table[of_class], columns.get(str(own["corpus"]), ())
        _require_fitting(own, members["path"], table, asked)
        inside = table["path"].isin(set(members["path"])).to_numpy()
        own["images"] = int(inside.sum())
        for name in asked:
            values = table[name].tolist()
            found = {**own, "attribute": name}
            rows += ({**found, **row} for row in compare(values, inside))
    result = pd.DataFrame(rows).reindex(columns=COLUMNS)
    if len(result):
        result["q"] = stats.false_discovery_control(result["p"].astype(float))
    return result.iloc[_order(result)].reset_index(drop=True)


def _require_fitting(
    own: Mapping[str, Any], paths: pd.Series, table: pd.DataFrame, asked: Sequence[str]
) -> None:
    """Refuse a manifest of other attributes, or of other images than those of a group."""
    for name in asked:
        if name not in table:
            raise StoreError(
                f"manifest.tsv of {own['corpus']}: no column '{printed(name)}'; run again"
            )
    unknown = sorted(set(paths) - set(table["path"]))
    if unknown:
        raise StoreError(
            f"groups.tsv: {own['source']} {own['group']} of class {own['class']} has {len(unknown)} "
            f"images that manifest.tsv of {own['corpus']} lacks or sets aside, the first "
            f"'{printed(unknown[0])}'; run again"
        )


def _order(rows: pd.DataFrame) -> NDArray[np.intp]:
    """The least p first; of two values, whose p is the same, that which the group has more of."""
    p = np.array([float(f"{value:.9g}") for value in rows["p"]])
    less = (rows["share_elsewhere"] - rows["share"]).astype(float).fillna(0)
    return np.lexsort([less.to_numpy(), p])


def compare(values: Sequence[str], inside: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    """Compare an attribute of the images of a group with that of others.

    Parameters
    ----------
    values : sequence of str, length n
        Of the images of a class; "" where it is not known.
    inside : ndarray of bool, shape (n,)
        Those of the group.

    Yields
    ------
    dict
        Columns ``value`` to ``p`` of a row; see `tabulate`. None where the attribute is not known of an
        image on either side, or is the same for all.

    """
    known = np.array([value != "" for value in values], dtype=bool)
    texts = np.array(values, dtype=object)[known]
    members = np.asarray(inside)[known]
    if not members.any() or members.all():
        return
    count = {"known": int(members.sum())}
    found = numbers(texts.tolist())
    if found is not None and is_scale(found):
        yield {"value": "", **count, **_of_numbers(found[members], found[~members])}
        return
    frequent = pd.Series(texts).value_counts()
    frequent = frequent[frequent >= FEWEST]
    if len(frequent) == 1 and frequent.iloc[0] == len(texts):
        return
    for value in sorted(frequent.index, key=lambda text: (-frequent[text], text))[:MOST]:
        yield {"value": value, **count, **_of_value(texts == value, members)}


def numbers(values: Sequence[str]) -> NDArray[np.float64] | None:
    """Read texts as numbers.

    Parameters
    ----------
    values : sequence of str
        "" for an unknown one.

    Returns
    -------
    ndarray of float, or None
        NaN for unknown ones; None where a text is no finite number, or none is known.

    """
    found = np.full(len(values), np.nan)
    try:
        for at, value in enumerate(values):
            if value:
                found[at] = float(value)
    except ValueError:
        return None
    known = np.array([bool(value) for value in values], dtype=bool)
    return found if known.any() and np.isfinite(found[known]).all() else None


def is_scale(values: NDArray[np.float64]) -> bool:
    """Whether numbers are compared by their size, and not value by value.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        From `numbers`.

    Returns
    -------
    bool
        True for more than `DIFFERENT` ones.

    """
    return len(np.unique(values[~np.isnan(values)])) > DIFFERENT


def _of_numbers(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> dict[str, float]:
    above, p = stats.mannwhitneyu(inside, outside, method="asymptotic")
    return {
        "median": float(np.median(inside)),
        "median_elsewhere": float(np.median(outside)),
        "auc": float(above) / (len(inside) * len(outside)),
        "p": float(p),
    }


def _of_value(has: NDArray[np.bool_], members: NDArray[np.bool_]) -> dict[str, float]:
    counts = [[int((part & same).sum()) for part in (has, ~has)] for same in (members, ~members)]
    (own, _), (other, _) = counts
    return {
        "share": own / int(members.sum()),
        "share_elsewhere": other / int((~members).sum()),
        "p": float(stats.fisher_exact(counts).pvalue),
    }


def names(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Names of the attributes of all corpora.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        See `tabulate`.

    Returns
    -------
    list of str
        Sorted, each once.

    """
    return sorted({name for own in columns.values() for name in own})


def sentences(table: pd.DataFrame, level: float = LEVEL) -> list[str]:
    """Say which attributes go with groups.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.
    level : float
        False discovery rate.

    Returns
    -------
    list of str
        The clearest first.

    """
    return [_sentence(row) for _, row in table[table["q"] < level].iterrows()]


def of_explanation(table: pd.DataFrame, fields: Any) -> pd.DataFrame:
    """Keep what is of one corpus, network and composite.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.
    fields : Analysis or wildcards
        Whose ``corpus``, ``model`` and ``composite`` are read.

    Returns
    -------
    DataFrame

    """
    names = ("corpus", "model", "composite")
    own = [table[name].astype(str) == getattr(fields, name) for name in names]
    return table[np.logical_and.reduce(own)] if len(table) else table


def notes(tables: Sequence[pd.DataFrame], fields: Any, level: float = LEVEL) -> list[str]:
    """Say what was compared of one corpus, network and composite.

    Parameters
    ----------
    tables : sequence of DataFrame
        From `tabulate`; none where no image has attributes.
    fields : Analysis or wildcards
        See `of_explanation`.
    level : float
        False discovery rate.

    Returns
    -------
    list of str
        A sentence for each table.

    """
    said = []
    for table in tables:
        own = of_explanation(table, fields)
        names = ", ".join(dict.fromkeys(own["attribute"])) or "no attribute"
        said.append(
            f"Attributes: {len(own)} comparisons of {own[GROUP].drop_duplicates().shape[0]} groups and "
            f"clusters with the other images of their class, by {names}; "
            f"{int((own['q'] < level).sum())} stand out (q < {level:g}; group_attributes.tsv)."
        )
    return said


def of_group(table: pd.DataFrame, class_id: str, source: str, level: float = LEVEL) -> str:
    """Say which attributes go with the groups of an indicator in a class.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`, of one corpus, network and composite.
    class_id, source : str
        The class, and the indicator.
    level : float
        False discovery rate.

    Returns
    -------
    str
        The clearest first; empty where none does.

    """
    own = (table["class"].astype(str) == class_id) & (table["source"] == source)
    found = table[own & (table["q"] < level)]
    # The sentence beside it is of the clearest group.
    lines = [
        _difference(row)
        if str(row["group"]) == "1"
        else f"group {row['group']}: {_difference(row)}"
        for _, row in found.iterrows()
    ]
    return "; ".join(dict.fromkeys(lines))


def describe(
    table: pd.DataFrame, columns: Mapping[str, Sequence[str]], level: float = LEVEL
) -> str:
    """Say which attributes go with groups, or what was looked for.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.
    columns : mapping of str to sequence of str
        See `tabulate`.
    level : float
        False discovery rate.

    Returns
    -------
    str
        Some lines.

    """
    known = names(columns)
    if not known:
        return "group_attributes: no corpus has attributes (corpus.<name>.attributes)"
    asked = f"{len(table)} comparisons of {table[GROUP].drop_duplicates().shape[0]} groups"
    found = sentences(table, level)
    if not found:
        return (
            f"group_attributes: none goes with a group at a false discovery rate of {level:.0%}; "
            f"{asked}, by {', '.join(known)}"
        )
    lines = [f"group_attributes: {len(found)} of {asked} stand out (q < {level:g}):"]
    return "\n".join([*lines, *(f"  {sentence}" for sentence in found[:SHOWN])])


def _sentence(row: pd.Series) -> str:
    where = f"class {row['class']} ({row['source']} {row['group']}, {row['images']} images)"
    return f"{where}: {_difference(row)}"


def _difference(row: pd.Series) -> str:
    if row["value"]:
        shares = f"{row['share']:.0%} have {row['attribute']} = {row['value']}"
        return f"{shares}, of the others {row['share_elsewhere']:.0%}"
    medians = f"median of {row['attribute']} {row['median']:g}"
    return f"{medians}, of the others {row['median_elsewhere']:g} (AUC {row['auc']:.2f})"
