"""Split figure: the images of a class in the plane, coloured by split."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from unhans.errors import InputError
from unhans.reporting.figures.layout import LINE, MARGIN, FigureLayout, dot_size, scatter
from unhans.reporting.figures.style import COLORS, fit
from unhans.spray.neighbour_purity import neighbour_purity
from unhans.types import Array

SIDE = 5.5
"""Side of the plane, in inches."""

NEIGHBOURS = 10
"""Number of neighbours among which those of the same split are counted."""


def split_figure(points: Array, splits: Array, names: Sequence[str], title: str) -> Figure:
    """Draw the images of a class in the plane by split.

    Smaller splits are drawn later, so that they are not hidden. The lower right corner states how
    mixed the splits are: the share of a point's 10 nearest neighbours in the plane that belong to its
    own split, averaged over all points, and its expectation by chance,
    ``sum_s n_s (n_s - 1) / (n (n - 1))`` for splits of n_s among n points (see `neighbour_purity`).
    If the numbers are equal, the splits are mixed. If the share is near 100 %, they lie apart.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Places of the images, finite.
    splits : ndarray of int, shape (n,)
        Index of each image's split in ``names``.
    names : sequence of str
        Of the splits, also of those without an image here.
    title : str
        Of the figure.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        The shapes do not fit, there is no point, or a split has no name.

    References
    ----------
    Anders et al. 2019, figure 8.

    """
    points, splits = np.asarray(points), np.asarray(splits)
    n = len(points)
    if not n or points.shape != (n, 2) or splits.shape != (n,):
        raise InputError(
            f"points of shape {points.shape} and splits of shape {splits.shape}; "
            "expected (n, 2) and (n,), and at least one point"
        )
    if splits.min() < 0 or splits.max() >= len(names):
        raise InputError(
            f"splits from {splits.min()} to {splits.max()}; expected an index into {len(names)} names"
        )
    sizes = np.bincount(splits, minlength=len(names))
    legend = LINE * max(len(names), 2)
    layout = FigureLayout.titled(SIDE + 2 * MARGIN, SIDE + 0.1 + legend, title)
    axes = layout.plane(SIDE)
    for split in np.argsort(-sizes, kind="stable"):
        scatter(axes, points[splits == split], COLORS[split % len(COLORS)], 1.5 * dot_size(n))
    below = layout.top + SIDE + 0.1
    entries = [_counted(name, size) for name, size in zip(names, sizes.tolist(), strict=True)]
    layout.legend(MARGIN, below, SIDE / 2, list(zip(cycle(COLORS), entries, strict=False)))
    for number, line in enumerate(_mixed(points, splits)):
        middle = below + (number + 0.5) * LINE
        layout.write(MARGIN + SIDE, middle, line, size=9.5, ha="right")
    return layout.figure


def _counted(name: str, size: int) -> str:
    count = f": {size} image{'' if size == 1 else 's'}"
    return fit(name, SIDE / 2 - 1.3, 9.5) + count


def _mixed(points: Array, splits: Array) -> list[str]:
    if len(points) < 2:
        return []
    observed, expected = neighbour_purity(points, splits, NEIGHBOURS)
    k = min(NEIGHBOURS, len(points) - 1)
    return [
        f"own split among {k} nearest: {100 * observed:.1f} %",
        f"by chance: {100 * expected:.1f} %",
    ]
