"""Separation: how well one number of each image tells a class from all others."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]

Z = 1.959963984540054
"""Quantile of the normal distribution for intervals of 95 %."""

STEPS = 60
"""Bisections that a bound of an interval takes: to the last bit."""


class Separation(NamedTuple):
    """Class against all others, for each of k classes and p properties.

    Parameters
    ----------
    auc : ndarray of float, shape (k, p)
        Probability that an image of the class has the higher value than one of another class, ties
        counted half. NaN where the class or the others have no value.
    p : ndarray of float, shape (k, p)
        Of the Mann-Whitney test, two-sided; 1 where all values are equal.
    own, others : ndarray of int, shape (k, p)
        Images of the class, and of the others, that have a value.

    """

    auc: Numbers
    p: Numbers
    own: NDArray[np.int64]
    others: NDArray[np.int64]


def separate(values: NDArray[np.floating], label: NDArray[np.int64], classes: int) -> Separation:
    """Compare each class with all others by each property.

    Each property is sorted once, whatever the number of classes.

    Parameters
    ----------
    values : ndarray of float, shape (n, p)
        Properties; NaN where one is not defined.
    label : ndarray of int, shape (n,)
        Class of each image, from 0.
    classes : int
        Number of classes.

    Returns
    -------
    Separation

    References
    ----------
    Mann and Whitney 1947; the p-value is that of ``scipy.stats.mannwhitneyu`` with the normal
    approximation, corrected for ties and continuity.

    """
    columns = [_separate(column, label, classes) for column in values.T]
    parts = [np.stack(part, axis=1) for part in zip(*columns, strict=True)] if columns else []
    empty = np.zeros((classes, 0))
    return (
        Separation(*parts) if parts else Separation(empty, empty, *([empty.astype(np.int64)] * 2))
    )


def interval(
    auc: Numbers, own: NDArray[np.int64], others: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Compute 95 % intervals of areas under the curve, of use for few images and areas near 1 too.

    Parameters
    ----------
    auc : ndarray of float, any shape
        Areas; NaN stays NaN.
    own, others : ndarray of int, the same shape
        Images of the class, and of the others.

    Returns
    -------
    low, high : ndarray of float, the same shape

    References
    ----------
    Newcombe 2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
    Part 2", method 5: the areas whose distance is Z standard errors, each with the error of its own area.

    """
    auc = np.asarray(auc, dtype=float)
    bounds = []
    for limit in (0.0, 1.0):
        inside, outside = auc.copy(), np.full(auc.shape, limit)
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            is_inside = np.abs(auc - middle) <= Z * np.sqrt(_variance(middle, own, others))
            inside, outside = (
                np.where(is_inside, middle, inside),
                np.where(is_inside, outside, middle),
            )
        bounds.append(np.where(np.isnan(auc), np.nan, inside))
    return bounds[0], bounds[1]


def false_discovery(p: Numbers) -> Numbers:
    """Adjust p-values for how many there are.

    Parameters
    ----------
    p : ndarray of float, any shape
        NaN where nothing was tested.

    Returns
    -------
    ndarray of float, the same shape
        The least false discovery rate at which each is discovered; NaN where p is.

    References
    ----------
    Benjamini and Hochberg 1995, by ``scipy.stats.false_discovery_control``.

    """
    q = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested])
    return q


def _separate(
    column: NDArray[np.floating], label: NDArray[np.int64], classes: int
) -> tuple[Numbers, Numbers, NDArray[np.int64], NDArray[np.int64]]:
    known = np.isfinite(column)
    ranks = stats.rankdata(column[known])
    n = len(ranks)
    own = np.bincount(label[known], minlength=classes)
    others = n - own
    pairs = (own * others).astype(float)
    above = np.bincount(label[known], weights=ranks, minlength=classes) - own * (own + 1) / 2
    ties = np.unique(ranks, return_counts=True)[1].astype(float)
    tied = float((ties**3 - ties).sum()) / max(1, n * (n - 1))
    spread = np.sqrt(pairs / 12 * max(0.0, n + 1 - tied))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (np.abs(above - pairs / 2) - 0.5) / spread
        auc = np.where(pairs > 0, above / pairs, np.nan)
    p = np.where(spread > 0, np.minimum(1, 2 * stats.norm.sf(z)), 1.0)
    return auc, np.where(pairs > 0, p, np.nan), own, others


def _variance(auc: Numbers, own: NDArray[np.int64], others: NDArray[np.int64]) -> Numbers:
    """Variance of an area under the curve, of Hanley and McNeil, as Newcombe's method 5 has it."""
    mean = (own + others) / 2 - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = 1 + mean * ((1 - auc) / (2 - auc) + auc / (1 + auc))
        found: Numbers = np.maximum(auc * (1 - auc) * spread / (own * others), 0)
    return found
