"""Gromov-Wasserstein distances of all pairs by atoms of equal mass: no filter leaves out a pair.

Source: Memoli 2011, with the factor 1/2 left out; Peyre, Cuturi and Solomon 2016.
"""

from collections.abc import Sequence

from unhans.spray.transport.by_atoms import MOST, ByAtoms
from unhans.spray.transport.pair_solver import Comparison, every_pair
from unhans.spray.transport.support import Support, require_at_most


def compare(
    supports: Sequence[Support],
    n_candidates: int | None,
    *,
    n_atoms: int = 64,
    normalise: bool = False,
    device: str = "cpu",
) -> Comparison:
    """Compute Gromov-Wasserstein distances between quantised maps, of all pairs.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    n_candidates : int or None
        Not used: all pairs are compared.
    n_atoms : int
        Atoms of each map.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    device : str
        Where atoms are matched: ``cpu``, or a GPU by its name in PyTorch.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A map has more than `MOST` points.
    """
    require_at_most(supports, MOST, "gromov_wasserstein_matrix")
    return ByAtoms(supports, every_pair(len(supports)), n_atoms, normalise, device)
