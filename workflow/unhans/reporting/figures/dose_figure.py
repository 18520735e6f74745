"""Dose figure: how the answer of a network follows the strength of a change, beside its control."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unhans.probes.words import words_of_act, words_of_change
from unhans.reporting.figures.style import COLORS, GREY, INK, open_axes, wrap

SIZE = (6.4, 4.3)
"""Inches."""


def dose_figure(
    rows: pd.DataFrame,
    title: str,
    pair: NDArray[np.uint8] | None = None,
    strength: float | None = None,
) -> Figure:
    """Draw the response to one change, and to its control, by strength.

    Parameters
    ----------
    rows : DataFrame
        Rows of the table of interventions of one class, change and direction; one for each strength.
    title : str
        A sentence.
    pair : ndarray of uint8, shape (2, h, w, 3), optional
        An image as it is, and changed.
    strength : float, optional
        Of the change of the image.

    Returns
    -------
    Figure
        Percent of the images that are called the class, with intervals of 95 %. The first place is that
        of the images as they are.

    """
    figure = Figure(figsize=SIZE, layout="constrained")
    said = "changed" if strength is None else f"changed: {strength:g}"
    axes = _axes(figure, pair, said)
    first = rows.iloc[0]
    sign = 1 if first["direction"] == "in" else -1
    places = np.arange(len(rows) + 1)
    for own, color, label in (
        ("response", COLORS[0], words_of_act(str(first["intervention"]), first["direction"])),
        ("control", GREY, f"control: {', '.join(_names(rows['control_name']))}"),
    ):
        bounds = ("low", "high") if own == "response" else ("control_low", "control_high")
        middle = _percent(rows, own, sign)
        ends = np.sort(np.clip([_percent(rows, name, sign) for name in bounds], 0, 100), axis=0)
        spread = np.abs(ends - middle)  # below, above: where images leave, the low bound is above
        style: dict[str, Any] = {"color": color, "label": label, "marker": "o", "capsize": 3}
        axes.errorbar(places, middle, yerr=spread, **style)
    axes.set_xticks(places, ["as it is", *(f"{value:g}" for value in rows["strength"])])
    unit = first["unit"]
    axes.set_xlabel(f"strength, {unit}" if isinstance(unit, str) and unit else "strength")
    whose = "images of other classes" if first["direction"] == "in" else "its own images"
    axes.set_ylabel(f"% of {first['images']:.0f} {whose}\ncalled the class")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    open_axes(axes)
    # Below the axes: words of controls are long, and lines go anywhere.
    figure.legend(loc="outside lower left", frameon=False, labelcolor=INK, fontsize=9)
    figure.suptitle("\n".join(wrap(title, SIZE[0] - 0.3, 9, most=6)), fontsize=9, ha="left", x=0.02)
    return figure


def _axes(figure: Figure, pair: NDArray[np.uint8] | None, changed: str) -> Axes:
    """Make the axes of the lines, with the images beside them."""
    if pair is None:
        own: Axes = figure.subplots()
        return own
    places = figure.add_gridspec(2, 2, width_ratios=(4, 1))
    for at, (image, said) in enumerate(zip(pair, ("as it is", changed), strict=True)):
        beside = figure.add_subplot(places[at, 1])
        beside.imshow(image, interpolation="nearest")
        beside.set_title(said, fontsize=8, color=INK)
        beside.set_xticks([])
        beside.set_yticks([])  # the frame stays: a rim may be white
        beside.spines[:].set_color(GREY)
    return figure.add_subplot(places[:, 0])


def _percent(rows: pd.DataFrame, name: str, sign: int) -> NDArray[np.float64]:
    """Percent called the class: before, and after a response to each strength."""
    before = rows["before"].to_numpy(float)
    return np.concatenate([before[:1], before + sign * rows[name].to_numpy(float)])


def _names(values: pd.Series) -> Sequence[str]:
    return [words_of_change(str(value)) for value in dict.fromkeys(values)]
