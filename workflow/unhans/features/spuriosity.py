"""Spuriosity: how the accuracy of a class hangs on a neuron, and images ranked by spurious cues.

Moayeri et al. 2023 ("Spuriosity Rankings"): no person is needed to find a neuron whose images of high
activation are classified far better than those of low activation.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.checks import whole
from unhans.errors import InputError
from unhans.features.importance import as_activations, greatest
from unhans.types import Array

LEAST_GAP = 0.2
"""Difference of the accuracies from which a neuron is kept."""


def accuracy_gap(values: Array, correct: Array, count: int) -> float:
    """Compare the accuracy of the images of greatest value with that of those of least value.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Activation of a neuron in images of a class.
    correct : ndarray of bool, shape (n,)
        Whether the network names the class.
    count : int
        Images at each end; at most half of them.

    Returns
    -------
    float
        Accuracy at the upper end less that at the lower end, from -1 to 1. Of equal values the first
        image counts as greater.

    Raises
    ------
    InputError
        There are fewer than two images.
    """
    own, right = np.asarray(values, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if len(own) < 2:
        raise InputError(f"{len(own)} images have no two ends; expected at least 2")
    k = min(whole(count, "count", 1), len(own) // 2)
    order = greatest(own, len(own))
    return float(right[order[:k]].mean() - right[order[-k:]].mean())


def spuriosity(activations: Array, neurons: Array) -> NDArray[np.float64]:
    """Rank images by their spurious neurons: the mean of their z-scores.

    Parameters
    ----------
    activations : ndarray of float, shape (n, d)
        Penultimate activations of the images of a class.
    neurons : ndarray of int, shape (s,)
        Spurious neurons of the class.

    Returns
    -------
    ndarray of float64, shape (n,)
        High where spurious cues are strong. A neuron that does not vary has the z-score 0; zeros
        without neurons.

    References
    ----------
    Moayeri et al. 2023, section 3.
    """
    chosen = as_activations(activations)[:, np.asarray(neurons, dtype=np.int64)]
    if not chosen.shape[1]:
        return np.zeros(len(chosen))
    spread = chosen.std(axis=0)
    flat = spread <= 1e-12 * np.abs(chosen).max(axis=0, initial=0)
    scores = (chosen - chosen.mean(axis=0)) / np.where(flat, 1, spread)
    return np.asarray(np.where(flat, 0, scores).mean(axis=1))
