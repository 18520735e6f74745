"""Gromov-Wasserstein distances of all pairs, by atoms of equal mass: no pair is left out by a filter."""

from collections.abc import Sequence

from unhans.spray.distance.gromov_wasserstein import MOST, Dense
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
    """Gromov-Wasserstein distances between quantised maps, of all pairs.

    Parameters
    ----------
    supports : n of them, none empty
    n_candidates : not read: all others are compared
    n_atoms : atoms a map
    normalise : scale each map to a mean squared distance of 1
    device : where atoms are matched: ``cpu``, or a GPU by its name in PyTorch

    """
    require_at_most(supports, MOST, "gromov_wasserstein_matrix")
    return Dense(supports, every_pair(len(supports)), n_atoms, normalise, device)
