"""Cascade: which pairs of a class are worth an exact Gromov-Wasserstein problem.

Each map is summed up by m atoms of equal mass. An upper bound by way of a few reference maps proposes
candidates for each map, the candidates are matched by annealing, and the nearest of them stay.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unhans.distance import detour, quantisation
from unhans.distance.annealing import Sets, permutations, sets_of
from unhans.distance.comparison import Pairs, as_matrix, every_pair, nearest_entries, pairs_of
from unhans.distance.quantisation import Quantised
from unhans.distance.support import Support


class Matched:
    """Quantised maps of a class, and matches of the pairs that are near.

    Parameters
    ----------
    supports : n of them
    near : others wanted for each map; None for all
    points : atoms a map
    normalise : scale each map to a mean squared distance of 1
    device : where atoms are matched; see `Sets`
    candidates : others that are matched for each map, at least
    references : maps that candidates are found by way of

    """

    def __init__(
        self,
        supports: Sequence[Support],
        near: int | None,
        points: int,
        normalise: bool,
        device: str,
        candidates: int,
        references: int,
    ) -> None:
        self.quantised: Quantised = quantisation.quantise(supports, points)
        self.sets: Sets = sets_of(self.quantised.atoms, normalise, device)
        n = len(supports)
        self._n = n
        if near is None or near >= n - 1:
            self.pairs: Pairs = every_pair(n)
            self.squared, self.places = permutations(self.sets, self.pairs)
        else:
            self._choose(near, min(n - 1, max(candidates, 2 * near)), references)
        self._keys = self._key(self.pairs)

    def match(self, i: int, j: int) -> NDArray[np.int32]:
        """Where each atom of map ``i`` goes in map ``j``: (m,)."""
        at = int(np.searchsorted(self._keys, i * self._n + j))
        if at < len(self._keys) and self._keys[at] == i * self._n + j:
            found: NDArray[np.int32] = self.places[at]
        else:
            found = permutations(self.sets, np.array([[i, j]], dtype=np.int32))[1][0]
        return found

    def _choose(self, near: int, candidates: int, references: int) -> None:
        bounds = detour.upper_bounds(self.sets, references)
        np.fill_diagonal(bounds, np.inf)
        proposed = np.argsort(bounds, axis=1, kind="stable")[:, :candidates]
        pairs = pairs_of(proposed)
        squared, places = permutations(self.sets, pairs)
        nearest = nearest_entries(as_matrix(self._n, pairs, squared), near)
        self.pairs = pairs_of(nearest)
        kept = np.isin(self._key(pairs), self._key(self.pairs))
        self.squared, self.places = squared[kept], places[kept]

    def _key(self, pairs: Pairs) -> NDArray[np.int64]:
        """Rising with the pairs."""
        keys: NDArray[np.int64] = pairs.astype(np.int64) @ np.array([self._n, 1])
        return keys
