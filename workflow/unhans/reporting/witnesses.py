"""Witnesses: which of several looks at a class say that its network may use an artefact."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from unhans import paths
from unhans.features.answers import SPURIOUS

SHARE = 0.1
"""Of the classes of a corpus whose tau is highest; at least one speaks."""

DEPTH = 3
"""Folders that name a set of heatmaps."""

KEYS = ["corpus", "model", "composite", "class"]

COLUMNS = [
    *(*KEYS, "name", "tau", "rank", "witnesses", "speaking", "spurious_features", "page"),
]
"""First columns; one a witness follows."""

PAIRS = [
    *("corpus", "model", "composite", "first", "second", "classes", "both", "only_first"),
    *("only_second", "neither", "kappa"),
]


def tabulate(
    ranking: pd.DataFrame, indicators: Mapping[str, pd.DataFrame], salient: pd.DataFrame
) -> pd.DataFrame:
    """Say for each class which witnesses speak for an artefact.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`; of each set of heatmaps, its first analysis is read.
    indicators : mapping of str to DataFrame
        Tables of the indicators of findings, by path.
    salient : DataFrame
        From `salient.tabulate`.

    Returns
    -------
    DataFrame
        One row a class and composite. A witness's column is True, False, or None where it was not
        asked: ``tau`` (among the highest tenth of classes), an indicator each (flagged), ``probes`` (a
        shortcut of the whole class), ``neurons`` and ``components`` (a spurious one).
    """
    flagged, signs = _flagged(indicators)
    spurious = _spurious(salient)
    asked = set(spurious)
    rows = []
    first = ranking.drop_duplicates(KEYS)
    size = first.groupby(KEYS[:3])["class"].transform("size")
    for row, classes in zip(first.to_dict("records"), size, strict=True):
        key = tuple(str(row[name]) for name in KEYS)
        network = (key[0], key[1], key[3])
        votes: dict[str, bool | None] = {}
        unranked = pd.isna(row["rank"])
        votes["by_tau"] = None if unranked else row["rank"] <= max(1, SHARE * classes)
        votes |= {sign: flagged.get((*key, sign)) for sign in signs}
        votes["probes"] = bool(isinstance(row["shortcuts"], str) and row["shortcuts"])
        own = spurious.get(network, [])
        for kind in ("neuron", "component"):
            named = [feature for feature in own if feature.startswith(kind)]
            votes[f"{kind}s"] = bool(named) if network in asked else None
        speaking = [name for name, vote in votes.items() if vote]
        rows.append(
            {
                **{name: row[name] for name in (*KEYS, "name", "tau", "rank")},
                "witnesses": len(speaking),
                "speaking": ", ".join(speaking),
                "spurious_features": ", ".join(own),
                "page": f"{key[0]}/{key[1]}/features/{quote(key[3])}.html"
                if network in asked
                else "",
                **votes,
            }
        )
    table = pd.DataFrame(rows)
    table = table.reindex(columns=[*COLUMNS, *(name for name in table if name not in COLUMNS)])
    order = ["corpus", "model", "composite", "witnesses"]
    return table.sort_values(order, ascending=[True, True, True, False], kind="stable").reset_index(
        drop=True
    )


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Count in how many classes two witnesses say the same.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    DataFrame
        A row a pair, of the classes where both were asked; Cohen's ``kappa`` is NaN where both always
        say the same one thing.
    """
    names = [name for name in table if name not in COLUMNS]
    rows = []
    for point, part in table.groupby(KEYS[:3], sort=False):
        for first, second in combinations(names, 2):
            known = part[[first, second]].dropna()
            if len(known):
                one, other = (known[name].astype(bool).to_numpy() for name in (first, second))
                rows.append((*point, first, second, len(known), *_counted(one, other)))
    return pd.DataFrame(rows, columns=PAIRS)


def describe(table: pd.DataFrame) -> str:
    """Name the classes for which most witnesses speak.

    Parameters
    ----------
    table : DataFrame
        From `tabulate`.

    Returns
    -------
    str
        A line a set of heatmaps.
    """
    lines = []
    for point, part in table.groupby(KEYS[:3], sort=False):
        most = part[part["witnesses"] > 0].head(3)
        named = "; ".join(f"{row['name']}: {row['speaking']}" for _, row in most.iterrows())
        lines.append(f"witnesses: {', '.join(map(str, point))}: {named or 'none speaks'}")
    return "\n".join(lines)


def _flagged(
    indicators: Mapping[str, pd.DataFrame],
) -> tuple[dict[tuple[str, ...], bool], list[str]]:
    """Whether each indicator flags each class, and the names of the indicators."""
    found: dict[tuple[str, ...], bool] = {}
    signs: dict[str, None] = {}
    for path, table in indicators.items():
        point = paths.parse_beside(path, DEPTH)
        for row in table.to_dict("records"):
            sign = str(row["indicator"])
            signs[sign] = None
            found[(*point, str(row["class"]), sign)] = row["flagged"] in (True, "True", "yes", 1)
    return found, list(signs)


def _spurious(salient: pd.DataFrame) -> dict[tuple[str, str, str], list[str]]:
    """Spurious features of each class that was looked at."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in salient.to_dict("records"):
        if row["status"] == "ok":
            own = found.setdefault((str(row["corpus"]), str(row["model"]), str(row["class"])), [])
            own += [str(row["feature"])] if row["label"] in SPURIOUS else []
    return found


def _counted(one: Any, other: Any) -> tuple[int, int, int, int, float]:
    """Both, only the first, only the second, neither; and Cohen's kappa."""
    counts = [
        int((first & second).sum())
        for first, second in ((one, other), (one, ~other), (~one, other), (~one, ~other))
    ]
    same = (one == other).mean()
    chance = one.mean() * other.mean() + (~one).mean() * (~other).mean()
    kappa = float((same - chance) / (1 - chance)) if chance < 1 - 1e-12 else float(np.nan)
    return counts[0], counts[1], counts[2], counts[3], kappa
