"""Detection figure: AUC of each score against the rate, one panel for each kind and analysis."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unhans.errors import InputError
from unhans.paths import Analysis
from unhans.reporting.figures.style import COLORS, INK, shorten

PANEL = (2.5, 2.1)
"""Width and height of a panel, in inches."""


def detection_figure(summary: pd.DataFrame) -> Figure:
    """Draw AUC against rate, with 95 % intervals over seeds, one panel for each kind and analysis.

    Parameters
    ----------
    summary : DataFrame
        From `detection.summary`. A row without an AUC (no artefact was used) has no point.

    Returns
    -------
    Figure
        A note in place of panels if the table is empty.

    Raises
    ------
    InputError
        The table lacks a column.

    """
    if summary.empty:
        figure = Figure(figsize=(4, 1))
        figure.text(0.5, 0.5, "no planted corpora in the grid", ha="center", color=INK)
        return figure
    needed = {"kind", "rate", "score", "auc", "auc_low", "auc_high"}
    if not needed <= set(summary.columns):
        raise InputError(f"the summary has no {', '.join(sorted(needed - set(summary.columns)))}")
    varying = [*("poisoned", "difficulty"), *Analysis._fields[2:]]
    varying = [name for name in varying if summary[name].nunique() > 1]
    rows = list(summary.groupby(varying, sort=False)) if varying else [((), summary)]
    kinds = list(dict.fromkeys(summary["kind"]))
    rates = sorted(summary["rate"].unique())
    figure = Figure(
        figsize=(PANEL[0] * len(kinds) + 0.8, PANEL[1] * len(rows) + 0.9), layout="constrained"
    )
    panels = figure.subplots(len(rows), len(kinds), squeeze=False, sharex=True, sharey=True)
    for line, (values, part) in zip(panels, rows, strict=True):
        named = zip(varying, values, strict=True)
        line[0].set_ylabel(shorten(", ".join(f"{name} {value}" for name, value in named), 40))
        for axes, kind in zip(line, kinds, strict=True):
            _panel(axes, part[part["kind"] == kind], rates)
    for axes, kind in zip(panels[0], kinds, strict=True):
        axes.set_title(kind, fontsize=10)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle("AUC against the share of marked images", fontsize=11)
    return figure


def _panel(axes: Axes, part: pd.DataFrame, rates: list[float]) -> None:
    for color, (score, own) in zip(COLORS, part.groupby("score", sort=False), strict=False):
        line = own.sort_values("rate")
        axes.plot(line["rate"], line["auc"], "o-", color=color, label=str(score), markersize=3)
        axes.fill_between(
            line["rate"], line["auc_low"], line["auc_high"], color=color, alpha=0.15, linewidth=0
        )
    axes.axhline(0.5, color="#cccccc", linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xticks(rates, [f"{100 * rate:g} %" for rate in rates])
    axes.minorticks_off()
    axes.set_ylim(-0.03, 1.03)
    axes.tick_params(labelsize=8)
