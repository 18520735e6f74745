"""Matching: the points of pairs of sets, matched by annealing on the CPU or on a GPU."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport import annealing
from unhans.spray.transport.pair_solver import Pairs
from unhans.spray.transport.pot import ot

BLOCK = 1 << 13
"""Pairs whose matches are in memory at once where only the best of each is needed."""


class Sets(NamedTuple):
    """n sets of m points of equal mass."""

    principal: NDArray[np.float64]
    """(n, m, 2) points, centred, in their principal axes, the longest first"""
    distances: NDArray[np.float64]
    """(n, m, m) distances between them"""
    device: str = "cpu"
    """Where they are annealed: ``cpu``, or a GPU by its name in PyTorch"""


def sets_of(atoms: NDArray[np.float64], normalise: bool, device: str = "cpu") -> Sets:
    """Prepare sets of points for matching.

    Parameters
    ----------
    atoms : ndarray of float64, shape (n, m, 2)
        Points of each set.
    normalise : bool
        Scale each set to a mean squared distance of 1, so that size does not count.
    device : str
        See `Sets`.

    Returns
    -------
    Sets
    """
    centred = atoms - atoms.mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(centred.transpose(0, 2, 1) @ centred)
    principal = centred @ axes[:, :, ::-1]
    distances = np.stack([np.asarray(ot.dist(own, metric="euclidean")) for own in centred])
    if normalise:
        sizes = np.sqrt(np.mean(distances**2, axis=(1, 2), keepdims=True))
        sizes[sizes == 0] = 1
        principal, distances = principal / sizes, distances / sizes
    return Sets(principal, distances, device)


def matches(sets: Sets, pairs: Pairs, starts: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Match the points of each pair of sets, from the most promising starts.

    Parameters
    ----------
    sets : Sets
        n sets of m points.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    starts : int
        Number s of the eight starts that continue.

    Returns
    -------
    squared : ndarray of float64, shape (p, s)
        Value of each match: an upper bound of the squared distance.
    places : ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.

    Raises
    ------
    ConfigError
        The device of the sets is not there.
    """
    # Temperatures are in units of the root mean squared distance of all sets.
    scale = float(np.sqrt(np.mean(sets.distances**2))) or 1.0
    principal, distances = (np.asarray(part / scale, dtype=np.float32) for part in sets[:2])
    pairs = np.asarray(pairs, dtype=np.int32)
    if sets.device == "cpu":
        places = annealing.match_all(principal, distances, pairs, starts)
    else:
        from unhans.spray.transport import annealing_gpu

        places = annealing_gpu.match_all(principal, distances, pairs, starts, sets.device)
    return values(sets, pairs, places), places


def permutations(sets: Sets, pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Find the best match of each pair of sets over its starts; see `matches`.

    Parameters
    ----------
    sets : Sets
        n sets of m points.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.

    Returns
    -------
    squared : ndarray of float64, shape (p,)
    places : ndarray of int32, shape (p, m)

    Raises
    ------
    ConfigError
        The device of the sets is not there.
    """
    starts = annealing.KEPT if sets.distances.shape[1] >= annealing.FEW else annealing.STARTS
    squared = np.empty(len(pairs))
    places = np.empty((len(pairs), sets.distances.shape[1]), dtype=np.int32)
    for at in range(0, len(pairs), BLOCK):
        block = slice(at, at + BLOCK)
        found, matched = matches(sets, pairs[block], starts)
        best = np.arange(len(found)), found.argmin(axis=1)
        squared[block], places[block] = found[best], matched[best]
    return squared, places


def values(sets: Sets, pairs: Pairs, places: NDArray[np.int32]) -> NDArray[np.float64]:
    """Compute the squared value of each match, (1 / m^2) sum (A_ik - B_s(i)s(k))^2, in float64.

    Parameters
    ----------
    sets : Sets
        n sets of m points.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    places : ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.

    Returns
    -------
    ndarray of float64, shape (p, s)
    """
    return annealing.values_of_all(sets.distances, np.asarray(pairs, dtype=np.int32), places)
