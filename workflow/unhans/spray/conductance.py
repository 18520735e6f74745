"""Isolation: which clusters stand out from the rest of their class, and how many groups it has.

A cluster that few edges of the neighbour graph tie to the rest holds images that the network judges
by a strategy of their own. Unlike tau, which scores a whole class, conductance scores one cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.errors import InputError
from unhans.types import Array

OVERLAP = 0.5
"""Of two clusters that share more than this part of the smaller one, only the better is kept."""


@dataclass(frozen=True, eq=False)
class Finding:
    """A cluster that stands out."""

    row: int
    """index of its clustering"""
    cluster: int
    """its number within that clustering"""
    members: NDArray[np.int64]
    """(m,) indices of its images, ascending"""
    conductance: float
    """from 0 (a component of its own) to 1"""

    @property
    def note(self) -> str:
        """What a figure says of it."""
        # A component of its own is exactly 0, a cluster that one edge ties to the rest is not.
        score = self.conductance
        return f"conductance {score:.2f}" if score >= 0.005 else f"conductance {score:.1g}"


def conductance(affinity: sparse.sparray | Array, labels: Array) -> NDArray[np.float64]:
    """Conductance of each cluster: cut(C, rest) / min(vol(C), vol(rest)).

    The cut is the weight of all edges that leave the cluster, the volume the sum of its nodes'
    degrees. Where C or the rest has no volume (no images, or none with an edge) there is nothing to
    stand out from, or nothing that does: such a cluster scores 1, the worst value.

    Parameters
    ----------
    affinity : (n, n) sparse or dense, symmetric, not negative
    labels : (n,) integers from 0

    Returns
    -------
    (number of clusters,) float64, from 0 to 1

    """
    graph = sparse.coo_array(affinity)
    labels = np.asarray(labels)
    _check(graph, labels[None])
    clusters = int(labels.max(initial=-1)) + 1
    source, target = labels[graph.row], labels[graph.col]
    # Weights are summed edge by edge: a cluster that no edge leaves gets a cut of exactly 0.
    leaving = source != target
    cut = np.bincount(source[leaving], graph.data[leaving], minlength=clusters)
    volume = np.bincount(source, graph.data, minlength=clusters)
    smaller = np.minimum(volume, graph.data.sum() - volume)
    scores = np.ones(clusters)
    np.divide(cut, smaller, out=scores, where=smaller > 0)
    return np.minimum(scores, 1)


def stand_out(
    affinity: sparse.sparray | Array,
    labels_per_k: Array,
    count: int,
    minimum: int = 10,
    maximum_share: float = 0.5,
    maximum_conductance: float = 0.5,
) -> list[Finding]:
    """Choose the clusters of lowest conductance over all clusterings, without overlap.

    Candidates are taken from the lowest conductance on (ties: the larger cluster, then the earlier
    clustering, then the lower number). One that shares more than `OVERLAP` of itself, or of a
    cluster chosen before, with that cluster is passed over; so is one of a higher Jaccard index,
    which is never above those two shares.

    Parameters
    ----------
    affinity : (n, n) sparse or dense, symmetric, not negative
    labels_per_k : (number of clusterings, n) integers from 0
    count : clusters to choose at most
    minimum : images that a cluster must have
    maximum_share : of the images that a cluster may have
    maximum_conductance : above 0.5 a cluster has more weight on edges that leave it than within it,
        and is no community at all (Radicchi et al. 2004)

    Returns
    -------
    at most ``count`` findings, the most isolated first; none where no cluster qualifies

    """
    graph = sparse.coo_array(affinity)
    labels_per_k = np.asarray(labels_per_k)
    _check(graph, labels_per_k)
    largest = maximum_share * graph.shape[0]
    chosen: list[Finding] = []
    for finding in _candidates(graph, labels_per_k):
        if len(chosen) >= count or finding.conductance > maximum_conductance:
            break
        if minimum <= len(finding.members) <= largest and not _overlaps(finding, chosen):
            chosen.append(finding)
    return chosen


def eigengap(eigenvalues: Array) -> int:
    """Count the groups by the largest gap between neighbouring eigenvalues of a Laplacian.

    The gap after the first eigenvalue, which is always 0, is left out: it would say that there is
    but one group. Ties go to the smaller number.

    Parameters
    ----------
    eigenvalues : (q,) ascending, q at least 3

    Returns
    -------
    number of eigenvalues before the gap, from 2 to q - 1

    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    if values.ndim != 1 or len(values) < 3:
        raise InputError(f"eigenvalues have shape {values.shape}; expected (q,) with q >= 3")
    return int(np.diff(values)[1:].argmax()) + 2


def _check(graph: sparse.coo_array, labels_per_k: Array) -> None:
    if labels_per_k.ndim != 2 or graph.shape != (labels_per_k.shape[1],) * 2:
        raise InputError(
            f"affinity of shape {graph.shape} and labels of shape {labels_per_k.shape[-1:]}; "
            "expected (n, n) and (n,)"
        )
    if labels_per_k.min(initial=0) < 0:
        raise InputError("labels hold negative numbers; expected clusters numbered from 0")


def _candidates(graph: sparse.coo_array, labels_per_k: Array) -> list[Finding]:
    """All clusters of all clusterings, the most isolated first."""
    found = []
    for row, labels in enumerate(labels_per_k):
        scores = conductance(graph, labels)
        for cluster in np.unique(labels):
            members = np.nonzero(labels == cluster)[0]
            found.append(Finding(row, int(cluster), members, float(scores[cluster])))
    return sorted(found, key=lambda one: (one.conductance, -len(one.members), one.row, one.cluster))


def _overlaps(finding: Finding, chosen: Sequence[Finding]) -> bool:
    return any(
        np.isin(finding.members, other.members).sum()
        > OVERLAP * min(len(finding.members), len(other.members))
        for other in chosen
    )
