"""HTML table: a table as one HTML page for people, sortable and searchable, without other files."""

import math
from collections.abc import Sequence
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

TEMPLATE = "table.html.j2"

OK = "ok"
"""Value of the column ``status`` of a row without a fault."""


class Cell(NamedTuple):
    """A value as the page shows it and as its script sorts it.

    Parameters
    ----------
    text : str
        As shown.
    number : str or None
        All digits of a number, empty for NaN; None for text.
    address : str
        Of the page that it leads to; empty for none.

    """

    text: str
    number: str | None
    address: str = ""


class Link(NamedTuple):
    """A value of a table that leads to another page.

    Parameters
    ----------
    text : str
        As shown.
    address : str
        Of the page, from the folder of this one.

    """

    text: str
    address: str


def to_html(
    table: pd.DataFrame,
    title: str,
    caption: str,
    notes: Sequence[str] = (),
    above: Sequence[str] = (),
) -> str:
    """Make one HTML page of a table, sortable by its headers and with a filter.

    Numbers are shown with 4 significant digits and sorted by all digits; NaN comes last in either
    order. Rows whose ``status`` is not "ok" are grey. All text is escaped.

    Parameters
    ----------
    table : DataFrame
        Any columns. A value may be a `Link`.
    title : str
        Heading of the page.
    caption : str
        A sentence or two below the heading.
    notes, above : sequence of str
        Paragraphs below the table, and above it.

    Returns
    -------
    str
        HTML that needs no other file.

    """
    status = [str(value) for value in table["status"]] if "status" in table else [OK] * len(table)
    columns = [[_cell(value) for value in table.iloc[:, at]] for at in range(table.shape[1])]
    rows = [(found == OK, cells) for found, *cells in zip(status, *columns, strict=True)]
    headers = [str(name) for name in table.columns]
    template = template_of(TEMPLATE)
    page: str = template.render(
        title=title, caption=caption, above=above, headers=headers, rows=rows, notes=notes
    )
    return page


def _cell(value: object) -> Cell:
    if isinstance(value, Link):
        return Cell(value.text, None, value.address)
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no", None)
    if isinstance(value, Integral):
        return Cell(str(value), str(value))
    if isinstance(value, Real):
        return _float_cell(float(value))
    missing = value is None or value is pd.NA or value is pd.NaT
    return Cell("" if missing else str(value), None)


def _float_cell(value: float) -> Cell:
    if math.isnan(value):
        return Cell("–", "")  # noqa: RUF001 - a dash for people
    if math.isinf(value):
        return Cell("∞" if value > 0 else "−∞", "Infinity" if value > 0 else "-Infinity")  # noqa: RUF001
    return Cell(f"{value:.4g}", repr(value))


@cache
def template_of(name: str) -> Any:
    """Load a template of a page, which escapes all text.

    Parameters
    ----------
    name : str
        Of the file.

    Returns
    -------
    Template
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("unhans"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
