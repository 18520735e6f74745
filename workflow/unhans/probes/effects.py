"""Effects: whether an intervention makes images more like those of a class, in what tells the class.

A network may answer to any change that it was never shown, such as a white rim around a digit. That says
something of the class only where the change gives other images what the class's own images have, or
takes it from them. This is measured: of images as the network is given them, the property that tells the
class, before and after the intervention.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from unhans.images import originals
from unhans.images.changes.catalogue import CHANGES, Donated, Step, changed
from unhans.images.changes.pixels import Images, as_display, as_picture
from unhans.images.originals import Original
from unhans.probes import properties
from unhans.probes.families import RELATED, UNSEEN
from unhans.probes.groups import Group
from unhans.probes.table import CHANGE_OF
from unhans.types import Array

Values = NDArray[np.float64]

COLUMNS = [
    *("class", "intervention", "strength", "direction", "property"),
    *("closed", "parted", "explained"),
]
"""Columns of the table."""


def tabulate(
    predictability: pd.DataFrame,
    interventions: pd.DataFrame,
    groups: Sequence[Group],
    *,
    images: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how much of the difference between a class and the others each intervention closes.

    Parameters
    ----------
    predictability : DataFrame
        Of the corpus; from `predictability.tabulate`.
    interventions : DataFrame
        Of the corpus and a network; from `interventions.tabulate`.
    groups : sequence of Group
        Images of each class, as the interventions changed them.
    images : int
        Most images of a class, and about as many of all others: of at most so many of the other classes,
        evenly over their order.
    seed : int
        Of their choice.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row for each intervention that is used and each property that tells the
        class, of its family and of those that are `RELATED`. ``closed`` is a share: 1 where the median of
        the changed images is that of the images that they are to be like (those of the class for ``in``,
        those of the others for ``out``), 0 where it is as far from it as before, below 0 where it is
        farther; NaN where the property is not defined or the medians do not differ. Properties of the
        file's own pixels (`properties.NATIVE`) are lost in part on the way to the network: of these it is
        also how far the change moves the images that are changed, as a share of the difference between
        the files of the class and of the others, at most 1. ``parted`` is the
        most that a difference in any property of the same family, or of the intervention's, grows, in
        standard deviations: a white rim is as wide as a black one, and of another shade. ``explained`` is
        the mean of ``closed``, cut to 0 and 1, over all properties that tell the class, of any family.

    """
    telling = predictability[predictability["stands_out"].astype(bool)]
    measured = _Measured(groups, images, seed, _native(telling))
    seen = telling["property"].isin(properties.PROPERTIES) & ~telling["family"].isin(UNSEEN)
    every = telling[seen].groupby("class")["property"].apply(list).to_dict()
    rows = [
        {
            **row,
            **{"closed": measured.closed(**row), "parted": measured.parted(**row)},
            "explained": measured.explained(every.get(row["class"], ()), **row),
        }
        for row in _pairs(predictability, interventions)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pairs(predictability: pd.DataFrame, interventions: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Interventions that are used, with the properties that tell their class and that they may alter."""
    tell = predictability[predictability["stands_out"].astype(bool)]
    telling = {key: part["property"].tolist() for key, part in tell.groupby(["class", "family"])}
    used = interventions[interventions["used"].astype(bool)]
    for row in used.to_dict("records"):
        if CHANGES[CHANGE_OF[row["intervention"]]].relevance:
            continue
        names = ("class", "family", "intervention", "strength", "direction")
        kept = {name: row[name] for name in names}
        for family in (row["family"], *RELATED.get(row["family"], ())):
            for name in telling.get((row["class"], family), []):
                if name in properties.PROPERTIES:
                    yield {**kept, "property": name}


class _Measured:
    """Properties of images as they are and changed, measured when they are asked for."""

    def __init__(
        self,
        groups: Sequence[Group],
        images: int,
        seed: int,
        native: Mapping[tuple[str, str], float],
    ) -> None:
        self._native = native
        self._groups = {group.class_id: group for group in groups}
        self._images, self._seed = images, seed
        self._sample = _evenly([group.class_id for group in groups], images + 1)
        self._each = max(1, -(-images // max(1, len(self._sample) - 1)))
        self._kept: dict[tuple[str, bool, Step | None, str], dict[str, Values]] = {}
        self._explained: dict[tuple[str, Step, str], float] = {}
        self._few: dict[str, Images] = {}
        self._last: tuple[str, Images] = "", np.zeros((0, 1, 1, 1), dtype=np.float32)

    def closed(self, *, direction: str, property: str, **asked: Any) -> float:
        """Share of the difference that an intervention closes."""
        goal, before, after = map(_median, self._compared(direction, property, asked))
        found = [float("nan")]
        if goal != before:
            found.append(1 - abs(after - goal) / abs(before - goal))
        if apart := self._native.get((asked["class"], property)):
            found.append((after - before) / (apart if direction == "in" else -apart))
        # NaN where neither is known, never 1: what cannot be measured closes nothing.
        return float(np.minimum(1, np.fmax.reduce(found)))

    def explained(self, names: Sequence[str], *, property: str, **asked: Any) -> float:
        """Share of all that tells the class which an intervention closes, on average."""
        key = asked["class"], _step(asked), asked["direction"]
        if key not in self._explained:
            closed = [self.closed(property=name, **asked) for name in names]
            share = float(np.clip(np.nan_to_num(closed), 0, 1).mean()) if closed else 0.0
            self._explained[key] = share
        return self._explained[key]

    def parted(self, *, direction: str, property: str, **asked: Any) -> float:
        """Largest growth of a difference in the property's family and the intervention's."""
        families = {properties.PROPERTIES[property].family, asked["family"]}
        own = [
            name
            for name, one in properties.PROPERTIES.items()
            if one.family in families and name not in properties.NATIVE
        ]
        apart = [_apart(*self._compared(direction, name, asked)) for name in own]
        return float(np.nanmax([0.0, *(after - before for before, after in apart)]))

    def _compared(
        self, direction: str, name: str, asked: Mapping[str, Any]
    ) -> tuple[Values, Values, Values]:
        """Values of the images to be like, and of those that are changed, before and after."""
        class_id, step = asked["class"], _step(asked)
        own, others = self._values(class_id, True, None)[name], self._others(class_id, name)
        if direction == "in":
            return own, others, self._others(class_id, name, step)
        return others, own, self._values(class_id, True, step)[name]

    def _others(self, class_id: str, name: str, step: Step | None = None) -> Values:
        """Values of a property in images of all other classes, changed for a class."""
        exchanged = step is not None and CHANGES[step.change].donor
        parts = [
            self._values(other, False, step, class_id if exchanged else "")[name]
            for other in self._sample
            if other != class_id
        ]
        return np.concatenate([np.zeros(0), *parts])

    def _values(
        self, class_id: str, whole: bool, step: Step | None, giver: str = ""
    ) -> dict[str, Values]:
        key = class_id, whole, step, giver
        if key not in self._kept:
            self._kept[key] = self._measure(*key)
        return self._kept[key]

    def _measure(
        self, class_id: str, whole: bool, step: Step | None, giver: str
    ) -> dict[str, Values]:
        given = self._read(class_id, whole)
        if step is None:
            seen = given
        elif not CHANGES[step.change].donor:
            seen = changed(given, step)
        else:
            pool = self._donors(class_id, giver)
            others = pool[np.arange(len(given)) % len(pool)] if len(pool) else given
            seen = changed(given, step, donated=Donated(given, others))
        found = [properties.measure(_original(image)) for image in seen]
        return {name: np.array([one[name] for one in found]) for name in properties.PROPERTIES}

    def _read(self, class_id: str, whole: bool) -> Images:
        """Images of a class: a few of each are kept, and those of the last class that was asked for."""
        if not whole:
            if class_id not in self._few:
                self._few[class_id] = self._drawn(class_id, self._each)
            return self._few[class_id]
        if self._last[0] != class_id:
            self._last = class_id, self._drawn(class_id, self._images)
        return self._last[1]

    def _donors(self, class_id: str, giver: str) -> Images:
        """Images of a class; without its name, a few of each of the others."""
        if giver:
            return self._read(giver, True)
        others = [self._read(name, False) for name in self._sample if name != class_id]
        return np.concatenate(others or [np.zeros((0, 1, 1, 1), dtype=np.float32)])

    def _drawn(self, class_id: str, most: int) -> Images:
        group = self._groups[class_id]
        given = as_display(group.read())
        random = np.random.default_rng([self._seed, group.output])
        count = min(len(given), most)
        return given[np.sort(random.choice(len(given), count, replace=False))]


def _native(telling: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Difference of the medians of a class and of the others, in properties of the files' own pixels."""
    own = telling[telling["property"].isin(properties.NATIVE)]
    apart = own["median_class"].astype(float) - own["median_others"].astype(float)
    keys = zip(own["class"].astype(str), own["property"], strict=True)
    return dict(zip(keys, apart, strict=True))


def _step(asked: Mapping[str, Any]) -> Step:
    return Step(CHANGE_OF[asked["intervention"]], asked["strength"])


def _evenly(names: Sequence[str], most: int) -> list[str]:
    """At most so many of some names, as far from each other in their order as can be."""
    at = np.linspace(0, len(names) - 1, min(len(names), most)).round()
    return [names[place] for place in at.astype(np.int64)]


def _apart(goal: Values, before: Values, after: Values) -> tuple[float, float]:
    """Differences of medians from the goal's, before and after; NaN where one is not known.

    The unit is the standard deviation within the goal and within the images before, or a twentieth of
    the range of all, where that is more.
    """
    parts = [own[np.isfinite(own)] for own in (goal, before, after)]
    if not all(map(len, parts)):
        return float("nan"), float("nan")
    spread = np.sqrt((parts[0].var() + parts[1].var()) / 2)
    unit = max(spread, np.ptp(np.concatenate(parts)) / 20)
    first, second, third = map(_median, parts)
    return (abs(second - first) / unit, abs(third - first) / unit) if unit else (0.0, 0.0)


def _median(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _original(image: Array) -> Original:
    """Make what properties are measured of from an image (c, h, w) from 0 to 1."""
    pixels = as_picture(image)
    height, width = pixels.shape[:2]
    small = originals.small(Image.fromarray(pixels))
    return Original(width, height, pixels, pixels, pixels, small, b"", "", None)
