"""Ranking: the global table of tau, over every class of every analysis."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unhans.errors import StoreError
from unhans.io import store, tsv
from unhans.paths import Analysis, parse_analysis, parse_beside

COLUMNS = [
    *Analysis._fields,
    *("class", "name", "n", "tau", "rank", "status", "planted", "components"),
    *("score", "p", "flagged"),
]

Failed = Callable[[Analysis, str], str]
"""Says why a class has no result in this run; empty where nothing failed."""


def collect(
    paths: Iterable[str],
    lineage: Mapping[str, Any],
    planted: Mapping[str, Mapping[str, str]],
    names: Mapping[str, Mapping[str, str]],
    failed: Failed | None = None,
    findings: Iterable[str] = (),
) -> pd.DataFrame:
    """Gather tau of every class into one table, ranked within each analysis.

    Parameters
    ----------
    paths : results of the separability stage, one a class and analysis
    lineage : by an analysis' path, what its results must say of the stages that made them
    planted : by corpus, the kind of artefact planted in a class (the truth, where it is known)
    names : by corpus, the readable name of each class
    failed : says which classes failed, and why; without it a missing result is an error
    findings : ``<corpus>/<model>/<composite>/findings.tsv``; with ``failed`` they may be missing

    Returns
    -------
    one row a class and analysis, columns `COLUMNS`: rank 1 is the highest tau within the analysis;
    a class that was set aside or is missing has no tau and no rank, and its ``status`` says why;
    ``score``, ``p`` and ``flagged`` are those of the findings, the same in all analyses of a composite

    Raises
    ------
    StoreError
        A result is damaged, or was made with other parameters or code than the config asks for.

    """
    found = _found(findings, lenient=bool(failed))
    rows = []
    for path in paths:
        analysis, class_id = parse_analysis(path)
        # A class that failed may still have a result: of an earlier run, from other input.
        reason = failed(analysis, class_id) if failed else ""
        if failed and not reason and not Path(path).exists():
            reason = "not computed"
        entry = {"status": reason} if reason else _entry(path, lineage, lenient=bool(failed))
        name = names[analysis.corpus].get(class_id, class_id)
        row = {**analysis._asdict(), "class": class_id, "name": name}
        row |= found.get((*analysis[:3], class_id), {})
        rows.append({**row, "planted": planted[analysis.corpus].get(class_id, ""), **entry})
    return rank(pd.DataFrame(rows).reindex(columns=COLUMNS))


def rank(table: pd.DataFrame) -> pd.DataFrame:
    """Rank classes within each analysis by falling tau and sort by it; ties share the better rank."""
    order = list(dict.fromkeys(table[list(Analysis._fields)].itertuples(index=False, name=None)))
    place = {key: number for number, key in enumerate(order)}
    analyses = list(Analysis._fields)
    ranked = table.assign(
        tau=table["tau"].astype(float),
        n=table["n"].astype("Int64"),
        components=table["components"].astype("Int64"),
        rank=table.assign(tau=table["tau"].astype(float))
        .groupby(analyses, sort=False)["tau"]
        .rank(method="min", ascending=False)
        .astype("Int64"),
        place=[place[key] for key in table[analyses].itertuples(index=False, name=None)],
    )
    ranked = ranked.sort_values(["place", "rank"], kind="stable", na_position="last")
    return ranked.drop(columns="place").reset_index(drop=True)


def by_analysis(table: pd.DataFrame) -> list[tuple[Analysis, pd.DataFrame]]:
    """Split a ranking into its analyses, in their order."""
    groups = table.groupby(list(Analysis._fields), sort=False)
    return [(Analysis._make(key), part) for key, part in groups]


def _entry(path: str, lineage: Mapping[str, Any], lenient: bool) -> dict[str, Any]:
    try:
        attributes = store.read_attributes(path)
        store.check_lineage(path, attributes["lineage"], lineage[parse_analysis(path)[0].path])
        if attributes["status"] != "ok":
            return {"status": f"set aside: {attributes['reason']}"}
        tau = float(store.read(path, ["tau"])["tau"][0])
    except StoreError as error:
        if lenient:
            return {"status": f"failed: {error}"}
        raise
    known = {key: attributes[key] for key in ("n", "components")}
    return {**known, "tau": tau, "status": "ok"}


def _found(paths: Iterable[str], lenient: bool) -> dict[tuple[str, ...], dict[str, Any]]:
    """Score, p and flag of each class, by corpus, network, composite and class."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for path in paths:
        if lenient and not Path(path).exists():
            continue
        corpus, model, composite = parse_beside(path, 3)
        for row in tsv.read_tsv(path).to_dict("records"):
            kept = {key: row[key] for key in ("score", "p", "flagged")}
            found[corpus, model, composite, str(row["class"])] = kept
    return found


def require_some(table: pd.DataFrame) -> None:
    """Refuse a ranking in which no class at all has a tau.

    Raises
    ------
    StoreError
        With the first reason.

    """
    if table["tau"].isna().all():
        raise StoreError(
            f"ranking: no class has a tau; the first reason: {table['status'].iloc[0]}"
        )


def names_of(analyses: Iterable[Analysis]) -> list[str]:
    """Name each analysis by the fields in which they differ; by all of them where they do not."""
    rows = list(analyses)
    columns = np.array([[str(value) for value in row] for row in rows], dtype=object)
    titles = [f"{field} " if field in {"knn", "q"} else "" for field in Analysis._fields]
    differing = [index for index in range(columns.shape[1]) if len(set(columns[:, index])) > 1]
    shown = differing or [
        Analysis._fields.index("representation"),
        Analysis._fields.index("metric"),
    ]
    return [", ".join(titles[index] + row[index] for index in shown) for row in columns]
