"""Comparability: what tau of a class can be compared with, and how sure its rank is.

S_b sums over clusters and S_w over images, so that tau of the same strategies falls as 1 / n. Classes
are ranked by tau as long as their sizes differ by no more than `SIMILAR`, and by n tau, the criterion
with the mean scatter within clusters, where they differ more. A 95 % interval of tau says which classes
share a rank. Beside tau stand that of structureless points of the same number (``tau_null``), their
ratio, and the p-value of tau among them; see `unhans.spray.structureless`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unhans.spray import class_size, uncertainty
from unhans.types import Array

SIMILAR = 1.5
"""Ratio of the largest to the smallest class up to which tau itself is compared."""

ALIKE = 1.2
"""Ratio of sizes up to which nothing is said of them where classes are ranked by tau."""

OK = "ok"

SCALED = "n_tau"
"""Column that classes which differ in size are ranked by."""

COLUMNS = [
    *("tau_low", "tau_high", "rank_low", "rank_high"),
    *("n_tau", "tau_null", "tau_ratio", "tau_p", "ranked_by", "q_used", "k_used"),
]
"""Columns that stand beside tau."""


class Known(NamedTuple):
    """What is read of a class's result."""

    attributes: Mapping[str, Any]
    taus: Array
    """tau, or that of each subset"""


RANKS = ["rank", "rank_low", "rank_high", "ranked_by"]
"""Columns that depend on the other classes of the analysis."""

Nulls = Mapping[tuple[int, int], Mapping[int, Array]]
"""By knn and q, and by the size of a class, tau of structureless classes."""


def by_graph(table: pd.DataFrame) -> Nulls:
    """Sort the table of structureless classes by what a class needs to know of it.

    Parameters
    ----------
    table : DataFrame
        From `structureless.tabulate`.

    Returns
    -------
    mapping of (knn, q) to mapping of n to ndarray
    """
    found: dict[tuple[int, int], dict[int, Array]] = {}
    for keys, part in table.groupby(["knn", "q", "n"]):
        knn, q, n = np.array(keys).astype(int).tolist()
        found.setdefault((knn, q), {})[n] = part["tau"].to_numpy(dtype=np.float64)
    return found


def entry(
    known: Known | None,
    *,
    q: int,
    small_classes: str,
    null: Mapping[int, Array] | None,
    subsets: Known | None,
) -> dict[str, Any]:
    """Make the part of a class's row that tau stands in.

    Parameters
    ----------
    known : Known or None
        Its result of the stage separability.
    q : int
        Eigenvectors of the analysis.
    small_classes : {"unranked", "capped"}
        What becomes of classes that are too small for q and k.
    null : mapping of int to ndarray, or None
        By size, tau of structureless classes of the same graph.
    subsets : Known or None
        Its result of the stage interval.

    Returns
    -------
    dict
        ``status`` and, of a class with a result, ``n`` and ``components``; of one whose status is
        "ok" also ``tau`` and those of `COLUMNS` that need no other class.
    """
    if known is None:
        return {"status": "not computed"}
    attributes = known.attributes
    if attributes["status"] != OK:
        return {"status": f"{attributes['status']}: {attributes['reason']}"}
    tau = float(known.taus[0])
    found = {key: attributes[key] for key in ("n", "components")}
    found["status"] = _status(tau, attributes, q, small_classes)
    if found["status"] != OK:
        return found
    found |= {"tau": tau, "q_used": attributes.get("q_used"), "k_used": attributes.get("k_used")}
    n = found["n"]
    found["n_tau"] = n * tau
    if subsets is not None and subsets.attributes["status"] == OK:
        size = subsets.attributes["subset"]
        found["tau_low"], found["tau_high"] = uncertainty.interval(tau, subsets.taus, n, size)
    if null:
        draws = uncertainty.interpolated(n, null)
        found["tau_null"] = float(np.median(draws))
        found["tau_ratio"] = tau / found["tau_null"]
        found["tau_p"] = (1 + np.count_nonzero(draws >= tau)) / (1 + len(draws))
    return found


def _status(tau: float, attributes: Mapping[str, Any], q: int, small_classes: str) -> str:
    """Say "ok", or why tau of a class cannot be ranked."""
    unbounded = attributes.get("unbounded", 0)
    if unbounded or not np.isfinite(tau):
        return (
            f"tau is not finite: in {unbounded} clusterings some images have no spread along a "
            "direction, as a few that are all each other's neighbours; look at the class itself"
        )
    k_max, n = attributes.get("k_max"), attributes["n"]
    if k_max is None or small_classes == "capped":
        return OK
    needed = class_size.images_needed(q, k_max)
    if n >= needed:
        return OK
    return (
        f"too small: {n} images; tau of q = {q} and k up to {k_max} needs {needed} "
        "(choose a smaller q and k_max, or ranking.small_classes: capped)"
    )


def ranks(part: pd.DataFrame) -> pd.DataFrame:
    """Rank the classes of one analysis.

    Parameters
    ----------
    part : DataFrame
        Rows of the analysis: ``n``, ``tau``, ``tau_low``, ``tau_high``. Rows without tau are not
        ranked.

    Returns
    -------
    DataFrame
        By the same index: ``rank``, ``rank_low``, ``rank_high`` (the best and the worst rank that the
        intervals allow) and ``ranked_by``.
    """
    column = SCALED if differ_in_size(part) else "tau"
    scale = _sizes(part) if column == SCALED else 1.0
    value = part["tau"].astype(float) * scale
    low = (part["tau_low"].astype(float) * scale).fillna(value).to_numpy()
    high = (part["tau_high"].astype(float) * scale).fillna(value).to_numpy()
    known = value.notna().to_numpy()
    with np.errstate(invalid="ignore"):
        above = (low[None, :] > high[:, None]).sum(axis=1)
        reached = (high[None, :] >= low[:, None]).sum(axis=1)
    return pd.DataFrame(
        {
            "rank": value.rank(method="min", ascending=False),
            "rank_low": np.where(known, 1 + above, np.nan),
            "rank_high": np.where(known, reached, np.nan),
            "ranked_by": np.where(known, column, ""),
        },
        index=part.index,
    )


def differ_in_size(part: pd.DataFrame) -> bool:
    """Tell whether the classes of one analysis differ too much in size for tau to be compared.

    Parameters
    ----------
    part : DataFrame
        Rows of the analysis, with ``n`` and ``tau``.

    Returns
    -------
    bool
    """
    sizes = _sizes(part)[part["tau"].notna().to_numpy()]
    return bool(len(sizes)) and bool(sizes.max() > SIMILAR * sizes.min())


def how_to_read(table: pd.DataFrame) -> str:
    """Say how to read a ranking.

    Parameters
    ----------
    table : DataFrame
        From `ranking.collect`.

    Returns
    -------
    str
        Sentences on ties, and on what is ranked where sizes differ.
    """
    ranked = table[table["rank"].notna()]
    if ranked.empty:
        return "No class is ranked; the column status says why."
    sentences = [of_sizes(ranked[ranked["ranked_by"] == SCALED])] if is_scaled(ranked) else []
    sentences += _of_unlike_sizes(ranked[ranked["ranked_by"] != SCALED])
    if (ranked["rank_low"] < ranked["rank_high"]).any():
        sentences.append(
            "Intervals of tau overlap: a class may have any rank from rank_low to rank_high."
        )
    alike = int((ranked["tau_p"] > 0.05).sum())
    if alike:
        sentences.append(
            f"{alike} of {len(ranked)} rows have no higher tau than structureless points (tau_p)."
        )
    return " ".join(sentences)


def _of_unlike_sizes(ranked: pd.DataFrame) -> list[str]:
    """Say that sizes count where classes are ranked by tau, and their sizes are not alike."""
    corpora = ranked["corpus"] if "corpus" in ranked else pd.Series("", index=ranked.index)
    for _, n in ranked["n"].groupby(corpora):
        if n.max() > ALIKE * n.min():
            return [
                f"Classes have from {n.min()} to {n.max()} images, and tau falls as 1 / n: a smaller "
                "class may stand higher for its size alone (n_tau does not fall)."
            ]
    return []


def is_scaled(table: pd.DataFrame) -> bool:
    """Tell whether some classes are ranked by n tau.

    Parameters
    ----------
    table : DataFrame
        The ranking, or a part of it.

    Returns
    -------
    bool
    """
    return "ranked_by" in table and bool((table["ranked_by"] == SCALED).any())


def of_sizes(ranked: pd.DataFrame) -> str:
    """Say how classes are ranked that differ in size.

    Parameters
    ----------
    ranked : DataFrame
        Their rows.

    Returns
    -------
    str
        A sentence or two.
    """
    return (
        f"Classes have from {ranked['n'].min()} to {ranked['n'].max()} images, and tau falls as 1 / n: "
        "they are ranked by n tau. Do not compare tau itself between them."
    )


def describe(row: Mapping[Any, Any]) -> str:
    """Say what stands beside tau of a class, for the title of its picture.

    Parameters
    ----------
    row : mapping
        Of the ranking.

    Returns
    -------
    str
        Begins with a semicolon; empty where nothing is known.
    """
    parts = []
    if pd.notna(row.get("tau_low")):
        parts.append(f"tau from {row['tau_low']:.2g} to {row['tau_high']:.2g}")
    if tied(row):
        parts.append(f"ranks {row['rank_low']} to {row['rank_high']}")
    if pd.notna(row.get("tau_null")):
        parts.append(f"{row['tau_null']:.2g} without structure, p = {row['tau_p']:.2g}")
    return "".join(f"; {part}" for part in parts)


def tied(row: Mapping[Any, Any]) -> bool:
    """Tell whether the interval of a class allows several ranks.

    Parameters
    ----------
    row : mapping
        Of the ranking.

    Returns
    -------
    bool
    """
    low, high = row.get("rank_low"), row.get("rank_high")
    return bool(pd.notna(low) and pd.notna(high) and low < high)


def _sizes(part: pd.DataFrame) -> NDArray[np.float64]:
    return np.array(part["n"].astype("Float64").to_numpy(na_value=np.nan), dtype=np.float64)
