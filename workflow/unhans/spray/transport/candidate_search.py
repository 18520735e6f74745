"""Candidate search: which pairs of a class are worth an exact Gromov-Wasserstein problem.

Each map is quantised to m atoms of equal mass. Upper bounds by way of a few reference maps propose others
for each map, these are matched by annealing, and the nearest of them are its candidates.
"""

from collections.abc import Sequence

import numpy as np

from unhans.spray.nearest import nearest_entries
from unhans.spray.transport import linear_gw_bounds, quantisation
from unhans.spray.transport.matching import Sets, permutations, sets_of
from unhans.spray.transport.pair_solver import (
    Pairs,
    as_matrix,
    every_pair,
    pairs_of,
)
from unhans.spray.transport.quantisation import Quantised
from unhans.spray.transport.support import Support


class Matched:
    """Quantised maps of a class, and the pairs of each map with its candidates.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    n_candidates : int or None
        Candidates of each map; None: all others.
    n_atoms : int
        Atoms of each map.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    device : str
        Where atoms are matched; see `Sets`.
    n_proposed : int
        Others that are matched with each map, at least.
    references : int
        Maps by way of which these others are proposed.
    """

    def __init__(
        self,
        supports: Sequence[Support],
        n_candidates: int | None,
        n_atoms: int,
        normalise: bool,
        device: str,
        n_proposed: int,
        references: int,
    ) -> None:
        self.quantised: Quantised = quantisation.quantise(supports, n_atoms)
        self.sets: Sets = sets_of(self.quantised.atoms, normalise, device)
        if n_candidates is None or n_candidates >= len(supports) - 1:
            self.pairs: Pairs = every_pair(len(supports))
        else:
            most = min(len(supports) - 1, max(n_proposed, 2 * n_candidates))
            self.pairs = self._chosen(n_candidates, most, references)

    def _chosen(self, n_candidates: int, n_proposed: int, references: int) -> Pairs:
        bounds = linear_gw_bounds.upper_bounds(self.sets, references)
        np.fill_diagonal(bounds, np.inf)
        pairs = pairs_of(np.argsort(bounds, axis=1, kind="stable")[:, :n_proposed])
        squared, _ = permutations(self.sets, pairs)
        return pairs_of(nearest_entries(as_matrix(len(bounds), pairs, squared), n_candidates))
