"""Near hashes: all pairs of hashes that differ in few bits, without comparing each with all others."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

PIECES = ((0, 22), (22, 21), (43, 21))
"""First bit and number of bits of the pieces that a hash is cut into."""

MOST_BITS = 11
"""Most bits that hashes may differ in: three in a piece are looked up."""

AT_ONCE = 4_000_000
"""Candidates that are compared at once."""

CROWD = 100
"""Of hashes that share the value of a piece each is compared with so many at most, those next to it in
the order of hashes. One that has found so many near ones looks no further: where all images are framed
and lit alike, as X-rays are, nearly all hashes are near each other."""


def pairs(
    hashes: NDArray[np.uint64], bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the pairs of hashes that differ in few bits.

    Of two hashes that differ in ``bits`` bits, one of three pieces differs in at most ``bits // 3``. Each
    piece of each hash, with every change of so many bits, is looked up among the pieces of the others.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n,)
        Of images.
    bits : int
        Most bits that a pair differs in, at most `MOST_BITS`.

    Returns
    -------
    first, second : ndarray of int, shape (m,)
        Places of each pair, first < second, ascending. Pairs may be left out of hashes that have more
        than `CROWD` near ones, or share the value of a piece with more.
    distance : ndarray of int, shape (m,)
        Bits that each pair differs in.

    References
    ----------
    Norouzi, Punjani and Fleet 2012, "Fast search in Hamming space with multi-index hashing".

    """
    n = len(hashes)
    found = [
        first * n + second
        for start, width in PIECES
        for first, second in _of_piece(hashes, bits, start, width)
    ]
    codes = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    first, second = codes // max(n, 1), codes % max(n, 1)
    return first, second, np.bitwise_count(hashes[first] ^ hashes[second]).astype(np.int64)


def _of_piece(
    hashes: NDArray[np.uint64], bits: int, start: int, width: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs whose pieces differ in few bits."""
    mask = np.uint64(2**width - 1)
    key = ((hashes >> np.uint64(start)) & mask).astype(np.int64)
    order = np.lexsort((hashes, key))
    begin = np.zeros(2**width + 1, dtype=np.int64)
    begin[1:] = np.cumsum(np.bincount(key, minlength=2**width))
    place = np.empty(len(hashes), dtype=np.int64)
    place[order] = np.arange(len(hashes))
    partners = np.zeros(len(hashes), dtype=np.int64)  # that each has found; it finds each once
    for flip in _flips(width, bits // len(PIECES)):
        low, high = begin[key ^ flip], begin[(key ^ flip) + 1]
        if not flip:
            low = place + 1  # those behind it in the order; it is behind the others
        count = np.minimum(high - low, CROWD)
        count[partners >= CROWD] = 0
        for first, second in _candidates(order, low, count):
            is_near = np.bitwise_count(hashes[first] ^ hashes[second]) <= bits
            first, second = first[is_near], second[is_near]
            partners += np.bincount(first, minlength=len(hashes))
            yield np.minimum(first, second), np.maximum(first, second)


def _candidates(
    order: NDArray[np.int64], low: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each hash with the ``count`` ones from ``low`` in the order, some hashes at a time."""
    some = np.nonzero(count > 0)[0]
    ends = np.cumsum(count[some])
    at = 0
    while at < len(some):
        done = ends[at - 1] if at else 0
        to = max(at + 1, int(np.searchsorted(ends, done + AT_ONCE, side="right")))
        own = some[at:to]
        first = np.repeat(own, count[own])
        offset = np.arange(len(first)) - np.repeat(ends[at:to] - count[own] - done, count[own])
        yield first, order[np.repeat(low[own], count[own]) + offset]
        at = to


def _flips(width: int, most: int) -> list[int]:
    """Masks of at most so many bits among the lowest ``width``."""
    return [
        sum(1 << bit for bit in chosen)
        for number in range(most + 1)
        for chosen in combinations(range(width), number)
    ]
