"""Gromov-Wasserstein distances: heatmaps compared by their shape, wherever it lies and however turned.

GW(X, Y)^2 = min over plans T of sum (|x_i - x_k| - |y_j - y_l|)^2 T_ij T_kl, between the points of two
maps (Memoli 2011, with the factor 1/2 left out; Peyre, Cuturi and Solomon 2016). The value is its root,
in pixels, or without a unit where maps are normalised.

Near pairs are found by `candidate_search`. The best matches of their atoms are extended to plans between
all points and improved by conditional gradient, and the least value counts. Values of feasible plans are
upper bounds of the distance; a lower bound stands beside each. Where a map has more than ``max_points``
points, all maps of the class are compared by ``n_atoms_dense`` atoms of equal mass, since values at
different numbers of atoms cannot be ranked together.
"""

from collections.abc import Sequence

from unhans.spray.transport.all_points import AllPoints
from unhans.spray.transport.by_atoms import MOST, ByAtoms
from unhans.spray.transport.candidate_search import Matched
from unhans.spray.transport.pair_solver import Comparison
from unhans.spray.transport.support import Support, require_at_most


def compare(
    supports: Sequence[Support],
    n_candidates: int | None,
    *,
    n_atoms: int = 32,
    normalise: bool = False,
    device: str = "cpu",
    n_proposed: int = 40,
    references: int = 16,
    max_points: int = 256,
    n_atoms_dense: int = 128,
    thorough: bool = False,
) -> Comparison:
    """Compute Gromov-Wasserstein distances of near pairs, or of all.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    n_candidates : int or None
        Nearest others that each heatmap is compared with; None: all.
    n_atoms : int
        Atoms of each map, by which near pairs are found.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    device : str
        Where atoms are matched: ``cpu``, or a GPU by its name in PyTorch.
    n_proposed : int
        Others of each map whose atoms are matched, at least.
    references : int
        Maps by way of which these others are proposed.
    max_points : int
        Most points of a map up to which all points are compared.
    n_atoms_dense : int
        Atoms of each map where a map has more points.
    thorough : bool
        Improve plans of near pairs to the optimum, also from the starts of POT's solver and of
        `gromov_wasserstein_reference`, so that no value exceeds theirs. It is always done where all pairs
        are compared. Otherwise a plan is final where a step lowers its value by less than `TOLERANCE`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A map has more than `MOST` points.
    """
    require_at_most(supports, MOST, "gromov_wasserstein")
    matched = Matched(supports, n_candidates, n_atoms, normalise, device, n_proposed, references)
    if max((len(support.mass) for support in supports), default=0) > max_points:
        return ByAtoms(supports, matched.pairs, n_atoms_dense, normalise, device)
    return AllPoints(supports, matched, normalise, thorough or n_candidates is None)
