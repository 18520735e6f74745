"""Ranking figure: tau of the highest-ranked classes of every analysis."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.paths import Analysis
from unhans.reporting.comparability import is_scaled, tied
from unhans.reporting.figures.style import COLORS, INK, class_label, clean, open_axes, shorten

PLANTED = "#D55E00"
"""Colour of classes with a planted artefact."""

ROOM = 1.45
"""Width of a panel, with the numbers beside the points, in widths of its axis."""


def ranking_figure(table: pd.DataFrame, top: int = 30, panels: int = 24) -> Figure:
    """Draw tau of the highest-ranked classes, with a panel for each analysis.

    Where classes differ in size, n tau is drawn, by which they are ranked. A thin line is the interval
    of tau, a small upright one tau of structureless points; beside a value stand the ranks that its
    interval allows. The number of classes without a rank stands below their panel. An infinite tau is
    drawn at the right edge. A panel whose values span more than a factor of 100 has a logarithmic axis.

    Parameters
    ----------
    table : DataFrame
        Columns of an `Analysis`, and ``class``, ``name`` and ``tau``. The others of the ranking are
        optional; ``planted`` is the kind of the artefact planted in a class, empty for none.
    top : int
        Number of classes of an analysis at most.
    panels : int
        Number of analyses at most, the first ones.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        The table has no rows.

    """
    every = [group for _, group in table.groupby(list(Analysis._fields), sort=False, dropna=False)]
    groups = every[:panels]
    if not groups:
        raise InputError("the ranking has no rows; expected at least one class")
    varying = [column for column in Analysis._fields if table[column].nunique(dropna=False) > 1]
    columns = 2 if len(groups) == 4 else min(len(groups), 3)
    rows = -(-len(groups) // columns)
    longest = max(min(top, len(group)) for group in groups)
    width = max(6.5, 5 * columns)
    title = textwrap.wrap(_ranking_title(table, varying, len(groups), len(every)), int(13 * width))
    height = 0.21 * (len(title) + 1) + (0.23 * longest + 1.1) * rows
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, group in zip(grid, groups, strict=False):
        _ranking_panel(axes, group, varying, top)
    for axes in grid[len(groups) :]:
        axes.set_axis_off()
    figure.suptitle("\n".join(title), x=0.01, ha="left", parse_math=False, fontsize=10)
    return figure


def _ranking_panel(axes: Axes, group: pd.DataFrame, varying: Sequence[str], top: int) -> None:
    scored, by = _ranked(group)
    shown = scored.head(top)
    tau = _values(shown, "tau", by)
    planted = _planted(shown)
    places = np.arange(len(shown))
    low, high, null = (_values(shown, f"tau_{end}", by) for end in ("low", "high", "null"))
    left, right = _limits(axes, np.concatenate([tau, high[np.isfinite(high)]]))
    drawn = np.clip(tau, left, right)
    colors = [PLANTED if kind else COLORS[0] for kind in planted]
    axes.hlines(places, left, drawn, colors=colors, linewidth=1.5, alpha=0.5)
    axes.scatter(drawn, places, c=colors, s=26, zorder=3, clip_on=False)
    axes.hlines(places, np.clip(low, left, right), high, colors=INK, linewidth=0.8, zorder=4)
    axes.scatter(np.clip(null, left, right), places, c=INK, marker="|", s=50, linewidth=0.8)
    texts = [_note(row, value) for row, value in zip(shown.to_dict("records"), tau, strict=True)]
    ends = np.fmax(drawn, np.clip(high, left, right))
    for place, at, kind, text in zip(places, ends, planted, texts, strict=True):
        _beside(
            axes,
            (float(at), float(place)),
            f"{text}  {kind}".rstrip(),
            PLANTED if kind else INK,
        )
    pairs = zip(shown["class"].astype(str), shown["name"].astype(str), strict=True)
    names = [shorten(class_label(*pair), 28) for pair in pairs]
    axes.set_yticks(places, names, parse_math=False, fontsize=9)
    axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{by}{_left_out(len(group), len(scored), top)}", fontsize=9, x=0.5 / ROOM)
    title = ", ".join(f"{column} {group[column].iloc[0]}" for column in varying)
    axes.set_title(
        shorten(title, 60), loc="left", fontsize=9.5, fontweight="bold", parse_math=False
    )


def _ranked(group: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Classes with tau by falling value, and what they are ranked by."""
    scored = group[group["tau"].notna()]
    by = "n tau" if is_scaled(scored) else "tau"
    order = np.argsort(-_values(scored, "tau", by), kind="stable")
    return scored.iloc[order], by


def _values(table: pd.DataFrame, column: str, by: str) -> NDArray[np.float64]:
    """Values of a column, times n where classes are ranked by it; NaN where it is not there."""
    if column not in table:
        return np.full(len(table), np.nan)
    values = table[column].to_numpy(dtype=np.float64)
    return values * table["n"].to_numpy(dtype=np.float64) if by == "n tau" else values


def _note(row: Mapping[Any, Any], value: float) -> str:
    """Tau, and the ranks that its interval allows."""
    ranks = f" ({row['rank_low']} to {row['rank_high']})" if tied(row) else ""
    return f"{_tau(value)}{ranks}"


def _beside(axes: Axes, point: tuple[float, float], text: str, color: str) -> None:
    axes.annotate(
        shorten(text, 30),
        point,
        (6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=color,
        parse_math=False,
        annotation_clip=False,
    )


def _limits(axes: Axes, tau: NDArray[np.float64]) -> tuple[float, float]:
    """Set the axis of tau, with room for the numbers beside the points; return its ends."""
    finite = tau[np.isfinite(tau)]
    peak = float(finite.max(initial=0)) or 1.0
    least = float(finite.min(initial=peak))
    if least > 0 and peak > 100 * least:
        axes.set_xscale("log")
        left, right = least / 2, peak * 2
        axes.set_xlim(left, left * (right / left) ** ROOM)
    else:
        left, right = 0.0, peak * 1.05
        axes.set_xlim(left, right * ROOM)
    # No scale below the room for numbers.
    open_axes(axes)
    axes.spines["bottom"].set_bounds(left, right)
    axes.set_xticks([tick for tick in axes.get_xticks() if left <= tick <= right])
    axes.tick_params(axis="x", which="minor", length=0)
    axes.tick_params(axis="x", labelsize=9)
    return left, right


def _planted(table: pd.DataFrame) -> NDArray[np.str_]:
    if "planted" not in table:
        return np.full(len(table), "", dtype=np.str_)
    return np.array([str(kind) for kind in table["planted"].fillna("")], dtype=np.str_)


def _ranking_title(table: pd.DataFrame, varying: Sequence[str], shown: int, of: int) -> str:
    common = [
        f"{column} {table[column].iloc[0]}" for column in Analysis._fields if column not in varying
    ]
    parts = ["Classes by tau", ", ".join(common)]
    parts += [f"the first {shown} of {of} analyses"] if shown < of else []
    parts += ["orange: with a planted artefact"] if (_planted(table) != "").any() else []
    return clean(" — ".join(part for part in parts if part))


def _left_out(rows: int, scored: int, top: int) -> str:
    notes = []
    if scored > top:
        notes.append(f"top {top} of {scored} classes")
    if rows > scored:
        notes.append(f"{rows - scored} set aside")
    return f" ({', '.join(notes)})" if notes else ""


def _tau(value: float) -> str:
    return "∞" if np.isinf(value) else f"{value:.2f}" if 0.1 <= value < 100 else f"{value:.3g}"
