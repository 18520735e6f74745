"""Components: principal components of a class's weighted activations, and the cure made of them.

Neuhaus et al. 2023 ("Spurious Features Everywhere"): psi(x) = w * phi(x), elementwise, are the parts of a
class's logit. Neural PCA (NPCA) splits the logit into contributions alpha of the principal components of
psi. SpuFix takes the positive contribution of chosen directions from the logit, without training.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.features.importance import as_activations
from unhans.types import Array

Floats = NDArray[np.float64]


class Components(NamedTuple):
    """Principal components of a class.

    Parameters
    ----------
    mean : ndarray of float64, shape (d,)
        Mean of psi.
    directions : ndarray of float64, shape (m, d)
        Orthonormal rows, the greatest variance first. m is d, so that contributions sum to the logit.
    variance : ndarray of float64, shape (m,)
        Of psi along each direction.
    """

    mean: Floats
    directions: Floats
    variance: Floats


def weighted(activations: Array, weights: Array) -> Floats:
    """Weight activations by a class's row of the last layer: psi(x) = w * phi(x).

    Parameters
    ----------
    activations : ndarray of float, shape (n, d)
        Penultimate activations.
    weights : ndarray of float, shape (d,)
        Row of the last layer.

    Returns
    -------
    ndarray of float64, shape (n, d)
        Each row sums to the logit of the class without its bias.

    Raises
    ------
    InputError
        There is no image, or the widths differ.
    """
    own, row = as_activations(activations), np.asarray(weights, dtype=np.float64)
    if row.shape != own.shape[1:]:
        raise InputError(f"weights of shape {row.shape} for activations of shape {own.shape}")
    return np.asarray(own * row)


def principal(psi: Array) -> Components:
    """Find the principal components of weighted activations.

    Parameters
    ----------
    psi : ndarray of float, shape (n, d)
        Of the training images of a class.

    Returns
    -------
    Components
        The sign of a direction is that of its sum, which is not negative; contributions do not depend
        on it.

    Raises
    ------
    InputError
        There is no image.

    References
    ----------
    Neuhaus et al. 2023, section 4.
    """
    own = as_activations(psi)
    mean = own.mean(axis=0)
    centred = own - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(own))
    directions = vectors.T[::-1]
    sign = np.where(directions.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    return Components(mean, directions * sign, np.maximum(values[::-1], 0))


def contributions(psi: Array, components: Components) -> Floats:
    """Compute what each component contributes to the class's logit: alpha.

    Parameters
    ----------
    psi : ndarray of float, shape (n, d)
        Of any images.
    components : Components
        Of the class.

    Returns
    -------
    ndarray of float64, shape (n, m)
        ``<u, psi - mean> <1, u>``. They sum to the logit, up to a constant of the class.

    Raises
    ------
    InputError
        There is no image, or the widths differ.
    """
    own = as_activations(psi)
    if own.shape[1:] != components.mean.shape:
        raise InputError(
            f"psi of shape {own.shape} for components of {len(components.mean)} neurons"
        )
    along = (own - components.mean) @ components.directions.T
    return np.asarray(along * components.directions.sum(axis=1))


def coefficients(components: Components, place: int, weights: Array) -> Floats:
    """Write a component's contribution as a sum of activations: alpha(x) = sum of c_j phi_j(x) + const.

    Parameters
    ----------
    components : Components
        Of the class.
    place : int
        Of the component.
    weights : ndarray of float, shape (d,)
        Row of the last layer.

    Returns
    -------
    ndarray of float64, shape (d,)
        The weights c of the channels in the map of the component (a GradCAM of alpha).
    """
    direction = components.directions[place]
    return np.asarray(direction * direction.sum() * np.asarray(weights, dtype=np.float64))


def spurious_direction(psi: Array, mean: Array, alpha: Array) -> Floats:
    """Find the direction that SpuFix blocks: the sum of alpha_i (psi_i - mean), of norm 1.

    Parameters
    ----------
    psi : ndarray of float, shape (n, d)
        Of images that show the spurious feature.
    mean : ndarray of float, shape (d,)
        Of the class's components.
    alpha : ndarray of float, shape (n,)
        Contribution of the spurious component to the class in these images.

    Returns
    -------
    ndarray of float64, shape (d,)
        Zeros where the sum is zero.

    References
    ----------
    Neuhaus et al. 2023, section 6 (SpuFix).
    """
    total = np.asarray(alpha, dtype=np.float64) @ (as_activations(psi) - mean)
    norm = np.linalg.norm(total)
    return np.asarray(total / norm) if norm > 0 else np.zeros_like(total)


def blocked(psi: Array, mean: Array, directions: Array) -> Floats:
    """Compute by how much SpuFix lowers a class's logit: the sum of max(0, beta).

    Parameters
    ----------
    psi : ndarray of float, shape (n, d)
        Of any images.
    mean : ndarray of float, shape (d,)
        Of the class's components.
    directions : ndarray of float, shape (s, d)
        Of norm 1, or zeros. The part of ``psi - mean`` along each of several is found by least squares.

    Returns
    -------
    ndarray of float64, shape (n,)
        ``beta = <v, psi - mean> <1, v>`` for one direction v. Zeros where all directions are zeros.

    References
    ----------
    Neuhaus et al. 2023, section 6 (SpuFix).
    """
    centred = as_activations(psi) - mean
    rows = np.atleast_2d(np.asarray(directions, dtype=np.float64))
    parts = centred @ np.linalg.pinv(rows)
    return np.asarray(np.maximum(parts * rows.sum(axis=1), 0).sum(axis=1))
