"""Conclusion: whether a network uses what was put into images, by comparison with the control.

Each image is changed twice, by an artefact and by its control, and the two changes of the class's
probability are subtracted. The intervals of their means hold for all experiments of a corpus at once
(Bonferroni), so that one may be chosen among them afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

USED, UNUSED, NOT_TESTABLE = "used", "unused", "not testable"

LEVEL = 0.05
"""Chance that any interval of a corpus does not hold the true mean."""

FEWEST = 10
"""Images that a conclusion needs at least. Where a network is sure of all of them, differences are equal,
and an interval of two or three would have no width."""

USED_FROM = 0.02
"""Mean rise of the class's probability, beyond the control, from which an artefact counts as used. That
of the benchmark's truth."""


class Difference(NamedTuple):
    """Mean difference of a change and its control, with the interval that holds for all experiments.

    Parameters
    ----------
    mean, low, high : float
        The mean, and the ends of its interval; NaN for fewer than `FEWEST` images.

    """

    mean: float
    low: float
    high: float


def difference(
    change: NDArray[np.float64], control: NDArray[np.float64], experiments: int
) -> Difference:
    """Compare the changes of the same images by an artefact and by its control.

    Parameters
    ----------
    change, control : ndarray of float64, shape (n,)
        Of the probability of the class in each image.
    experiments : int
        That are made beside each other, this one included.

    Returns
    -------
    Difference
        The interval is Student's, at a level of `LEVEL` divided by the number of experiments.

    """
    pairs = np.asarray(change, dtype=np.float64) - np.asarray(control, dtype=np.float64)
    if len(pairs) < FEWEST:
        return Difference(*3 * [float("nan")])
    mean = float(pairs.mean())
    error = float(pairs.std(ddof=1)) / np.sqrt(len(pairs))
    reach = float(stats.t.isf(LEVEL / 2 / max(1, experiments), len(pairs) - 1)) * error
    return Difference(mean, mean - reach, mean + reach)


def judge(found: Difference, change: float, isolated: bool) -> str:
    """Say what one experiment shows.

    Parameters
    ----------
    found : Difference
        Of the changes by an artefact and by its control.
    change : float
        Mean change by the artefact.
    isolated : bool
        Whether something was isolated that the images of the group share.

    Returns
    -------
    str
        `USED` where the class rises by `USED_FROM` at least, both by itself and beyond the control,
        and the interval lies above zero. `UNUSED` where something was isolated and the interval lies
        below `USED_FROM`. Otherwise `NOT_TESTABLE`: nothing was isolated, or the interval holds both.

    """
    if found.low > 0 and min(found.mean, change) >= USED_FROM:
        return USED
    return UNUSED if isolated and found.high < USED_FROM else NOT_TESTABLE


def of_group(rows: Sequence[Mapping[str, Any]], allowed: Iterable[str] | None = None) -> int | None:
    """Choose the experiment that says whether a group's artefact is used.

    Parameters
    ----------
    rows : sequence of mapping
        ``conclusion``, ``difference_low``, ``isolated`` and ``kind`` of each experiment on the group.
    allowed : iterable of str, optional
        Kinds that are chosen among; without it, all.

    Returns
    -------
    int or None
        One that is used, if there is one; else one of an isolated artefact that is not decided; else one
        that is unused; else any. Of several, the one whose interval begins highest. None without rows.

    """
    kinds = None if allowed is None else set(allowed)
    places = [at for at, row in enumerate(rows) if kinds is None or row["kind"] in kinds]

    def order(at: int) -> tuple[int, float]:
        row = rows[at]
        undecided = row["conclusion"] == NOT_TESTABLE
        grade = 3 if row["conclusion"] == USED else 1 + undecided if row["isolated"] else 0
        return grade, float(np.nan_to_num(row["difference_low"], nan=-np.inf))

    return max(places, key=order, default=None)
