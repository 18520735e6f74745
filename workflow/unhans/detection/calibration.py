"""Calibration: how far the indicators of a class are above those of classes without an artefact.

The *excess* of an indicator is the logarithm of its value, less the mean logarithm of its null: a class
is first compared with itself without groups. The excess is then compared with those of the corpus's other
classes. A corpus of two or three classes says little about what is usual, so the other classes are
joined by some whose excess is known (`indicators.Usual`): by `CENTRE` of these for the middle, and by
`PRIOR` for the spread. The class itself is left out, so that one of two can stand out. What lies far
below the known mean counts as `LOWEST` in a corpus of fewer than `FEW` classes: else a class would stand
out because next to nothing is in the other. The known spread is wider for classes of fewer images than
`SMALL`.

Each indicator of each class has its own p-value. Those of a class are joined by Simes' procedure, and
false discoveries are controlled over classes and, within the classes that are flagged, over indicators.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unhans.detection.indicators import Usual
from unhans.types import Array

Values = NDArray[np.float64]

CENTRE = 2
"""Classes that the known mean counts for: it differs between corpora, as it does between classes."""

PRIOR = 10
"""Classes that the known spread counts for: the median of ten values alone says little about it."""

FEW = 5
"""Classes below which a corpus says little about what is usual."""

LOWEST = 3.0
"""Known standard deviations below the known mean that an excess counts as at least, where classes are
`FEW`."""

SMALL = 40
"""Images of a class from which its excess varies as the known spread says."""


class Deviation(NamedTuple):
    """How far the values of an indicator are above those of the other classes."""

    values: Values
    """ndarray of float64, shape (classes,): in standard deviations; NaN where there is no value"""
    p: Values
    """ndarray of float64, shape (classes,): chance of such a deviation without an artefact"""
    centre: Values
    """ndarray of float64, shape (classes,): excess that the class would have without an artefact"""
    spread: Values
    """ndarray of float64, shape (classes,): standard deviation of such an excess about the centre"""
    freedom: Values
    """ndarray of float64, shape (classes,): degrees of freedom of that standard deviation"""

    def needed(self, level: Array) -> Values:
        """Excess at which p is a level, such as that at which a class would be flagged.

        Parameters
        ----------
        level : ndarray of float, shape (classes,)
            Of each class.

        Returns
        -------
        ndarray of float64, shape (classes,)

        """
        return np.asarray(self.centre + self.spread * stats.t.isf(level, self.freedom))


def excess(value: float, null: Array) -> float:
    """Logarithm of an indicator, less the mean logarithm of its null.

    Parameters
    ----------
    value : float
        Of the class.
    null : ndarray of float, shape (draws,)
        Of images without groups that are otherwise like those of the class.

    Returns
    -------
    float
        Minus infinity for a value that is not positive: nothing is there.

    """
    positive = np.asarray(null)[np.asarray(null) > 0]
    if value <= 0 or not positive.size:
        return -np.inf
    return float(np.log(value) - np.log(positive).mean())


def widths(images: Array) -> Values:
    """How much wider than the known spread the excesses of classes are spread, by their images.

    Parameters
    ----------
    images : ndarray of float, shape (classes,)
        Of each class; NaN where it is not known.

    Returns
    -------
    ndarray of float64, shape (classes,)
        1 from `SMALL` images on; below, it follows the root of their number.

    """
    n = np.asarray(images, dtype=np.float64)
    return np.asarray(np.sqrt(np.fmax(1.0, SMALL / n)))


def deviations(excesses: Array, usual: Usual, width: Array | None = None) -> Deviation:
    """Compare the excess of each class with those of the others.

    The deviation of a class has Student's t distribution, if the excesses of classes without an artefact
    have a normal one: its centre and its spread are estimated, from the other classes and from those that
    the known mean and spread count for.

    Parameters
    ----------
    excesses : ndarray of float, shape (classes,)
        One indicator of all classes; NaN where it has no value, minus infinity where nothing is there.
    usual : Usual
        Known mean and spread of classes without an artefact.
    width : ndarray of float, shape (classes,), optional
        What the known spread is multiplied by for each class (`widths`); 1 without it.

    Returns
    -------
    Deviation
        Of each class. p is 1 where nothing is there.

    """
    own = np.asarray(excesses, dtype=np.float64)
    finite, places = np.isfinite(own), np.arange(len(own))
    reference = np.full((3, len(own)), np.nan)
    spreads = usual.spread * (np.ones(len(own)) if width is None else np.asarray(width))
    for at in np.flatnonzero(~np.isnan(own)):
        known = usual._replace(spread=float(spreads[at]))
        reference[:, at] = _reference(own[finite & (places != at)], known)
    centre, spread, freedom = reference
    values = (own - centre) / spread
    return Deviation(values, stats.t.sf(values, freedom), centre, spread, freedom)


def _reference(others: Values, usual: Usual) -> tuple[float, float, int]:
    """Centre, standard deviation of a new value about it, and degrees of freedom."""
    m = len(others)
    if not m:
        return usual.mean, usual.spread * float(np.sqrt(1 + 1 / CENTRE)), PRIOR
    low = usual.mean - LOWEST * usual.spread if m + 1 < FEW else -np.inf
    known = np.maximum(others, low)
    middle = float(np.median(known))
    weight = m - 1  # the middle is their own
    robust = float(stats.median_abs_deviation(known, scale="normal"))
    spread = np.sqrt((weight * robust**2 + PRIOR * usual.spread**2) / (weight + PRIOR))
    centre = (m * middle + CENTRE * usual.mean) / (m + CENTRE)
    return centre, float(spread * np.sqrt(1 + 1 / (m + CENTRE))), weight + PRIOR


def simes(p: Array) -> Values:
    """Join the p-values of each class: chance that so many of its indicators stand out so far.

    It is the least level at which the procedure of Benjamini and Hochberg rejects any of them. Indicators
    of a class depend on each other, positively: what one finds, others rather find too. Simes' procedure
    holds its level under such dependence.

    Parameters
    ----------
    p : ndarray of float, shape (classes, indicators)
        NaN where a class has no such indicator.

    Returns
    -------
    ndarray of float64, shape (classes,)
        NaN for a class without any.

    References
    ----------
    Simes 1986, "An improved Bonferroni procedure for multiple tests of significance"; Sarkar 1998 on
    dependence.

    """
    joined = [adjusted(row) for row in np.asarray(p, dtype=np.float64)]
    return np.array([np.nan if np.isnan(row).all() else np.nanmin(row) for row in joined])


def adjusted(p: Array) -> Values:
    """Level at which each test would just be rejected by Benjamini and Hochberg.

    Parameters
    ----------
    p : ndarray of float, shape (n,)
        p-values. NaN counts as no test.

    Returns
    -------
    ndarray of float64, shape (n,)
        Adjusted p-values; NaN where the p-value is NaN.

    References
    ----------
    Benjamini and Hochberg 1995; `scipy.stats.false_discovery_control`.

    """
    own = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(own)
    levels = np.full(own.shape, np.nan)
    if known.any():
        levels[known] = stats.false_discovery_control(own[known])
    return levels


def selected(p: Array) -> Values:
    """Level at which each indicator of each class would just be rejected, after its class was.

    The classes are the families of Benjamini and Bogomolov (2014). At level q, R of M classes are flagged
    by the procedure of Benjamini and Hochberg on their p-values by Simes. Within each, it is applied to
    the indicators at level q R / M. This holds the expected share of false ones among the flagged classes
    at q, and the mean over flagged classes of the share of false ones among their flagged indicators. A
    class is flagged if and only if one of its indicators is.

    Parameters
    ----------
    p : ndarray of float, shape (classes, indicators)
        NaN where a class has no such indicator.

    Returns
    -------
    ndarray of float64, shape (classes, indicators)
        NaN where the p-value is NaN. The least of a class is `adjusted` of `simes`.

    References
    ----------
    Benjamini and Bogomolov 2014, "Selective inference on multiple families of hypotheses".

    """
    own = np.asarray(p, dtype=np.float64)
    within = np.array([adjusted(row) for row in own]).reshape(own.shape)
    ordered = np.sort(adjusted(simes(own)))
    ordered = ordered[~np.isnan(ordered)]
    if not ordered.size:
        return within
    flagged = np.arange(1, len(ordered) + 1)
    levels = np.maximum(within[..., None] * len(ordered) / flagged, ordered).min(axis=-1)
    return np.asarray(np.minimum(levels, 1))
