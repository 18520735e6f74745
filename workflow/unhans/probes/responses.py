"""Responses: how many images each intervention moves into a class and out of it, beside its control.

An image counts by whether the class is the network's answer before and after. Whether an intervention
moves more images than its control does is tested by the exact sign test of those images that the two move
differently (McNemar's test), which is right for few images too and knows nothing of how sure a network
is. The least p of the strengths is multiplied by their number (Bonferroni), and all p of a network go
through Benjamini-Hochberg.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, fisher_exact

from unhans.images.changes import colour
from unhans.images.changes.catalogue import CASTS, Step
from unhans.probes.movement import Movement
from unhans.probes.significance import discoveries, interval, sign_test
from unhans.probes.table import Intervention
from unhans.probes.words import UNCHANGED

Direction = Literal["in", "out"]

COLUMNS = [
    *("corpus", "model", "class", "name", "intervention", "family", "strength", "unit"),
    *("direction", "images", "before", "after", "response", "probability", "rank", "low", "high"),
    *("control", "control_low", "control_high", "difference", "difference_low"),
    *("difference_high", "p", "q", "used", "control_name", "others", "recognised", "held_out"),
]
"""Columns of the table."""

NOWHERE = -1
"""Output of images that leave a class for no other one mostly."""


class Known(Protocol):
    """What is said of a class."""

    @property
    def class_id(self) -> str:
        """Id of the class."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def held_out(self) -> bool:
        """Whether the network was not trained on its images, as far as is known."""


class Moved(NamedTuple):
    """How an intervention moves images, and how its control does.

    Parameters
    ----------
    own, control : ndarray of int, shape (n,)
        By image: 1 where it moves as asked, -1 where it moves back, else 0.
    chosen : Step
        The control: that which moves most; `UNCHANGED` where all move images the other way.

    """

    own: NDArray[np.int8]
    control: NDArray[np.int8]
    chosen: Step


def hues(means: NDArray[np.floating]) -> list[str]:
    """Name how the mean colour of each class differs from that of the others.

    Parameters
    ----------
    means : ndarray of float, shape (k, c)
        Mean colour of each class.

    Returns
    -------
    list of str
        Of `colour.HUES`; empty for images without colour, or of one class alone.

    """
    if len(means) < 2 or means.shape[1] < 3:
        return ["" for _ in means]
    own = means[:, :3]
    known = np.nan_to_num(own)
    rest = (known.sum(axis=0) - known) / max(1, np.isfinite(own[:, 0]).sum() - 1)
    return [colour.nearest_hue(difference) for difference in own - rest]


def tabulate(
    movement: Movement,
    interventions: Sequence[Intervention],
    classes: Sequence[Known],
    *,
    corpus: str,
    model: str,
    level: float,
    least: float,
) -> pd.DataFrame:
    """Say of each class what moves images into it and its own images out of it.

    Parameters
    ----------
    movement : Movement
        Answers of the network.
    interventions : sequence of Intervention
        Those that were tried.
    classes : sequence of Known
        Those that the movement is of.
    corpus, model : str
        Names for the table.
    level : float
        Greatest q of an intervention that is used.
    least : float
        Points of percent by which it must exceed its control.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row for each class, intervention, direction and strength; see
        ``docs/how-to/probes.md``.

    """
    every = [_Class(movement, place) for place in range(len(classes))]
    sure = false_discovery_control([one.chance for one in every]) <= level
    rows: list[dict[str, Any]] = []
    ids = {int(output): own.class_id for output, own in zip(movement.outputs, classes, strict=True)}
    for known, seen, hue, clear in zip(classes, every, hues(movement.colour), sure, strict=True):
        shown = {"class": known.class_id, "name": known.name, "held_out": known.held_out}
        for row in _of_class(seen, interventions, hue):
            into = ids.get(row.pop("_output"), "")
            rows.append({**row, **shown, "recognised": bool(clear), "_into": into})
    table = pd.DataFrame(rows, columns=[*COLUMNS, "_test", "_counts", "_least", "_into"])
    tests = table[table["_counts"].astype(bool)].drop_duplicates("_test")
    adjusted = discoveries(tests["p"].to_numpy(float), tests["_least"].to_numpy(float), level)
    table["q"] = table["_test"].map(dict(zip(tests["_test"], adjusted, strict=True)))
    table["others"] = table["others"].fillna(_gained_by_others(table, interventions))
    clear = (table["difference"] >= least) & (table["difference_low"] > 0)
    specific = ~(table["response"] - table["others"] < least)
    table["used"] = (
        table["_counts"].astype(bool)
        & (table["q"].astype(float) <= level)
        & (clear & specific & table["recognised"].astype(bool))
    )
    table["used"] &= ~_taken(table)
    return table.assign(corpus=corpus, model=model)[COLUMNS]


def _gained_by_others(
    table: pd.DataFrame, interventions: Sequence[Intervention]
) -> "pd.Series[float]":
    """Points of percent that an intervention moves into the other classes, on average; NaN for others.

    What moves images into all classes alike is damage.
    """
    by_all = {one.name for one in interventions if one.by_all}
    own = table[(table["direction"] == "in") & ~table["intervention"].isin(by_all)]
    gained = own.groupby(["intervention", "strength"])["response"]
    count = gained.transform("count")
    others: pd.Series[float] = (gained.transform("sum") - own["response"]) / (count - 1)
    return others.where(count > 1).reindex(table.index)


def _taken(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows of images that leave for a class that the same intervention moves images into.

    A network that calls everything with black corners a church loses images of all other classes by
    them. That says something of churches alone. Of two classes one's gain is the other's loss, and both
    count.
    """
    gained = table["used"] & (table["direction"] == "in")
    if table["class"].nunique() < 3:
        return pd.Series(False, index=table.index)
    takers = {own: set(part["intervention"]) for own, part in table[gained].groupby("class")}
    return pd.Series(
        [
            direction == "out" and name in takers.get(into, ())
            for direction, name, into in zip(
                table["direction"], table["intervention"], table["_into"], strict=True
            )
        ],
        index=table.index,
    )


class _Class:
    """Answers of the network, for one class."""

    def __init__(self, movement: Movement, place: int) -> None:
        self.movement, self.place = movement, place
        self.own = movement.label == place
        self.given = movement.donor == place
        self.called = movement.called == movement.outputs[place]
        before = self.called[0]
        shown = [[part.sum(), (~part).sum()] for part in (before[self.own], before[~self.own])]
        self.chance = float(fisher_exact(shown, "greater").pvalue)
        # Images of the other classes that are called their own class.
        right = movement.called == movement.outputs[movement.label]
        self.others_right = right[:, ~self.own].mean(axis=1) if (~self.own).any() else None

    def images(self, one: Intervention, direction: Direction) -> NDArray[np.bool_]:
        """Images that a direction is about: with donors, into a class go those that it gives to."""
        if direction == "out":
            return np.asarray(self.own)
        return np.asarray(self.given if one.exchanges else ~self.own)

    def moved(self, row: int, asked: NDArray[np.bool_], direction: Direction) -> NDArray[np.int8]:
        """How each image moves in a direction."""
        change = self.called[row, asked].astype(np.int8) - self.called[0, asked].astype(np.int8)
        return np.asarray(change if direction == "in" else -change)

    def mean_change(self, row: int, one: Intervention, direction: Direction) -> tuple[float, float]:
        """Mean change of probability and of rank; positive as the direction asks."""
        of = self.movement
        count = int(self.images(one, direction).sum())
        if direction == "in" and one.exchanges:
            given = (own[:, self.given] for own in (of.donor_probability, of.donor_rank))
            probability, rank = (float((own[row] - own[0]).mean()) for own in given)
            return probability, -rank
        changes = []
        for sums, own in ((of.probability, of.own_probability), (of.rank, of.own_rank)):
            mine = [own[at, self.own].sum() for at in (row, 0)]
            found = [sums[at, self.place] - part for at, part in zip((row, 0), mine, strict=True)]
            after, before = mine if direction == "out" else found
            changes.append((after - before) / count)
        sign = 1 if direction == "in" else -1
        return sign * changes[0], -sign * changes[1]

    def taker(self, row: int) -> int:
        """Output that most of the class's images go to which leave it, or `NOWHERE`."""
        left = self.called[0, self.own] & ~self.called[row, self.own]
        outputs, counts = np.unique(self.movement.called[row, self.own][left], return_counts=True)
        most = counts.max(initial=0)
        return int(outputs[counts.argmax()]) if most > left.sum() / 2 else NOWHERE

    def others_lost(self, row: int) -> float:
        """Points of percent of other classes' images that are not called their own class any more."""
        if self.others_right is None:
            return 0.0
        return float(100 * (self.others_right[0] - self.others_right[row]))


def _asked(
    interventions: Sequence[Intervention], hue: str
) -> Iterator[tuple[Intervention, Direction]]:
    """Interventions and directions of a class: of casts, its own colour put in and taken out."""
    opposite = colour.HUES[(colour.HUES.index(hue) + 3) % 6] if hue else ""
    for one in interventions:
        cast = CASTS.get(one.name)
        if cast is None or cast == hue:
            yield one, "in"
        if cast is None or cast == opposite:
            yield one, "out"


def _of_class(
    seen: _Class, interventions: Sequence[Intervention], hue: str
) -> Iterator[dict[str, Any]]:
    """Rows of a class; those of a test share its p, the least of the strengths times their number."""
    for one, direction in _asked(interventions, hue):
        tried = _rows(seen, one, direction)
        p, reached = (
            min((1.0, *(len(tried) * row[key] for row in tried))) for key in ("p", "_least")
        )
        test = (seen.place, one.name, direction)
        yield from ({**row, "p": p, "_least": reached, "_test": test} for row in tried)


def _rows(seen: _Class, one: Intervention, direction: Direction) -> list[dict[str, Any]]:
    """One row for each strength; none where there is no image."""
    if not seen.images(one, direction).any():
        return []
    return [_row(seen, one, strength, direction) for strength in one.strengths]


def _row(seen: _Class, one: Intervention, strength: float, direction: Direction) -> dict[str, Any]:
    of = seen.movement
    row = of.row(one.step(strength))
    moved = _moved(seen, one, strength, direction)
    percent = seen.called[[0, row]][:, seen.images(one, direction)].mean(axis=1) * 100
    probability, rank = seen.mean_change(row, one, direction)
    difference = moved.own - moved.control
    guard = direction == "out" and not one.by_all
    return {
        **{"intervention": one.name, "family": one.family, "strength": strength, "unit": one.unit},
        **{"direction": direction, "images": len(moved.own)},
        **{"before": percent[0], "after": percent[1], "probability": probability, "rank": rank},
        **_summary(moved.own, "response", ("low", "high")),
        **_summary(moved.control, "control", ("control_low", "control_high")),
        **_summary(difference, "difference", ("difference_low", "difference_high")),
        "control_name": moved.chosen.change,
        "_output": seen.taker(row) if direction == "out" else NOWHERE,
        "others": seen.others_lost(row) if guard else float("nan"),
        **{"p": sign_test(difference), "_counts": one.counts},
        "_least": 0.5 ** int(np.count_nonzero(difference)),
    }


def _moved(seen: _Class, one: Intervention, strength: float, direction: Direction) -> Moved:
    # The images as they are come last: a control that moves images the other way refutes nothing.
    controls = [*(Step(name, strength) for name in one.controls), Step(UNCHANGED, 0)]
    rows = [seen.movement.row(step) for step in controls[:-1]]
    asked = seen.images(one, direction)
    found = [seen.moved(row, asked, direction) for row in [*rows, 0]]
    greatest = int(np.argmax([part.sum() for part in found]))
    own = seen.moved(seen.movement.row(one.step(strength)), asked, direction)
    return Moved(own, found[greatest], controls[greatest])


def _summary(
    values: NDArray[np.integer], name: str, bounds: tuple[str, str]
) -> Mapping[str, float]:
    counts = tuple(np.bincount(values.astype(np.int64) + 2, minlength=5).tolist())
    return {name: float(100 * values.mean()), **dict(zip(bounds, interval(counts), strict=True))}
