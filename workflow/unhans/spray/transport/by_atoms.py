"""By atoms: Gromov-Wasserstein between maps that are quantised to a few atoms of equal mass."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.spray.transport import distance_distribution, quantisation
from unhans.spray.transport.matching import permutations, sets_of
from unhans.spray.transport.pair_solver import Pairs
from unhans.spray.transport.support import Support

MOST = 4000
"""Most points of a map: more take minutes to quantise. Such maps should be pooled."""


class ByAtoms:
    """Pairs of maps compared by atoms: Gromov-Wasserstein between the quantised maps.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    pairs : ndarray of int32, shape (m, 2)
        Pairs to solve.
    n_atoms : int
        Atoms of each map.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    device : str
        Where atoms are matched: ``cpu``, or a GPU by its name in PyTorch.
    """

    def __init__(
        self,
        supports: Sequence[Support],
        pairs: Pairs,
        n_atoms: int,
        normalise: bool,
        device: str,
    ) -> None:
        quantised = quantisation.quantise(supports, n_atoms)
        self._sets = sets_of(quantised.atoms, normalise, device)
        mass = np.full(n_atoms, 1 / n_atoms)
        self._distributions = [distance_distribution.of(own, mass) for own in self._sets.distances]
        self.pairs: Pairs = pairs
        errors = [
            quantisation.distortion(support, plan)
            for support, plan in zip(supports, quantised.plans, strict=True)
        ]
        self.notes: Mapping[str, Any] = {
            "compared": f"{n_atoms} atoms",
            "distortion": round(float(np.mean(errors)), 6),
        }

    def solve(self, pairs: Pairs) -> dict[str, NDArray[np.float64]]:
        """Compute upper and lower bounds, of the distances between the quantised maps.

        Parameters
        ----------
        pairs : ndarray of int32, shape (m, 2)
            Any pairs of the class.

        Returns
        -------
        dict of str to ndarray of float64, shape (m,)
            ``distance`` and ``lower_bound``.
        """
        squared, _ = permutations(self._sets, pairs)
        lower = distance_distribution.lower_bounds(self._distributions, pairs)
        return {"distance": np.sqrt(squared), "lower_bound": lower}
