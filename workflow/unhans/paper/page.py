"""Page: the paper's tables and figures for the configured corpora, and why one is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unhans.paper import contents, layout
from unhans.reporting.html_table import template_of

TEMPLATE = "paper.html.j2"

OURS = {1: "tau", 2: "accuracy", 3: "rank_change", 4: "rank_change"}
"""Column of each table that holds what was measured here."""


def paper_page(
    tables: Sequence[pd.DataFrame], figures: Sequence[Mapping[str, Any]], accepted: Sequence[str]
) -> str:
    """Make the page.

    Parameters
    ----------
    tables : sequence of DataFrame
        Tables 1 to 4.
    figures : sequence of mapping
        Figures 1 to 14: ``number``, ``file``, ``made_by`` (its rule), ``shows`` (analysis, class,
        artefact or networks), ``table`` (file of the table beside it, or empty) and ``reason`` (why
        there is none; empty if there is one).
    accepted : sequence of str
        Names of the accepted artefacts.

    Returns
    -------
    str
        HTML. It names the files of tables and figures by their place beside it.

    """
    numbered = enumerate(tables, start=1)
    shown: str = template_of(TEMPLATE).render(
        tables=[_table(number, table, accepted) for number, table in numbered],
        figures=[{**one, "caption": contents.FIGURES[one["number"]]} for one in figures],
        missing=[one["number"] for one in figures if one["reason"]],
    )
    return shown


def with_reasons(
    figures: Sequence[Mapping[str, Any]], missing: Sequence[pd.DataFrame]
) -> list[Mapping[str, Any]]:
    """Give figures that could not be drawn the reason.

    Parameters
    ----------
    figures : sequence of mapping
        See `paper_page`; the reasons are those that the configuration gives.
    missing : sequence of DataFrame
        From `notice.drawn_or_missing`.

    Returns
    -------
    list of mapping
        The figures, with the reasons of either.

    """
    found = {row["figure"]: row["reason"] for one in missing for row in one.to_dict("records")}
    return [{**one, "reason": one["reason"] or found.get(one["number"], "")} for one in figures]


def describe(figures: Sequence[Mapping[str, Any]]) -> str:
    """State which figures there are, and why the others are missing.

    Parameters
    ----------
    figures : sequence of mapping
        See `paper_page`.

    Returns
    -------
    str
        A line for what there is, and one for each that is missing.

    """
    made = ", ".join(str(one["number"]) for one in figures if not one["reason"])
    missing = [f"figure {one['number']}: {one['reason']}" for one in figures if one["reason"]]
    return "\n".join([f"paper: figures {made}", *missing])


def _table(number: int, table: pd.DataFrame, accepted: Sequence[str]) -> dict[str, Any]:
    # A written table has no value where a text is empty.
    texts = [name for name in ("name", "artefact", "bias") if name in table]
    table = table.assign(**{name: _filled(table[name]) for name in texts})
    flat = layout.laid_out(f"table{number}", table).reset_index()
    heads = [" ".join(part for part in head if part) for head in flat.columns]
    reason = "" if table[OURS[number]].notna().any() else _reason(number, accepted)
    return {
        "number": number,
        "caption": contents.TABLES[number],
        "heads": heads,
        "rows": list(flat.itertuples(index=False, name=None)),
        "reason": reason,
    }


def _filled(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "")


def _reason(number: int, accepted: Sequence[str]) -> str:
    """Say why a table holds no value of ours."""
    if number == 1:
        return "no class has a tau"
    if not accepted:
        return "needs an accepted artefact: a row of the table that correction.artefacts names"
    if number == 2:
        return f"nothing was un-Hansed of {', '.join(accepted)}"
    return f"no image is known to show {', '.join(accepted)}"
