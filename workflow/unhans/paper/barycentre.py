"""Barycentre: the mean of moved images under three distances (figure 3 of Anders et al. 2019).

The same digit at four places and angles: its pixels average to a blur, and transport moves its mass
half-way between the places. Only the Gromov-Wasserstein distance, which compares the distances
within an image, knows all four for the same shape.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import cdist

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.spray.transport import support
from unhans.spray.transport.pot import ot
from unhans.types import Array

Numbers = NDArray[np.float64]

PLACES = ((-1, -1), (-1, 1), (1, 1), (1, -1))
"""Row and column of each copy, seen from the middle of the canvas, clockwise from the first."""

ITERATIONS = 2000
"""Scalings of the Wasserstein barycentre at most; digits take 500."""

ERROR = 1e-6
"""What the marginals of its plans may differ by, summed over all pixels."""

TINIEST = 1e-300
"""Guards a logarithm. POT's 1e-30 is more than distant mass leaves: islands grow where there is none."""

ROUNDS = 100
"""Updates of a Gromov-Wasserstein barycentre at most; digits take ten."""

PROGRESS = 1e-4
"""An update that lowers the objective by a smaller share is the last one."""


class Cloud(NamedTuple):
    """A Gromov-Wasserstein barycentre, put back into the plane."""

    points: Numbers
    """(N, 2) row and column, in pixels, laid over the first image"""
    mass: Numbers
    """(N,) of sum 1"""
    objective: float
    """mean squared Gromov-Wasserstein distance to the images"""


@dataclass(frozen=True, eq=False)
class Barycentres:
    """Images, and their mean under each distance."""

    images: Numbers
    """(4, side, side)"""
    euclidean: Numbers
    """(side, side)"""
    wasserstein: Numbers
    """(side, side)"""
    gromov_wasserstein: Numbers
    """(side, side)"""


class _Space(NamedTuple):
    """Points that are known by their distances alone."""

    distances: Numbers
    """(N, N)"""
    mass: Numbers
    """(N,) positive, of sum 1"""


class _Coupling(NamedTuple):
    """A plan between two spaces, and what it costs."""

    cost: float
    plan: Numbers


def barycentres(
    image: Array, seed: int = 0, regularisation: float = 1e-3, mass_fraction: float = 0.99
) -> Barycentres:
    """Move an image four ways, and average the four.

    Parameters
    ----------
    image : (h, w) not negative
    seed : of the places and angles
    regularisation : of the Wasserstein barycentre, see `wasserstein`
    mass_fraction : fraction of each image's mass that the Gromov-Wasserstein barycentre is made of

    Raises
    ------
    InputError

    """
    images = moved(image, seed)
    cloud = gromov_wasserstein(images, mass_fraction)
    return Barycentres(
        images,
        euclidean(images),
        wasserstein(images, regularisation),
        on_grid(cloud.points, cloud.mass, images.shape[1:]),
    )


def moved(image: Array, seed: int = 0) -> Numbers:
    """Rotate an image by about 0, 90, 180 and 270 degrees, each copy in a corner of its own.

    Parameters
    ----------
    image : (h, w) finite, what counts within a circle around its middle
    seed : angles differ by up to 30 degrees from these, places by up to a 14th of the image

    Returns
    -------
    (4, side, side); the side is 12/7 of the image's longer one

    """
    source = np.asarray(image, dtype=np.float64)
    if source.ndim != 2 or source.size == 0 or not np.isfinite(source).all():
        raise InputError(f"the image has shape {source.shape}; expected (h, w), finite")
    size = max(source.shape)
    side = round(size * 12 / 7)
    random = np.random.default_rng(seed)
    angles = np.deg2rad(90 * np.arange(4) + random.uniform(-30, 30, 4))
    shifts = size * (np.array(PLACES) / 4 + random.uniform(-1, 1, (4, 2)) / 14)
    return np.stack([_placed(source, side, *values) for values in zip(angles, shifts, strict=True)])


def euclidean(images: Array) -> Numbers:
    """Average pixel by pixel: the barycentre under the euclidean distance.

    Parameters
    ----------
    images : (n, h, w) finite

    Returns
    -------
    (h, w)

    """
    mean: Numbers = as_maps(images).mean(axis=0, dtype=np.float64)
    return mean


def wasserstein(images: Array, regularisation: float = 1e-3) -> Numbers:
    """Average by transport: the barycentre under the 2-Wasserstein distance, entropy-regularised.

    Source: Solomon et al. 2015, algorithm 2 (convolutional barycentre).

    Parameters
    ----------
    images : (n, side, side) finite, not negative
    regularisation : weight of the entropy, in units of the squared side: the smaller, the sharper
        and the slower. Below a limit that depends on how far apart the images lie, mass at a
        distance vanishes from float64

    Returns
    -------
    (side, side) of sum 1

    Raises
    ------
    InputError

    """
    maps = _with_mass(images)
    if maps.shape[1] != maps.shape[2]:
        raise InputError(f"images are {maps.shape[1]} x {maps.shape[2]}; expected squares")
    distributions = maps / maps.sum(axis=(1, 2), keepdims=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        mean, log = ot.bregman.convolutional_barycenter2d(
            distributions,
            regularisation,
            numItermax=ITERATIONS,
            stopThr=ERROR,
            stabThr=TINIEST,
            log=True,
        )
    barycentre: Numbers = mean
    if not (np.isfinite(barycentre).all() and log["err"][-1] < ERROR):
        raise InputError(
            f"the Wasserstein barycentre does not converge at regularisation = {regularisation}; "
            "expected a larger one, or images that lie closer together"
        )
    return barycentre


def gromov_wasserstein(images: Array, mass_fraction: float = 0.99) -> Cloud:
    """Average the distances within the images, whatever their places and angles.

    Source: Peyre, Cuturi and Solomon 2016, section 4. Their descent starts from each image in turn,
    and the lowest objective is kept. A matrix of distances has no place in the plane: classical
    scaling gives it one, up to a rigid motion, and that is chosen to lie over the first image.

    Parameters
    ----------
    images : (n, h, w) finite, not negative
    mass_fraction : fraction of each image's mass to take, the largest pixels first

    Raises
    ------
    InputError

    """
    supports = support.of_all(_with_mass(images), mass_fraction)
    spaces = [_Space(cdist(one.points, one.points), one.mass) for one in supports]
    starts = _couple_all(spaces)
    descents = [_descend(one.mass, spaces, own) for one, own in zip(spaces, starts, strict=True)]
    barycentre, plans, objective = min(descents, key=lambda descent: descent[2])
    points = classical_scaling(*barycentre)
    # Where the plan puts each point in the first image, on average.
    wanted = plans[0] @ supports[0].points / barycentre.mass[:, None]
    return Cloud(procrustes(points, wanted, barycentre.mass), barycentre.mass, objective)


def classical_scaling(distances: Array, mass: Array | None = None) -> Numbers:
    """Place points in the plane by their distances, centred, along their principal axes.

    Source: Torgerson 1952; with weights, Mardia, Kent and Bibby 1979, section 14.

    Parameters
    ----------
    distances : (N, N) symmetric; the diagonal is taken for zero
    mass : (N,) positive weights of the points; equal ones by default

    Returns
    -------
    (N, 2); their distances are the given ones where these are distances of points in a plane

    """
    squares = np.asarray(distances, dtype=np.float64) ** 2
    if squares.ndim != 2 or squares.shape[0] != squares.shape[1] or squares.size == 0:
        raise InputError(f"distances have shape {squares.shape}; expected (N, N)")
    np.fill_diagonal(squares, 0)
    weights = np.ones(len(squares)) if mass is None else np.asarray(mass, dtype=np.float64)
    weights = weights / weights.sum()
    centred = squares - weights @ squares
    centred -= (centred @ weights)[:, None]
    root = np.sqrt(weights)
    values, vectors = np.linalg.eigh(-0.5 * root[:, None] * centred * root)
    points = np.zeros((len(squares), 2))
    taken = slice(-min(2, len(squares)), None)
    lengths = np.sqrt(np.maximum(values[taken], 0))
    points[:, : len(lengths)] = (vectors[:, taken] * lengths / root[:, None])[:, ::-1]
    return points


def procrustes(points: Array, target: Array, mass: Array | None = None) -> Numbers:
    """Turn, mirror and shift points, without scaling, so that they come nearest to others.

    Source: Schoenemann 1966; the least sum of squared distances, weighted by mass.

    Parameters
    ----------
    points : (N, 2)
    target : (N, 2) where each of them should lie
    mass : (N,) weights; equal ones by default

    Returns
    -------
    (N, 2)

    """
    if np.shape(points) != np.shape(target) or np.ndim(points) != 2:
        raise InputError(
            f"points have shape {np.shape(points)} and their targets {np.shape(target)}; "
            "expected (N, 2) of both"
        )
    middle = np.average(points, axis=0, weights=mass)
    there = np.average(target, axis=0, weights=mass)
    weights = np.ones(len(points)) if mass is None else np.asarray(mass)
    left, _, right = np.linalg.svd((points - middle).T @ (weights[:, None] * (target - there)))
    moved_points: Numbers = (points - middle) @ (left @ right) + there
    return moved_points


def on_grid(points: Array, mass: Array, shape: Sequence[int]) -> Numbers:
    """Share the mass of each point among the four pixels around it, by nearness.

    Parameters
    ----------
    points : (N, 2) row and column
    mass : (N,)
    shape : height and width; mass outside is lost

    Returns
    -------
    (height, width)

    """
    grid = np.zeros(tuple(shape))
    corner = np.floor(points).astype(int)
    offset = points - corner
    for step in product((0, 1), repeat=2):
        pixel = corner + step
        weight = mass * np.prod(np.where(step, offset, 1 - offset), axis=1)
        inside = ((pixel >= 0) & (pixel < grid.shape)).all(axis=1)
        np.add.at(grid, tuple(pixel[inside].T), weight[inside])
    return grid


def _placed(image: Numbers, side: int, angle: float, shift: Numbers) -> Numbers:
    """Rotate an image around its middle, and put that at a shift from the middle of a canvas."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = (np.array(image.shape) - 1) / 2
    offset = middle - turn @ ((side - 1) / 2 + shift)
    placed: Numbers = ndimage.affine_transform(
        image, turn, offset=offset, output_shape=(side, side), order=1
    )
    return placed


def _with_mass(images: Array) -> Numbers:
    """Return images as float64, once sure that each of them is a heap of mass."""
    maps = as_maps(images).astype(np.float64)
    for number, image in enumerate(maps):
        if image.min() < 0:
            raise InputError(f"image {number} has negative values; expected mass")
        if not image.any():
            raise InputError(f"image {number} is empty; expected some mass")
    return maps


def _couple_all(spaces: Sequence[_Space]) -> list[list[Numbers]]:
    """Find the best plan between each two spaces, and of each with itself."""
    plans = [[np.diag(one.mass) for _ in spaces] for one in spaces]
    for first, second in combinations(range(len(spaces)), 2):
        plan = _couple(spaces[first], spaces[second])
        plans[first][second], plans[second][first] = plan, plan.T
    return plans


def _couple(one: _Space, other: _Space) -> Numbers:
    """Find the best plan between two spaces, of several starts.

    The objective is not convex. Besides the independent plan, the starts lay the principal axes of
    the two over each other, each in both directions.
    """
    points, others = classical_scaling(*one), classical_scaling(*other)
    starts = [np.outer(one.mass, other.mass)]
    for signs in product((1, -1), repeat=2):
        costs = cdist(points * signs, others, "sqeuclidean")
        starts.append(ot.emd(one.mass, other.mass, costs))
    found = (_improve(one, other, start) for start in starts)
    return min(found, key=lambda coupling: coupling.cost).plan


def _descend(
    mass: Numbers, spaces: Sequence[_Space], plans: Sequence[Numbers]
) -> tuple[_Space, Sequence[Numbers], float]:
    """Improve a barycentre of these masses until little is gained: itself, its plans, its objective.

    POT's ``gromov_barycenters`` couples anew from the independent plan at each step, which may end
    at the mirrored or half-turned shape: of its starts from the images of three digits, objectives
    were 0.15 to 0.77. Here plans go on from the best found: 0.14 to 0.17.
    """
    previous = np.inf
    for _ in range(ROUNDS):
        # The best matrix for given plans: squared differences are least at the mean.
        parts = [plan @ one.distances @ plan.T for plan, one in zip(plans, spaces, strict=True)]
        barycentre = _Space(np.mean(parts, axis=0) / np.outer(mass, mass), mass)
        found = [_improve(barycentre, *pair) for pair in zip(spaces, plans, strict=True)]
        plans = [coupling.plan for coupling in found]
        objective = float(np.mean([coupling.cost for coupling in found]))
        if previous - objective <= PROGRESS * previous:
            break
        previous = objective
    return barycentre, plans, objective


def _improve(one: _Space, other: _Space, start: Numbers) -> _Coupling:
    """Descend from a plan to the nearest local minimum."""
    plan, log = ot.gromov.gromov_wasserstein(
        one.distances, other.distances, one.mass, other.mass, "square_loss", G0=start, log=True
    )
    return _Coupling(max(0.0, float(log["gw_dist"])), plan)
