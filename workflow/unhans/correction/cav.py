"""CAV: concept activation vectors, directions in a layer along which an artefact is told.

Fitted to activations of images without the artefact and with it (Kim et al. 2018; Anders et al. 2022).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array

Floats = NDArray[np.float64]


class Vector(NamedTuple):
    """A direction, and the side of it on which the artefact is."""

    direction: Floats
    """(d,) of norm 1, from images without the artefact to those with it; zeros where there is none"""
    intercept: float
    """an image has the artefact where direction x + intercept > 0"""

    def place(self, activations: Array) -> Floats:
        """How far along the direction activations (n, d) lie: (n,)."""
        return np.asarray(np.asarray(activations, dtype=np.float64) @ self.direction)

    def scores(self, activations: Array) -> Floats:
        """Positive where the artefact is told: (n,)."""
        return self.place(activations) + self.intercept


def fit(clean: Array, marked: Array, estimator: str, seed: int = 0) -> Vector:
    """Fit a vector to activations.

    Parameters
    ----------
    clean : (n, d) of images without the artefact
    marked : (m, d) of images with it
    estimator : one of `ESTIMATORS`
    seed : of the support vector machine

    Raises
    ------
    InputError
        An unknown estimator, no images of one kind, or activations that are not finite.

    """
    if estimator not in ESTIMATORS:
        raise InputError(
            f"unknown estimator '{estimator}'; expected one of {', '.join(ESTIMATORS)}"
        )
    without, having = (np.asarray(part, dtype=np.float64) for part in (clean, marked))
    if not (len(without) and len(having)) or without.shape[1:] != having.shape[1:]:
        raise InputError(
            f"activations have shapes {without.shape} and {having.shape}; expected some of each, of "
            "the same width"
        )
    if not (np.isfinite(without).all() and np.isfinite(having).all()):
        raise InputError("activations are not finite; expected finite ones")
    weights, intercept = ESTIMATORS[estimator](without, having, seed)
    norm = float(np.linalg.norm(weights))
    if norm == 0:
        return Vector(np.zeros_like(weights), 0.0)
    return Vector(weights / norm, intercept / norm)


def separation(vector: Vector, clean: Array, marked: Array) -> float:
    """AUC of a vector on images that it was not fitted to."""
    from sklearn.metrics import roc_auc_score

    scores = np.concatenate([vector.scores(clean), vector.scores(marked)])
    return float(roc_auc_score(np.repeat([0, 1], [len(clean), len(marked)]), scores))


def _mean_difference(clean: Floats, marked: Floats, _: int) -> tuple[Floats, float]:
    """Difference of means, parted midway.

    For two groups this is the *signal* or *pattern* cov(x, t) / var(t) of their labels t (Haufe et al.
    2014; Pahde et al. 2022): the direction in which the artefact moves activations, where a
    classifier's weights are the direction that tells it best.
    """
    means = clean.mean(axis=0), marked.mean(axis=0)
    weights = means[1] - means[0]
    return weights, -float(weights @ (means[0] + means[1]) / 2)


def _ridge(clean: Floats, marked: Floats, _: int) -> tuple[Floats, float]:
    """Weights of ridge regression on labels -1 and 1."""
    from sklearn.linear_model import Ridge

    x, t, scale = _labelled(clean, marked)
    found = Ridge(alpha=1.0, solver="cholesky").fit(x, t)
    return np.asarray(found.coef_) / scale, float(found.intercept_)


def _svm(clean: Floats, marked: Floats, seed: int) -> tuple[Floats, float]:
    """Weights of a linear support vector machine."""
    from sklearn.svm import LinearSVC

    x, t, scale = _labelled(clean, marked)
    found = LinearSVC(C=1.0, dual=True, max_iter=10_000, random_state=seed).fit(x, t)
    return np.asarray(found.coef_[0]) / scale, float(found.intercept_[0])


def _labelled(clean: Floats, marked: Floats) -> tuple[Floats, Floats, float]:
    """Activations in units of their spread, so that penalties mean the same in every layer."""
    x = np.concatenate([clean, marked])
    spread = float(np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean())) or 1.0
    return x / spread, np.repeat([-1.0, 1.0], [len(clean), len(marked)]), spread


Estimator = Callable[[Floats, Floats, int], tuple[Floats, float]]

ESTIMATORS: Mapping[str, Estimator] = {
    "mean_difference": _mean_difference,
    "ridge": _ridge,
    "svm": _svm,
}
