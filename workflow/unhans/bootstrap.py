"""Bootstrap: confidence intervals of a mean by resampling."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REPEATS = 2000
"""Resamples."""


def interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Compute the 95 % interval of a mean by the bootstrap (percentiles).

    Parameters
    ----------
    values : sequence of float
        The sample.

    Returns
    -------
    low, high : float
        NaN for fewer than two values.

    References
    ----------
    Efron 1979.
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    own = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(0).integers(len(own), size=(REPEATS, len(own)))
    low, high = np.quantile(own[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
