"""Paper: tables 1 to 4 of Anders et al. 2019 (arXiv:1912.11425v1), for the configured corpora.

Where a value of the paper is known for the same class, it stands beside ours (``data/paper.tsv``).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from unhans.io import tsv

PAPER = Path(__file__).parents[1] / "data" / "paper.tsv"

ABLATED = ["class", "name", "artefact", "corpus", "model", "composite", "images"]
"""Columns of tables 3 and 4 that come first."""

CHANGES = [
    *("rank_change", "rank_low", "rank_high"),
    *("probability_change", "probability_low", "probability_high"),
]


COMPENSATION = ["corpus", "model", "artefact", "method", "layer", "estimator"]
"""First columns of the table of corrections."""

UNHANSED = ["corpus", "model", "composite", "artefact", "class", "subset", "epoch"]
"""First columns of the stage unhansing's tables."""


def made(
    ranking: pd.DataFrame, effects: Sequence[str], unhansings: Sequence[str], top: int
) -> dict[str, pd.DataFrame]:
    """Make tables 1 to 4.

    Parameters
    ----------
    ranking : as the stage ranking writes it
    effects, unhansings : paths of those stages' tables, one an artefact
    top : classes of each corpus in table 1

    Returns
    -------
    by name, ``table1`` to ``table4``; without accepted artefacts the last three are empty

    """
    names = names_of(ranking)
    changed = gathered(effects, [*ABLATED, *CHANGES, "perturbation"])
    return {
        "table1": tau(ranking, top),
        "table2": cleaning(gathered(unhansings, UNHANSED), names),
        "table3": ablation(3, changed, names, "insertion", "control"),
        "table4": ablation(4, changed, names, "removal", "removal_control"),
    }


def in_words(made: Mapping[str, pd.DataFrame], compensation: pd.DataFrame) -> str:
    """Say how long the tables are, or why they are empty."""
    if compensation.empty:
        return (
            "tables: no artefact of this configuration is accepted, so tables 2 to 4 are empty; expected "
            "rows in the table that correction.artefacts names (docs/how-to/correct.md)"
        )
    lengths = ", ".join(f"{name} {len(table)}" for name, table in made.items())
    return f"tables: rows: {lengths}, compensation {len(compensation)}"


def tau(ranking: pd.DataFrame, top: int) -> pd.DataFrame:
    """Table 1: the classes of highest tau, of the first analysis of each corpus.

    Parameters
    ----------
    ranking : as the stage ranking writes it
    top : classes a corpus

    Returns
    -------
    corpus, rank, class, name, n, tau, paper

    """
    columns = ["corpus", "model", "composite", "representation", "metric", "knn", "q"]
    first = ranking.drop_duplicates("corpus")[columns]
    own = ranking.merge(first, on=columns)
    own = own[own["rank"].notna()].sort_values("rank", kind="stable")
    highest = own.groupby("corpus", sort=False).head(top)
    table = highest.sort_values(["corpus", "rank"], kind="stable", ignore_index=True)
    table = table[["corpus", "rank", "class", "name", "n", "tau"]]
    return table.assign(paper=[_said(1, name, "tau") for name in table["class"]])


def cleaning(unhansed: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Table 2: accuracy after training on subsets A and B, on images without and with the artefact.

    Parameters
    ----------
    unhansed : as the stage unhansing writes it, of all artefacts
    names : readable names of classes, by corpus and class

    Returns
    -------
    class, name, artefact, corpus, model, composite, epochs, trained (A as it is, B with the artefact in
    all images), validated (the same), accuracy, paper

    """
    rows: list[dict[str, Any]] = []
    for _, own in unhansed.groupby(["corpus", "model", "composite", "artefact"], sort=False):
        for row in own[own["epoch"] == own["epoch"].max()].to_dict("records"):
            first = {name: row[name] for name in ABLATED[:-1] if name != "name"}
            first |= {
                "name": names.get(f"{row['corpus']}/{row['class']}", ""),
                "epochs": row["epoch"],
            }
            for validated, column in (("A", "accuracy_clean"), ("B", "accuracy_attacked")):
                cell = {"trained": row["subset"], "validated": validated, "accuracy": row[column]}
                said = _said(2, str(row["class"]), f"{row['subset']} on {validated}")
                rows.append({**first, **cell, "paper": said})
    columns = [*ABLATED[:-1], "epochs", "trained", "validated", "accuracy", "paper"]
    return pd.DataFrame(rows).reindex(columns=columns)


def ablation(
    number: int, effects: pd.DataFrame, names: Mapping[str, str], done: str, control: str
) -> pd.DataFrame:
    """Tables 3 and 4: how rank and probability of its class change with an artefact, or without.

    Parameters
    ----------
    number : of the table
    effects : as the stage effect writes it, of all artefacts
    names : readable names of classes, by corpus and class
    done, control : perturbations, see `accepted_response`

    Returns
    -------
    `ABLATED`, `CHANGES` (positive where the class rises), and those of the control, paper

    """
    key = ["corpus", "model", "composite", "artefact"]
    own, other = (effects[effects["perturbation"] == name] for name in (done, control))
    changes = {name: f"control_{name}" for name in ("rank_change", "probability_change")}
    table = own.merge(other[[*key, *changes]].rename(columns=changes), on=key, how="left")
    named = [names.get(f"{row['corpus']}/{row['class']}", "") for row in table.to_dict("records")]
    said = [_said(number, str(class_id), "rank_change") for class_id in table["class"]]
    table = table.assign(name=named, paper=said)
    return table[[*ABLATED, *CHANGES, *changes.values(), "paper"]]


def names_of(ranking: pd.DataFrame) -> dict[str, str]:
    """Readable names of the classes that are ranked, by ``corpus/class``."""
    rows = ranking.drop_duplicates(["corpus", "class"]).to_dict("records")
    return {f"{row['corpus']}/{row['class']}": str(row["name"]) for row in rows}


def gathered(paths: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Tables of several artefacts, one below the other; empty where there is none."""
    if not paths:
        return pd.DataFrame(columns=list(columns))
    return pd.concat([tsv.read_tsv(path) for path in paths], ignore_index=True)


def write(made: Mapping[str, pd.DataFrame], outputs: Iterable[str | Sequence[str]]) -> None:
    """Write each table into the files of its name, in the form that their names end in.

    Parameters
    ----------
    made : tables by name
    outputs : files, ``<name>.tsv``, ``.md`` or ``.tex``; those of other names are passed over

    """
    forms = {".md": to_markdown, ".tex": to_latex}
    files = [[one] if isinstance(one, str) else one for one in outputs]
    for path in (Path(file) for some in files for file in some):
        if path.stem not in made:
            continue
        if path.suffix == ".tsv":
            tsv.write_tsv(made[path.stem], path)
        else:
            tsv.write_text(path, forms[path.suffix](made[path.stem]))


def to_markdown(table: pd.DataFrame) -> str:
    """Table in Markdown, numbers to three digits."""
    lines = [list(table.columns), ["---"] * len(table.columns), *_cells(table)]
    escaped = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def to_latex(table: pd.DataFrame) -> str:
    """Table in LaTeX (booktabs), numbers to three digits."""
    shown = pd.DataFrame(_cells(table), columns=table.columns)
    return str(shown.to_latex(index=False, escape=True))


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _said(number: int, class_id: str, row: str) -> float:
    known = tsv.read_tsv(PAPER)
    at = (known["table"] == number) & (known["class"] == class_id) & (known["row"] == row)
    return float(known.loc[at, "value"].iloc[0]) if at.any() else math.nan
