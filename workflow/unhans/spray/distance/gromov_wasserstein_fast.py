"""Fast Gromov-Wasserstein distances: near pairs by a few atoms of equal mass, not refined.

It is `gromov_wasserstein` without its last step. Values are those of quantised maps: biased (at 32 atoms
by some 10 %), alike for all pairs, so that neighbours are mostly right and values are not.

Source: Memoli 2011, with the factor 1/2 left out; Peyre, Cuturi and Solomon 2016.
"""

from collections.abc import Sequence

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
) -> Comparison:
    """Compute Gromov-Wasserstein distances between quantised maps, of near pairs.

    Parameters
    ----------
    supports : sequence of Support
        Supports of the class, none empty.
    n_candidates : int or None
        Nearest others that each heatmap is compared with; None: all.
    n_atoms : int
        Atoms of each map.
    normalise : bool
        Scale each map to a mean squared distance of 1, so that size does not count.
    device : str
        Where atoms are matched: ``cpu``, or a GPU by its name in PyTorch.
    n_proposed, references : int
        See `gromov_wasserstein.compare`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        A map has more than `MOST` points.
    """
    require_at_most(supports, MOST, "gromov_wasserstein_fast")
    matched = Matched(supports, n_candidates, n_atoms, normalise, device, n_proposed, references)
    return ByAtoms(supports, matched.pairs, n_atoms, normalise, device)
