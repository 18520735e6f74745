"""Pair solver: distances that are computed pair by pair, in blocks, for chosen pairs of heatmaps.

A metric of optimal transport chooses the pairs that it solves: a few near ones for each heatmap, or all.
This module holds what all such metrics share: the rule for heatmaps without points, blocks that are kept
when a job is killed, and the matrix that the pairs make.
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
"""Numbers (i, j) of two heatmaps, i < j, in ascending order without repetition: (p, 2)."""


class Comparison(Protocol):
    """What a metric of optimal transport makes of the supports of a class, none of them empty."""

    @property
    def pairs(self) -> Pairs:
        """Pairs to solve: (p, 2)."""

    @property
    def notes(self) -> Mapping[str, Any]:
        """Notes on the comparison, plain JSON values."""

    def solve(self, pairs: Pairs) -> Mapping[str, Array]:
        """Solve any pairs of the class.

        Parameters
        ----------
        pairs : ndarray of int32, shape (p, 2)
            The pairs.

        Returns
        -------
        mapping of str to ndarray of float64, shape (p,)
            ``distance``, and what else is known of each pair, such as ``lower_bound``.
        """


class Nothing:
    """Comparison of heatmaps none of which has points."""

    pairs: Pairs = np.zeros((0, 2), dtype=np.int32)
    notes: Mapping[str, Any] = MappingProxyType({})

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Return no values, for no pairs.

        Parameters
        ----------
        pairs : ndarray of int32, shape (0, 2)
            No pairs.

        Returns
        -------
        dict of str to ndarray of float64, shape (0,)
            ``distance`` and ``lower_bound``.
        """
        return {"distance": np.zeros(len(pairs)), "lower_bound": np.zeros(len(pairs))}


class Block(NamedTuple):
    """Distances of some pairs of a class."""

    pairs: Pairs
    """(p, 2)"""
    values: Mapping[str, Array]
    """By name, (p,) each; ``distance`` among them"""


def every_pair(n: int) -> Pairs:
    """List all pairs of n heatmaps: (n (n - 1) / 2, 2).

    Parameters
    ----------
    n : int
        Number of heatmaps.

    Returns
    -------
    ndarray of int32, shape (n (n - 1) / 2, 2)
        In ascending order.
    """
    return np.stack(np.triu_indices(n, 1), axis=1).astype(np.int32)


def pairs_of(candidates: NDArray[np.integer]) -> Pairs:
    """List the pairs of each heatmap with its candidates, each pair once.

    Parameters
    ----------
    candidates : ndarray of int, shape (n, c)
        Numbers of the candidates of each heatmap.

    Returns
    -------
    ndarray of int32, shape (p, 2)
    """
    rows = np.repeat(np.arange(len(candidates)), candidates.shape[1])
    both = np.stack([rows, candidates.ravel()], axis=1)
    return np.unique(np.sort(both, axis=1), axis=0).astype(np.int32)


def as_matrix(n: int, pairs: Pairs, values: Array) -> sparse.csr_array:
    """Make a symmetric matrix whose entries are the pairs; other pairs are unknown, not zero.

    Parameters
    ----------
    n : int
        Heatmaps.
    pairs : ndarray of int32, shape (p, 2)
        Each pair once.
    values : ndarray, shape (p,)
        Of the pairs.

    Returns
    -------
    csr_array, shape (n, n)
        With sorted indices.
    """
    rows, columns = pairs.T
    both = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
    matrix: sparse.csr_array = sparse.coo_array(
        (np.concatenate([values, values]), both), shape=(n, n)
    ).tocsr()
    matrix.sort_indices()
    return matrix


class WithEmpty:
    """A comparison of heatmaps some of which have no points.

    Two heatmaps without points are at distance 0 from each other and, from all that have points, at the
    diagonal of the map, which no distance exceeds.

    Parameters
    ----------
    comparison : Comparison
        Of the heatmaps that have points.
    places : ndarray of int, shape (f,)
        Numbers of these among all, ascending.
    n : int
        Number of all.
    n_candidates : int or None
        Others that each heatmap is compared with; None: all.
    diagonal : float
        Of a map.
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
        """Notes of the comparison, and which heatmaps are empty."""
        return {**self._comparison.notes, "empty": np.nonzero(self._empty)[0].tolist()}

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs that have points, and look up the others.

        Parameters
        ----------
        pairs : ndarray of int32, shape (p, 2)
            Any pairs of all heatmaps.

        Returns
        -------
        dict of str to ndarray of float64, shape (p,)
            By name, as the comparison returns them.
        """
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
        # Empty heatmaps are nearest to each other, then all others tie; ties go to the lower index.
        by_place = np.concatenate([empty, np.nonzero(~self._empty)[0]])
        others = [
            by_place[by_place != place][: max(n_candidates, len(empty) - 1)] for place in empty
        ]
        chosen = [
            np.stack([np.full(len(those), place), those], 1)
            for place, those in zip(empty, others, strict=True)
        ]
        # There may be too few other heatmaps with points.
        if len(self._places) <= n_candidates:
            chosen += [np.stack([np.full(len(empty), place), empty], 1) for place in self._places]
        return np.unique(np.sort(np.concatenate([own, *chosen]), axis=1), axis=0).astype(np.int32)


class Both:
    """Two comparisons of the same heatmaps: the root of the sum of the two squared distances.

    Parameters
    ----------
    *comparisons : Comparison
        Of the same heatmaps.
    """

    def __init__(self, *comparisons: Comparison) -> None:
        self._comparisons = comparisons
        every = np.concatenate([comparison.pairs for comparison in comparisons])
        self.pairs: Pairs = np.unique(every, axis=0)

    @property
    def notes(self) -> Mapping[str, Any]:
        """Notes of each comparison, in a list."""
        return {"parts": [dict(comparison.notes) for comparison in self._comparisons]}

    def solve(self, pairs: Pairs) -> dict[str, Array]:
        """Solve pairs in all comparisons.

        Parameters
        ----------
        pairs : ndarray of int32, shape (p, 2)
            Any pairs of the heatmaps.

        Returns
        -------
        dict of str to ndarray of float64, shape (p,)
            By name, the root of the sum of squares of each value.
        """
        found = [comparison.solve(pairs) for comparison in self._comparisons]
        return {name: np.sqrt(sum(one[name] ** 2 for one in found)) for name in found[0]}


def beside_empty(distances: Distances, full: NDArray[np.bool_], diagonal: float) -> Distances:
    """Make the matrix of all heatmaps from that of those with points; see `WithEmpty`.

    Parameters
    ----------
    distances : ndarray of float32, shape (f, f)
        Of the heatmaps that have points.
    full : ndarray of bool, shape (n,)
        Which these are.
    diagonal : float
        Of a map.

    Returns
    -------
    ndarray of float32, shape (n, n)
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
    """Solve block after block, with a progress bar.

    Parameters
    ----------
    comparison : Comparison
        What to solve.
    size : int
        Pairs of a block.
    start : int
        Pairs that are solved already.

    Yields
    ------
    Block

    Raises
    ------
    InputError
        A distance is not finite.
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
