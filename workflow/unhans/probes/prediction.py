"""Prediction: how well several properties together tell the classes, against permuted classes.

The classifier is linear discriminant analysis on ranks and their squares, all classes weighed alike.
It is solved in closed form, so that a thousand classes and a hundred permutations are no matter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.covariance import ledoit_wolf
from sklearn.preprocessing import QuantileTransformer

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

QUANTILES = 200
"""Quantiles that a property is compared with."""


class Predicted(NamedTuple):
    """How often the classes are predicted right.

    Parameters
    ----------
    recall : ndarray of float, shape (k,)
        Of each class, cross-validated.
    null : ndarray of float, shape (permutations, k)
        The same with permuted classes.
    held_out : ndarray of float, shape (k,)
        Of held-out images; NaN of a class without any.

    """

    recall: Numbers
    null: Numbers
    held_out: Numbers


class Scale:
    """Turns properties into features: their ranks from -1 to 1, squares of these, and what is missing.

    Parameters
    ----------
    values : ndarray of float, shape (n, p)
        Properties of the images to learn from; NaN where one is not defined.

    """

    def __init__(self, values: NDArray[np.floating]) -> None:
        known = np.isfinite(values)
        self._kept = np.array(
            [
                np.ptp(column[own]) > 0 if own.any() else False
                for column, own in zip(values.T, known.T, strict=True)
            ],
            dtype=bool,
        )
        self._missing = known.any(axis=0) & ~known.all(axis=0)
        self._ranks = QuantileTransformer(n_quantiles=min(QUANTILES, len(values)), subsample=None)
        if self._kept.any():
            self._ranks.fit(_with_nan(values[:, self._kept]))

    def features(self, values: NDArray[np.floating]) -> Numbers:
        """Compute the features of images.

        Parameters
        ----------
        values : ndarray of float, shape (n, p)
            Their properties.

        Returns
        -------
        ndarray of float, shape (n, f)
            None of a property that is the same in all images to learn from.

        """
        missing = ~np.isfinite(values[:, self._missing])
        ranks = np.zeros((len(values), int(self._kept.sum())))
        if ranks.size:
            # The middle takes the place of what is missing.
            ranks = np.nan_to_num(2 * self._ranks.transform(_with_nan(values[:, self._kept])) - 1)
        return np.concatenate([missing, ranks, ranks**2], axis=1).astype(np.float64)


def discriminant(features: Numbers, label: Labels, classes: int) -> tuple[Numbers, Numbers]:
    """Fit linear discriminant functions of classes that are equally likely.

    Parameters
    ----------
    features : ndarray of float, shape (n, f)
        Of the images to learn from.
    label : ndarray of int, shape (n,)
        Their classes, from 0; each has an image.
    classes : int
        Number of classes.

    Returns
    -------
    weights : ndarray of float, shape (f, k)
    offset : ndarray of float, shape (k,)
        An image is of the class with the greatest ``features @ weights + offset``.

    References
    ----------
    Fisher 1936; the covariance within classes is shrunk as Ledoit and Wolf 2004 say.

    """
    counts = np.bincount(label, minlength=classes)
    means = np.zeros((classes, features.shape[1]))
    np.add.at(means, label, features)
    means /= np.maximum(counts, 1)[:, None]
    within, _ = ledoit_wolf(features - means[label], assume_centered=True)
    weights: Numbers = linalg.lstsq(within, means.T)[0]
    return weights, -0.5 * (means.T * weights).sum(axis=0)


def predict(
    values: NDArray[np.floating],
    label: Labels,
    held_out: NDArray[np.floating],
    held_label: Labels,
    classes: int,
    *,
    folds: int,
    permutations: int,
    seed: int,
) -> Predicted:
    """Predict the classes by properties.

    Parameters
    ----------
    values : ndarray of float, shape (n, p)
        Properties of the images to learn from.
    label : ndarray of int, shape (n,)
        Their classes, from 0; each has at least ``folds`` images.
    held_out, held_label : ndarray, shape (m, p) and (m,)
        The same of images that are not learned from; m may be 0.
    classes : int
        Number of classes, at least 2.
    folds : int
        Parts of the cross-validation, at least 2.
    permutations : int
        Permutations of the classes.
    seed : int
        Of folds and permutations.

    Returns
    -------
    Predicted

    """
    scale = Scale(values)
    # Ranks are taken of all images to learn from: they do not depend on the classes.
    features = scale.features(values)
    random = np.random.default_rng([seed, 3])
    recall = _cross_validated(features, label, classes, folds, random)
    null = [
        _cross_validated(features, random.permutation(label), classes, folds, random)
        for _ in range(permutations)
    ]
    weights, offset = discriminant(features, label, classes)
    found = (scale.features(held_out) @ weights + offset).argmax(axis=1)
    return Predicted(
        recall,
        np.array(null).reshape(permutations, classes),
        _recall(found, held_label, classes),
    )


def fold_of(label: Labels, folds: int, random: np.random.Generator) -> Labels:
    """Divide images among folds, those of each class as evenly as can be.

    Parameters
    ----------
    label : ndarray of int, shape (n,)
        Their classes.
    folds : int
        Number of folds.
    random : Generator
        Draws the order.

    Returns
    -------
    ndarray of int, shape (n,)
        From 0.

    """
    order = random.permutation(len(label))
    by_class = order[np.argsort(label[order], kind="stable")]
    fold = np.empty(len(label), dtype=np.int64)
    # Classes one behind the other: each begins where the one before ended, so that folds are even too.
    fold[by_class] = np.arange(len(label)) % folds
    return fold


def _cross_validated(
    features: Numbers, label: Labels, classes: int, folds: int, random: np.random.Generator
) -> Numbers:
    """Recall of each class."""
    fold = fold_of(label, folds, random)
    found = np.empty(len(label), dtype=np.int64)
    for one in range(folds):
        out = fold == one
        weights, offset = discriminant(features[~out], label[~out], classes)
        found[out] = (features[out] @ weights + offset).argmax(axis=1)
    return _recall(found, label, classes)


def _recall(found: Labels, label: Labels, classes: int) -> Numbers:
    count = np.bincount(label, minlength=classes).astype(float)
    right = np.bincount(label[found == label], minlength=classes)
    found_share: Numbers = np.divide(right, count, out=np.full(classes, np.nan), where=count > 0)
    return found_share


def _with_nan(values: NDArray[np.floating]) -> Numbers:
    """Values as scikit-learn takes them: what is not finite is missing."""
    return np.where(np.isfinite(values), values, np.nan).astype(np.float64)
