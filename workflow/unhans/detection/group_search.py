"""Contrast: images of a class that are set apart from its other images, by relevance or by content.

Tau asks how well a class falls apart; an artefact is a few of its images that are set apart, and
two hundred others that are as they are in any class. Four indicators of it are looked for:

*A group by relevance.* Each image's positive relevance is shared out among the cells of a coarse
raster (square roots of the shares, so that euclidean distance is Hellinger's). From each image and
its nearest few, and from the images with most in each cell, the direction is taken in which they
differ most from the others, cell by cell in units of the others' spread; all images are put in
order along it and cut where the order has its widest step. What is cut off is the new group; three
rounds. A mark at one place makes such a group even where it takes a tenth of the relevance of one
image in fifty, since nowhere else does relevance lie there. Strokes and shapes come by degrees: no
step.

*A group by content.* The same, of the mean brightness of the images in those cells: what lies all
over an image (a texture, a tint) moves relevance nowhere. Whether the network uses it, an insertion
tells.

*Strays.* A mark at random places makes no group, but images each with much relevance in a cell
where the class has little: how far the farthest tenth of the images goes, in units of the usual.

*Repetition.* Of photographs, images that show the same details at the same place; see `repetition`. It
needs cells of some size, so small images have no such indicator.

All are pure numbers, near the same value in any class without artefacts; `findings` turns
them into one score and a p-value by comparing the classes of a corpus.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.detection import repeated_details
from unhans.errors import InputError
from unhans.spray.preprocessing import sum_pool
from unhans.types import Array

Points = NDArray[np.float64]
Members = NDArray[np.bool_]

ROUNDS = 3
"""Times that a group's direction is taken anew."""

STARTS = 512
"""Images that groups are started from; of larger classes, so many are drawn."""

SIZES = (4, 8, 16, 32, 64, 128, 256)
"""Images that a group starts with, up to a quarter of the class."""

RIDGE = 0.2
"""Spread that each cell has at least, in means of all cells: a cell in which nothing ever happens
would outweigh all others."""

SHRINKAGE = 0.2
"""Of the covariance of cells, for strays."""

FAR = 1.6
"""Times the usual excess from which an image is shown as a stray."""

FARTHEST = 0.1
"""Share of the images that strays are looked for among."""

WINDOW = 0.05
"""Share of the class that is looked at on either side of a step: in wide windows any order has one."""

FEWEST = 4
"""Images of the smallest group there is."""

OVERLAP = 0.5
"""Of two groups that share more than this part of the smaller, the one with the lesser edge goes."""

HALF = 0.45
"""Share of a class from which on a group and the others are two halves, and either might be marked."""

_TINY = 1e-12
"""Variances of coordinates, which are at most 1, below which there is none."""


class Group(NamedTuple):
    """Images that are set apart along one direction."""

    members: Members
    """(n,)"""
    edge: float
    """Width of the step between the group and the others, in standard deviations of the others"""
    grade: Points
    """(n,) place along the direction, in standard deviations of the others from their mean"""


def arrays(
    heatmaps: Array,
    contents: Array,
    details: Array | None = None,
    *,
    bins: int,
    smallest: float,
    seed: int,
) -> dict[str, Array]:
    """Everything that is kept of the contrast of a class.

    Parameters
    ----------
    heatmaps : (n, h, w)
    contents : (n, c, bins, bins) mean brightness of the same images in the bins of the raster
    details : (n, h, w) of the same images, see `repeated_details.details`; None for small ones
    bins : along each side of an image
    smallest : share of the class that a group has at least
    seed : of the images that groups start from

    Returns
    -------
    by indicator (``grouped``, ``content``, ``scattered``, and with details ``repeated``):
    ``<indicator>`` (1,) float64, the indicator itself; ``<indicator>_gap`` (g,) float64,
    ``<indicator>_members`` (g, n) bool and ``<indicator>_score`` (g, n) float32 of its groups, the
    clearest first (outliers, and images whose details repeat, are one group, scored by their excess or
    agreement); ``coordinates`` (n, bins * bins), ``contents`` (n, c * bins * bins) float32; of
    repetition ``repeated_where`` (bins * bins,)

    Raises
    ------
    InputError
        There are too few images, or heatmaps that are not finite.

    """
    points = coordinates(heatmaps, bins)
    shown = np.asarray(contents, dtype=np.float64).reshape(len(contents), -1)
    if len(shown) != len(points):
        raise InputError(f"{len(points)} heatmaps and {len(shown)} images; expected as many")
    least = smallest_group(len(points), smallest)
    excess = strays(points)
    found = {
        "grouped": _marked(groups(points, least, seed=seed), points, points),
        "content": _marked(groups(shown, least, seed=seed), shown, points),
        "scattered": [Group(_far(excess), scattered(excess), excess)],
    }
    kept: dict[str, Array] = {}
    again = None if details is None else repeated_details.find(details, bins)
    if again is not None:
        found["repeated"] = [Group(again.members, again.indicator, again.grade)]
        kept["repeated_where"] = again.where.ravel().astype(np.float32)
    for indicator, own in found.items():
        kept[indicator] = np.array([own[0].edge])
        kept[f"{indicator}_gap"] = np.array([group.edge for group in own])
        kept[f"{indicator}_members"] = np.stack([group.members for group in own])
        kept[f"{indicator}_score"] = np.stack([group.grade for group in own]).astype(np.float32)
    return {
        **kept,
        "coordinates": points.astype(np.float32),
        "contents": shown.astype(np.float32),
    }


def coordinates(heatmaps: Array, cells: int) -> Points:
    """Square roots of the shares of positive relevance in the cells of a raster.

    Parameters
    ----------
    heatmaps : (n, h, w)
    cells : along each side; no more than pixels are taken

    Returns
    -------
    (n, cells * cells) rows of unit norm; zeros for a map without positive relevance

    """
    maps = as_maps(heatmaps)
    side = min(cells, *maps.shape[1:])
    mass = sum_pool(np.maximum(maps, 0), side).reshape(len(maps), -1).astype(np.float64)
    total = mass.sum(axis=1, keepdims=True)
    return np.sqrt(mass / np.where(total > 0, total, 1))


def look(
    pictures: Iterable[Array], cells: int
) -> tuple[NDArray[np.float32], NDArray[np.float16] | None]:
    """Brightness and details of images, each of which is read once.

    Parameters
    ----------
    pictures : (h, w) or (h, w, 3) uint8, taken one at a time
    cells : along each side; no more than pixels are taken

    Returns
    -------
    (n, c, cells, cells) mean brightness, from 0 to 1, in the cells of a raster; (n, h, w) details, None
    of images that are too small for them

    """
    found, fine = [], []
    for picture in pictures:
        planes = np.moveaxis(np.atleast_3d(picture), 2, 0).astype(np.float32) / np.float32(255)
        side = min(cells, *planes.shape[1:])
        found.append(sum_pool(planes, side) * np.float32(side**2 / planes[0].size))
        if repeated_details.fits(picture.shape, cells):
            fine.append(repeated_details.details(picture))
    if not found:
        raise InputError("there are no images; expected at least one")
    return np.stack(found), np.stack(fine) if len(fine) == len(found) else None


def contents(pictures: Iterable[Array], cells: int) -> NDArray[np.float32]:
    """Mean brightness alone, see `look`."""
    return look(pictures, cells)[0]


def smallest_group(n: int, share: float) -> int:
    """Images of the smallest group that counts, of a class of n.

    Raises
    ------
    InputError
        The class is too small to hold any group.

    """
    least = max(FEWEST, int(np.ceil(share * n)))
    if n < 2 * least:
        raise InputError(
            f"{n} images; expected at least {2 * least} to look for groups of {least} among them"
        )
    return least


def strays(points: Array) -> Points:
    """How far each image goes beyond the usual, in the cell where it goes farthest: (n,).

    Cells are first made comparable and independent: coordinates are whitened (by the symmetric root of
    the inverse covariance, which is shrunk by `SHRINKAGE` towards a multiple of the identity), so that
    relevance at a place where it goes with that at another counts for less.
    """
    own = np.asarray(points, dtype=np.float64)
    own = own - own.mean(axis=0)
    covariance = own.T @ own / len(own)
    mean = np.trace(covariance) / len(covariance)
    if mean <= _TINY:
        return np.zeros(len(own))
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * mean * np.eye(len(covariance))
    variance, axes = np.linalg.eigh(shrunk)
    return np.asarray((own @ (axes / np.sqrt(variance)) @ axes.T).max(axis=1))


def scattered(excess: Array) -> float:
    """Mean excess of the farthest tenth of the images, over the median; 1 where all are alike.

    Parameters
    ----------
    excess : (n,) from `strays`

    """
    ordered = np.sort(np.asarray(excess, dtype=np.float64))[::-1]
    median = float(np.median(ordered))
    farthest = float(ordered[: max(1, int(FARTHEST * len(ordered)))].mean())
    return farthest / median if median > 0 else 1.0


def _marked(found: list[Group], points: Points, relevance: Points) -> list[Group]:
    """Of two halves of a class, take the one with more relevance where they differ.

    Parameters
    ----------
    found : groups among ``points``
    points : (n, d), a block of cells a channel
    relevance : (n, cells) `coordinates` of the same images

    """
    if points.shape[1] % relevance.shape[1]:
        return found
    share = np.tile(relevance**2, points.shape[1] // relevance.shape[1])
    halves = []
    for group in found:
        inside, others = group.members, ~group.members
        weight = np.abs(_direction(points, inside[None])[0])
        more = weight @ (share[others].mean(axis=0) - share[inside].mean(axis=0)) > 0
        swapped = inside.mean() >= HALF and more
        halves.append(_graded(points, group.edge, others) if swapped else group)
    return halves


def _far(excess: Points) -> Members:
    """Strays in the narrow sense: images much farther than the usual one, or the farthest."""
    far = excess > FAR * np.median(excess)
    return far if 0 < far.sum() < len(far) else np.arange(len(far)) == excess.argmax()


def groups(points: Array, least: int, count: int = 8, seed: int = 0) -> list[Group]:
    """Find the groups of images that are set apart most clearly.

    Parameters
    ----------
    points : (n, d), rows to compare, of about the same scale in all columns
    least : images of a group at least; at most, half of all
    count : groups at most
    seed : of the images that groups start from, where there are more than `STARTS`

    Returns
    -------
    at least one group, the widest edge first; none holds half of another

    """
    own = np.asarray(points, dtype=np.float64)
    n = len(own)
    if own.ndim != 2 or not FEWEST <= least <= n // 2 or not np.isfinite(own).all():
        raise InputError(
            f"points have shape {own.shape} for groups of {least}; expected finite (n, d), with n at "
            f"least twice that, and that at least {FEWEST}"
        )
    found: list[tuple[float, Members]] = []
    for members, fewest in _starts(own, seed):
        edges = np.zeros(len(members))
        for _ in range(ROUNDS):
            edges, members = _unique(*_cut(_projected(own, members), least))
        large = members.sum(axis=1) >= fewest
        found += zip(edges[large].tolist(), members[large], strict=True)
    return [_graded(own, *one) for one in _apart(found, count)]


def _starts(points: Points, seed: int) -> list[tuple[Members, int]]:
    """Each image with its nearest others, and those with most in each cell: (starts, n) for each size.

    Of each cell the half with most as well, from which only groups of more than a quarter are taken: a
    mark in half of a class is most of the spread there, so that a few of the marked images lead nowhere.

    Returns
    -------
    starts, and the images that a group must have to come of them

    """
    n = len(points)
    centres = np.arange(n)
    if n > STARTS:
        centres = np.sort(np.random.default_rng(seed).choice(n, STARTS, replace=False))
    squares = (points**2).sum(axis=1)
    distances = squares[centres, None] + squares - 2 * points[centres] @ points.T
    nearest = np.argsort(distances, axis=1, kind="stable")
    most = np.argsort(-points.T, axis=1, kind="stable")
    order = np.concatenate([nearest, most])
    sizes = (size for size in SIZES if size == SIZES[0] or size <= n // 4)
    return [*((_first(order, size), 0) for size in sizes), (_first(most, n // 2), n // 4 + 1)]


def _first(order: NDArray[np.integer], size: int) -> Members:
    """So many of each order: (orders, n)."""
    members = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(members, order[:, :size], True, axis=1)
    return members


def _projected(points: Points, members: Members) -> Points:
    """Place of every image along the direction of each group: (groups, n)."""
    return np.asarray(_direction(points, members) @ points.T)


def _direction(points: Points, members: Members) -> Points:
    """Difference of means, each cell divided by the others' variance: (groups, d)."""
    inside = members.astype(np.float64)
    size = inside.sum(axis=1, keepdims=True)
    outside = len(points) - size
    total, squares = points.sum(axis=0), points**2
    sums = inside @ points
    mean_outside = (total - sums) / outside
    variance = (squares.sum(axis=0) - inside @ squares) / outside - mean_outside**2
    variance = np.maximum(variance, 0)
    variance += RIDGE * variance.mean(axis=1, keepdims=True)
    difference = sums / size - mean_outside
    direction = np.zeros_like(difference)
    return np.asarray(np.divide(difference, variance, out=direction, where=variance > _TINY))


def _cut(places: Points, least: int) -> tuple[Points, Members]:
    """Cut each order where it has its widest step; the width of the step, and what lies above.

    Of the m highest, the third that lies lowest is held against the next m / 2 (at least two), of
    either no more than `WINDOW` of all.
    """
    n = places.shape[1]
    order = np.argsort(-places, axis=1, kind="stable")
    ordered = np.take_along_axis(places, order, axis=1) - places.mean(axis=1, keepdims=True)
    sums = np.concatenate([np.zeros((len(places), 1)), np.cumsum(ordered, axis=1)], axis=1)
    squares = np.cumsum(ordered**2, axis=1)
    m = np.arange(least, n // 2 + 1)
    window = max(2, int(WINDOW * n))
    inner = m - np.minimum(np.ceil(m / 3).astype(int), window)
    outer = np.minimum(m + np.clip(m // 2, 2, window), n)
    low = (sums[:, m] - sums[:, inner]) / (m - inner)
    high = (sums[:, outer] - sums[:, m]) / (outer - m)
    rest = (sums[:, -1:] - sums[:, m]) / (n - m)
    variance = (squares[:, -1:] - squares[:, m - 1]) / (n - m) - rest**2
    # What is left of cancelled sums is no spread.
    floor = 1e-9 * squares[:, -1:] / n
    scale = np.sqrt(np.maximum(variance, floor))
    edges = np.divide(low - high, scale, out=np.zeros_like(scale), where=scale > 0)
    best = edges.argmax(axis=1)
    members = np.zeros(places.shape, dtype=bool)
    np.put_along_axis(members, order, np.arange(n) < m[best][:, None], axis=1)
    return np.take_along_axis(edges, best[:, None], axis=1)[:, 0], members


def _unique(edges: Points, members: Members) -> tuple[Points, Members]:
    """Each group once, with its widest edge: those that come together go on as one."""
    order = np.argsort(-edges, kind="stable")
    unique, first = np.unique(members[order], axis=0, return_index=True)
    return edges[order][first], unique


def _apart(found: list[tuple[float, Members]], count: int) -> list[tuple[float, Members]]:
    """Choose the groups of widest edge, without overlap."""
    chosen: list[tuple[float, Members]] = []
    for edge, members in sorted(found, key=lambda one: -one[0]):
        if len(chosen) == count:
            break
        if all(
            (members & other).sum() <= OVERLAP * min(members.sum(), other.sum())
            for _, other in chosen
        ):
            chosen.append((edge, members))
    return chosen


def _graded(points: Points, edge: float, members: Members) -> Group:
    place = _projected(points, members[None])[0]
    rest = place[~members]
    spread = float(rest.std())
    grade = (place - rest.mean()) / spread if spread > 0 else members.astype(np.float64)
    return Group(members, edge, grade)
