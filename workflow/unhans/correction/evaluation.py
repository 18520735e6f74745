"""Evaluation: how accurate a network is, and how much of its relevance lies in an artefact."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from unhans.attribution.explainer import attribute
from unhans.correction.case import Case
from unhans.networks.inference import predict
from unhans.networks.registry import Network

EXPLAINED = 100
"""Most images whose relevance within a mask is measured."""


def accuracy(module: nn.Module, inputs: NDArray[np.float32], label: NDArray[np.int64]) -> float:
    """Compute the accuracy of a network.

    Parameters
    ----------
    module : Module
        Network whose outputs are logits.
    inputs : ndarray of float32, shape (n, c, h, w)
        Images as it takes them.
    label : ndarray of int, shape (n,)
        Index of each image's class.

    Returns
    -------
    float
        Fraction of images whose highest logit is that of their class.

    Raises
    ------
    InputError
        The inputs have another number of dimensions than four.
    ValueError
        There are no inputs.

    """
    return accuracy_of(predict(module, inputs), label)


def accuracy_of(logits: NDArray[np.float32], label: NDArray[np.int64]) -> float:
    """Compute the accuracy of logits.

    Parameters
    ----------
    logits : ndarray of float32, shape (n, classes)
        Of n images.
    label : ndarray of int, shape (n,)
        Index of each image's class.

    Returns
    -------
    float
        Fraction of images whose highest logit is that of their class; NaN without images.

    """
    return float((logits.argmax(axis=1) == label).mean()) if len(label) else float("nan")


def worst_group(case: Case, module: nn.Module) -> float:
    """Compute the accuracy of the worst group: a class, with the artefact or without it.

    Parameters
    ----------
    case : Case
        Artefact and images.
    module : Module
        The network.

    Returns
    -------
    float
        Lowest accuracy of held-out images not known to show the artefact, class by class, as they are
        and with the artefact put into them. NaN without such images.
    """
    plain = case.data.unmarked
    if not len(plain):
        return float("nan")
    found = []
    for inputs in (plain.inputs, case.artefact.insert(plain.inputs)):
        right = predict(module, inputs).argmax(axis=1) == plain.label
        found += [float(right[plain.label == index].mean()) for index in np.unique(plain.label)]
    return min(found)


class MaskRelevance(NamedTuple):
    """Relevance for a class that lies inside an artefact's mask; means over images.

    Parameters
    ----------
    fraction : float
        Of the positive relevance, from 0 to 1; NaN where the mask is the whole image.
    total : float
        Positive less negative relevance, in units of the logit that is explained.
    balance : float
        Positive less negative relevance by the sum of both: 1 where all of it speaks for the class, -1
        where all speaks against it.

    """

    fraction: float
    total: float
    balance: float


def relevance(
    network: Network,
    composite: str,
    attacked: NDArray[np.float32],
    target: int,
    masks: NDArray[np.bool_],
) -> MaskRelevance:
    """Compute the relevance for a class that lies in an artefact's mask.

    Parameters
    ----------
    network : Network
        To explain.
    composite : str
        Of the explanation.
    attacked : ndarray of float32, shape (n, c, h, w)
        Images with the artefact. Of more than `EXPLAINED`, some are explained, evenly spread.
    target : int
        Index of the artefact's class.
    masks : ndarray of bool, shape (n, h, w)
        Where the artefact is in each.

    Returns
    -------
    MaskRelevance
        Means over the images; NaN without images.

    Raises
    ------
    InputError
        The composite is unknown, or the images do not have the shape that the network takes.

    """
    # Images are sorted by class: every k-th of them covers all classes.
    chosen = slice(None, None, max(1, -(-len(attacked) // EXPLAINED)))
    shown, where = attacked[chosen], masks[chosen]
    if not len(shown):
        return MaskRelevance(float("nan"), float("nan"), float("nan"))
    found = attribute(network, shown, np.full(len(shown), target), composite).astype(np.float64)
    positive, within = np.maximum(found, 0), found * where
    total = _summed(positive)
    inside = _summed(positive * where)
    fraction = np.divide(inside, total, out=np.zeros_like(inside), where=total > 0)
    net, magnitude = _summed(within), _summed(np.abs(within))
    balance = np.divide(net, magnitude, out=np.zeros_like(net), where=magnitude > 0)
    share = float("nan") if where.all() else float(fraction.mean())
    return MaskRelevance(share, float(net.mean()), float(balance.mean()))


def _summed(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(maps.sum(axis=(1, 2)))
