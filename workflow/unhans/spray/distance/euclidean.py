"""Euclidean distances by matrix products; the distances of close pairs are refined.

The equation is |x - y|^2 = |x|^2 + |y|^2 - 2 x y.
"""

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unhans.types import Array, Distances

FEATURES = 2048
"""Pixels of a block. Each block is multiplied in one precision and summed in float64."""

CHEAP = 2e9
"""Number of multiplications up to which float64 is used from the start."""

PASSES: tuple[tuple[DTypeLike, float], ...] = ((np.float32, 1e-2), (np.float64, 1e-9))
"""Precisions in turn. At or below the given fraction of the two squared norms, each has lost too many
digits of |x|^2 + |y|^2 - 2 x.y."""


def pairwise(heatmaps: Array) -> Distances:
    """Compute the euclidean distance between all pairs of heatmaps.

    |x - y|^2 is expanded to |x|^2 + |y|^2 - 2 x.y over maps centred on their mean, which makes one
    symmetric matrix product of each block of pixels. For pairs that are close relative to their norms,
    rounding would dominate: large classes start in float32, the close pairs are expanded again in float64
    about the mean of those maps alone, and pairs that are close even then are subtracted. Equal maps have
    distance 0 exactly, and equal distances to all others.

    Parameters
    ----------
    heatmaps : ndarray, shape (n, h, w)
        Finite values.

    Returns
    -------
    ndarray of float32, shape (n, n)
    """
    maps = np.asarray(heatmaps, dtype=np.float32).reshape(len(heatmaps), -1)
    n, pixels = maps.shape
    # A power of two scales without rounding and keeps squares inside float32's range.
    scale = _power_of_two(maps)
    distances = np.zeros((n, n), dtype=np.float32)
    close = ~np.eye(n, dtype=bool)
    for precision, fraction in PASSES if n * n * pixels > CHEAP else PASSES[1:]:
        rows = np.nonzero(close.any(axis=1))[0]
        if not rows.size:
            break
        squared, reach = _expand(maps, rows, scale, precision)
        block = np.ix_(rows, rows)
        lengths = scale * np.sqrt(np.maximum(squared, 0))
        distances[block] = np.where(close[block], lengths, distances[block])
        close[block] &= squared <= fraction * reach
    first = _subtract(maps, close, distances)
    return distances[np.ix_(first, first)]


def _expand(
    maps: NDArray[np.float32], rows: NDArray[np.intp], scale: float, precision: DTypeLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """|x - y|^2 and |x|^2 + |y|^2 between maps of ``rows``, divided by ``scale`` and centred."""
    gram = np.zeros((len(rows), len(rows)))
    for start in range(0, maps.shape[1], FEATURES):
        block = maps[rows, start : start + FEATURES].astype(precision, copy=False)
        block /= block.dtype.type(scale)
        block -= block.mean(axis=0, dtype=np.float64).astype(precision)
        gram += block @ block.T
    norms = np.diag(gram)
    reach = norms[:, None] + norms
    gram *= -2
    gram += reach
    return gram, reach


def _power_of_two(maps: NDArray[np.float32]) -> float:
    peak = max(float(maps.max(initial=0)), -float(maps.min(initial=0)))
    return float(2.0 ** np.floor(np.log2(peak))) if peak > 0 else 1.0


def _subtract(
    maps: NDArray[np.float32], close: NDArray[np.bool_], distances: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Overwrite the distances of close pairs; return for each map the first one equal to it."""
    first = np.arange(len(maps))
    for row in np.nonzero(close.any(axis=1))[0]:
        columns = row + 1 + np.nonzero(close[row, row + 1 :])[0]
        for start in range(0, len(columns), 64):
            part = columns[start : start + 64]
            lengths = np.linalg.norm(maps[part].astype(np.float64) - maps[row], axis=1)
            distances[row, part] = distances[part, row] = lengths
            equal = part[lengths == 0]
            # Measured once for all of them.
            first[equal] = row
            close[equal] = close[:, equal] = False
    return first
