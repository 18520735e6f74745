"""Entropic transport of equal masses by Sinkhorn's algorithm, compiled."""

import numpy as np
from numpy.typing import NDArray

from unhans.compilation import compiled_for_finite as compiled

Single = np.float32
Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]


@compiled
def exp(x: Single) -> Single:
    """Compute e^x for x <= 0, in a form that compilers turn into vector instructions.

    It is a polynomial of x / 64, squared six times: accurate to 1e-4 down to -20, and coarse below, where
    nothing counts beside the greatest entry of a row, which is 1.

    Parameters
    ----------
    x : float32
        Not positive.

    Returns
    -------
    float32
    """
    y = x * np.float32(1 / 64)
    p = np.float32(1) + y * np.float32(1 / 5)
    p = np.float32(1) + y * np.float32(1 / 4) * p
    p = np.float32(1) + y * np.float32(1 / 3) * p
    p = np.float32(1) + y * np.float32(1 / 2) * p
    p = np.float32(1) + y * p
    for _ in range(6):
        p *= p
    return p


@compiled
def sinkhorn(
    gain: Matrix, columns: Vector, temperature: Single, steps: int, plan: Matrix
) -> Single:
    """Compute entropic transport of equal masses at the highest gain, from given scalings.

    Parameters
    ----------
    gain : ndarray of float32, shape (m, m)
        Gain of each arc.
    columns : ndarray of float32, shape (m,)
        Logarithms of the scalings of the columns, times the temperature; updated.
    temperature : float32
        Weight of the entropy.
    steps : int
        Steps of Sinkhorn's algorithm.
    plan : ndarray of float32, shape (m, m)
        Written.

    Returns
    -------
    float32
        <gain, plan>.

    References
    ----------
    Cuturi 2013.
    """
    m = len(gain)
    inverse = np.float32(1) / temperature
    for i in range(m):
        highest = np.float32(-np.inf)
        for j in range(m):
            highest = max(highest, gain[i, j] + columns[j])
        for j in range(m):
            x = (gain[i, j] + columns[j] - highest) * inverse
            plan[i, j] = exp(max(x, np.float32(-60)))
    left, right = _scalings(plan, steps)
    value = np.float32(0)
    for i in range(m):
        for j in range(m):
            plan[i, j] *= left[i] * right[j] / np.float32(m)
            value += plan[i, j] * gain[i, j]
    columns += temperature * np.log(right)
    return value


@compiled
def _scalings(kernel: Matrix, steps: int) -> tuple[Vector, Vector]:
    """Scale rows and columns in turn, towards sums of one."""
    m = len(kernel)
    left, right = np.empty(m, dtype=np.float32), np.ones(m, dtype=np.float32)
    sums = np.empty(m, dtype=np.float32)
    for _ in range(steps):
        sums[:] = np.float32(1e-30)
        for i in range(m):
            total = np.float32(1e-30)
            for j in range(m):
                total += kernel[i, j] * right[j]
            left[i] = np.float32(1) / total
            for j in range(m):
                sums[j] += kernel[i, j] * left[i]
        for j in range(m):
            right[j] = np.float32(1) / sums[j]
    return left, right
