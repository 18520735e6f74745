"""Importance: which neurons of the penultimate layer a class rests on, and the images that show them.

Singla & Feizi 2022 (Salient ImageNet): a neuron's importance for a class is its mean part of the
class's logit over the images that the network predicts as the class.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.checks import whole
from unhans.errors import InputError
from unhans.types import Array

Floats = NDArray[np.float64]


def feature_importance(activations: Array, weights: Array) -> Floats:
    """Compute the importance of each neuron for a class: the mean of phi_j(x) W_j.

    Parameters
    ----------
    activations : ndarray of float, shape (n, d)
        Penultimate activations phi of the images that are predicted as the class.
    weights : ndarray of float, shape (d,)
        Row of the last layer's weights for the class.

    Returns
    -------
    ndarray of float64, shape (d,)
        In units of the logit. Together with the bias they sum to the mean logit.

    Raises
    ------
    InputError
        There is no image, or the widths differ.

    References
    ----------
    Singla & Feizi 2022, section 3.
    """
    own, row = as_activations(activations), np.asarray(weights, dtype=np.float64)
    if row.shape != own.shape[1:]:
        raise InputError(f"weights of shape {row.shape} for activations of shape {own.shape}")
    return np.asarray(own.mean(axis=0) * row)


def greatest(values: Array, count: int) -> NDArray[np.int64]:
    """Give the places of the greatest values, the greatest first.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Of neurons or of images.
    count : int
        How many places.

    Returns
    -------
    ndarray of int, shape (m,)
        All places where there are fewer. Of equal values the first comes first.
    """
    order = np.argsort(-np.asarray(values, dtype=np.float64), kind="stable")
    return order[: whole(count, "count", 0)].astype(np.int64)


def greatest_of(values: Array, members: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Give the images of greatest value among some of them; see `greatest`.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Of the images.
    members : ndarray of bool, shape (n,)
        Images that may be chosen.
    count : int
        How many.

    Returns
    -------
    ndarray of int, shape (m,)
        Places among all n images.
    """
    rows = np.flatnonzero(members)
    return np.asarray(rows[greatest(np.asarray(values)[rows], count)])


def as_activations(activations: Array) -> Floats:
    """Check activations, and convert them to float64.

    Parameters
    ----------
    activations : ndarray of float, shape (n, d)
        A row an image.

    Returns
    -------
    ndarray of float64, shape (n, d)

    Raises
    ------
    InputError
        They have another number of dimensions, there is none, or some are not finite.
    """
    own = np.asarray(activations, dtype=np.float64)
    if own.ndim != 2 or not own.size:
        raise InputError(
            f"activations of shape {own.shape}; expected (images, neurons), some of each"
        )
    if not np.isfinite(own).all():
        raise InputError("activations are NaN or infinite; expected finite numbers")
    return own
