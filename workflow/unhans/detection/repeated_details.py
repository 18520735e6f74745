"""Repeated details: images of a class that show the same details at the same place, as a watermark does.

A watermark, a logo or a frame is the same in every pixel wherever it occurs. Two different photographs
agree in their details in no part of the image. Each image is therefore reduced to its details: what a
blur removes, in units of the details around it, so that a faint mark on grass counts as much as one on
snow. In each bin of a coarse raster the details of all pairs of images are correlated. The agreement of a
pair is the sum over the bins of the correlation above `AGREED`. In a group of m images that all agree,
each image has m - 1 others that it agrees with: for each image the agreement with the (m - 1)-th best
other is taken, and the indicator is the largest of these, plus `FLOOR`. Pairs that agree in most of the
image are one photograph twice, and do not count.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

FINE = 2.0
"""Standard deviation, in pixels, of the blur that removes details."""

AROUND = 4.0
"""Standard deviation, in pixels, of the neighbourhood that details are measured against."""

STRONGEST = 20.0
"""Shades, of 255, that a detail counts for at most: a hard edge is no more than a clear one."""

FAINTEST = 2.0
"""Shades below which details fade: compression leaves as much."""

SMALLEST_BIN = 16
"""Pixels along each side of a bin at least: in smaller ones strokes of a digit agree by chance."""

LEVEL = 0.3
"""Root mean square of the details that a bin has at least, in units of those around: flat bins agree in
nothing."""

AGREED = 0.5
"""Correlation above which two images agree in a bin."""

ALIKE = 0.2
"""Correlation above which bins count as those of one photograph taken twice."""

TWICE = 0.5
"""Share of the bins above which two images count as one photograph."""

SHARE = 0.005
"""Share of the class that a group has at least (and `FEWEST` images)."""

FEWEST = 4
"""Images of the smallest possible group."""

FLOOR = 0.2
"""Constant that is added to the indicator: where nothing agrees, it is the same in all classes."""


class Repetition(NamedTuple):
    """The images whose details agree most."""

    members: NDArray[np.bool_]
    """ndarray of bool, shape (n,)"""
    indicator: float
    """`FLOOR`, plus the agreement of the group; see the module's description."""
    score: NDArray[np.float64]
    """ndarray of float64, shape (n,): mean agreement of each image with the group."""
    where: NDArray[np.float64]
    """ndarray of float64, shape (bins, bins): agreement within the group in each bin."""


def fits(shape: tuple[int, ...], bins: int) -> bool:
    """Whether images are large enough for details in each bin.

    Parameters
    ----------
    shape : tuple of int
        Shape of an image, (h, w, ...).
    bins : int
        Bins along each side.

    Returns
    -------
    bool
        Each bin has `SMALLEST_BIN` pixels along each side.

    """
    return min(shape[:2]) >= SMALLEST_BIN * bins


def details(image: Array) -> NDArray[np.float16]:
    """Details of an image, in units of the details around each pixel.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w) or (h, w, 3)
        An image. Colours are averaged.

    Returns
    -------
    ndarray of float16, shape (h, w)
        Difference from the blurred image, divided by its mean absolute value around.

    """
    import cv2  # loading takes a quarter of a second, which small images need not wait for

    cv2.setNumThreads(1)
    grey = image.astype(np.float32)
    grey = grey if grey.ndim == 2 else grey.mean(axis=2)
    fine = np.clip(grey - cv2.GaussianBlur(grey, (0, 0), FINE), -STRONGEST, STRONGEST)
    around = cv2.GaussianBlur(np.abs(fine), (0, 0), AROUND)
    return np.asarray(fine / (around + FAINTEST), dtype=np.float16)


def find(shown: Array, bins: int) -> Repetition | None:
    """Find the images whose details agree most.

    Parameters
    ----------
    shown : ndarray of float, shape (n, h, w)
        `details` of the images of a class.
    bins : int
        Bins along each side of the raster.

    Returns
    -------
    Repetition or None
        None for a class with no more images than the smallest group.

    """
    n = len(shown)
    least = max(FEWEST, round(SHARE * n))
    if n <= least:
        return None
    agreement = agreements(shown, bins)
    last = np.partition(agreement, n - least + 1, axis=1)[:, n - least + 1]
    start = int(last.argmax())
    nearest = np.argsort(-agreement[start], kind="stable")[: least - 1]
    core = np.sort(np.append(nearest, start))
    within = np.isin(np.arange(n), core)
    score = agreement[:, core].sum(axis=1) / (least - within)
    members = within | (score >= score[core].mean() / 2) & (score > 0)
    if members.all():
        members = within
    where = np.array([_above(part[core]).sum() for part in _bins(shown, bins)])
    return Repetition(
        members, FLOOR + float(last[start]), score.astype(np.float64), where.reshape(bins, bins)
    )


def agreements(shown: Array, bins: int) -> NDArray[np.float32]:
    """Agreement of the details of each pair of images.

    Parameters
    ----------
    shown : ndarray of float, shape (n, h, w)
        `details` of the images.
    bins : int
        Bins along each side of the raster.

    Returns
    -------
    ndarray of float32, shape (n, n)
        Sum over the bins of the correlation above `AGREED`. Zero on the diagonal, and for pairs that are
        one photograph taken twice.

    """
    n = len(shown)
    total, alike = np.zeros((n, n), dtype=np.float32), np.zeros((n, n), dtype=np.int32)
    for part in _bins(shown, bins):
        own = _normed(part)
        correlation = own @ own.T
        total += np.maximum(correlation - np.float32(AGREED), 0)
        alike += correlation > ALIKE
    total[alike > TWICE * bins**2] = 0
    np.fill_diagonal(total, 0)
    return total


def _bins(shown: Array, bins: int) -> list[Array]:
    """Details in each bin, each (n, pixels). Pixels beyond the last whole bin are left out."""
    high, wide = (length // bins for length in shown.shape[1:])
    return [
        shown[:, row * high : (row + 1) * high, column * wide : (column + 1) * wide].reshape(
            len(shown), -1
        )
        for row in range(bins)
        for column in range(bins)
    ]


def _normed(part: Array) -> NDArray[np.float32]:
    """Rows of mean zero and norm one, or below one where the details are weaker than `LEVEL`."""
    own = part.astype(np.float32)
    own -= own.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(own, axis=1, keepdims=True)
    normed: NDArray[np.float32] = own / np.maximum(norm, LEVEL * np.sqrt(own.shape[1]))
    return normed


def _above(part: Array) -> NDArray[np.float32]:
    """Correlation of each pair in a bin above `AGREED`: (n, n), zero diagonal."""
    own = _normed(part)
    above = np.maximum(own @ own.T - np.float32(AGREED), 0)
    np.fill_diagonal(above, 0)
    return np.asarray(above, dtype=np.float32)
