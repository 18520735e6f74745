"""Checks of arrays that several stages make: one message each, naming what was expected."""

import numpy as np

from unhans.errors import InputError
from unhans.types import Array


def as_maps(heatmaps: Array) -> Array:
    """Check that an array holds heatmaps.

    Parameters
    ----------
    heatmaps : array_like of real numbers, shape (n, h, w)
        Finite values, n at least 1.

    Returns
    -------
    ndarray, shape (n, h, w)

    Raises
    ------
    InputError
        Shape or type is another, there are no heatmaps, or values are NaN or infinite.
    """
    maps = np.asarray(heatmaps)
    if maps.ndim == 3 and not len(maps):
        raise InputError("there are no heatmaps; expected at least one")
    if maps.ndim != 3 or maps.size == 0:
        raise InputError(f"heatmaps have shape {maps.shape}; expected (n, height, width)")
    if maps.dtype.kind not in "biuf":
        raise InputError(f"heatmaps are of type {maps.dtype}; expected real numbers")
    # Map by map: a mask of all pixels of a class would cost a quarter of the heatmaps again.
    broken = [number for number, heatmap in enumerate(maps) if not np.isfinite(heatmap).all()]
    if broken:
        raise InputError(
            f"{len(broken)} of {len(maps)} heatmaps hold NaN or infinite relevance "
            f"(the first is number {broken[0]}); expected finite values"
        )
    return maps
