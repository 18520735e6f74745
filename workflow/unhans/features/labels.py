"""Labels: whether a feature is core or spurious, and where that is known from.

A person's answer comes first, then the votes of others, then what is known of planted artefacts. That a
class hangs on a feature (accuracy gap, response to noise) does not say whether the feature is part of
the object: such a feature is ``unsure``, and its source says why it should be looked at.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from unhans.features.answers import CORE, SPURIOUS, UNSURE
from unhans.features.spuriosity import LEAST_GAP
from unhans.types import Array

LEAST_IOU = 0.3
"""Overlap with planted pixels from which a feature is spurious."""

LEAST_AUC = 0.9
"""How well a feature must rank images with a planted artefact above those without."""


class Evidence(NamedTuple):
    """What is known of a feature. NaN where nothing is.

    Parameters
    ----------
    iou : float
        Mean overlap of its masks with planted pixels.
    auc : float
        Of images with a planted artefact against those without.
    gap : float
        Accuracy of the images that show it most, less that of those that show it least.
    low, high : float
        Interval of 95 % of what noise in its mask changes, less what the same noise elsewhere does.
    """

    iou: float
    auc: float
    gap: float
    low: float
    high: float


def decide(evidence: Evidence, answer: str = "") -> tuple[str, str]:
    """Label a feature by what is known of it.

    Parameters
    ----------
    evidence : Evidence
        Of the feature.
    answer : str
        Of a person; empty for none.

    Returns
    -------
    label : str
        One of `ANSWERS`, or ``spurious``.
    source : str
        ``person``; ``planted_pixels`` or ``planted_images`` (its masks overlap planted pixels, it ranks
        images with the artefact first); ``planted`` for neither where artefacts are known; ``gap`` or
        ``noise`` where the class hangs on it; empty where nothing is known.
    """
    if answer:
        return answer, "person"
    if evidence.iou >= LEAST_IOU:
        return SPURIOUS[0], "planted_pixels"
    if evidence.auc >= LEAST_AUC:
        return SPURIOUS[0], "planted_images"
    if not np.isnan(evidence.auc):
        return CORE, "planted"
    if abs(evidence.gap) >= LEAST_GAP:
        return UNSURE, "gap"
    return UNSURE, "noise" if evidence.high < 0 else ""


def auc(scores: Array, positives: Array) -> float:
    """Compute how often an image of the one kind scores above one of the other (ties count half).

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
        Of images.
    positives : ndarray of bool, shape (n,)
        Images of the one kind.

    Returns
    -------
    float
        NaN where one kind has no image.
    """
    own = np.asarray(positives, dtype=bool)
    count, others = int(own.sum()), int((~own).sum())
    if not count or not others:
        return float("nan")
    ranks: NDArray[np.float64] = rankdata(np.asarray(scores, dtype=np.float64))
    return float((ranks[own].sum() - count * (count + 1) / 2) / (count * others))
