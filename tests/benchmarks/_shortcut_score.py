"""Score: what probes said of a network whose truth is known."""

from typing import Any

import pandas as pd
from _shortcut_networks import Corpus

from unhans.probes.families import RELATED
from unhans.probes.shortcuts import SHORTCUT, UNEXPLAINED, UNSEEN, UNUSED

USED = 5.0
"""Points of percent from which a shortcut counts as used."""

FOUND = (SHORTCUT, UNEXPLAINED)
"""Verdicts that say that a network uses something."""


def of_network(found: pd.DataFrame, corpus: Corpus, family: str) -> dict[str, Any]:
    """Compare the table of a network with the shortcut that covers a class of its corpus.

    Parameters
    ----------
    found : DataFrame
        From `shortcuts.join`.
    corpus : Corpus
        Of the network.
    family : str
        Of the shortcut; empty where there is none.

    Returns
    -------
    dict
        ``top``: the first finding that is used, as class and family; ``top_of_class``: the family of the
        first of the marked class; ``conclusion``: that of the marked class and the family, or one that
        is related (``told_by``); ``others``,
        ``others_used`` and ``others_shortcut``: the number of other classes, of those with a finding that
        is used, and of those with a shortcut. Findings of a class are ordered as in the table.

    """
    name = found["class"].astype(str)
    used = found[found["conclusion"].isin(FOUND)]
    mine, theirs = used[name[used.index] == corpus.marked], used[name[used.index] != corpus.marked]
    # What a shortcut leaves in images may be told by a property of a related family.
    families = [family, *RELATED.get(family, ())]
    row = found[(name == corpus.marked) & found["family"].isin(families)]
    # Of a family in the data that is not used, another change may be used: it has a row of its own.
    row = row.sort_values(["property", "family"], key=lambda own: _keys(own, families))
    return {
        "top": " ".join(map(str, used[["class", "family"]].iloc[0])) if len(used) else "",
        "top_of_class": mine["family"].iloc[0] if len(mine) else "",
        "conclusion": row["conclusion"].iloc[0] if len(row) else "",
        "told_by": row["family"].iloc[0] if len(row) else "",
        "others": len(corpus.classes) - bool(corpus.marked),
        "others_used": theirs["class"].nunique(),
        "others_shortcut": theirs.loc[theirs["conclusion"] == SHORTCUT, "class"].nunique(),
        "others_families": ", ".join(sorted(set(theirs["family"]))),
    }


def _keys(own: "pd.Series[Any]", families: list[str]) -> "pd.Series[Any]":
    return own.isna() if own.name == "property" else own.map(families.index)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Count, for each shortcut, how often it was found where it is used, and told where it is not.

    Parameters
    ----------
    rows : DataFrame
        Of `of_network`, with ``kind``, ``family``, ``marked``, ``before`` and ``after``.

    Returns
    -------
    DataFrame
        A row for each kind, and one for all.

    """
    rows = rows.assign(
        used=(rows["family"] != "file") & (rows["after"] - rows["before"] >= USED),
        planted=rows["marked"].fillna("") != "",
    )
    rows["first"] = rows["top"] == rows["marked"].astype(str) + " " + rows["family"]
    rows["first_of_class"] = rows["top_of_class"] == rows["family"]
    rows["named"] = rows["conclusion"] == SHORTCUT
    rows["told"] = rows["conclusion"].isin((UNUSED, UNSEEN))
    parts = [*rows.groupby("kind", sort=False), ("all", rows)]
    return pd.DataFrame([{"kind": kind, **_counts(part)} for kind, part in parts])


def _counts(part: pd.DataFrame) -> dict[str, int]:
    used, unused = part[part["used"]], part[~part["used"] & part["planted"]]
    return {
        **{"used": len(used), "first": int(used["first"].sum())},
        **{name: int(used[name].sum()) for name in ("first_of_class", "named")},
        **{"unused": len(unused), "told": int(unused["told"].sum())},
        **{"called_used": int(unused["conclusion"].isin(FOUND).sum())},
        "other_classes": int(part["others"].sum()),
        **{name: int(part[name].sum()) for name in ("others_used", "others_shortcut")},
    }
