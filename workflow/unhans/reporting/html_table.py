"""Page: a table as one HTML page for people, sortable and searchable, that needs nothing else."""

import math
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

TEMPLATE = "table.html.j2"

OK = "ok"
"""What the column ``status`` says of a row that has nothing against it."""


class Cell(NamedTuple):
    """A value as the page shows it, and as its script sorts it."""

    text: str
    number: str | None
    """of a number, all its digits (empty for NaN); None for text"""


def to_html(table: pd.DataFrame, title: str, caption: str) -> str:
    """Make one HTML page that needs nothing else: sortable by its headers, with a filter.

    Numbers show 4 significant digits, sort by all of them, and NaN comes last either way. Rows
    whose ``status`` is not "ok" are greyed; the status itself, and a column ``reason``, tell why.
    All text is escaped.

    Parameters
    ----------
    table : any columns
    title : heading of the page
    caption : a sentence or two below it

    """
    status = [str(value) for value in table["status"]] if "status" in table else [OK] * len(table)
    columns = [[_cell(value) for value in table.iloc[:, at]] for at in range(table.shape[1])]
    rows = [(verdict == OK, cells) for verdict, *cells in zip(status, *columns, strict=True)]
    headers = [str(name) for name in table.columns]
    page: str = _template().render(title=title, caption=caption, headers=headers, rows=rows)
    return page


def _cell(value: object) -> Cell:
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
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("unhans"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)
