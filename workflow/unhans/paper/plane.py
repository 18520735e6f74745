"""Plane: points with mass, placed by their distances, aligned, and drawn on a grid of pixels."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from unhans.checks import as_maps
from unhans.errors import InputError
from unhans.types import Array

Numbers = NDArray[np.float64]


def classical_scaling(distances: Array, mass: Array | None = None) -> Numbers:
    """Place points in the plane by their distances, centred, along their principal axes.

    Parameters
    ----------
    distances : ndarray of float, shape (N, N)
        Symmetric; the diagonal is read as zero.
    mass : ndarray of float, shape (N,), optional
        Positive weights of the points; equal ones by default.

    Returns
    -------
    ndarray of float64, shape (N, 2)
        If the given distances are those of points in a plane, they are the distances of the result.

    Raises
    ------
    InputError
        The distances have another shape.

    References
    ----------
    Torgerson 1952; with weights, Mardia, Kent and Bibby 1979, section 14.

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
    """Rotate, mirror and shift points, without scaling, so that they come nearest to their targets.

    The sum of squared distances, weighted by mass, is least.

    Parameters
    ----------
    points : ndarray of float, shape (N, 2)
        To move.
    target : ndarray of float, shape (N, 2)
        Place where each of them should lie.
    mass : ndarray of float, shape (N,), optional
        Weights; equal ones by default.

    Returns
    -------
    ndarray of float64, shape (N, 2)

    Raises
    ------
    InputError
        The shapes differ.

    References
    ----------
    Schoenemann 1966.

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
    """Distribute the mass of each point over the four pixels around it (bilinear weights).

    Parameters
    ----------
    points : ndarray of float, shape (N, 2)
        Row and column.
    mass : ndarray of float, shape (N,)
        Of the points.
    shape : sequence of int
        Height and width; mass outside is lost.

    Returns
    -------
    ndarray of float64, shape (height, width)

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


def with_mass(images: Array) -> Numbers:
    """Check that each image has mass.

    Parameters
    ----------
    images : ndarray of float, shape (n, h, w)
        Finite.

    Returns
    -------
    ndarray of float64, shape (n, h, w)

    Raises
    ------
    InputError
        An image is negative, empty or not finite.

    """
    maps = as_maps(images).astype(np.float64)
    for number, image in enumerate(maps):
        if image.min() < 0:
            raise InputError(f"image {number} has negative values; expected mass")
        if not image.any():
            raise InputError(f"image {number} is empty; expected some mass")
    return maps
