"""Tables 1 to 4 of Anders et al. 2019 (arXiv:1912.11425v1), for the configured corpora.

Where the paper gives a value, it stands beside ours with the difference, ours less the paper's; what it
gives of a class that is analysed stands there even where nothing was measured. How the tables look in
Markdown and LaTeX: `unhans.paper.layout`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unhans.paper import published

RESPONSE = ["class", "name", "artefact", "bias", "corpus", "model", "composite", "images"]
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
    bottom: int,
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
    top, bottom : int
        Number of classes of each corpus in table 1: of highest and of lowest tau.

    Returns
    -------
    dict of str to DataFrame
        ``table1`` to ``table4``. Without accepted artefacts the last three hold at most values of the
        paper.

    """
    names = names_of(ranking)
    changed = joined(responses, [*RESPONSE, *CHANGES, "perturbation"])
    return {
        "table1": tau_table(ranking, top, bottom),
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


def tau_table(ranking: pd.DataFrame, top: int, bottom: int) -> pd.DataFrame:
    """Make table 1: classes of highest and lowest tau, of the first analysis of each corpus.

    Parameters
    ----------
    ranking : DataFrame
        From `ranking.collect`.
    top, bottom : int
        Number of classes of each corpus: of highest and of lowest tau.

    Returns
    -------
    DataFrame
        Columns ``corpus``, ``model``, ``part``, ``rank``, ``class``, ``name``, ``n``, ``tau``, ``paper``
        and ``difference``, by rank. The part is ``highest``, ``lowest``, or ``other`` for the classes
        between them that the paper's table names.

    """
    columns = ["corpus", "model", "composite", "representation", "metric", "knn", "q"]
    first = ranking.drop_duplicates("corpus")[columns]
    own = ranking.merge(first, on=columns)
    table = own.sort_values(["corpus", "rank"], kind="stable", ignore_index=True)
    parts = [
        pd.Series(_parts(one, top, bottom), index=one.index, dtype=object)
        for _, one in table.groupby("corpus", sort=False)
    ]
    table = table.assign(part=pd.concat(parts) if parts else []).dropna(subset="part")
    table = table[["corpus", "model", "part", "rank", "class", "name", "n", "tau"]]
    values = [published.value(1, name, "tau") for name in table["class"]]
    table = table.assign(paper=values, difference=table["tau"].astype(float) - values)
    return table.reset_index(drop=True)


def _parts(table: pd.DataFrame, top: int, bottom: int) -> list[str | None]:
    """Part of the table that each class of a corpus is in; None for none. The last ones have no rank."""
    ranked = int(table["rank"].notna().sum())
    named = published.classes(1)
    found: list[str | None] = []
    for place, class_id in enumerate(table["class"]):
        if place < min(top, ranked):
            found.append("highest")
        elif ranked - bottom <= place < ranked:
            found.append("lowest")
        else:
            found.append("other" if class_id in named else None)
    return found


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
        Columns ``class``, ``name``, ``artefact``, ``bias`` (the paper's name of it), ``corpus``,
        ``model``, ``composite``, ``epochs``, ``trained`` (A: images as they are, B: the artefact in all
        images), ``validated`` (A: images without the artefact, B: with it), ``accuracy``, ``paper`` and
        ``difference``.

    """
    rows: list[dict[str, Any]] = []
    for _, own in unhansed.groupby(["corpus", "model", "composite", "artefact"], sort=False):
        for row in own[own["epoch"] == own["epoch"].max()].to_dict("records"):
            first = {name: row[name] for name in ("artefact", "corpus", "model", "composite")}
            bias = published.bias_of(2, str(row["class"]), str(row["artefact"]))
            first |= {"class": str(row["class"]), "bias": bias, "epochs": row["epoch"]}
            for validated, column in (("A", "accuracy_clean"), ("B", "accuracy_attacked")):
                cell = {"trained": row["subset"], "validated": validated, "accuracy": row[column]}
                rows.append({**first, **cell})
    for first in _unmeasured(2, rows, names):
        rows += [{**first, "trained": one, "validated": other} for one in "AB" for other in "AB"]
    for row in rows:
        cell_name = f"{row['trained']} on {row['validated']}"
        row["name"] = names.get(f"{row['corpus']}/{row['class']}", "")
        row["paper"] = published.value(2, row["class"], cell_name, row["bias"])
    columns = [*RESPONSE[:-1], "epochs", "trained", "validated", "accuracy", "paper"]
    table = pd.DataFrame(rows).reindex(columns=columns).astype({"epochs": "Int64"})
    return table.assign(difference=table["accuracy"].astype(float) - table["paper"].astype(float))


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
        ``control_probability_change``, and of the paper ``paper`` (change of rank), ``difference``,
        ``paper_probability``, ``difference_probability`` and ``paper_images``.

    """
    key = ["corpus", "model", "composite", "artefact"]
    own, other = (responses[responses["perturbation"] == name] for name in (done, control))
    changes = {name: f"control_{name}" for name in ("rank_change", "probability_change")}
    table = own.merge(other[[*key, *changes]].rename(columns=changes), on=key, how="left")
    pairs = zip(table["class"].astype(str), table["artefact"].astype(str), strict=True)
    table = table.assign(bias=[published.bias_of(number, *pair) for pair in pairs])
    measured: list[dict[Any, Any]] = table.to_dict("records")
    missing = _unmeasured(number, measured, names)
    if missing:
        table = pd.concat([table, pd.DataFrame(missing)], ignore_index=True)
    named = [names.get(f"{row['corpus']}/{row['class']}", "") for row in table.to_dict("records")]
    table = table.assign(name=named).astype({"images": "Int64"})
    cells = {"paper": "rank", "paper_probability": "probability", "paper_images": "samples"}
    for column, row in cells.items():
        cases = zip(table["class"].astype(str), table["bias"], strict=True)
        table[column] = [published.value(number, class_id, row, bias) for class_id, bias in cases]
    ours = table[["rank_change", "probability_change"]].astype(float)
    table["difference"] = ours["rank_change"] - table["paper"]
    table["difference_probability"] = ours["probability_change"] - table["paper_probability"]
    last = ["paper", "difference", "paper_probability", "difference_probability", "paper_images"]
    table = table.astype({"paper_images": "Int64"})
    return table[[*RESPONSE, *CHANGES, *changes.values(), *last]]


def _unmeasured(
    number: int, measured: Sequence[Mapping[Any, Any]], names: Mapping[str, str]
) -> list[dict[str, str]]:
    """Name what the paper measures of the classes, and no row of ours does.

    A class of several corpora is named in one: the first of those that something is measured in.
    """
    there = {(str(row["class"]), row["bias"]) for row in measured}
    used = {row["corpus"] for row in measured}
    empty = {"artefact": "", "model": "", "composite": ""}
    pairs = sorted((key.split("/", 1) for key in names), key=lambda pair: pair[0] not in used)
    places: dict[str, str] = {}
    for corpus, class_id in pairs:
        places.setdefault(class_id, corpus)
    return [
        {"corpus": corpus, "class": class_id, "bias": bias, **empty}
        for class_id, corpus in places.items()
        for bias in published.biases(number, class_id)
        if (class_id, bias) not in there
    ]


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
