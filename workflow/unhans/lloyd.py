"""Lloyd: k-means by Lloyd's iterations from several starts, compiled.

A separability score takes hundreds of k-means runs on a few hundred points. In scikit-learn most of
their time is Python around each start; here a start costs its arithmetic.

Lloyd 1982; starts by greedy k-means++ (Arthur and Vassilvitskii 2007, several candidates a centre).
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
    points : (n, q), finite
    k : number of clusters, from 1 to n
    seed : of the starts
    starts : at least 1; the first of equally good ones is kept

    Returns
    -------
    (n,) cluster of each point

    """
    candidates = 2 + int(np.log(k))
    draws = np.random.default_rng(seed).random((starts, k, candidates))
    return np.asarray(_best(np.ascontiguousarray(points, dtype=np.float64), k, draws))


@compiled
def _best(points: Points, k: int, draws: Points) -> Membership:
    least = np.inf
    kept = np.zeros(len(points), dtype=np.int32)
    membership = np.empty(len(points), dtype=np.int32)
    for start in range(len(draws)):
        centres = _seed(points, k, draws[start])
        inertia = _iterate(points, centres, membership)
        if inertia < least:
            least = inertia
            kept[:] = membership
    return kept


@compiled
def _seed(points: Points, k: int, draws: Points) -> Points:
    """Draw k points as centres, far from those before; of each candidate the most useful stays."""
    n, q = points.shape
    centres = np.empty((k, q))
    centres[0] = points[int(draws[0, 0] * n)]
    closest = np.full(n, np.inf)
    _approach(points, centres[0], closest, closest)
    nearer, nearest = np.empty(n), np.empty(n)
    for number in range(1, k):
        reached = np.cumsum(closest)
        least = np.inf
        for draw in draws[number]:
            candidate = np.searchsorted(reached, draw * reached[-1], side="right")
            centre = points[min(candidate, n - 1)]
            total = _approach(points, centre, closest, nearer)
            if total < least:
                least = total
                nearest, nearer = nearer, nearest
                centres[number] = centre
        closest, nearest = nearest, closest
    return centres


@compiled
def _approach(points: Points, centre: Points, closest: Points, nearer: Points) -> float:
    """Squared distances to the nearest centre once there is one more, written; their sum."""
    total = 0.0
    for i in range(len(points)):
        nearer[i] = min(closest[i], _square(points[i], centre))
        total += nearer[i]
    return total


@compiled
def _square(x: Points, y: Points) -> float:
    """Squared distance; exactly 0 between equal points, as no product of sums would be."""
    total = 0.0
    for axis in range(len(x)):
        difference = x[axis] - y[axis]
        total += difference * difference
    return total


@compiled
def _iterate(points: Points, centres: Points, membership: Membership) -> float:
    """Assign points and move centres in turn until no point changes; the inertia."""
    n = len(points)
    membership[:] = -1
    for _ in range(ROUNDS):
        if not _assign(points, centres, membership):
            break
        _move(points, centres, membership)
    inertia = 0.0
    for i in range(n):
        inertia += _square(points[i], centres[membership[i]])
    return inertia


@compiled
def _assign(points: Points, centres: Points, membership: Membership) -> bool:
    """Give each point to the nearest centre, the first of equals; whether any changed."""
    products = np.dot(points, centres.T)
    halves = np.empty(len(centres))
    for j in range(len(centres)):
        halves[j] = _square(centres[j], np.zeros_like(centres[j])) / 2
    changed = False
    for i in range(len(points)):
        nearest, least = 0, np.inf
        for j in range(len(centres)):
            # Half the squared distance, less what all centres share.
            distance = halves[j] - products[i, j]
            if distance < least:
                nearest, least = j, distance
        if membership[i] != nearest:
            membership[i] = nearest
            changed = True
    return changed


@compiled
def _move(points: Points, centres: Points, membership: Membership) -> None:
    """Move each centre to its points' mean; one without points to the point farthest from its own."""
    k, q = centres.shape
    sizes = np.zeros(k, dtype=np.int64)
    sums = np.zeros((k, q))
    for i in range(len(points)):
        sizes[membership[i]] += 1
        for axis in range(q):
            sums[membership[i], axis] += points[i, axis]
    for j in range(k):
        if sizes[j] == 0:
            _fill(points, centres, membership, sizes, sums, j)
    for j in range(k):
        if sizes[j]:
            centres[j] = sums[j] / sizes[j]


@compiled
def _fill(
    points: Points,
    centres: Points,
    membership: Membership,
    sizes: NDArray[np.int64],
    sums: Points,
    empty: int,
) -> None:
    """Give an empty cluster the point farthest from its centre, unless all points sit on theirs."""
    farthest, most = -1, 0.0
    for i in range(len(points)):
        if sizes[membership[i]] > 1:
            distance = _square(points[i], centres[membership[i]])
            if distance > most:
                farthest, most = i, distance
    if farthest < 0:
        return
    sizes[membership[farthest]] -= 1
    sums[membership[farthest]] -= points[farthest]
    membership[farthest] = empty
    sizes[empty] = 1
    sums[empty] = points[farthest]
    centres[empty] = points[farthest]
