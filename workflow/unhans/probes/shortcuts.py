"""Shortcuts: what tells a class in the data, joined with what moves the network.

A shortcut is a property that tells a class from the others *and* an intervention on that property that
moves the network, by more than a control of equal size: it gives other images what the class has, or
takes it from the class's own. Either alone is named as what it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from unhans.probes.families import EXCHANGES, EXTENT, PARTS
from unhans.probes.families import UNSEEN as UNSEEN_FAMILIES

SHORTCUT = "shortcut"
"""In the data and used by the network."""

UNUSED = "in the data, not used"
"""A property tells the class, and no intervention on it moves the network."""

UNSEEN = "in the data, not visible"
"""A property of the file tells the class: the network is given pixels alone."""

UNTESTABLE = "in the data, not testable"
"""A property tells the class, and too little is known of the network to call it unused, for one of the
reasons `UNKNOWN`, `FEW`, `WITHIN` and `ELSEWHERE`."""

UNKNOWN = "the network does not recognise the class"
FEW = "too few images were changed"
WITHIN = "the network uses the surroundings, of which it may be a part"
ELSEWHERE = "the images that were changed do not show it as those of training do"
"""What makes a property untestable, in words: of `WITHIN`, all surroundings were exchanged
(`EXCHANGES`); of `FEW`, fewer than `TESTED`; of `ELSEWHERE`, it tells the class among the images that
were changed by less than `LEFT` of what it does among those of training, and surely by less."""

CHANGED = ("auc_changed", "auc_changed_high")
"""Columns of the area among the images that were changed, in the direction of that of training, and of
the upper end of its 95 % interval."""

LEFT = 0.5
"""Share of the area above chance that is left among the images that were changed, at least, where these
show a property. Nothing can take it from images without it, or give it by them."""

UNTRIED = "in the data, not tried"
"""A property tells the class, and no intervention on it was tried."""

UNEXPLAINED = "used, not in the data"
"""An intervention moves the network, and no property that was measured tells the class."""

CONCLUSIONS = (SHORTCUT, UNEXPLAINED, UNUSED, UNTESTABLE, UNTRIED, UNSEEN)
"""In the order of the table."""

TESTED = 15
"""Images that a change must have been tried on before a property is called unused: where none of so many
moves, at most a fifth of all would (95 %, the rule of three)."""

CLOSED = 0.25
"""Share of the difference between the class and the others that an intervention closes at least, so that
it counts as one on that property; see `effects`."""

PARTED = 1.0
"""Standard deviations by which it makes images differ more, at most, in any property of that family or of
its own."""

NEARLY = 0.75
"""Share of what a change explains, from which a change that says more goes before it: that of a part
before that of all surroundings, and one that says what it puts there before an exchange."""

ALMOST = 0.85
"""Share of what a change of the rim explains, from which one of the corners goes before it: corners show
a part of any rim."""

ACT = ["class", "intervention", "strength", "direction"]
"""Columns that name an intervention on images of, or for, a class."""

PROPERTY = {
    **{name: name for name in ("property", "auc", "auc_low", "auc_high", "auc_held_out")},
    "auc_changed": "auc_changed",
    **{"property_direction": "direction", "property_q": "q"},
    **{name: name for name in ("median_class", "median_others")},
}
"""Columns of the property, and what they are called in the table of properties."""

INTERVENTION = {
    **{name: name for name in ("intervention", "strength", "unit", "direction", "images")},
    **{name: name for name in ("before", "after", "response", "low", "high", "control")},
    **{name: name for name in ("control_name", "difference", "difference_low", "difference_high")},
    "intervention_q": "q",
}
"""Columns of the intervention, and what they are called in the table of interventions."""

COLUMNS = [
    *("corpus", "model", "class", "name", "family", "conclusion"),
    *(*PROPERTY, *INTERVENTION, "closed", "explained", "reason", "used_too"),
]
"""Columns of the table."""


def join(
    predictability: pd.DataFrame, interventions: pd.DataFrame, effects: pd.DataFrame
) -> pd.DataFrame:
    """Join what tells each class with what moves the network to and from it.

    Parameters
    ----------
    predictability : DataFrame
        Of one corpus; from `predictability.tabulate`, with what `changed_properties.add` adds.
    interventions : DataFrame
        Of the corpus and one network; from `interventions.tabulate`.
    effects : DataFrame
        Of both; from `effects.tabulate`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; ``reason`` is that of `UNTESTABLE`, empty otherwise; ``used_too`` names the
        other interventions of the family that are used, separated by commas. A class has a row for each
        family of which an intervention is used that closes `CLOSED` of the difference at least, by the
        median over all properties of the family, or of a related one, that tell the class, and that parts
        the images in no property of that family: the pair that moves most images. Where there is no
        such pair, it has a row for the property that tells it best, and one for the intervention
        that moves most images. The rows of shortcuts come first (`CONCLUSIONS`), and within a
        conclusion those that move most images; of two that move as many, one that explains less than
        `NEARLY` as much as another of its class comes later. Surroundings hold a rim, corners, a colour
        and parts of the object, and a rim holds corners: what names one of these and explains `NEARLY` as
        much stands before them (`families.EXTENT`).

    """
    table = pd.DataFrame(_rows(predictability, interventions, effects), columns=COLUMNS)
    order = {conclusion: at for at, conclusion in enumerate(CONCLUSIONS)}
    extent = _extent(table)
    keys = pd.DataFrame(
        {
            "conclusion": table["conclusion"].map(order),
            "moved": -_raised(table, extent).fillna(-np.inf),
            "weak": _is_weak(table),
            "extent": extent,
            "telling": -table["auc"].astype(float).fillna(0.5),
            **{name: table[name].astype(str) for name in ("class", "family")},
        }
    )
    return table.loc[keys.sort_values(keys.columns.tolist()).index].reset_index(drop=True)


def _extent(table: pd.DataFrame) -> "pd.Series[float]":
    """How much is altered; corners that explain less than the rim stand behind it."""
    extent = table["family"].map(EXTENT).fillna(0.0).where(table["intervention"].notna(), 0.0)
    for _, own in table[table["conclusion"] == SHORTCUT].groupby("class"):
        explained = own.set_index("family")["explained"].astype(float)
        if {"corners", "border"} <= set(explained.index) and (
            explained["corners"] < ALMOST * explained["border"]
        ):
            extent[own.index[own["family"] == "corners"]] = EXTENT["border"] + 0.5
    return extent


def _is_weak(table: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a shortcut of the class explains much more: of two that move as many, it is the first."""
    explained = table["explained"].astype(float).where(table["conclusion"] == SHORTCUT)
    return explained < NEARLY * explained.groupby(table["class"]).transform("max")


def _raised(table: pd.DataFrame, extent: "pd.Series[float]") -> "pd.Series[float]":
    """Points that images move; for what explains nearly as much, at least those of what holds it."""
    moved, explained = (table[name].astype(float) for name in ("difference_low", "explained"))
    shortcut = table["conclusion"] == SHORTCUT
    for at in extent[shortcut & (extent > 0)].sort_values().index:
        within = extent < extent[at]
        if extent[at] < max(EXTENT.values()):  # a rim holds corners, and no colour
            within &= table["family"] == "corners"
        alike = within & shortcut & (table["class"] == table.loc[at, "class"])
        alike &= explained >= NEARLY * explained[at]
        moved = moved.where(~alike, np.maximum(moved, moved[at]))
    return moved


class _Tried(NamedTuple):
    """Families of each class that were tried, and what keeps that from saying something."""

    reasons: Mapping[tuple[str, str], list[str]]

    @classmethod
    def of(cls, interventions: pd.DataFrame) -> Self:
        """Read a table of interventions."""
        exchanged = interventions["intervention"].isin(EXCHANGES)
        within = set(interventions.loc[exchanged & interventions["used"].astype(bool), "class"])
        reasons = {}
        for (class_id, family), own in interventions.groupby(["class", "family"]):
            lacks = {
                UNKNOWN: not own["recognised"].astype(bool).any(),
                FEW: own["images"].max() < TESTED,
                WITHIN: class_id in within,
            }
            reasons[str(class_id), str(family)] = [why for why in lacks if lacks[why]]
        return cls(reasons)

    def conclusion(self, row: Mapping[str, Any], lost: bool) -> tuple[str, str]:
        """Conclude on a property that no intervention on it is known to be used for, and say why."""
        if row["family"] in UNSEEN_FAMILIES:
            return UNSEEN, ""
        reasons = self.reasons.get((str(row["class"]), str(row["family"])))
        if reasons is None:
            return UNTRIED, ""
        reasons = [*reasons, *([ELSEWHERE] if lost else [])]
        return (UNTESTABLE, "; ".join(reasons)) if reasons else (UNUSED, "")


def _rows(
    predictability: pd.DataFrame, interventions: pd.DataFrame, effects: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    missing = {name: np.nan for name in CHANGED if name not in predictability}
    predictability = predictability.assign(**missing)
    tell = predictability[predictability["stands_out"].astype(bool)]
    used = interventions[interventions["used"].astype(bool)]
    telling, moved = (dict(iter(own.groupby(["class", "family"]))) for own in (tell, used))
    beside = _Tried.of(interventions)
    names = dict(zip(predictability["class"], predictability["name"], strict=True))
    where = {key: next(iter(interventions[key]), "") for key in ("corpus", "model")}
    closing = _closing(effects, tell)
    for class_id, family in dict.fromkeys([*telling, *moved]):
        same = {**where, "class": class_id, "name": names.get(class_id, class_id), "family": family}
        same |= {"reason": "", "used_too": ""}
        own, acts = telling.get((class_id, family)), moved.get((class_id, family))
        pair = None if acts is None else _pair(acts, closing)
        if pair is not None:
            yield {**same, "conclusion": SHORTCUT, **pair, "used_too": _used_too(acts, pair)}
            continue
        if own is not None:
            lost = _is_lost(own)
            row = {**same, **_of(own if lost.all() else own[~lost], "auc", PROPERTY)}
            conclusion, why = beside.conclusion(row, bool(lost.all()))
            yield {**row, "conclusion": conclusion, "reason": why}
        if acts is not None:
            best = _of(acts, "difference_low", INTERVENTION)
            yield {**same, "conclusion": UNEXPLAINED, **best, "used_too": _used_too(acts, best)}


def _used_too(acts: pd.DataFrame | None, row: Mapping[str, Any]) -> str:
    """Name the other interventions of a family that are used, those that move most images first."""
    if acts is None:
        return ""
    others = acts.sort_values("difference_low", ascending=False, kind="stable")["intervention"]
    return ", ".join(name for name in dict.fromkeys(others) if name != row["intervention"])


def _is_lost(telling: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the images that were changed do not show a property; False where it is not known."""
    auc, changed, high = (telling[name].astype(float) for name in ("auc", *CHANGED))
    return (changed - 0.5 < LEFT * (auc - 0.5)) & (high < auc)


def _closing(effects: pd.DataFrame, telling: pd.DataFrame) -> pd.DataFrame:
    """Effects on single properties, of interventions that close most of the properties of a family."""
    known = effects.assign(closed=effects["closed"].astype(float).fillna(0.0))
    columns = {given: name for name, given in PROPERTY.items() if given != "property"}
    named = telling[["class", "family", *PROPERTY.values()]].rename(columns=columns)
    joined = known.merge(
        named.rename(columns={"family": "property_family"}), on=["class", "property"]
    )
    usual = joined.groupby([*ACT, "property_family"])["closed"].transform("median")
    return joined[(usual >= CLOSED) & (joined["closed"] >= CLOSED) & (joined["parted"] <= PARTED)]


def _pair(moved: pd.DataFrame, closing: pd.DataFrame) -> dict[str, Any] | None:
    """Of the pairs in which the intervention acts on the property, the one that moves most images.

    Properties of the intervention's own family go before those of others, and a change that says what
    it puts in before an exchange that explains little more.
    """
    pairs = moved.merge(closing, on=ACT)
    if pairs.empty:
        return None
    enough = pairs["explained"] >= NEARLY * pairs["explained"].max()
    pairs = pairs.assign(
        own=pairs["family"] == pairs["property_family"],
        said=enough & ~pairs["intervention"].isin(PARTS),
    )
    order = ["own", "said", "difference_low", "auc", "closed"]
    best = pairs.sort_values(order, ascending=False).iloc[0]
    return {
        **{name: best[name] for name in PROPERTY},
        **{name: best[given] for name, given in INTERVENTION.items()},
        "closed": best["closed"],
        "explained": pairs["explained"].max(),
    }


def _of(rows: pd.DataFrame, by: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """Give the columns of the row with the greatest value."""
    row = rows.sort_values(by, ascending=False, kind="stable").iloc[0]
    return {name: row[given] for name, given in columns.items()}
