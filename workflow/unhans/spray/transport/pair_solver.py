"""Comparison: distances that are worked out pair by pair, in blocks, for chosen pairs of heatmaps.

A metric of optimal transport chooses the pairs that are worth a solve, a few near ones for each
heatmap or all of them, and solves them. Here is what all such metrics share: the rule for heatmaps
without points, blocks that are kept when a job is killed, and the matrix that the pairs make.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from tqdm import tqdm

from unhans.errors import InputError
from unhans.types import Array, Distances

Pairs = NDArray[np.int32]
"""Places (i, j) of two heatmaps, i < j, in rising order without repetition: (p, 2)."""


class Comparison(Protocol):
    """What a metric of optimal transport makes of the supports of a class, none of them empty."""

    @property
    def pairs(self) -> Pairs:
        """Pairs that are to be solved."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """What there is to say of the whole, plain JSON values."""

    def solve(self, pairs: Pairs) -> Mapping[str, Array]:
        """Work out some pairs; any will do.

        Returns
        -------
        ``distance`` (p,) float64, and what else is known of each pair, such as ``lower_bound``

        """


class Nothing:
    """The comparison of heatmaps none of which has points."""

    pairs: Pairs = np.zeros((0, 2), dtype=np.int32)
    notes: Mapping[str, Any] = MappingProxyType({})

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Nothing is known of no pair."""
        return {"distance": np.zeros(len(pairs)), "lower_bound": np.zeros(len(pairs))}


class Block(NamedTuple):
    """Distances of some pairs of a class."""

    pairs: Pairs
    values: Mapping[str, Array]
    """by name, (p,) each; ``distance`` among them"""


def every_pair(n: int) -> Pairs:
    """All pairs of n heatmaps: (n (n - 1) / 2, 2)."""
    return np.stack(np.triu_indices(n, 1), axis=1).astype(np.int32)


def pairs_of(candidates: NDArray[np.integer]) -> Pairs:
    """Pairs of each heatmap with its candidates, each pair once.

    Parameters
    ----------
    candidates : (n, c) places of others

    """
    rows = np.repeat(np.arange(len(candidates)), candidates.shape[1])
    both = np.stack([rows, candidates.ravel()], axis=1)
    return np.unique(np.sort(both, axis=1), axis=0).astype(np.int32)


def as_matrix(n: int, pairs: Pairs, values: Array) -> sparse.csr_array:
    """Symmetric matrix whose entries are the pairs; others are unknown, not zero: (n, n)."""
    rows, columns = pairs.T
    both = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
    matrix: sparse.csr_array = sparse.coo_array(
        (np.concatenate([values, values]), both), shape=(n, n)
    ).tocsr()
    matrix.sort_indices()
    return matrix


class WithEmpty:
    """A comparison among heatmaps some of which have no points, and take no part in it.

    Two of those are at distance 0 of each other, and the diagonal of the map, which no distance
    exceeds, away from all that have points.

    Parameters
    ----------
    comparison : of the heatmaps that have points
    places : of these among all, rising
    n : number of all
    n_candidates : others that each heatmap is to be compared with; None for all
    diagonal : of a map

    """

    def __init__(
        self,
        comparison: Comparison,
        places: NDArray[np.integer],
        n: int,
        n_candidates: int | None,
        diagonal: float,
    ) -> None:
        self._comparison, self._places, self._diagonal = comparison, places, diagonal
        self._empty = np.ones(n, dtype=bool)
        self._empty[places] = False
        self._own = np.full(n, -1, dtype=np.int32)
        self._own[places] = np.arange(len(places))
        self.pairs = self._choose(n, n_candidates)

    @property
    def notes(self) -> Mapping[str, Any]:
        """Those of the comparison, and which heatmaps are empty."""
        return {**self._comparison.notes, "empty": np.nonzero(self._empty)[0].tolist()}

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs that have points, and look up the others."""
        empty: NDArray[np.bool_] = self._empty[pairs]
        both: NDArray[np.bool_] = ~np.any(empty, axis=1)
        found = self._comparison.solve(self._own[pairs[both]])
        rule = np.where(empty.all(axis=1), 0.0, self._diagonal)
        return {name: _filled(rule, both, values) for name, values in found.items()}

    def _choose(self, n: int, n_candidates: int | None) -> Pairs:
        empty = np.nonzero(self._empty)[0]
        if not empty.size:
            return self._comparison.pairs
        own = self._places[self._comparison.pairs].astype(np.int32)
        if n_candidates is None:
            return every_pair(n)
        # Empty ones are nearest to each other, then all others tie; ties go to the lower index.
        by_place = np.concatenate([empty, np.nonzero(~self._empty)[0]])
        others = [
            by_place[by_place != place][: max(n_candidates, len(empty) - 1)] for place in empty
        ]
        chosen = [
            np.stack([np.full(len(those), place), those], 1)
            for place, those in zip(empty, others, strict=True)
        ]
        # A heatmap with points may have too few others with points.
        if len(self._places) <= n_candidates:
            chosen += [np.stack([np.full(len(empty), place), empty], 1) for place in self._places]
        return np.unique(np.sort(np.concatenate([own, *chosen]), axis=1), axis=0).astype(np.int32)


class Both:
    """Two comparisons of the same heatmaps in one: the root of the sum of both squared distances."""

    def __init__(self, *comparisons: Comparison) -> None:
        self._comparisons = comparisons
        every = np.concatenate([comparison.pairs for comparison in comparisons])
        self.pairs: Pairs = np.unique(every, axis=0)

    @property
    def notes(self) -> Mapping[str, Any]:
        """Those of each comparison, in a list."""
        return {"parts": [dict(comparison.notes) for comparison in self._comparisons]}

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs in all comparisons."""
        found = [comparison.solve(pairs) for comparison in self._comparisons]
        return {name: np.sqrt(sum(one[name] ** 2 for one in found)) for name in found[0]}


def beside_empty(distances: Distances, full: NDArray[np.bool_], diagonal: float) -> Distances:
    """Matrix of all heatmaps from that of those with points; see `WithEmpty`.

    Parameters
    ----------
    distances : (f, f) of the heatmaps that have points
    full : (n,) which have
    diagonal : of a map

    """
    whole = np.where(full[:, None] | full, np.float32(diagonal), np.float32(0))
    np.fill_diagonal(whole, 0)
    whole[np.ix_(full, full)] = np.minimum(distances, np.float32(diagonal))
    return whole


def _filled(rule: Array, known: NDArray[np.bool_], values: Array) -> Array:
    whole = rule.copy()
    whole[known] = values
    return whole


def blocks(comparison: Comparison, size: int, start: int = 0) -> Iterator[Block]:
    """Solve block after block, with progress.

    Parameters
    ----------
    comparison : what to solve
    size : pairs a block
    start : pairs that are known already

    """
    pairs = comparison.pairs
    starts = range(start, len(pairs), size)
    bar = tqdm(total=len(pairs), initial=start, unit="pair", delay=5, mininterval=5, disable=None)
    with bar:
        for first in starts:
            own = pairs[first : first + size]
            values = dict(comparison.solve(own))
            broken = ~np.isfinite(values["distance"])
            if broken.any():
                i, j = own[np.argmax(broken)]
                raise InputError(f"the distance of heatmaps {i} and {j} is not finite")
            yield Block(own, values)
            bar.update(len(own))
