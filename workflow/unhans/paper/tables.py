"""Tables 1 to 4 of Anders et al. 2019 (arXiv:1912.11425v1), for the configured corpora.

Where the paper gives a value for the same class, it stands beside ours (``data/paper.tsv``).
"""

import csv
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

PAPER = Path(__file__).parents[1] / "data" / "paper.tsv"
"""Values of the paper: columns ``table``, ``class``, ``name``, ``row`` and ``value``."""

RESPONSE = ["class", "name", "artefact", "corpus", "model", "composite", "images"]
"""First columns of tables 3 and 4."""

CHANGES = [
    *("rank_change", "rank_low", "rank_high"),
    *("probability_change", "probability_low", "probability_high"),
]
"""Columns of the stage accepted_response that tables 3 and 4 hold."""

CORRECTION = ["corpus", "model", "artefact", "method", "layer", "estimator"]
"""First columns of the table of corrections."""

UNHANSING = ["corpus", "model", "composite", "artefact", "class", "subset", "epoch"]
"""First columns of the tables of the stage unhansing."""


def make(
    ranking: pd.DataFrame,
    responses: Sequence[pd.DataFrame],
    unhansings: Sequence[pd.DataFrame],
    top: int,
) -> dict[str, pd.DataFrame]:
    """Make tables 1 to 4.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.
    responses : sequence of DataFrame
        Tables of the stage accepted_response, one for each artefact.
    unhansings : sequence of DataFrame
        Tables of the stage unhansing, one for each artefact.
    top : int
        Number of classes of each corpus in table 1.

    Returns
    -------
    dict of str to DataFrame
        ``table1`` to ``table4``. Without accepted artefacts the last three are empty.

    """
    names = names_of(ranking)
    changed = joined(responses, [*RESPONSE, *CHANGES, "perturbation"])
    return {
        "table1": tau_table(ranking, top),
        "table2": cleaning_table(joined(unhansings, UNHANSING), names),
        "table3": response_table(3, changed, names, "insertion", "control"),
        "table4": response_table(4, changed, names, "removal", "removal_control"),
    }


def describe(tables: Mapping[str, pd.DataFrame], correction: pd.DataFrame) -> str:
    """State how long the tables are, or why they are empty.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `make`.
    correction : DataFrame
        The table of corrections.

    Returns
    -------
    str
        A line.

    """
    if correction.empty:
        return (
            "tables: no artefact of this configuration is accepted, so tables 2 to 4 are empty; expected "
            "rows in the table that correction.artefacts names (docs/how-to/correct.md)"
        )
    lengths = ", ".join(f"{name} {len(table)}" for name, table in tables.items())
    return f"tables: rows: {lengths}, correction {len(correction)}"


def tau_table(ranking: pd.DataFrame, top: int) -> pd.DataFrame:
    """Make table 1: the classes of highest tau, of the first analysis of each corpus.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.
    top : int
        Number of classes of each corpus.

    Returns
    -------
    DataFrame
        Columns ``corpus``, ``rank``, ``class``, ``name``, ``n``, ``tau`` and ``paper``.

    """
    columns = ["corpus", "model", "composite", "representation", "metric", "knn", "q"]
    first = ranking.drop_duplicates("corpus")[columns]
    own = ranking.merge(first, on=columns)
    own = own[own["rank"].notna()].sort_values("rank", kind="stable")
    highest = own.groupby("corpus", sort=False).head(top)
    table = highest.sort_values(["corpus", "rank"], kind="stable", ignore_index=True)
    table = table[["corpus", "rank", "class", "name", "n", "tau"]]
    return table.assign(paper=[_paper(1, name, "tau") for name in table["class"]])


def cleaning_table(unhansed: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Make table 2: accuracy after training on subsets A and B, without and with the artefact.

    Parameters
    ----------
    unhansed : DataFrame
        Tables of the stage unhansing, joined.
    names : mapping of str to str
        Readable names of classes, from `names_of`.

    Returns
    -------
    DataFrame
        Columns ``class``, ``name``, ``artefact``, ``corpus``, ``model``, ``composite``, ``epochs``,
        ``trained`` (A: images as they are, B: the artefact in all images), ``validated`` (A: images
        without the artefact, B: with it), ``accuracy`` and ``paper``.

    """
    rows: list[dict[str, Any]] = []
    for _, own in unhansed.groupby(["corpus", "model", "composite", "artefact"], sort=False):
        for row in own[own["epoch"] == own["epoch"].max()].to_dict("records"):
            first = {name: row[name] for name in RESPONSE[:-1] if name != "name"}
            first |= {
                "name": names.get(f"{row['corpus']}/{row['class']}", ""),
                "epochs": row["epoch"],
            }
            for validated, column in (("A", "accuracy_clean"), ("B", "accuracy_attacked")):
                cell = {"trained": row["subset"], "validated": validated, "accuracy": row[column]}
                value = _paper(2, str(row["class"]), f"{row['subset']} on {validated}")
                rows.append({**first, **cell, "paper": value})
    columns = [*RESPONSE[:-1], "epochs", "trained", "validated", "accuracy", "paper"]
    return pd.DataFrame(rows).reindex(columns=columns)


def response_table(
    number: int, responses: pd.DataFrame, names: Mapping[str, str], done: str, control: str
) -> pd.DataFrame:
    """Make table 3 or 4: changes of rank and probability of an artefact's class.

    Parameters
    ----------
    number : int
        Of the table.
    responses : DataFrame
        Tables of the stage accepted_response, joined.
    names : mapping of str to str
        Readable names of classes, from `names_of`.
    done, control : str
        Values of the column ``perturbation`` of the rows to take, and of their controls.

    Returns
    -------
    DataFrame
        Columns `RESPONSE`, `CHANGES` (positive where the class rises), ``control_rank_change``,
        ``control_probability_change`` and ``paper``.

    """
    key = ["corpus", "model", "composite", "artefact"]
    own, other = (responses[responses["perturbation"] == name] for name in (done, control))
    changes = {name: f"control_{name}" for name in ("rank_change", "probability_change")}
    table = own.merge(other[[*key, *changes]].rename(columns=changes), on=key, how="left")
    named = [names.get(f"{row['corpus']}/{row['class']}", "") for row in table.to_dict("records")]
    values = [_paper(number, str(class_id), "rank_change") for class_id in table["class"]]
    table = table.assign(name=named, paper=values)
    return table[[*RESPONSE, *CHANGES, *changes.values(), "paper"]]


def names_of(ranking: pd.DataFrame) -> dict[str, str]:
    """Find the readable names of the ranked classes.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.

    Returns
    -------
    dict of str to str
        By ``<corpus>/<class>``.

    """
    rows = ranking.drop_duplicates(["corpus", "class"]).to_dict("records")
    return {f"{row['corpus']}/{row['class']}": str(row["name"]) for row in rows}


def joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Join the tables of several artefacts, one below the other.

    Parameters
    ----------
    tables : sequence of DataFrame
        With the same columns.
    columns : sequence of str
        Columns of the table where there is none to join.

    Returns
    -------
    DataFrame

    """
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(tables, ignore_index=True)


def in_all_forms(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame | str]:
    """Give each table in its three forms.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By name.

    Returns
    -------
    dict of str to DataFrame or str
        By file name: ``<name>.tsv`` the table, ``<name>.md`` and ``<name>.tex`` its text in Markdown
        and in LaTeX.

    """
    forms: dict[str, pd.DataFrame | str] = {}
    for name, table in tables.items():
        forms |= {f"{name}.tsv": table, f"{name}.md": to_markdown(table)}
        forms |= {f"{name}.tex": to_latex(table)}
    return forms


def to_markdown(table: pd.DataFrame) -> str:
    """Write a table in Markdown.

    Parameters
    ----------
    table : DataFrame
        Its numbers are rounded to three digits.

    Returns
    -------
    str

    """
    lines = [list(table.columns), ["---"] * len(table.columns), *_cells(table)]
    escaped = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def to_latex(table: pd.DataFrame) -> str:
    """Write a table in LaTeX (booktabs).

    Parameters
    ----------
    table : DataFrame
        Its numbers are rounded to three digits.

    Returns
    -------
    str

    """
    shown = pd.DataFrame(_cells(table), columns=table.columns)
    return str(shown.to_latex(index=False, escape=True))


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _paper(number: int, class_id: str, row: str) -> float:
    """Value of the paper for a class, by the number of the table and the row; NaN for none."""
    return _values_of_paper().get((number, class_id, row), math.nan)


@cache
def _values_of_paper() -> dict[tuple[int, str, str], float]:
    with PAPER.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    # Of several values for a class and row, the first one counts.
    return {
        (int(line["table"]), line["class"], line["row"]): float(line["value"])
        for line in reversed(rows)
    }
