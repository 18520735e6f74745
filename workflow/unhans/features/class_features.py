"""Class features: the neurons and components that a class rests on, from one pass over its images."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.features import components, importance, soft_masks
from unhans.features.class_activations import Activations
from unhans.features.components import Components
from unhans.networks.penultimate import Ending

LEAST = 3
"""Fewest images that features are found in."""


class ClassFeatures(NamedTuple):
    """Neurons and components of a class.

    Parameters
    ----------
    members : ndarray of bool, shape (n,)
        Images that they were found in: trained on, and predicted as the class.
    neuron : ndarray of int64, shape (f,)
        Neurons of greatest importance.
    importance : ndarray of float64, shape (d,)
        Of all neurons.
    principal : Components
        All of them.
    alpha : ndarray of float64, shape (n, c)
        Contributions of the first components.
    neuron_mask, component_mask : ndarray of float16, shape (f, n, k, l) and (c, n, k, l)
        Maps divided by their maxima.
    rest : float
        Largest difference between a logit, computed of the activations in double precision, and the
        sum of all contributions, constants included.
    logit_rest : float
        The same of the network's own logits, which are rounded to single precision.
    """

    members: NDArray[np.bool_]
    neuron: NDArray[np.int64]
    importance: NDArray[np.float64]
    principal: Components
    alpha: NDArray[np.float64]
    neuron_mask: NDArray[np.float16]
    component_mask: NDArray[np.float16]
    rest: float
    logit_rest: float


def features(found: Activations, ending: Ending, index: int, top: int) -> ClassFeatures:
    """Find the neurons and components that a class rests on.

    Parameters
    ----------
    found : Activations
        Of the class's images.
    ending : Ending
        Of the network.
    index : int
        Output of the class.
    top : int
        How many neurons, and how many components.

    Returns
    -------
    ClassFeatures

    Raises
    ------
    InputError
        The network calls fewer than `LEAST` images the class.
    """
    own = found.prediction == index
    members = own & found.trained if (own & found.trained).sum() >= LEAST else own
    if members.sum() < LEAST:
        raise InputError(
            f"neural features: {int(own.sum())} of {len(own)} images are called the class; expected "
            f"{LEAST} at least"
        )
    weights = ending.weights[index].astype(np.float64)
    important = importance.feature_importance(found.activation[members], weights)
    neuron = importance.greatest(important, top)
    psi = components.weighted(found.activation, weights)
    principal = components.principal(psi[members])
    alpha = components.contributions(psi, principal)
    bias = float(ending.bias[index])
    sums = alpha.sum(axis=1) + principal.mean.sum() + bias
    kept = min(top, alpha.shape[1])
    parts = np.stack([components.coefficients(principal, at, weights) for at in range(kept)])
    combined = np.einsum("cd,ndkl->cnkl", parts.astype(np.float32), found.maps, optimize=True)
    return ClassFeatures(
        members,
        neuron,
        important,
        principal,
        alpha[:, :kept],
        _masks(np.moveaxis(found.maps[:, neuron], 1, 0)),
        _masks(combined),
        float(np.abs(sums - (psi.sum(axis=1) + bias)).max()),
        float(np.abs(sums - found.logit).max()),
    )


def arrays(found: Activations, own: ClassFeatures, ending: Ending, index: int) -> dict[str, Any]:
    """Give the arrays that are stored.

    Parameters
    ----------
    found : Activations
        Of the class's images.
    own : ClassFeatures
        Of the class.
    ending : Ending
        Of the network.
    index : int
        Output of the class.

    Returns
    -------
    dict of str to ndarray
        By name; the first components alone, and masks at the size of the maps.
    """
    kept = own.alpha.shape[1]
    return {
        "image": found.row,
        "trained": found.trained,
        "member": own.members,
        "activation": found.activation,
        "logit": found.logit,
        "prediction": found.prediction,
        "weight": ending.weights[index],
        "neuron": own.neuron,
        "importance": own.importance,
        "mean": own.principal.mean,
        "direction": own.principal.directions[:kept],
        "variance": own.principal.variance,
        "alpha": own.alpha,
        "neuron_mask": own.neuron_mask,
        "component_mask": own.component_mask,
    }


def names(stored: Mapping[str, Any]) -> list[str]:
    """Name the features of a class: ``neuron412``, ``component1``.

    Parameters
    ----------
    stored : mapping of str to ndarray
        Of `arrays`.

    Returns
    -------
    list of str
        Neurons by falling importance, then components by falling variance, from 1.
    """
    neurons = [f"neuron{int(place)}" for place in stored["neuron"]]
    return [*neurons, *(f"component{place + 1}" for place in range(stored["alpha"].shape[1]))]


def values(stored: Mapping[str, Any]) -> NDArray[np.float64]:
    """Give how strongly each image shows each feature.

    Parameters
    ----------
    stored : mapping of str to ndarray
        Of `arrays`.

    Returns
    -------
    ndarray of float64, shape (f, n)
        Activations of neurons, contributions of components; in the order of `names`.
    """
    neurons = np.asarray(stored["activation"], np.float64)[:, np.asarray(stored["neuron"])]
    return np.concatenate([neurons.T, np.asarray(stored["alpha"], np.float64).T])


def masks(
    stored: Mapping[str, Any], feature: int, at: NDArray[np.integer], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Give soft masks of a feature at the size of the images.

    Parameters
    ----------
    stored : mapping of str to ndarray
        Of `arrays`.
    feature : int
        Place in `names`.
    at : ndarray of int, shape (m,)
        Images.
    size : (int, int)
        Height and width of the images.

    Returns
    -------
    ndarray of float32, shape (m, h, w)
        From 0 to 1.
    """
    neurons = len(stored["neuron"])
    if feature < neurons:
        maps = stored["neuron_mask"][feature][at]
    else:
        maps = stored["component_mask"][feature - neurons][at]
    return soft_masks.activation_masks(maps, size)


def weights_of(stored: Mapping[str, Any], feature: int) -> NDArray[np.float64]:
    """Write a feature as a sum of penultimate activations.

    Parameters
    ----------
    stored : mapping of str to ndarray
        Of `arrays`.
    feature : int
        Place in `names`.

    Returns
    -------
    ndarray of float64, shape (d,)
        1 for a neuron and 0 for the others; of a component see `components.coefficients`.
    """
    neurons = np.asarray(stored["neuron"])
    if feature < len(neurons):
        one = np.zeros(len(stored["weight"]))
        one[neurons[feature]] = 1
        return one
    direction = np.asarray(stored["direction"][feature - len(neurons)], dtype=np.float64)
    return np.asarray(direction * direction.sum() * np.asarray(stored["weight"], np.float64))


def shown(stored: Mapping[str, Any], feature: int, count: int) -> tuple[NDArray[np.int64], ...]:
    """Choose images that show a feature most and least, among those that it was found in.

    Parameters
    ----------
    stored : mapping of str to ndarray
        Of `arrays`.
    feature : int
        Place in `names`.
    count : int
        Images at each end.

    Returns
    -------
    most, least : ndarray of int, shape (m,)
        Rows of the stored arrays. A neuron has one end: nothing is less than silent.
    """
    members = np.flatnonzero(stored["member"])
    own = values(stored)[feature][members]
    order = members[np.argsort(-own, kind="stable")].astype(np.int64)
    two = feature >= len(stored["neuron"])
    return order[:count], order[::-1][:count] if two else order[:0]


def describe(own: ClassFeatures) -> str:
    """Say what was found, in a line.

    Parameters
    ----------
    own : ClassFeatures
        Of the class.

    Returns
    -------
    str
    """
    listed = ", ".join(f"{place} ({own.importance[place]:.2f})" for place in own.neuron)
    share = own.principal.variance / max(own.principal.variance.sum(), np.finfo(float).tiny)
    spread = ", ".join(f"{value:.0%}" for value in share[: own.alpha.shape[1]])
    return (
        f"neurons: of {int(own.members.sum())} images called the class: {listed}; components hold "
        f"{spread} of the variance"
    )


def _masks(maps: NDArray[np.floating]) -> NDArray[np.float16]:
    """Divide maps by their maxima, image by image; what is below zero counts as zero."""
    own = np.maximum(maps.astype(np.float32), 0)
    most = own.max(axis=(2, 3), keepdims=True)
    return np.asarray(own / np.where(most > 0, most, 1), dtype=np.float16)
