"""Planted response: how a network responds to planted artefacts that are put into other images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import nn

from unhans.artefacts.response import response
from unhans.images import planting
from unhans.images.digits import DIGITS, Digits, as_inputs
from unhans.images.planting import Planting


def tabulate(
    model: nn.Module, digits: Digits, planted: Sequence[Planting], *, images: int, seed: int = 0
) -> pd.DataFrame:
    """Measure the response to each planted artefact.

    It is inserted into held-out images of other classes that hold no artefact.

    Parameters
    ----------
    model : Module
        Network whose outputs are logits.
    digits : Digits
        Images, labels and the truth about artefacts.
    planted : sequence of Planting
        The artefacts.
    images : int
        Most images that each is inserted into.
    seed : int
        Chooses the images, and the places of random marks.

    Returns
    -------
    DataFrame
        One row an artefact: ``artefact, class, images``, the means ``rank_change`` and
        ``probability_change``, and ``raised``, the fraction of images on which the probability of
        the class rises.

    Raises
    ------
    InputError
        The kind of an artefact is unknown, or the images are not uint8 of shape (n, h, w).
    ValueError
        No image qualifies, or a class is none of `images.digits.DIGITS`.

    """
    rows = []
    for entry in planted:
        target = DIGITS.index(entry.class_id)
        unmarked = digits.validation & (digits.artefact == 0) & (digits.label != target)
        candidates = np.nonzero(unmarked)[0]
        count = min(images, len(candidates))
        chosen = np.random.default_rng(seed).choice(candidates, count, replace=False)
        before = digits.images[chosen]
        after, _ = planting.insert(before, entry.kind, seed, chosen)
        change = response(model, as_inputs(before), as_inputs(after), target)
        rows.append(
            {
                "artefact": entry.kind,
                "class": entry.class_id,
                "images": count,
                "rank_change": change.rank.mean(),
                "probability_change": change.probability.mean(),
                "raised": (change.probability > 0).mean(),
            }
        )
    return pd.DataFrame(rows)
