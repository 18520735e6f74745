"""Overview: what the page of the explorer shows first, findings and ranking, as one value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd

from unhans.artefacts import accepted
from unhans.detection import limits
from unhans.detection.findings import Findings
from unhans.networks import accuracy
from unhans.paths import Analysis, parse, parse_beside, stage_of
from unhans.probes import background, sentences
from unhans.probes.shortcuts import SHORTCUT
from unhans.reporting import comparability, confusion, findings_page
from unhans.reporting.explorer.encoding import columns
from unhans.reporting.ranking import by_analysis

Explanation = tuple[str, str, str]
"""Corpus, network and composite."""

DEPTH = 3
"""Fields of an analysis that name an explanation."""

ROW = (*accepted.COLUMNS, *accepted.OPTIONAL)
"""Columns of the table of accepted artefacts, in the order in which the page writes a row."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of a run.

    Parameters
    ----------
    ranking : DataFrame
        Of all analyses.
    findings, indicators, responses, suggestions : mapping of str to DataFrame
        By path, those of each corpus, network and composite.
    accuracies : mapping of str to DataFrame
        By path, of each corpus and network.
    probes : mapping of str to DataFrame
        By path, shortcuts of whole classes of each corpus and network.
    interventions : mapping of str to DataFrame
        By path, answers to changes of whole images, of each corpus and network.
    corrections : mapping of str to DataFrame
        By path: measured before and after a network was corrected, as far as it was.
    witnesses : mapping of str to DataFrame
        By path: which looks at a class speak, where they were joined (`witnesses.tabulate`).

    """

    ranking: pd.DataFrame
    findings: Mapping[str, pd.DataFrame]
    indicators: Mapping[str, pd.DataFrame]
    responses: Mapping[str, pd.DataFrame]
    suggestions: Mapping[str, pd.DataFrame]
    accuracies: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    probes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    interventions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    corrections: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    witnesses: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def collect(tables: Tables, classes: Mapping[str, str]) -> dict[str, Any]:
    """Collect what the page shows before a class is opened.

    Parameters
    ----------
    tables : Tables
        Of the run.
    classes : mapping of str to str
        By the path of each result of the stage explorer_class, ``ok`` or why it was set aside.

    Returns
    -------
    dict
        ``sets`` (corpus, network and composite each), with their classes, findings and notes;
        ``analyses`` with their part of the ranking; ``corrections``; ``row``, the columns of a row of
        accepted artefacts.

    """
    of_sets: dict[Explanation, list[dict[str, Any]]] = {}
    for path, status in classes.items():
        fields, class_id = parse(path, DEPTH)
        of_sets.setdefault(_explanation(fields), []).append({"id": class_id, "status": status})
    return {
        "sets": [_set(tables, own, found) for own, found in of_sets.items()],
        "analyses": [_ranked(*pair) for pair in by_analysis(tables.ranking)],
        "corrections": [_correction(*pair) for pair in tables.corrections.items()],
        "row": list(ROW),
    }


def _set(tables: Tables, own: Explanation, classes: list[dict[str, Any]]) -> dict[str, Any]:
    found = _findings(tables).get(own)
    corpus, model, composite = own
    named = _names(tables.ranking, own)
    listed = [{**one, "name": named.get(one["id"], one["id"])} for one in classes]
    for joined in tables.witnesses.values():
        speaking = _speaking(joined, own)
        listed = [{**one, "speaking": speaking.get(one["id"], [])} for one in listed]
    value: dict[str, Any] = {"corpus": corpus, "model": model, "composite": composite}
    value |= {"classes": listed}
    value |= {"network": _accuracy(tables, own), "findings": [], "notes": []}
    value |= {"shortcuts": _shortcuts(tables, own), "surroundings": _surroundings(tables, own)}
    if found is None:
        return value
    rows = findings_page.rows(found, _of(tables.responses, own))
    suggested = _of(tables.suggestions, own)
    suggested = suggested.assign(**{"class": suggested["class"].astype(str)})
    by_group = {(row["class"], row["indicator"]): row for row in suggested.to_dict("records")}
    pictured = set(findings_page.pictured(rows).index)
    for place, row in enumerate(rows.to_dict("records")):
        group = by_group.get((row["class"], row["indicator"]))
        value["findings"].append({**row, "suggestion": group, "pictured": place in pictured})
    return {**value, "notes": limits.describe(found)}


def _ranked(analysis: Analysis, rows: pd.DataFrame) -> dict[str, Any]:
    """Ranking of an analysis."""
    said = (confusion.warning(rows), comparability.how_to_read(rows))
    return {
        **dict(zip(Analysis._fields[:DEPTH], analysis.explanation, strict=True)),
        "path": analysis.comparison,
        "says": " ".join(filter(None, said)),
        "columns": columns(rows.drop(columns=list(Analysis._fields))),
    }


def _correction(path: str, table: pd.DataFrame) -> dict[str, Any]:
    """What was measured of an accepted artefact."""
    names = (*Analysis._fields[:DEPTH], "class", "artefact")
    first = table.iloc[0]
    return {
        **{name: str(first[name]) for name in names},
        "stage": stage_of(path),
        "pictures": [],
        "columns": columns(table.drop(columns=list(names))),
    }


def _findings(tables: Tables) -> dict[Explanation, Findings]:
    indicators = {_explanation(parse_beside(path, DEPTH)): path for path in tables.indicators}
    found = {}
    for path, table in tables.findings.items():
        own = _explanation(parse_beside(path, DEPTH))
        found[own] = Findings(table, tables.indicators[indicators[own]])
    return found


def _of(tables: Mapping[str, pd.DataFrame], own: Explanation) -> pd.DataFrame:
    """Table of an explanation."""
    return next(
        table for path, table in tables.items() if _explanation(parse_beside(path, DEPTH)) == own
    )


def _accuracy(tables: Tables, own: Explanation) -> str:
    network = own[:2]
    found: Iterable[pd.DataFrame] = (
        table for path, table in tables.accuracies.items() if parse_beside(path, 2) == network
    )
    return " ".join(accuracy.describe(table) for table in found)


def _shortcuts(tables: Tables, own: Explanation) -> list[dict[str, str]] | None:
    """Shortcuts that cover whole classes, a sentence each; None where none were looked for."""
    found = [table for path, table in tables.probes.items() if parse_beside(path, 2) == own[:2]]
    if not found:
        return None
    rows = cast("list[dict[str, Any]]", found[0].to_dict("records"))
    return [
        {"class": str(row["class"]), "sentence": sentences.describe_row(row)}
        for row in rows
        if row["conclusion"] == SHORTCUT
    ]


def _surroundings(tables: Tables, own: Explanation) -> list[dict[str, str]]:
    """Classes that their surroundings alone tell, a sentence each."""
    return [
        {"class": one.class_id, "sentence": one.sentence}
        for path, table in tables.interventions.items()
        if parse_beside(path, 2) == own[:2]
        for one in background.alone(table)
    ]


def _speaking(witnesses: pd.DataFrame, own: Explanation) -> dict[str, list[str]]:
    """Witnesses that speak for an artefact, by class."""
    rows = _rows_of(witnesses, own)
    said = rows["speaking"].fillna("").astype(str).str.split(", ")
    listed = [[name for name in names if name] for names in said]
    return dict(zip(rows["class"].astype(str), listed, strict=True))


def _rows_of(table: pd.DataFrame, own: Explanation) -> pd.DataFrame:
    for name, value in zip(Analysis._fields, own, strict=False):
        table = table[table[name].astype(str) == value]
    return table


def _names(ranking: pd.DataFrame, own: Explanation) -> dict[str, str]:
    rows = _rows_of(ranking, own)
    return dict(zip(rows["class"].astype(str), rows["name"].astype(str), strict=True))


def _explanation(fields: tuple[str, ...]) -> Explanation:
    return cast("Explanation", fields[:DEPTH])
