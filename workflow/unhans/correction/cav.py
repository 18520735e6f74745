"""CAV: concept activation vectors, directions in a layer along which an artefact moves activations.

Vectors are fitted to activations of images without the artefact and with it (Kim et al. 2018; Anders
et al. 2022).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.checks import SINGLE, as_numbers, as_seed, one_of, real, shown
from unhans.errors import InputError
from unhans.types import Array

Floats = NDArray[np.float64]

NORM_ROUNDING = 1e-3
"""By how much the norm of a direction may differ from 1."""


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
        activations : ndarray, shape (n, d) or (n, ...)
            Of n images.

        Returns
        -------
        ndarray of float64, shape (n,)

        Raises
        ------
        InputError
            They have another width than the direction, or are not finite.

        """
        own = _rows(activations)
        if own.shape[1] != len(self.direction):
            raise InputError(
                f"activations have {own.shape[1]} numbers each; expected {len(self.direction)}, as the "
                "vector"
            )
        return np.asarray(own @ self.direction)

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
    clean, marked : ndarray, shape (n, d) and (m, d)
        Activations of images without the artefact and with it; see `activations`. Maps (n, c, h, w) are
        taken as rows of all their numbers, as the stage ``correction`` takes them.
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
        are no numbers, not finite or too large.

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
    estimate, seed = ESTIMATORS[one_of(estimator, "estimator", ESTIMATORS)], as_seed(seed)
    without, having = _checked(clean, marked)
    weights, intercept = estimate(without, having, seed)
    norm = float(np.linalg.norm(weights))
    if norm == 0:
        return Vector(np.zeros_like(weights), 0.0)
    vector = Vector(weights / norm, intercept / norm)
    places = (float(vector.place(part).mean()) for part in (without, having))
    return Vector(vector.direction, vector.intercept, *places)


def _checked(clean: Array, marked: Array) -> tuple[Floats, Floats]:
    """Take activations of two groups of images as rows of the same width."""
    one, other = (as_numbers(part, "activations", "(n, d)").shape for part in (clean, marked))
    if min(len(one), len(other)) < 2 or one[1:] != other[1:] or 0 in (*one, *other):
        raise InputError(
            f"activations have shapes {one} and {other}; expected some of each, (n, d) and (m, d) of "
            "the same width"
        )
    return _rows(clean), _rows(marked)


def _rows(activations: Array) -> Floats:
    """Take activations of images as rows of numbers."""
    found = np.asarray(as_numbers(activations, "activations", "(n, d)"), dtype=np.float64)
    if found.ndim < 2:
        raise InputError(f"activations have shape {found.shape}; expected (n, d)")
    if not np.isfinite(found).all():
        raise InputError("activations are not finite; expected finite ones")
    largest = float(np.abs(found).max(initial=0))
    if largest > SINGLE:
        raise InputError(f"activations reach {largest:.3g}; expected at most {SINGLE:.3g}")
    return found.reshape(len(found), -1)


def as_vector(vector: Any) -> Vector:
    """Check that an argument is a vector along which activations can be moved.

    Parameters
    ----------
    vector : Vector
        What a caller gave.

    Returns
    -------
    Vector

    Raises
    ------
    InputError
        It is none, or has no direction of norm 1, or a place that is no number.

    """
    if not isinstance(vector, Vector):
        raise InputError(f"vector is {shown(vector)}; expected a Vector, as fit_cav gives it")
    direction = as_numbers(vector.direction, "vector.direction", "(d,)")
    if direction.ndim != 1 or not np.isfinite(direction).all():
        raise InputError(f"vector.direction has shape {direction.shape}; expected (d,), finite")
    norm = float(np.linalg.norm(direction))
    if norm == 0:
        raise InputError(
            "vector.direction is zero: activations without and with the artefact do not differ; "
            "expected a direction of norm 1"
        )
    if abs(norm - 1) > NORM_ROUNDING:
        raise InputError(f"vector.direction has norm {norm:.3g}; expected 1, as fit_cav gives it")
    for name in ("intercept", "clean", "marked"):
        real(getattr(vector, name), f"vector.{name}")
    return vector


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
