"""Null: what an indicator is in images without groups that are otherwise like those of a class.

Two classes say little about each other. Each class is therefore first compared with itself, without its
groups. Where an indicator looks at coordinates, these are drawn from a Gaussian of the class's own mean
and covariance: it varies as much in all directions, and has neither gaps nor outliers beyond chance.
Where it looks at places, the images are shifted, each by an amount of its own.

The values depend on the number of images by a power (`indicators.Indicator.power`). A null of at most
`IMAGES` images is drawn, and its values are extrapolated.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

DRAWS = 4
"""Draws of a null. The mean of their logarithms varies by some hundredths, that of classes by tenths."""

IMAGES = 200
"""Images of a draw at most."""


def values(
    points: Array,
    indicator: Callable[[NDArray[np.float64], int], float],
    *,
    power: float,
    seed: int,
) -> NDArray[np.float64]:
    """Values of an indicator in Gaussian points of the mean and covariance of a class.

    Parameters
    ----------
    points : ndarray of float, shape (n, d)
        Coordinates of the images of the class.
    indicator : callable
        From points (m, d) and a seed to a value.
    power : float
        Power of the number of images that the value follows.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray of float64, shape (`DRAWS`,)

    """
    n = len(points)
    found = [indicator(drawn, seed) for drawn in gaussian(points, min(n, IMAGES), seed)]
    return np.asarray(np.array(found) * max(1.0, n / IMAGES) ** power)


def gaussian(points: Array, count: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Draw points from the Gaussian of the mean and covariance of a class.

    Each drawn point is the mean plus a sum of the class's deviations from it with Gaussian weights. This
    needs no root of the covariance, and holds where it has none.

    Parameters
    ----------
    points : ndarray of float, shape (n, d)
        Coordinates of the images of the class.
    count : int
        Points of each draw.
    seed : int
        Of the draws.

    Yields
    ------
    ndarray of float64, shape (count, d)
        `DRAWS` times.

    """
    rows = np.asarray(points, dtype=np.float64)
    mean = rows.mean(axis=0)
    deviations = (rows - mean) / np.sqrt(len(rows))
    random = np.random.default_rng(seed)
    for _ in range(DRAWS):
        yield mean + random.standard_normal((count, len(rows))) @ deviations


def shifted(shown: Array, seed: int) -> Iterator[Array]:
    """Shift each of some images of a class by an amount of its own, round the edges.

    Parameters
    ----------
    shown : ndarray, shape (n, h, w)
        The images.
    seed : int
        Of the draws.

    Yields
    ------
    ndarray, shape (min(n, `IMAGES`), h, w)
        `DRAWS` times.

    """
    n, high, wide = shown.shape
    random = np.random.default_rng(seed)
    for _ in range(DRAWS):
        chosen = np.sort(random.choice(n, min(n, IMAGES), replace=False))
        shifts = random.integers((high, wide), size=(len(chosen), 2))
        yield np.stack(
            [
                np.roll(shown[at], tuple(shift), axis=(0, 1))
                for at, shift in zip(chosen, shifts, strict=True)
            ]
        )
