"""Limits: what was looked for in a corpus, what could have been found, and what could not.

How small an artefact is found was measured by the detection benchmark, with the marks of
docs/results/detection.md; the table is `MEASURED`.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from unhans.detection.calibration import FEW
from unhans.detection.findings import Findings, groups_nearest
from unhans.detection.indicators import INDICATORS

MEASURED = Path(__file__).parents[1] / "data" / "detection_limits.tsv"
"""Columns ``images`` (``small`` or ``large``), ``classes``, ``n`` (images of a class), ``kind``,
``rate`` (share of a class that is marked), ``used`` (marked classes whose mark the network used), and
``flagged``, those of them that were flagged: of large images by a group of F1 0.5 or more, or one that
an experiment calls used below the level."""

FOUND = 0.5
"""Share of the classes with a used mark that are flagged, from which such a mark counts as found."""

WITHIN = (
    "What no comparison of the images of a class finds: an artefact in all or nearly all images of a "
    "class, for there are none without it; one that more than half of the classes have, which counts as "
    "usual; and one that moves neither relevance nor brightness at the size of a bin, repeats no "
    "details, is no pattern of its own to the network, and raises the class by no window, rim or style."
)


def describe(found: Findings) -> list[str]:
    """Describe what was looked for in a corpus, and what could have been found.

    Parameters
    ----------
    found : Findings
        Of the corpus.

    Returns
    -------
    list of str
        A paragraph each: what was tested; from which value a class is flagged; what the benchmark found,
        by the smallest share of a class; and what no such comparison finds.

    """
    tested = found.classes[found.classes["status"] == "ok"]
    if tested.empty:
        return ["No class could be tested."]
    looked = [name for name in INDICATORS if tested[name].notna().any()]
    return [
        _tested(tested, looked),
        _needed(found.indicators, len(tested)),
        *_tried(found.indicators),
        *_found(looked, len(tested)),
        WITHIN,
    ]


def smallest(measured: pd.DataFrame) -> dict[str, float]:
    """Smallest share of a class at which each kind of artefact is found.

    Parameters
    ----------
    measured : DataFrame
        Rows of `MEASURED`.

    Returns
    -------
    dict of str to float
        The smallest rate from which on at least `FOUND` of the classes were flagged, at this rate and at
        all higher ones up to half of a class; NaN for a kind that is not found at any.

    """
    least = {}
    for kind, rows in measured.groupby("kind", sort=False):
        own = rows.groupby("rate")[["used", "flagged"]].sum().sort_index(ascending=False)
        enough = (own["flagged"] >= FOUND * own["used"]).to_numpy()
        count = len(enough) if enough.all() else int(enough.argmin())
        least[str(kind)] = float(own.index[count - 1]) if count else float("nan")
    return least


def _tested(tested: pd.DataFrame, looked: list[str]) -> str:
    n = tested["n"].astype(int)
    size = (
        f"{n.min()}" if n.min() == n.max() else f"{n.min()} to {n.max()} (median {n.median():.0f})"
    )
    sought = "; ".join(f"{INDICATORS[name].looks_for} ({name})" for name in looked)
    return f"Tested: {len(tested)} {_classes(len(tested))} of {size} images. Looked for: {sought}."


def _needed(indicators: pd.DataFrame, classes: int) -> str:
    """Values from which a class is flagged by one indicator alone, the others as they are."""
    indicators = indicators[indicators["needed"].notna()]
    if indicators.empty:
        return "No class can be flagged: all images of each are alike."
    parts = [
        f"{name} {rows['needed'].median():.3g} (without groups {rows['null'].median():.3g})"
        for name, rows in indicators.groupby("indicator", sort=False)
    ]
    few = (
        f" With {classes} it is mostly known from other corpora what is usual, so that only a strong "
        "indicator stands out."
        if classes < FEW
        else ""
    )
    return f"A class is flagged by one indicator alone from about: {', '.join(sorted(parts))}.{few}"


def _tried(indicators: pd.DataFrame) -> list[str]:
    """Say of how many classes that are not flagged groups were tried."""
    nearest = {class_id for class_id, _ in groups_nearest(indicators)}
    if not nearest:
        return []
    return [
        f"Of {len(nearest)} classes that are not flagged, those with the highest scores, groups that may "
        "differ as a whole (light, colour, grain) were tried by experiments; what the network uses of "
        "them is a finding."
    ]


def _found(looked: Iterable[str], classes: int) -> list[str]:
    """Say what the benchmark found, in images and numbers of classes like those that were looked at."""
    large = any(INDICATORS[name].small is None for name in looked)
    measured = _measured()
    alike = measured[measured["images"] == ("large" if large else "small")]
    few = alike["classes"] < FEW
    own = alike[few] if classes < FEW and few.any() else alike[~few]
    if own.empty:
        return ["How small an artefact is found in such images was not measured."]
    shares = smallest(own)
    several = own["rate"].nunique() > 1
    found = [
        f"{kind} from {100 * share:g} %" if several else kind
        for kind, share in shares.items()
        if share == share
    ]
    missed = [kind for kind, share in shares.items() if np.isnan(share)]
    before = "" if large else "By the score before each indicator had a flag of its own, in"
    said = (
        f"{before or 'In'} the benchmark "
        f"({_range(own['classes'])} classes of {own['n'].median():.0f} images, "
        f"{own['used'].sum()} marked classes whose mark the network uses, in "
        f"{_range(100 * own['rate'])} % of the images{_once(own)}) at least half of them were found for: "
        f"{', '.join(found) or 'no kind'}."
    )
    return [f"{said} Fewer, at any share: {', '.join(missed)}." if missed else said]


def _classes(count: int) -> str:
    return "class" if count == 1 else "classes"


def _once(own: pd.DataFrame) -> str:
    """Say that there was one class of each kind, of which one that is found says little."""
    return ", each kind in one class" if own.groupby("kind")["used"].sum().max() == 1 else ""


def _range(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


@cache
def _measured() -> pd.DataFrame:
    return pd.read_csv(MEASURED, sep="\t")
