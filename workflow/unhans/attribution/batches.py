"""Batches: images and targets as an explainer takes them."""

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_array
from unhans.errors import InputError
from unhans.types import Array


def as_batch(images: Array, targets: Array) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
    """Check images and targets, and convert the images to float32.

    Parameters
    ----------
    images : ndarray of float or int, shape (n, c, h, w)
        Inputs of the network. float32 is taken as it is.
    targets : ndarray of int, shape (n,)
        Indices of the classes to explain.

    Returns
    -------
    images : ndarray of float32, shape (n, c, h, w)
    targets : ndarray of int, shape (n,)

    Raises
    ------
    InputError
        There are no images, or shapes or types do not fit.

    """
    images = as_array(images, "images", "(n, channels, height, width)")
    targets = as_array(targets, "targets", "(n,)")
    if images.ndim != 4 or not images.size or targets.shape != images.shape[:1]:
        raise InputError(
            f"images of shape {images.shape} with targets of shape {targets.shape}; "
            "expected (n, channels, height, width) and (n,)"
        )
    if images.dtype.kind not in "iuf":
        raise InputError(f"images of type {images.dtype}; expected float or integer")
    if targets.dtype.kind not in "iu":
        raise InputError(f"targets of type {targets.dtype}; expected integer")
    with np.errstate(over="ignore"):  # what becomes infinite is refused as such
        return images.astype(np.float32, copy=False), targets
