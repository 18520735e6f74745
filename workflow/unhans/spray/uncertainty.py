"""Uncertainty: what tau of subsets, and of classes without structure, say of tau of a class.

See `unhans.spray.resampling` and `unhans.spray.structureless`, which compute them.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unhans.types import Array


def interval(value: float, taus: Array, n: int, size: int) -> tuple[float, float]:
    """Turn tau of subsets into a 95 % interval of tau of the class.

    Parameters
    ----------
    value : float
        tau of the class.
    taus : ndarray of float, shape (m,)
        Of subsets; see `taus_of_subsets`.
    n, size : int
        Images of the class, and of each subset.

    Returns
    -------
    low, high : float
        Around ``value``, symmetric in logarithms. NaN where fewer than two of the numbers are positive
        and finite.
    """
    known = np.log([tau for tau in taus if 0 < tau < np.inf])
    if len(known) < 2 or not 0 < value < np.inf:
        return float("nan"), float("nan")
    spread = known.std(ddof=1) * np.sqrt(size / (n - size))
    factor = float(np.exp(stats.t.ppf(0.975, len(known) - 1) * spread))
    return value / factor, value * factor


def interpolated(n: int, draws: Mapping[int, Array]) -> NDArray[np.float64]:
    """Read tau of structureless classes of n images off those of the two nearest sizes.

    Each quantile is a power of n between two sizes: log tau is linear in log n.

    Parameters
    ----------
    n : int
        Images of a class. Outside of the sizes drawn, those of the nearest size are returned.
    draws : mapping of int to ndarray, shape (m,)
        By size, tau of m structureless classes, positive.

    Returns
    -------
    ndarray of float64, shape (m,)
        Ascending.
    """
    sizes = sorted(draws)
    table = np.log([np.sort(draws[size]) for size in sizes])
    at = np.log(sizes)
    columns = [np.interp(np.log(n), at, column) for column in table.T]
    return np.exp(np.array(columns, dtype=np.float64))
