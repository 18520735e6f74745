"""Fast Gromov-Wasserstein distances: near pairs by a few atoms of equal mass, and not refined.

The cascade of `gromov_wasserstein` without its last step. Values are those of quantised maps: biased
(at 32 atoms by some 10 %), alike for all pairs, so that neighbours are mostly right and values are not.
"""

from collections.abc import Sequence

from unhans.spray.distance.gromov_wasserstein import MOST, Dense
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
    """Gromov-Wasserstein distances between quantised maps, of near pairs; see `gromov_wasserstein`."""
    require_at_most(supports, MOST, "gromov_wasserstein_fast")
    matched = Matched(supports, n_candidates, n_atoms, normalise, device, n_proposed, references)
    return Dense(supports, matched.pairs, n_atoms, normalise, device)
