"""CAV: concept activation vectors, directions in a layer along which an artefact moves activations.

Vectors are fitted to activations of images without the artefact and with it (Kim et al. 2018; Anders
et al. 2022).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array

Floats = NDArray[np.float64]


class Vector(NamedTuple):
    """A direction in a layer, and where images without and with the artefact lie along it.

    Parameters
    ----------
    direction : ndarray of float64, shape (d,)
        Of norm 1, from images without the artefact to those with it; zeros where there is none.
    intercept : float
        An image has the artefact where direction x + intercept > 0.
    clean : float
        Mean place along the direction of the images without the artefact that it was fitted to.
    marked : float
        Mean place of those with it.

    """

    direction: Floats
    intercept: float
    clean: float = 0.0
    marked: float = 0.0

    def place(self, activations: Array) -> Floats:
        """Project activations onto the direction.

        Parameters
        ----------
        activations : ndarray, shape (n, d)
            Of n images.

        Returns
        -------
        ndarray of float64, shape (n,)

        """
        return np.asarray(np.asarray(activations, dtype=np.float64) @ self.direction)

    def scores(self, activations: Array) -> Floats:
        """Compute on which side of the boundary activations lie.

        Parameters
        ----------
        activations : ndarray, shape (n, d)
            Of n images.

        Returns
        -------
        ndarray of float64, shape (n,)
            Positive for images that have the artefact.

        """
        return self.place(activations) + self.intercept


def fit_cav(
    clean: Array, marked: Array, *, estimator: str = "mean_difference", seed: int = 0
) -> Vector:
    """Fit a concept activation vector to activations.

    Parameters
    ----------
    clean : ndarray, shape (n, d)
        Activations of images without the artefact.
    marked : ndarray, shape (m, d)
        Activations of images with it.
    estimator : str
        ``mean_difference`` (the direction in which the artefact moves activations), or ``ridge`` or
        ``svm`` (weights of a classifier).
    seed : int
        Of the support vector machine.

    Returns
    -------
    Vector

    Raises
    ------
    InputError
        The estimator is unknown, there are no images of one kind, the widths differ, or activations
        are not finite.

    References
    ----------
    Kim et al. 2018; Haufe et al. 2014; Pahde et al. 2022; Anders et al. 2022 (arXiv:1912.11425v2).

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> clean = np.array([[0.0, 1], [0, 3]])
    >>> vector = uh.fit_cav(clean, clean + [4, 0])
    >>> vector.direction, vector.clean, vector.marked
    (array([1., 0.]), 0.0, 4.0)
    >>> vector.scores(np.array([[1.0, 7], [3, 7]]))
    array([-1.,  1.])
    """
    if estimator not in ESTIMATORS:
        raise InputError(
            f"unknown estimator '{estimator}'; expected one of {', '.join(ESTIMATORS)}"
        )
    without, having = _checked(clean, marked)
    weights, intercept = ESTIMATORS[estimator](without, having, seed)
    norm = float(np.linalg.norm(weights))
    if norm == 0:
        return Vector(np.zeros_like(weights), 0.0)
    vector = Vector(weights / norm, intercept / norm)
    places = (float(vector.place(part).mean()) for part in (without, having))
    return Vector(vector.direction, vector.intercept, *places)


def _checked(clean: Array, marked: Array) -> tuple[Floats, Floats]:
    without, having = (np.asarray(part, dtype=np.float64) for part in (clean, marked))
    if not (len(without) and len(having)) or without.shape[1:] != having.shape[1:]:
        raise InputError(
            f"activations have shapes {without.shape} and {having.shape}; expected some of each, of "
            "the same width"
        )
    if not (np.isfinite(without).all() and np.isfinite(having).all()):
        raise InputError("activations are not finite; expected finite ones")
    return without, having


def separation(vector: Vector, clean: Array, marked: Array) -> float:
    """Compute how well a vector separates images that it was not fitted to.

    Parameters
    ----------
    vector : Vector
        The fitted vector.
    clean, marked : ndarray, shape (n, d) and (m, d)
        Activations of images without and with the artefact.

    Returns
    -------
    float
        Area under the ROC curve, from 0 to 1.

    """
    from sklearn.metrics import roc_auc_score

    scores = np.concatenate([vector.scores(clean), vector.scores(marked)])
    return float(roc_auc_score(np.repeat([0, 1], [len(clean), len(marked)]), scores))


def _mean_difference(clean: Floats, marked: Floats, _: int) -> tuple[Floats, float]:
    """Difference of means; the boundary lies midway.

    For two groups this is the *signal* or *pattern* cov(x, t) / var(t) of their labels t (Haufe et al.
    2014; Pahde et al. 2022): the direction in which the artefact moves activations. The weights of a
    classifier are the direction that separates best.
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
    """Divide activations by their spread, so that penalties mean the same in every layer."""
    x = np.concatenate([clean, marked])
    spread = float(np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean())) or 1.0
    return x / spread, np.repeat([-1.0, 1.0], [len(clean), len(marked)]), spread


Estimator = Callable[[Floats, Floats, int], tuple[Floats, float]]

ESTIMATORS: Mapping[str, Estimator] = {
    "mean_difference": _mean_difference,
    "ridge": _ridge,
    "svm": _svm,
}
