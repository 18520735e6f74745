"""Ablation: how a network's answer changes when an artefact is added to images or taken away."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from unhans.errors import InputError
from unhans.images import planting
from unhans.images.digits import DIGITS, Digits, as_inputs
from unhans.networks.inference import predict, probability, rank_of


class Response(NamedTuple):
    """Change of a class's rank and probability, one value an image."""

    rank: NDArray[np.int64]
    """(n,) ranks that the class rises (positive) or falls: rank before - rank after (table 3)"""
    probability: NDArray[np.float64]
    """(n,) probability after - probability before"""


def response(
    model: nn.Module,
    images: NDArray[np.float32],
    altered: NDArray[np.float32],
    target: int,
) -> Response:
    """Measure how a network's answer changes when images are altered, for one class.

    Parameters
    ----------
    model : Module
        Network whose outputs are logits.
    images, altered : ndarray of float32, shape (n, c, h, w)
        Its inputs before and after the alteration.
    target : int
        Index of the class, that of an artefact that was added or removed.

    Returns
    -------
    Response
        For each image, how many ranks the class rises and by how much its probability grows; both are
        negative where the class falls.

    Raises
    ------
    InputError
        The shapes differ.

    References
    ----------
    Anders et al. 2019, table 3, whose sign this is.

    Examples
    --------
    >>> import numpy as np, torch
    >>> import unhans as uh
    >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2, bias=False))
    >>> _ = network[1].weight.data.copy_(torch.eye(2, 4))
    >>> images = np.array([[[[0.5, 0], [0, 0]]]], dtype=np.float32)
    >>> altered = images + np.array([[[[0, 1], [0, 0]]]], dtype=np.float32)
    >>> found = uh.response(network, images, altered, target=1)
    >>> found.rank, found.probability.round(3)
    (array([1]), array([0.245]))
    """
    if images.shape != altered.shape:
        raise InputError(
            f"images have shape {images.shape}, altered images {altered.shape}; expected the same"
        )
    return changed(predict(model, images), predict(model, altered), target)


def changed(before: NDArray[np.float32], after: NDArray[np.float32], target: int) -> Response:
    """Response as `response` gives it, from logits (n, classes) before and after an alteration."""
    return Response(
        rank_of(before, target) - rank_of(after, target),
        probability(after, target) - probability(before, target),
    )


def insertion_table(model: nn.Module, made: Digits, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Response to each planted artefact, inserted into held-out, unmarked images of other classes.

    Parameters
    ----------
    model : the network
    made : images, labels and truth
    settings : ``images`` (how many at most), ``seed``, and the corpus' ``planting``

    Returns
    -------
    one row an artefact: artefact, class, images, rank_change, probability_change (means), and
    raised, the share of images on which the class' probability rises

    """
    rows = []
    for entry in settings["planting"]:
        target = DIGITS.index(entry["class"])
        plain = made.validation & (made.artefact == 0) & (made.label != target)
        candidates = np.nonzero(plain)[0]
        count = min(settings["images"], len(candidates))
        chosen = np.random.default_rng(settings["seed"]).choice(candidates, count, replace=False)
        images = made.images[chosen]
        altered, _ = planting.insert(images, entry["kind"], settings["seed"], chosen)
        change = response(model, as_inputs(images), as_inputs(altered), target)
        rows.append(
            {
                "artefact": entry["kind"],
                "class": entry["class"],
                "images": count,
                "rank_change": change.rank.mean(),
                "probability_change": change.probability.mean(),
                "raised": (change.probability > 0).mean(),
            }
        )
    return pd.DataFrame(rows)
