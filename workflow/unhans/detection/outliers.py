"""Outliers: images with much relevance in a bin where the class has little.

A mark at random places makes no group, but images that each have relevance at an unusual place.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

SHRINKAGE = 0.2
"""Weight of the multiple of the identity in the shrunk covariance of the bins."""

FAR = 1.6
"""An image is an outlier if its excess is above this multiple of the median."""

FARTHEST = 0.1
"""Share of the images whose excess `scattered` averages."""

NO_VARIANCE = 1e-12
"""Mean variance of coordinates (which are at most 1) up to which all images count as equal."""


def excesses(points: Array) -> NDArray[np.float64]:
    """Deviation of each image from the class's mean, in the bin where it is largest.

    Coordinates are first whitened by the symmetric root of the inverse covariance, which makes the bins
    comparable and uncorrelated: relevance in a bin that usually occurs together with relevance in another
    counts less. The covariance is shrunk by `SHRINKAGE` towards a multiple of the identity.

    Parameters
    ----------
    points : ndarray of float, shape (n, d)
        Coordinates, see `raster.coordinates`.

    Returns
    -------
    ndarray of float64, shape (n,)
        Excess of each image, in standard deviations; zeros where all images are equal.

    References
    ----------
    Whitening by the symmetric root: Kessy, Lewin and Strimmer 2018, "Optimal whitening and
    decorrelation" (ZCA). Shrinkage towards the identity: Ledoit and Wolf 2004, with a fixed weight.

    """
    centred = np.asarray(points, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    covariance = centred.T @ centred / len(centred)
    mean = np.trace(covariance) / len(covariance)
    if mean <= NO_VARIANCE:
        return np.zeros(len(centred))
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * mean * np.eye(len(covariance))
    variance, axes = np.linalg.eigh(shrunk)
    return np.asarray((centred @ (axes / np.sqrt(variance)) @ axes.T).max(axis=1))


def scattered(excess: Array) -> float:
    """Mean excess of the farthest tenth of the images, over the median excess.

    Parameters
    ----------
    excess : ndarray of float, shape (n,)
        From `excesses`.

    Returns
    -------
    float
        The indicator ``scattered``; 1 where all images are equal.

    """
    ordered = np.sort(np.asarray(excess, dtype=np.float64))[::-1]
    median = float(np.median(ordered))
    farthest = float(ordered[: max(1, int(FARTHEST * len(ordered)))].mean())
    return farthest / median if median > 0 else 1.0


def find(excess: Array) -> NDArray[np.bool_]:
    """Images whose excess is above `FAR` times the median.

    Parameters
    ----------
    excess : ndarray of float, shape (n,)
        From `excesses`.

    Returns
    -------
    ndarray of bool, shape (n,)
        The outliers. If these would be none or all of the images, the image of largest excess alone.

    """
    far: NDArray[np.bool_] = excess > FAR * np.median(excess)
    return far if 0 < far.sum() < len(far) else np.arange(len(far)) == excess.argmax()
