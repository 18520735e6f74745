"""Preprocessing: from heatmaps to the representation that distances compare.

Each function maps maps of shape (n, h, w) to maps; a representation is a sequence of them, by name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.types import Array, Heatmaps


def sum_pool(heatmaps: Array, size: int) -> Heatmaps:
    """Pool relevance to ``size`` x ``size`` bins; the sum of each map is preserved.

    Where the height or width is no multiple of ``size``, a pixel that crosses a bin's edge gives each
    side its share of area (Lapuschkin et al. 2019 pool 224 pixels to 20 bins).

    Parameters
    ----------
    heatmaps : (n, h, w) array
    size : bins along each side, at most min(h, w)

    Returns
    -------
    (n, size, size) float32

    """
    maps = as_maps(heatmaps)
    _, height, width = maps.shape
    if not 1 <= size <= min(height, width):
        raise InputError(
            f"sum_pool: cannot pool maps of {height} x {width} to {size} x {size}; "
            f"expected a size from 1 to {min(height, width)}"
        )
    # Bin by bin in float64: float32 sums of 224 x 224 signed values lose the digits that cancel.
    rows = _overlap(size, height)
    columns = _overlap(size, width)
    return np.stack([rows @ heatmap @ columns.T for heatmap in maps]).astype(np.float32)


def as_distribution(heatmaps: Array) -> Heatmaps:
    """Keep the positive part of each map and give it unit mass.

    A map without positive relevance has no distribution: it stays zero everywhere.

    Parameters
    ----------
    heatmaps : (n, h, w) array

    Returns
    -------
    (n, h, w) float32, each map not negative and of sum 1 (or 0)

    """
    positive = np.maximum(as_maps(heatmaps), 0)
    mass = positive.sum(axis=(1, 2), dtype=np.float64, keepdims=True)
    return _divide(positive, mass)


def unit_norm(heatmaps: Array) -> Heatmaps:
    """Scale each map to unit euclidean norm; a map of zeros stays zero.

    Parameters
    ----------
    heatmaps : (n, h, w) array

    Returns
    -------
    (n, h, w) float32

    """
    maps = as_maps(heatmaps)
    # The largest value first: squares of relevance at 1e-30 or 1e30 leave float32.
    peak = np.abs(maps).max(axis=(1, 2), keepdims=True, initial=0).astype(np.float64)
    scaled = _divide(maps, peak)
    square = np.einsum("nhw,nhw->n", scaled, scaled, dtype=np.float64)
    return _divide(scaled, np.sqrt(square)[:, None, None])


STEPS: Mapping[str, Callable[..., Heatmaps]] = {
    "sum_pool": sum_pool,
    "as_distribution": as_distribution,
    "unit_norm": unit_norm,
}
"""The steps that a representation may be composed of."""


def represent(heatmaps: Array, steps: Sequence[Mapping[str, Any]]) -> Heatmaps:
    """Apply a representation's steps in order.

    Parameters
    ----------
    heatmaps : (n, h, w) array
    steps : ``{"step": name, **options}`` each; none leaves the maps as they are (the paper's choice)

    Returns
    -------
    (n, h', w') float32

    """
    maps = as_maps(heatmaps).astype(np.float32, copy=False)
    for step in steps:
        options = {key: value for key, value in step.items() if key != "step"}
        maps = STEPS[step["step"]](maps, **options)
    return maps


def _overlap(bins: int, length: int) -> NDArray[np.float64]:
    """Share of each of ``length`` pixels that lies in each of ``bins`` equal bins: (bins, length)."""
    edges = np.arange(bins + 1) * (length / bins)
    pixels = np.arange(length)
    left = np.maximum(edges[:-1, None], pixels)
    right = np.minimum(edges[1:, None], pixels + 1)
    shares: NDArray[np.float64] = np.maximum(right - left, 0)
    return shares


def _divide(maps: Array, scale: NDArray[np.float64]) -> Heatmaps:
    safe = np.where(scale > 0, scale, 1)
    quotient = np.empty(maps.shape, dtype=np.float32)
    # Divided in float64, a buffer at a time: all maps in float64 would double the peak memory.
    return np.divide(maps, safe, out=quotient, casting="same_kind")
