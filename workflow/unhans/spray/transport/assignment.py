"""Assignment: rows to columns at the least cost, compiled."""

import numpy as np
from numpy.typing import NDArray

from unhans.compilation import compiled_for_finite as compiled

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
Permutation = NDArray[np.int32]


@compiled
def assign(costs: Matrix, places: Permutation) -> None:
    """Assign rows to columns at the least cost, exactly, by shortest augmenting paths.

    Parameters
    ----------
    costs : ndarray of float32, shape (m, m)
        Cost of each assignment.
    places : ndarray of int32, shape (m,)
        Column of each row; written.

    References
    ----------
    Jonker and Volgenant 1987, without their preliminary row reductions.
    """
    m = len(costs)
    price = np.empty(m, dtype=np.float32)
    owner = np.full(m, -1, dtype=np.int32)
    places[:] = -1
    for j in range(m):
        best = 0
        for i in range(1, m):
            if costs[i, j] < costs[best, j]:
                best = i
        price[j] = costs[best, j]
        if places[best] < 0:
            places[best], owner[j] = j, best
    way = np.empty(m, dtype=np.int32)
    length = np.empty(m, dtype=np.float32)
    done = np.empty(m, dtype=np.bool_)
    for row in range(m):
        if places[row] < 0:
            last = _shortest_path(costs, row, price, owner, way, length, done)
            while True:
                i = way[last]
                owner[last] = i
                last, places[i] = places[i], last
                if i == row:
                    break


@compiled
def _shortest_path(
    costs: Matrix,
    row: int,
    price: Vector,
    owner: Permutation,
    way: Permutation,
    length: Vector,
    done: NDArray[np.bool_],
) -> int:
    """Find the free column that a row reaches at the least reduced cost, and update the prices."""
    m = len(costs)
    for j in range(m):
        length[j], way[j], done[j] = costs[row, j] - price[j], row, False
    while True:
        shortest, nearest = np.float32(np.inf), -1
        for j in range(m):
            if not done[j] and length[j] < shortest:
                shortest, nearest = length[j], j
        done[nearest] = True
        i = owner[nearest]
        if i < 0:
            break
        offset = costs[i, nearest] - price[nearest] - shortest
        for j in range(m):
            reached = costs[i, j] - price[j] - offset
            if not done[j] and reached < length[j]:
                length[j], way[j] = reached, i
    for j in range(m):
        if done[j]:
            price[j] += length[j] - shortest
    return nearest
