"""Detour: an upper bound of Gromov-Wasserstein for all pairs, by way of a few reference maps.

Linear Gromov-Wasserstein (Beier, Beinert and Steidl 2022) with permutations: once two maps are matched
with the same reference, they are matched with each other, and the value of that match costs a
product of two rows. The least value over some references is an upper bound, and a good filter.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.matching import Sets, permutations


def upper_bounds(sets: Sets, references: int) -> NDArray[np.float32]:
    """Squared upper bounds for all pairs of equal-mass sets.

    The first reference is the set of median size; each next one is that whose least bound to those
    before is greatest.

    Parameters
    ----------
    sets : n of them
    references : how many sets to go by, at most n

    Returns
    -------
    (n, n) float32, symmetric, zero diagonal

    """
    n, m, _ = sets.principal.shape
    bounds = np.full((n, n), np.inf, dtype=np.float32)
    everyone = np.arange(n, dtype=np.int32)
    sizes = np.mean(sets.distances**2, axis=(1, 2))
    reference = int(np.argsort(sizes, kind="stable")[n // 2])
    chosen = []
    for _ in range(min(references, n)):
        chosen.append(reference)
        pairs = np.stack([np.full(n, reference, dtype=np.int32), everyone], axis=1)
        _, places = permutations(sets, pairs)
        np.minimum(bounds, _by_way(sets.distances, places) / (m * m), out=bounds)
        nearest = bounds[chosen].min(axis=0)
        nearest[chosen] = -1
        reference = int(np.argmax(nearest))
    np.fill_diagonal(bounds, 0)
    return bounds


def _by_way(distances: NDArray[np.float64], places: NDArray[np.int32]) -> NDArray[np.float32]:
    """Squared differences of distance matrices whose points are in the order of a reference."""
    ordered = np.stack(
        [own[np.ix_(at, at)] for own, at in zip(distances, places, strict=True)]
    ).reshape(len(distances), -1)
    ordered -= ordered.mean(axis=0)
    centred = ordered.astype(np.float32)
    squares = np.einsum("ik,ik->i", centred, centred)
    differences: NDArray[np.float32] = squares[:, None] + squares - 2 * (centred @ centred.T)
    return np.maximum(differences, 0)
