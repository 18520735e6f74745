"""Groups: images of a class that a wide gap separates from its other images along one direction.

The search starts from each image with its nearest few, and from the images with the largest coordinate in
each bin. The direction is taken in which these differ most from the others, bin by bin in units of the
others' spread. All images are sorted along the direction, and the order is cut at its widest gap. The
images above the cut are the new group, from which the direction is taken anew; `ROUNDS` rounds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError
from unhans.types import Array, Flags

Points = NDArray[np.float64]

ROUNDS = 3
"""Times that a group's direction is taken anew."""

STARTS = 512
"""Images that groups are started from. Of a larger class, so many are drawn by chance."""

SIZES = (4, 8, 16, 32, 64, 128, 256)
"""Images that a group starts with, up to a quarter of the class."""

RIDGE = 0.2
"""Variance that is added to each bin, as a multiple of the mean variance of all bins. Without it a bin
in which the other images hardly vary would outweigh all others."""

WINDOW = 0.05
"""Largest share of the class that a gap compares on either side. In wider windows any order has a gap."""

FEWEST = 4
"""Images of the smallest possible group."""

OVERLAP = 0.5
"""Of two groups that share more than this part of the smaller, the one of smaller gap is dropped."""

HALF = 0.45
"""Share of a class from which a group and the other images count as two halves of the class. Either
half may be the one with an artefact."""

NO_VARIANCE = 1e-12
"""Variance of a coordinate (coordinates are at most 1) up to which the bin is left out of a direction."""


class Group(NamedTuple):
    """Images that are separated from the others along one direction."""

    members: Flags
    """ndarray of bool, shape (n,)"""
    gap: float
    """Width of the gap between the group and the others, in standard deviations of the others."""
    score: Points
    """ndarray of float64, shape (n,): place of each image along the direction, in standard deviations of
    the others from their mean."""


def smallest_size(n: int, share: float) -> int:
    """Number of images of the smallest group that is looked for.

    Parameters
    ----------
    n : int
        Images of the class.
    share : float
        Share of the class that a group has at least.

    Returns
    -------
    int
        The share of the class, rounded up, and `FEWEST` at least.

    Raises
    ------
    InputError
        The class has fewer images than two such groups.

    """
    least = max(FEWEST, int(np.ceil(share * n)))
    if n < 2 * least:
        raise InputError(
            f"{n} images; expected at least {2 * least} to look for groups of {least} among them"
        )
    return least


def search(
    points: Array, least: int, count: int = 8, seed: int = 0, starts: int = STARTS
) -> list[Group]:
    """Find the groups of images with the widest gaps.

    Parameters
    ----------
    points : ndarray of float, shape (n, d)
        Rows to compare, of about the same scale in all columns.
    least : int
        Images of a group at least. A group has at most half of all images.
    count : int
        Groups at most.
    seed : int
        Seed of the draw of the images that groups start from, if the class has more than ``starts``.
    starts : int
        Images that groups are started from.

    Returns
    -------
    list of Group
        At least one group, the widest gap first. No group holds more than half of another.

    Raises
    ------
    InputError
        The points are not finite or not (n, d), or ``least`` is below `FEWEST` or above n / 2.

    """
    rows = np.asarray(points, dtype=np.float64)
    n = len(rows)
    if rows.ndim != 2 or not FEWEST <= least <= n // 2 or not np.isfinite(rows).all():
        raise InputError(
            f"points have shape {rows.shape} for groups of {least}; expected finite (n, d), with n at "
            f"least twice that, and that at least {FEWEST}"
        )
    found: list[tuple[float, Flags]] = []
    for members, fewest in _starts(rows, seed, starts):
        gaps = np.zeros(len(members))
        for _ in range(ROUNDS):
            gaps, members = unique(*cut(_projected(rows, members), least))
        large = members.sum(axis=1) >= fewest
        found += zip(gaps[large].tolist(), members[large], strict=True)
    return [of_points(rows, *one) for one in distinct(found, count)]


def with_more_relevance(found: list[Group], points: Points, relevance: Points) -> list[Group]:
    """Of two halves of a class, choose the one with more relevance where they differ.

    Parameters
    ----------
    found : list of Group
        Groups among ``points``.
    points : ndarray of float64, shape (n, d)
        Coordinates that the groups were searched in, one block of bins for each channel.
    relevance : ndarray of float64, shape (n, bins * bins)
        `raster.coordinates` of the same images.

    Returns
    -------
    list of Group
        The groups. One of `HALF` of the class or more is replaced by the other images if these have more
        relevance in the bins that separate the two. If d is no multiple of the number of bins, all groups
        are returned as they are.

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
        halves.append(of_points(points, group.gap, others) if swapped else group)
    return halves


def _starts(points: Points, seed: int, starts: int) -> list[tuple[Flags, int]]:
    """Groups that the search starts from, and the size that a group found from them has at least.

    These are, for each size of `SIZES`, each image with its nearest others, and the images with the
    largest coordinate in each bin. Besides, for each bin, the half of the class with the largest
    coordinate; from it only groups of more than a quarter of the class are taken. An artefact in half of
    a class makes up most of the spread, so that the search does not find it from few of its images.
    """
    n = len(points)
    centres = np.arange(n)
    if n > starts:
        centres = np.sort(np.random.default_rng(seed).choice(n, starts, replace=False))
    squares = (points**2).sum(axis=1)
    distances = squares[centres, None] + squares - 2 * points[centres] @ points.T
    nearest = np.argsort(distances, axis=1, kind="stable")
    largest = np.argsort(-points.T, axis=1, kind="stable")
    order = np.concatenate([nearest, largest])
    sizes = (size for size in SIZES if size == SIZES[0] or size <= n // 4)
    return [*((first(order, size), 0) for size in sizes), (first(largest, n // 2), n // 4 + 1)]


def first(order: NDArray[np.integer], size: int) -> Flags:
    """Mark the first images of each order.

    Parameters
    ----------
    order : ndarray of int, shape (orders, n)
        Places of images.
    size : int
        How many are marked.

    Returns
    -------
    ndarray of bool, shape (orders, n)

    """
    members = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(members, order[:, :size], True, axis=1)
    return members


def _projected(points: Points, members: Flags) -> Points:
    """Place of every image along the direction of each group: (groups, n)."""
    return np.asarray(_direction(points, members) @ points.T)


def _direction(points: Points, members: Flags) -> Points:
    """Difference of means, in each bin divided by the variance of the other images: (groups, d)."""
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
    return np.asarray(np.divide(difference, variance, out=direction, where=variance > NO_VARIANCE))


def cut(places: Points, least: int) -> tuple[Points, Flags]:
    """Cut each order at its widest gap.

    The gap below the m highest images compares the mean of the lowest third of these with the mean of
    the next m / 2 images (two at least); both windows hold at most `WINDOW` of all images.

    Parameters
    ----------
    places : ndarray of float64, shape (groups, n)
        Place of every image along the direction of each group.
    least : int
        Images above the cut at least; at most half of all are.

    Returns
    -------
    gaps : ndarray of float64, shape (groups,)
        Width of the widest gap, in standard deviations of the images below it; 0 where these are equal.
    members : ndarray of bool, shape (groups, n)
        The images above it.

    """
    n = places.shape[1]
    order = _falling(places)
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
    # Rounding errors of the sums are no spread.
    floor = 1e-9 * squares[:, -1:] / n
    scale = np.sqrt(np.maximum(variance, floor))
    gaps = np.divide(low - high, scale, out=np.zeros_like(scale), where=scale > 0)
    best = gaps.argmax(axis=1)
    members = np.zeros(places.shape, dtype=bool)
    np.put_along_axis(members, order, np.arange(n) < m[best][:, None], axis=1)
    return np.take_along_axis(gaps, best[:, None], axis=1)[:, 0], members


def _falling(places: Points) -> NDArray[np.integer]:
    """Order each row from its largest value; of equal ones the first comes first.

    The sort that keeps equal values in order takes four times as long as the one that does not, and
    only rows with equal values need it.
    """
    order = np.argsort(-places, axis=1)
    ordered = np.take_along_axis(places, order, axis=1)
    tied = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    order[tied] = np.argsort(-places[tied], axis=1, kind="stable")
    return order


def unique(gaps: Points, members: Flags) -> tuple[Points, Flags]:
    """Keep each group once, with its widest gap: starts that lead to the same group continue as one.

    Parameters
    ----------
    gaps, members : ndarray of float64, shape (groups,), and of bool, shape (groups, n)
        From `cut`.

    Returns
    -------
    gaps, members : ndarray of float64, shape (k,), and of bool, shape (k, n)

    """
    order = np.argsort(-gaps, kind="stable")
    # Rows of bits as one value each: they are sorted as the rows of flags would be.
    bits = np.packbits(members[order], axis=1)
    first = np.unique(bits.view(np.dtype((np.void, bits.shape[1])))[:, 0], return_index=True)[1]
    return gaps[order][first], members[order][first]


def distinct(found: list[tuple[float, Flags]], count: int) -> list[tuple[float, Flags]]:
    """Choose the groups of widest gap that overlap by `OVERLAP` at most.

    Parameters
    ----------
    found : list of (float, ndarray of bool)
        Gap and images of each group.
    count : int
        Groups at most.

    Returns
    -------
    list of (float, ndarray of bool)
        The widest gap first.

    """
    chosen: list[tuple[float, Flags]] = []
    for gap, members in sorted(found, key=lambda one: -one[0]):
        if len(chosen) == count:
            break
        if all(
            (members & other).sum() <= OVERLAP * min(members.sum(), other.sum())
            for _, other in chosen
        ):
            chosen.append((gap, members))
    return chosen


def scored(place: Points, gap: float, members: Flags) -> Group:
    """Make a group of images whose places along its direction are known.

    Parameters
    ----------
    place : ndarray of float64, shape (n,)
        Of all images.
    gap : float
        See `Group`.
    members : ndarray of bool, shape (n,)
        The group, neither all images nor none.

    Returns
    -------
    Group

    """
    rest = place[~members]
    spread = float(rest.std())
    score = (place - rest.mean()) / spread if spread > 0 else members.astype(np.float64)
    return Group(members, gap, score)


def of_points(points: Points, gap: float, members: Flags) -> Group:
    """Make a group of images with coordinates.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        Of all images.
    gap, members : float, ndarray
        See `scored`.

    Returns
    -------
    Group

    """
    return scored(_projected(points, members[None])[0], gap, members)
