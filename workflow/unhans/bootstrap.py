"""Bootstrap: intervals of a mean by drawing the values again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REPEATS = 2000
"""Samples drawn."""


def interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of a mean, by the bootstrap (percentiles); NaN for fewer than two values."""
    if len(values) < 2:
        return float("nan"), float("nan")
    own = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(0).integers(len(own), size=(REPEATS, len(own)))
    low, high = np.quantile(own[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
