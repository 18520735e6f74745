"""Layout: tables 1 to 4 as the paper lays them out, in Markdown and LaTeX.

In place of each value of the paper stand three: ours, the paper's, and ours less the paper's. The tables
of results (TSV) hold more: intervals, controls, and the values unrounded.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from unhans.paper import published

CAPTIONS: Mapping[str, str] = {
    "table1": "Classes of highest and of lowest tau.",
    "table2": "Accuracy after training on subset A (images as they are) and B (the artefact in all of "
    "them), on validation images without the artefact (A) and with it (B).",
    "table3": "Mean change of rank and probability of a class when an artefact is put into images of "
    "other classes; positive: the class rises.",
    "table4": "Mean change of rank and probability of a class when an artefact is taken out of images of "
    "the class; positive: the class rises.",
}

SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<!\w)_|_(?!\w)")
"""What Markdown does not take as it is; an underscore within a word it does."""

COMPARED = ("ours", "paper", "difference")
"""Columns of a value."""

Write = Callable[[float], str]


def in_all_forms(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame | str]:
    """Give each table in its three forms.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `tables.make`.

    Returns
    -------
    dict of str to DataFrame or str
        By file name: ``<name>.tsv`` the table, ``<name>.md`` and ``<name>.tex`` its text in Markdown
        and in LaTeX.

    """
    forms: dict[str, pd.DataFrame | str] = {}
    for name, table in tables.items():
        shown = laid_out(name, table)
        forms |= {f"{name}.tsv": table, f"{name}.md": to_markdown(name, shown)}
        forms |= {f"{name}.tex": to_latex(name, shown)}
    return forms


def laid_out(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Lay a table out as the paper does.

    Parameters
    ----------
    name : str
        ``table1`` to ``table4``.
    table : DataFrame
        From `tables.make`.

    Returns
    -------
    DataFrame
        Text in all cells. Columns have two levels: a heading, and ``ours``, ``paper`` or ``difference``
        below it or nothing. The index is the first columns, whose equal cells are one.

    """
    if name == "table1":
        return _of_tau(table)
    return _of_cleaning(table) if name == "table2" else _of_responses(table)


def to_markdown(name: str, shown: pd.DataFrame) -> str:
    """Write a table in Markdown.

    Parameters
    ----------
    name : str
        ``table1`` to ``table4``.
    shown : DataFrame
        From `laid_out`.

    Returns
    -------
    str
        The caption, and the table.

    """
    flat = shown.reset_index()
    heads = [
        f"{head[0]} ({head[1]})" if head[1] in COMPARED[1:] else head[0] for head in flat.columns
    ]
    lines = [heads, ["---"] * len(heads), *flat.itertuples(index=False, name=None)]
    escaped = ([SPECIAL.sub(r"\\\g<0>", cell) for cell in line] for line in lines)
    rows = "".join(f"| {' | '.join(line)} |\n" for line in escaped)
    return f"{_caption(name)}\n\n{rows}"


def to_latex(name: str, shown: pd.DataFrame) -> str:
    """Write a table in LaTeX, for the packages booktabs and multirow.

    Parameters
    ----------
    name : str
        ``table1`` to ``table4``.
    shown : DataFrame
        From `laid_out`.

    Returns
    -------
    str

    """
    form = "l" * shown.index.nlevels + "r" * shown.columns.size
    return str(
        shown.to_latex(
            escape=True,
            multirow=True,
            multicolumn_format="c",
            column_format=form,
            caption=CAPTIONS[name],
            label=f"tab:{name}",
        )
    )


def _of_tau(table: pd.DataFrame) -> pd.DataFrame:
    """Two blocks, the classes of highest and of lowest tau, and a third for those between."""
    order = {"highest": 0, "lowest": 1, "other": 2}
    table = table.sort_values(
        "part", key=lambda part: part.map(order), kind="stable", ignore_index=True
    )
    index = {name: table[name].astype(str) for name in ("corpus", "part")}
    columns = {("class", ""): _names(table), ("rank", ""): [_count(one) for one in table["rank"]]}
    columns |= _compared("tau", table, ("tau", "paper", "difference"), "{:z.2f}".format)
    return _frame(columns, index)


def _of_cleaning(table: pd.DataFrame) -> pd.DataFrame:
    """Rows for what a network was trained on, columns for what it was validated on."""
    keys = ["class", "name", "artefact", "bias", "corpus", "model", "composite", "trained"]
    parts = [table[table["validated"] == one].reset_index(drop=True) for one in "AB"]
    first = parts[0][keys]
    index = _corpora(first) | {"class": _names(first), "artefact": _artefacts(first)}
    index |= {"network": _networks(first)}
    columns: dict[tuple[str, str], Any] = {("trained on", ""): first["trained"].astype(str)}
    for letter, part in zip("AB", parts, strict=True):
        values = ("accuracy", "paper", "difference")
        columns |= _compared(f"validation {letter}", part, values, _percent, _points)
    return _frame(columns, index)


def _of_responses(table: pd.DataFrame) -> pd.DataFrame:
    """One row a class and artefact: those of the paper in its order, and others below."""
    order = [published.place(*one) for one in zip(table["class"], table["bias"], strict=True)]
    table = table.iloc[sorted(range(len(table)), key=order.__getitem__)].reset_index(drop=True)
    index = _corpora(table) | {"class": _names(table), "bias": _artefacts(table)}
    columns: dict[tuple[str, str], Any] = {
        ("network", ""): _networks(table),
        ("samples", "ours"): [_count(one) for one in table["images"]],
        ("samples", "paper"): [_count(one) for one in table["paper_images"]],
    }
    columns |= _compared("rank", table, ("rank_change", "paper", "difference"), "{:z.2f}".format)
    own = ("probability_change", "paper_probability", "difference_probability")
    columns |= _compared("probability", table, own, "{:z.4f}".format)
    return _frame(columns, index)


def _frame(columns: Mapping[tuple[str, str], Any], index: Mapping[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(dict(columns))
    frame.columns = pd.MultiIndex.from_tuples(list(columns))
    frame.index = pd.MultiIndex.from_arrays(
        [list(one) for one in index.values()], names=list(index)
    )
    return frame


def _compared(
    heading: str,
    table: pd.DataFrame,
    values: tuple[str, str, str],
    write: Write,
    write_difference: Write | None = None,
) -> dict[tuple[str, str], list[str]]:
    """Three columns of a value: ours, the paper's, and the difference with its sign."""
    signed = write_difference or (lambda number: f"{'+' if number > 0 else ''}{write(number)}")
    writers = (write, write, signed)
    return {
        (heading, low): [_cell(number, one) for number in table[column]]
        for low, column, one in zip(COMPARED, values, writers, strict=True)
    }


def _corpora(table: pd.DataFrame) -> dict[str, list[str]]:
    """Names of the corpora, where there are several."""
    names = list(table["corpus"].astype(str))
    return {"corpus": names} if len(set(names)) > 1 else {}


def _networks(table: pd.DataFrame) -> list[str]:
    """Names of the networks, with the composite where there are several."""
    given = table[["model", "composite"]].fillna("").astype(str)
    several = len(set(given["composite"]) - {""}) > 1
    pairs = zip(given["model"], given["composite"], strict=True)
    return [f"{model}, {rule}" if several and rule else model for model, rule in pairs]


def _names(table: pd.DataFrame) -> list[str]:
    """Readable names of classes, each on one line, and their ids where they have none."""
    pairs = zip(table["name"], table["class"], strict=True)
    return [" ".join(str(name).split()) or str(class_id) for name, class_id in pairs]


def _artefacts(table: pd.DataFrame) -> list[str]:
    """What the paper calls each artefact, and what it is called here where the paper has none."""
    pairs = zip(table["bias"], table["artefact"], strict=True)
    return [str(bias) if bias else str(artefact) for bias, artefact in pairs]


def _count(number: Any) -> str:
    return "" if pd.isna(number) else str(int(number))


def _cell(number: Any, write: Write) -> str:
    return "" if pd.isna(number) else write(float(number))


def _percent(number: float) -> str:
    return f"{100 * number:z.1f} %"


def _points(number: float) -> str:
    return f"{100 * number:+z.1f}"


def _caption(name: str) -> str:
    return f"Table {name.removeprefix('table')}. {CAPTIONS[name]}"
