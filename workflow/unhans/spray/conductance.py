"""Conductance: which clusters stand out from the rest of their class, and how many groups it has.

A cluster that few edges of the neighbour graph connect with the rest holds images that the network
judges by another strategy. Unlike tau, which scores a whole class, conductance scores one cluster.

Source: Kannan, Vempala and Vetta 2004, "On clusterings: good, bad and spectral".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from unhans.errors import InputError
from unhans.spray.matrices import as_graph, as_labels
from unhans.types import Array

OVERLAP = 0.5
"""Fraction of the smaller of two clusters above which their overlap excludes the worse one."""


@dataclass(frozen=True, eq=False)
class Finding:
    """A cluster that stands out."""

    row: int
    """Index of its clustering"""
    cluster: int
    """Number within that clustering"""
    members: NDArray[np.int64]
    """(m,) indices of its images, ascending"""
    conductance: float
    """From 0 (a component of its own) to 1"""

    @property
    def note(self) -> str:
        """Text that a figure shows beside it."""
        # A component of its own is exactly 0; a cluster that one edge connects with the rest is not.
        score = self.conductance
        return f"conductance {score:.2f}" if score >= 0.005 else f"conductance {score:.1g}"


def conductance(affinity: sparse.sparray | Array, labels: Array) -> NDArray[np.float64]:
    """Compute the conductance of each cluster: cut(C, rest) / min(vol(C), vol(rest)).

    The cut is the weight of all edges that leave the cluster, the volume the sum of the degrees of its
    nodes. Where C or the rest has no volume (no images, or none with an edge), the cluster cannot stand
    out and scores 1, the worst value.

    Parameters
    ----------
    affinity : sparse array or ndarray, shape (n, n)
        Symmetric, not negative.
    labels : ndarray of int, shape (n,)
        Cluster of each image, from 0.

    Returns
    -------
    ndarray of float64, shape (number of clusters,)
        From 0 (no edge leaves the cluster) to 1.

    Raises
    ------
    InputError
        The shapes do not fit, or a label is negative.

    Examples
    --------
    >>> import numpy as np
    >>> import unhans as uh
    >>> affinity = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.5], [0.0, 0.5, 0.0]])
    >>> uh.conductance(affinity, np.array([0, 0, 1]))
    array([1., 1.])
    """
    graph, labels = sparse.coo_array(as_graph(affinity, "affinity")), as_labels(labels)
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

    Candidates are taken in the order of their conductance (ties: the larger cluster, then the earlier
    clustering, then the lower number). One that shares more than `OVERLAP` of itself, or of a cluster
    chosen before, with that cluster is left out; so is one of a higher Jaccard index, which is never
    above those two fractions.

    Parameters
    ----------
    affinity : sparse array or ndarray, shape (n, n)
        Symmetric, not negative.
    labels_per_k : ndarray of int, shape (number of clusterings, n)
        Clusters from 0.
    count : int
        Clusters to choose at most.
    minimum : int
        Images that a cluster must have.
    maximum_share : float
        Fraction of the images that a cluster may have.
    maximum_conductance : float
        Highest conductance of a chosen cluster. Above 0.5 a cluster has more weight on edges that leave
        it than within it, and is no community (Radicchi et al. 2004).

    Returns
    -------
    list of Finding
        At most ``count``, that of lowest conductance first; empty where no cluster qualifies.

    Raises
    ------
    InputError
        The shapes do not fit, or a label is negative.
    """
    graph, labels_per_k = sparse.coo_array(as_graph(affinity, "affinity")), as_labels(labels_per_k)
    _check(graph, labels_per_k)
    largest = maximum_share * graph.shape[0]
    chosen: list[Finding] = []
    for finding in _candidates(graph, labels_per_k):
        if len(chosen) >= count or finding.conductance > maximum_conductance:
            break
        if minimum <= len(finding.members) <= largest and not _overlaps(finding, chosen):
            chosen.append(finding)
    return chosen


def _check(graph: sparse.coo_array, labels_per_k: Array) -> None:
    if labels_per_k.ndim != 2 or graph.shape != (labels_per_k.shape[1],) * 2:
        raise InputError(
            f"affinity of shape {graph.shape} and labels of shape {labels_per_k.shape[-1:]}; "
            "expected (n, n) and (n,)"
        )
    if labels_per_k.min(initial=0) < 0:
        raise InputError("labels hold negative numbers; expected clusters numbered from 0")


def _candidates(graph: sparse.coo_array, labels_per_k: Array) -> list[Finding]:
    """All clusters of all clusterings, that of lowest conductance first."""
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
