"""Notice: a picture in place of a figure whose results allow none, and the reason for the page."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from unhans.errors import InputError, one_line
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout
from unhans.reporting.figures.style import wrap

COLUMNS = ["figure", "reason"]
"""Columns of the table of what is missing."""

WIDTH = 9.0
"""Of the picture, in inches."""

LINES = 4
"""Of a reason, at most."""


def drawn_or_missing(
    number: int, draw: Callable[..., Mapping[str, Figure]], *given: Any, **options: Any
) -> tuple[Mapping[str, Figure], pd.DataFrame]:
    """Draw a figure of the paper, or say why there is none.

    Which figures a configuration allows is known before a run; whether a class has enough images, and
    whether any image shows an artefact, only after it.

    Parameters
    ----------
    number : int
        Of the figure.
    draw : callable
        Gives its panels from above, by name; or raises `InputError`.
    *given, **options
        Of ``draw``.

    Returns
    -------
    drawn : mapping of str to Figure
        The panels, or one, ``missing``, with the reason.
    missing : DataFrame
        Columns `COLUMNS`: a row where it is missing, else none.

    """
    try:
        return draw(*given, **options), pd.DataFrame(columns=COLUMNS)
    except InputError as error:
        reason = one_line(error)
    return {"missing": _picture(number, reason)}, pd.DataFrame([(number, reason)], columns=COLUMNS)


def describe(number: int, drawn: Mapping[str, Figure], missing: pd.DataFrame) -> str:
    """State what a figure shows, or why it is missing, for the log.

    Parameters
    ----------
    number : int
        Of the figure.
    drawn, missing : mapping of str to Figure, DataFrame
        From `drawn_or_missing`.

    Returns
    -------
    str
        A line.

    """
    if len(missing):
        return f"figure {number} is missing: {missing['reason'].iloc[0]}"
    return f"figure {number}: {', '.join(drawn)}"


def _picture(number: int, reason: str) -> Figure:
    lines = wrap(reason, WIDTH - 2 * MARGIN, 10, most=LINES)
    layout = FigureLayout.titled(WIDTH, LINE * len(lines), f"Figure {number} is missing")
    for place, line in enumerate(lines):
        layout.write(MARGIN, layout.top + (place + 0.5) * LINE, line, size=10)
    return layout.figure
