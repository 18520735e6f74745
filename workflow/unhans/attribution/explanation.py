"""Explanation: what is known of a batch of images once it is explained."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unhans.attribution import hidden, last_maps
from unhans.attribution.hidden import Hidden
from unhans.attribution.last_maps import Activations
from unhans.types import Heatmaps


@dataclass(frozen=True)
class Explanation:
    """Heatmaps of n images and the network's answers.

    Parameters
    ----------
    heatmap : ndarray of float32, shape (n, h, w)
        Relevance summed over channels.
    logit : ndarray of float32, shape (n,)
        Of the target: the relevance that was propagated.
    prediction : ndarray of int, shape (n,)
        Index of the highest logit.
    rank : ndarray of int, shape (n,)
        Of the target among all classes, 1 for the highest logit.
    hidden : dict of str to Hidden
        By layer that the explainer was asked for.
    activations : Activations, optional
        Of the last map, where the explainer was asked for it.

    """

    heatmap: Heatmaps
    logit: NDArray[np.float32]
    prediction: NDArray[np.int64]
    rank: NDArray[np.int64]
    hidden: dict[str, Hidden] = field(default_factory=dict)
    activations: Activations | None = None


def joined(parts: Sequence[Explanation]) -> Explanation:
    """Put the images of several batches one after another.

    Parameters
    ----------
    parts : sequence of Explanation
        Of one network and the same layers, at least one.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        The map of a layer has not the same size in all of them.

    """
    layers = parts[0].hidden
    maps = [part.activations for part in parts if part.activations is not None]
    return Explanation(
        np.concatenate([part.heatmap for part in parts]),
        np.concatenate([part.logit for part in parts]),
        np.concatenate([part.prediction for part in parts]),
        np.concatenate([part.rank for part in parts]),
        {name: hidden.joined([part.hidden[name] for part in parts]) for name in layers},
        last_maps.joined(maps) if maps else None,
    )
