"""Significance: the sign test of moved images, intervals of their means, and false discovery rates."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, false_discovery_control

from unhans.bootstrap import REPEATS


def sign_test(differences: NDArray[np.integer]) -> float:
    """Test whether more images move by an intervention than by its control.

    Parameters
    ----------
    differences : ndarray of int, shape (n,)
        By image: how it moves, less how it moves by the control.

    Returns
    -------
    float
        Exact one-sided p of the sign test: under the null hypothesis a difference is as often above as
        below zero. 1 where no image differs.

    References
    ----------
    McNemar 1947, exact form.

    """
    above, below = int((differences > 0).sum()), int((differences < 0).sum())
    return float(binom.sf(above - 1, above + below, 0.5)) if above + below else 1.0


def discoveries(
    p: NDArray[np.floating], least: NDArray[np.floating], level: float
) -> NDArray[np.float64]:
    """Adjust p for a false discovery rate, where some tests can give no small p.

    An exact test of three images cannot fall below 1/8. Tests that could not be found significant at any
    outcome are left out first, and the others go through Benjamini-Hochberg.

    Parameters
    ----------
    p : ndarray of float, shape (m,)
        Of each test.
    least : ndarray of float, shape (m,)
        The least p that it could have given.
    level : float
        The false discovery rate.

    Returns
    -------
    ndarray of float64, shape (m,)
        q of each test; 1 for those left out.

    References
    ----------
    Gilbert 2005, after Tarone 1990.

    """
    kept = np.zeros(len(p), dtype=bool)
    for count in range(1, len(p) + 1):
        kept = least * count <= level
        if kept.sum() <= count:
            break
    found = np.ones(len(p))
    if kept.any():
        found[kept] = false_discovery_control(p[kept])
    return found


@lru_cache(maxsize=65536)
def interval(counts: tuple[int, ...]) -> tuple[float, float]:
    """Compute the 95 % interval of a mean of small integers by the bootstrap (percentiles).

    Parameters
    ----------
    counts : tuple of int, shape (5,)
        How often -2, -1, 0, 1 and 2 occur. What is drawn again from n values has multinomial counts,
        so that the values themselves are not drawn.

    Returns
    -------
    low, high : float
        In points of percent; NaN for fewer than two values.

    References
    ----------
    Efron 1979; `bootstrap.interval`.

    """
    n = sum(counts)
    if n < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(0).multinomial(n, np.asarray(counts) / n, size=REPEATS)
    low, high = np.quantile(drawn @ np.arange(-2, 3) * (100 / n), [0.025, 0.975])
    return float(low), float(high)
