"""Linear Gromov-Wasserstein: upper bounds for all pairs, by way of a few reference maps.

Once two maps are matched with the same reference, they are matched with each other, and the value of that
match costs a product of two rows. The least value over some references is an upper bound, and a good
filter.

Source: Beier, Beinert and Steidl 2022, here with permutations.
"""

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport.matching import Sets, permutations


def upper_bounds(sets: Sets, references: int) -> NDArray[np.float32]:
    """Compute squared upper bounds for all pairs of sets of equal masses.

    The first reference is the set of median size. Each next one is the set whose least bound to the
    references before is greatest.

    Parameters
    ----------
    sets : Sets
        n sets of m points.
    references : int
        Number of references, at most n.

    Returns
    -------
    ndarray of float32, shape (n, n)
        Symmetric, with a zero diagonal.
    """
    n, m, _ = sets.principal.shape
    bounds = np.full((n, n), np.inf, dtype=np.float32)
    all_sets = np.arange(n, dtype=np.int32)
    sizes = np.mean(sets.distances**2, axis=(1, 2))
    reference = int(np.argsort(sizes, kind="stable")[n // 2])
    chosen = []
    for _ in range(min(references, n)):
        chosen.append(reference)
        pairs = np.stack([np.full(n, reference, dtype=np.int32), all_sets], axis=1)
        _, places = permutations(sets, pairs)
        np.minimum(bounds, _matched_by_reference(sets.distances, places) / (m * m), out=bounds)
        nearest = bounds[chosen].min(axis=0)
        nearest[chosen] = -1
        reference = int(np.argmax(nearest))
    np.fill_diagonal(bounds, 0)
    return bounds


def _matched_by_reference(
    distances: NDArray[np.float64], places: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Squared differences of distance matrices, their points in the order of a reference."""
    ordered = np.stack(
        [own[np.ix_(at, at)] for own, at in zip(distances, places, strict=True)]
    ).reshape(len(distances), -1)
    ordered -= ordered.mean(axis=0)
    centred = ordered.astype(np.float32)
    squares = np.einsum("ik,ik->i", centred, centred)
    differences: NDArray[np.float32] = squares[:, None] + squares - 2 * (centred @ centred.T)
    return np.maximum(differences, 0)
