"""Judgement: how right a network is, and how much of what it looks at lies in an artefact."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from unhans.attribution.explainer import attribute
from unhans.networks.inference import predict
from unhans.networks.registry import Network

EXPLAINED = 100
"""Images whose relevance within a mask is measured, at most."""


def accuracy(module: nn.Module, inputs: NDArray[np.float32], label: NDArray[np.int64]) -> float:
    """Share of images (n, c, h, w) whose highest logit is that of their label (n,)."""
    return right(predict(module, inputs), label)


def right(logits: NDArray[np.float32], label: NDArray[np.int64]) -> float:
    """Share of logits (n, classes) that are highest at their label (n,); NaN for none."""
    return float((logits.argmax(axis=1) == label).mean()) if len(label) else float("nan")


class Inside(NamedTuple):
    """Relevance for a class inside an artefact's mask; means over images."""

    share: float
    """of the positive relevance, from 0 to 1"""
    total: float
    """positive less negative relevance, in units of the logit that is explained"""


def relevance(
    network: Network,
    composite: str,
    attacked: NDArray[np.float32],
    target: int,
    masks: NDArray[np.bool_],
) -> Inside:
    """Relevance for a class that lies in an artefact's mask.

    Parameters
    ----------
    network : to explain
    composite : of the explanation
    attacked : (n, c, h, w) images with the artefact; of more than `EXPLAINED`, some spread over them
    target : index of the artefact's class
    masks : (n, h, w) where it is in each

    Returns
    -------
    means over the images; NaN without one

    """
    # Images come class by class: every so-many-th is of all classes.
    chosen = slice(None, None, max(1, -(-len(attacked) // EXPLAINED)))
    shown, where = attacked[chosen], masks[chosen]
    if not len(shown):
        return Inside(float("nan"), float("nan"))
    found = attribute(network, shown, np.full(len(shown), target), composite).astype(np.float64)
    positive = np.maximum(found, 0)
    total = positive.sum(axis=(1, 2))
    inside = (positive * where).sum(axis=(1, 2))
    share = np.divide(inside, total, out=np.zeros_like(inside), where=total > 0)
    return Inside(float(share.mean()), float((found * where).sum(axis=(1, 2)).mean()))
