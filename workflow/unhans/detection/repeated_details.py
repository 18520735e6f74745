"""Repetition: images of a class that show the same details at the same place, as a watermark does.

A watermark, a logo or a frame is the same in every pixel wherever it is, and photographs are never the
same: two of them agree in their details in no part of the image. So each image is reduced to its
details (what a blur takes away, in units of the details around it, so that a faint mark on grass counts
as much as one on snow), and in each cell of a coarse raster the details of all pairs of images are
correlated. Pairs agree as far as the correlations exceed `AGREED`, summed over the cells. A group of m
images that all agree leaves each with m - 1 others that it agrees with: the indicator is how far the
image that has most of them agrees with the last of its m - 1. Pairs that agree in most of the image are
one photograph twice, and do not count.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.types import Array

FINE = 2.0
"""Standard deviation in pixels of the blur that takes details away."""

AROUND = 4.0
"""Standard deviation in pixels of what counts as around a detail."""

STRONGEST = 20.0
"""Shades, of 255, that a detail counts for at most: a hard edge is no more than a clear one."""

FAINTEST = 2.0
"""Shades below which details fade: compression leaves as much."""

SMALLEST_CELL = 16
"""Pixels along each side of a cell: in smaller ones strokes of a digit agree by chance."""

LEVEL = 0.3
"""Details that a cell has on average at least, in units of those around: flat cells agree in nothing."""

AGREED = 0.5
"""Correlation above which two images agree in a cell."""

ALIKE = 0.2
"""Correlation from which cells of one photograph taken twice are alike."""

TWICE = 0.5
"""Share of the cells alike from which two images are one photograph."""

SHARE = 0.005
"""Of a class that a group has at least (and four images)."""

FEWEST = 4

FLOOR = 0.2
"""Added to the indicator: where nothing agrees, it is the same in all classes."""


class Repetition(NamedTuple):
    """The images that agree most."""

    members: NDArray[np.bool_]
    """(n,)"""
    indicator: float
    """`FLOOR`, and the sum over the cells of what correlations exceed `AGREED` by"""
    grade: NDArray[np.float64]
    """(n,) how far each agrees with the group"""
    where: NDArray[np.float64]
    """(cells, cells) how far the group agrees in each cell"""


def fits(shape: tuple[int, ...], cells: int) -> bool:
    """Whether images (h, w, ...) are large enough for details in each cell."""
    return min(shape[:2]) >= SMALLEST_CELL * cells


def details(picture: Array) -> NDArray[np.float16]:
    """Details of an image, (h, w) or (h, w, 3) uint8, in units of those around: (h, w)."""
    import cv2  # a quarter of a second that small images need not wait for

    cv2.setNumThreads(1)
    grey = picture.astype(np.float32)
    grey = grey if grey.ndim == 2 else grey.mean(axis=2)
    fine = np.clip(grey - cv2.GaussianBlur(grey, (0, 0), FINE), -STRONGEST, STRONGEST)
    around = cv2.GaussianBlur(np.abs(fine), (0, 0), AROUND)
    return np.asarray(fine / (around + FAINTEST), dtype=np.float16)


def find(shown: Array, cells: int) -> Repetition | None:
    """Find the images that agree most in their details.

    Parameters
    ----------
    shown : (n, h, w) `details`
    cells : of the raster, along each side

    Returns
    -------
    None of a class with no more images than the smallest group

    """
    n = len(shown)
    least = max(FEWEST, round(SHARE * n))
    if n <= least:
        return None
    agreement = agreements(shown, cells)
    last = np.partition(agreement, n - least + 1, axis=1)[:, n - least + 1]
    start = int(last.argmax())
    nearest = np.argsort(-agreement[start], kind="stable")[: least - 1]
    core = np.sort(np.append(nearest, start))
    within = np.isin(np.arange(n), core)
    grade = agreement[:, core].sum(axis=1) / (least - within)
    members = within | (grade >= grade[core].mean() / 2) & (grade > 0)
    if members.all():
        members = within
    where = np.array([_correlated(cell[core]).sum() for cell in _cells(shown, cells)])
    return Repetition(
        members, FLOOR + float(last[start]), grade.astype(np.float64), where.reshape(cells, cells)
    )


def agreements(shown: Array, cells: int) -> NDArray[np.float32]:
    """How far each two images agree: (n, n), zero for one photograph taken twice and the diagonal."""
    n = len(shown)
    total, alike = np.zeros((n, n), dtype=np.float32), np.zeros((n, n), dtype=np.int32)
    for cell in _cells(shown, cells):
        own = _normed(cell)
        correlation = own @ own.T
        total += np.maximum(correlation - np.float32(AGREED), 0)
        alike += correlation > ALIKE
    total[alike > TWICE * cells**2] = 0
    np.fill_diagonal(total, 0)
    return total


def _cells(shown: Array, cells: int) -> list[Array]:
    """Cells of the raster, each (n, pixels); what is left of a side at its end belongs to none."""
    high, wide = (length // cells for length in shown.shape[1:])
    return [
        shown[:, row * high : (row + 1) * high, column * wide : (column + 1) * wide].reshape(
            len(shown), -1
        )
        for row in range(cells)
        for column in range(cells)
    ]


def _normed(cell: Array) -> NDArray[np.float32]:
    own = cell.astype(np.float32)
    own -= own.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(own, axis=1, keepdims=True)
    normed: NDArray[np.float32] = own / np.maximum(norm, LEVEL * np.sqrt(own.shape[1]))
    return normed


def _correlated(cell: Array) -> NDArray[np.float32]:
    own = _normed(cell)
    above = np.maximum(own @ own.T - np.float32(AGREED), 0)
    np.fill_diagonal(above, 0)
    return np.asarray(above, dtype=np.float32)
