"""Barycentre: weighted means of moved images under three distances (figure 3 of Anders et al. 2019).

The images are one digit at four places and angles, in the corners of a grid; every image between is
their barycentre by the weights of its place. The euclidean mean is a blur. The Wasserstein mean moves
the mass between the places. Only the Gromov-Wasserstein distance, which compares the distances within
each image, recognises the same shape in all four.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.paper.gromov_barycentre import of_weights
from unhans.paper.plane import Numbers, on_grid, with_mass
from unhans.spray.transport.pot import ot
from unhans.types import Array

PLACES = ((-1, -1), (-1, 1), (1, 1), (1, -1))
"""Direction of each copy, row and column from the middle of the canvas, clockwise from the first."""

ITERATIONS = 2000
"""Largest number of scalings for the Wasserstein barycentre; digits take 500."""

ERROR = 1e-6
"""Largest difference of the marginals of its plans, summed over all pixels."""

TINIEST = 1e-300
"""Lower bound of the argument of a logarithm. POT's 1e-30 exceeds the mass that distant pixels receive
and creates islands where there is no mass."""


@dataclass(frozen=True, eq=False)
class Barycentres:
    """Images, and their weighted means under each distance at the places of a grid.

    Parameters
    ----------
    images : ndarray of float, shape (4, side, side)
        The moved images, clockwise from the upper left corner.
    euclidean, wasserstein, gromov_wasserstein : ndarray of float, shape (g, g, side, side)
        Their barycentres under each distance, of sum 1. Those in the corners are the images.

    """

    images: Numbers
    euclidean: Numbers
    wasserstein: Numbers
    gromov_wasserstein: Numbers


def barycentres(
    image: Array,
    seed: int = 0,
    regularisation: float = 1e-3,
    mass_fraction: float = 0.99,
    grid: int = 5,
) -> Barycentres:
    """Move an image to four places and angles, and average the four under three distances.

    Parameters
    ----------
    image : ndarray of float, shape (h, w)
        Not negative.
    seed : int
        Of the places and angles.
    regularisation : float
        Of the Wasserstein barycentre; see `wasserstein`.
    mass_fraction : float
        Fraction of each image's mass that the Gromov-Wasserstein barycentre is made of.
    grid : int
        Places of the grid along each side, at least 2.

    Returns
    -------
    Barycentres

    Raises
    ------
    InputError
        The image has another shape, or is negative, empty or not finite; or a barycentre does not
        converge.

    References
    ----------
    Anders et al. 2019, figure 3.

    """
    images = moved(image, seed)
    return Barycentres(images, *grids(images, corner_weights(grid), regularisation, mass_fraction))


def grids(
    images: Array, weights: Array, regularisation: float = 1e-3, mass_fraction: float = 0.99
) -> tuple[Numbers, Numbers, Numbers]:
    """Average images by each of many weights, under three distances.

    Parameters
    ----------
    images : ndarray of float, shape (n, side, side)
        Finite, not negative, each with some mass.
    weights : ndarray of float, shape (g, g, n)
        Not negative, of sum 1 at each place.
    regularisation, mass_fraction : float
        See `barycentres`.

    Returns
    -------
    euclidean, wasserstein, gromov_wasserstein : ndarray of float64, shape (g, g, side, side)
        Of sum 1, but for what the Gromov-Wasserstein barycentre has outside. Where one weight is 1 it is
        that image, which is its own barycentre; the entropy would blur it.

    Raises
    ------
    InputError
        See `barycentres`.

    """
    maps = with_mass(images)
    maps = maps / maps.sum(axis=(1, 2), keepdims=True)
    places = np.asarray(weights, dtype=np.float64).reshape(-1, len(maps))
    between = places[places.max(axis=1) < 1]
    clouds = of_weights(maps, between, mass_fraction)
    found = (
        [euclidean(maps, own) for own in between],
        [wasserstein(maps, regularisation, own) for own in between],
        [on_grid(cloud.points, cloud.mass, maps.shape[1:]) for cloud in clouds],
    )
    alone = maps[places.argmax(axis=1)]
    made = []
    for part in found:
        whole = alone.copy()
        if part:
            whole[places.max(axis=1) < 1] = np.stack(part)
        made.append(whole.reshape(*np.shape(weights)[:2], *maps.shape[1:]))
    return made[0], made[1], made[2]


def corner_weights(grid: int) -> Numbers:
    """Weights of four corners at the places of a grid, by the Chebyshev distance to each of them.

    The weight of a corner is one less its distance, in sides of the grid, divided by the sum of all four:
    1 in the corner itself, a half half-way along a side, a fourth in the middle.

    Parameters
    ----------
    grid : int
        Places along each side, at least 2.

    Returns
    -------
    ndarray of float64, shape (grid, grid, 4)
        Of row and column, for the corners in the order of `PLACES`.

    References
    ----------
    Anders et al. 2019, figure 3.

    """
    along = np.linspace(0, 1, grid)
    place = np.stack(np.meshgrid(along, along, indexing="ij"), axis=-1)
    corners = (np.array(PLACES) + 1) / 2
    distance = np.abs(place[:, :, None] - corners).max(axis=-1)
    weights: Numbers = (1 - distance) / (1 - distance).sum(axis=-1, keepdims=True)
    return weights


def moved(image: Array, seed: int = 0) -> Numbers:
    """Rotate an image by about 0, 90, 180 and 270 degrees, and move each copy to a corner of its own.

    Parameters
    ----------
    image : ndarray of float, shape (h, w)
        Finite. Its content should lie within a circle around its middle, since corners may be cut.
    seed : int
        Of random offsets: angles differ from these by up to 30 degrees, places by up to a 14th of
        the image.

    Returns
    -------
    ndarray of float64, shape (4, side, side)
        The side is 12/7 of the image's longer side.

    Raises
    ------
    InputError
        The image has another shape or is not finite.

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


def euclidean(images: Array, weights: Array | None = None) -> Numbers:
    """Average images pixel by pixel: the barycentre under the euclidean distance.

    Parameters
    ----------
    images : ndarray of float, shape (n, h, w)
        Finite.
    weights : ndarray of float, shape (n,), optional
        Not negative, of sum 1; equal ones by default.

    Returns
    -------
    ndarray of float64, shape (h, w)

    Raises
    ------
    InputError
        There is no image, the images have another shape, or they are not finite.

    """
    maps = as_maps(images)
    if weights is None:
        mean: Numbers = maps.mean(axis=0, dtype=np.float64)
        return mean
    return np.asarray(np.tensordot(weights, maps, axes=1), dtype=np.float64)


def wasserstein(
    images: Array, regularisation: float = 1e-3, weights: Array | None = None
) -> Numbers:
    """Compute the barycentre under the entropy-regularised 2-Wasserstein distance.

    Parameters
    ----------
    images : ndarray of float, shape (n, side, side)
        Finite, not negative.
    regularisation : float
        Weight of the entropy, in units of the squared side. The smaller it is, the sharper the
        barycentre and the slower the computation. Below a limit, which depends on how far apart the
        images lie, distant mass underflows in float64.
    weights : ndarray of float, shape (n,), optional
        Not negative, of sum 1; equal ones by default.

    Returns
    -------
    ndarray of float64, shape (side, side)
        Of sum 1.

    Raises
    ------
    InputError
        An image is empty, negative or no square, or the iteration does not converge.

    References
    ----------
    Solomon et al. 2015, algorithm 2 (convolutional barycentre).

    """
    maps = with_mass(images)
    if maps.shape[1] != maps.shape[2]:
        raise InputError(f"images are {maps.shape[1]} x {maps.shape[2]}; expected squares")
    distributions = maps / maps.sum(axis=(1, 2), keepdims=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        mean, log = ot.bregman.convolutional_barycenter2d(
            distributions,
            regularisation,
            weights=None if weights is None else np.asarray(weights, dtype=np.float64),
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


def _placed(image: Numbers, side: int, angle: float, shift: Numbers) -> Numbers:
    """Rotate an image around its middle, and move its middle by a shift from that of a canvas."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = (np.array(image.shape) - 1) / 2
    offset = middle - turn @ ((side - 1) / 2 + shift)
    placed: Numbers = ndimage.affine_transform(
        image, turn, offset=offset, output_shape=(side, side), order=1
    )
    return placed
