"""Lloyd: k-means by Lloyd's iterations from several starts, compiled.

A separability score takes hundreds of k-means runs on a few hundred points. In scikit-learn most of their
time is Python around each start; here a start costs its arithmetic.

Source: Lloyd 1982; starts by greedy k-means++ (Arthur and Vassilvitskii 2007, several candidates for each
centre).
"""

import numpy as np
from numpy.typing import NDArray

from unhans.compilation import compiled

Points = NDArray[np.float64]
Membership = NDArray[np.int32]

ROUNDS = 300
"""Most iterations of a start; ten to fifty are usual."""


def best(points: Points, k: int, seed: int, starts: int) -> Membership:
    """Cluster points by k-means from several starts; that of least inertia is kept.

    Where fewer than k points are distinct, there are fewer clusters, and equal points share one.

    Parameters
    ----------
    points : ndarray of float64, shape (n, q)
        Finite values.
    k : int
        Number of clusters, from 1 to n.
    seed : int
        Of the starts.
    starts : int
        At least 1. The first of equally good ones is kept.

    Returns
    -------
    ndarray of int32, shape (n,)
        Cluster of each point.
    """
    candidates = 2 + int(np.log(k))
    draws = np.random.default_rng(seed).random((starts, k, candidates))
    return np.asarray(_best(np.ascontiguousarray(points, dtype=np.float64), k, draws))


# Element by element, since NumPy's expressions on whole arrays take Numba three times as long to compile.


@compiled
def _best(points: Points, k: int, draws: Points) -> Membership:
    n, q = points.shape
    least = np.inf
    kept, membership = np.zeros(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    centres = np.empty((k, q))
    for start in range(draws.shape[0]):
        _seed(points, draws, start, centres)
        inertia = _iterate(points, centres, membership)
        if inertia < least:
            least = inertia
            for i in range(n):
                kept[i] = membership[i]
    return kept


@compiled
def _square(points: Points, i: int, others: Points, j: int) -> float:
    """Squared distance; exactly 0 between equal points, as no product of sums would be."""
    total = 0.0
    for axis in range(points.shape[1]):
        difference = points[i, axis] - others[j, axis]
        total += difference * difference
    return total


@compiled
def _seed(points: Points, draws: Points, start: int, centres: Points) -> None:
    """Draw k points as centres, far from those before; of each candidate the most useful stays."""
    n, q = points.shape
    k, candidates = draws.shape[1:]
    closest = np.empty(n)
    taken = int(draws[start, 0, 0] * n)
    for number in range(k):
        if number:
            least, taken = np.inf, 0
            whole = 0.0
            for i in range(n):
                whole += closest[i]
            for candidate in range(candidates):
                place = _drawn(closest, draws[start, number, candidate] * whole)
                total = 0.0
                for i in range(n):
                    total += min(closest[i], _square(points, i, points, place))
                if total < least:
                    least, taken = total, place
        for axis in range(q):
            centres[number, axis] = points[taken, axis]
        for i in range(n):
            square = _square(points, i, points, taken)
            closest[i] = min(closest[i], square) if number else square


@compiled
def _drawn(weights: Points, mark: float) -> int:
    """First place at which the sum of the weights passes a mark; the last where none does."""
    reached = 0.0
    for i in range(len(weights)):
        reached += weights[i]
        if reached > mark:
            return i
    return len(weights) - 1


@compiled
def _iterate(points: Points, centres: Points, membership: Membership) -> float:
    """Assign points and move centres in turn until no point changes; the inertia."""
    n, k = len(points), len(centres)
    sizes = np.zeros(k, dtype=np.int64)
    for i in range(n):
        membership[i] = -1
    for _ in range(ROUNDS):
        if not _assign(points, centres, membership):
            break
        _move(points, centres, membership, sizes)
    inertia = 0.0
    for i in range(n):
        inertia += _square(points, i, centres, membership[i])
    return inertia


@compiled
def _assign(points: Points, centres: Points, membership: Membership) -> bool:
    """Give each point to the nearest centre, the first of equals; whether any changed."""
    products = np.dot(points, centres.T)
    k = len(centres)
    halves = np.zeros(k)
    for j in range(k):
        for axis in range(centres.shape[1]):
            halves[j] += centres[j, axis] * centres[j, axis] / 2
    changed = False
    for i in range(len(points)):
        nearest, least = 0, np.inf
        for j in range(k):
            # Half the squared distance, less what all centres share.
            distance = halves[j] - products[i, j]
            if distance < least:
                nearest, least = j, distance
        if membership[i] != nearest:
            membership[i] = nearest
            changed = True
    return changed


@compiled
def _move(
    points: Points, centres: Points, membership: Membership, sizes: NDArray[np.int64]
) -> None:
    """Move each centre to its points' mean; one without points to the point farthest from its own."""
    for j in range(len(centres)):
        sizes[j] = 0
    for i in range(len(points)):
        sizes[membership[i]] += 1
    for j in range(len(centres)):
        if sizes[j] == 0:
            _fill(points, centres, membership, sizes, j)
    for axis in range(points.shape[1]):
        for j in range(len(centres)):
            if sizes[j]:
                centres[j, axis] = 0.0
        for i in range(len(points)):
            centres[membership[i], axis] += points[i, axis] / sizes[membership[i]]


@compiled
def _fill(
    points: Points,
    centres: Points,
    membership: Membership,
    sizes: NDArray[np.int64],
    empty: int,
) -> None:
    """Give an empty cluster the point farthest from its centre, unless all points sit on theirs."""
    farthest, most = -1, 0.0
    for i in range(len(points)):
        if sizes[membership[i]] > 1:
            distance = _square(points, i, centres, membership[i])
            if distance > most:
                farthest, most = i, distance
    if farthest >= 0:
        sizes[membership[farthest]] -= 1
        sizes[empty] = 1
        membership[farthest] = empty
