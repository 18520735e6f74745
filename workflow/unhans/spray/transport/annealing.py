r"""Annealing: Gromov-Wasserstein between point sets of equal masses, the kernel that no library has.

Two sets of m points with mass 1 / m each and distances A and B between their points. The squared
Gromov-Wasserstein distance is the least value over transport plans T of

    sum_{i,k} sum_{j,l} (A_ik - B_jl)^2 T_ij T_kl  =  const - 2 <A T B, T>.

Euclidean distances are conditionally negative definite, so that this is concave in T on the plans: its
minima are vertices, and these are permutations s, j = s(i), T = P / m. Their value is
(1 / m^2) sum_{i,k} (A_ik - B_s(i)s(k))^2. This is a quadratic assignment problem with many local minima.
The following steps find one within a fraction of a per cent of the best known.

1. *Eight starts.* Both sets lie in their principal axes. The axes of the second are swapped or not and
   each is mirrored or not; entropic transport at the squared distance gives a first plan.
2. *Annealing.* T becomes the entropic maximiser of <A T B, .> at a temperature that falls
   geometrically. A few Sinkhorn steps at each temperature suffice, since the scalings of the columns are
   kept; with new scalings float32 would underflow at low temperatures. After the first temperatures the
   best three starts continue.
3. *Frank-Wolfe.* From the best permutation for the last A T B, the linear problem at the current
   permutation is solved exactly (shortest augmenting paths). The objective is concave, so that the
   full step never raises it; the iteration ends at a vertex, where nothing improves. Then two points
   exchange their partners wherever that helps, which Frank-Wolfe does not consider.

Each start that continues ends in a match of its own. Between atoms the best of them counts. Where maps
are compared by all of their points, all eight continue, and the better ones are starts again.

Distances are scaled beforehand so that temperatures mean the same for all maps.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unhans.compilation import compiled_for_finite as compiled
from unhans.spray.transport.assignment import assign
from unhans.spray.transport.entropic import sinkhorn
from unhans.spray.transport.pair_solver import Pairs

Single = np.float32
Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]
Permutation = NDArray[np.int32]
Matches = NDArray[np.int32]

STARTS = 8
FIRST, KEPT = 4, 3
"""Temperatures that all starts pass through, and starts that continue."""

FEW = 16
"""Number of points below which all starts continue: few points have many local minima and cost little."""

TEMPERATURES = np.geomspace(0.06, 0.003, 12).astype(np.float32)
SINKHORN = (10, 4)
"""Sinkhorn steps at the first temperature, where scalings are unknown, and at each later one."""

GEOMETRIC = (Single(0.05), 6)
"""Temperature, in mean squared distances, and Sinkhorn steps of the first plan of a start."""

ROUNDS = 64
"""Most steps of Frank-Wolfe; some five are usual."""


@compiled
def value_of(first: NDArray[Any], second: NDArray[Any], places: Permutation) -> float:
    """Compute (1 / m^2) sum (A_ik - B_s(i)s(k))^2, in the precision of the distances.

    Parameters
    ----------
    first, second : ndarray, shape (m, m)
        Distances A and B.
    places : ndarray of int32, shape (m,)
        Permutation s.

    Returns
    -------
    float
    """
    m = len(first)
    total = 0.0
    for i in range(m):
        own = second[places[i]]
        part = first[i, i] - first[i, i]
        for k in range(m):
            difference = first[i, k] - own[places[k]]
            part += difference * difference
        total += part
    return total / (m * m)


@compiled
def frank_wolfe(first: Matrix, second: Matrix, places: Permutation) -> float:
    """Improve a permutation until the exact linear problem finds nothing better.

    Parameters
    ----------
    first, second : ndarray of float32, shape (m, m)
        Distances between the points of each set.
    places : ndarray of int32, shape (m,)
        Permutation; updated.

    Returns
    -------
    float
        Its value.
    """
    m = len(first)
    taken, costs = np.empty((m, m), dtype=np.float32), np.empty((m, m), dtype=np.float32)
    trial = np.empty(m, dtype=np.int32)
    best = value_of(first, second, places)
    for _ in range(ROUNDS):
        for k in range(m):
            for j in range(m):
                taken[k, j] = -second[places[k], j]
        np.dot(first, taken, costs)
        assign(costs, trial)
        value = value_of(first, second, trial)
        if not value < best * (1 - 1e-6):
            break
        best = value
        places[:] = trial
    return best


@compiled
def exchange(first: Matrix, second: Matrix, places: Permutation) -> None:
    """Let two points exchange their partners until no exchange lowers the value.

    Parameters
    ----------
    first, second : ndarray of float32, shape (m, m)
        Distances between the points of each set.
    places : ndarray of int32, shape (m,)
        Permutation; updated.
    """
    m = len(first)
    improved = True
    while improved:
        improved = False
        for a in range(m):
            for b in range(a):
                own, other = second[places[a]], second[places[b]]
                gained = np.float32(0)
                for k in range(m):
                    gained += (first[a, k] - first[b, k]) * (other[places[k]] - own[places[k]])
                # The distance between the two points does not change.
                gained += 2 * first[a, b] * second[places[a], places[b]]
                if gained > np.float32(1e-4):
                    places[a], places[b] = places[b], places[a]
                    improved = True


@compiled
def start(x: Matrix, y: Matrix, number: int, gain: Matrix, plan: Matrix) -> None:
    """Compute the first plan of a start: entropic transport with the axes of ``y`` swapped and mirrored.

    Parameters
    ----------
    x, y : ndarray of float32, shape (m, 2)
        Points in their principal axes.
    number : int
        Of the start, from 0 to 7.
    gain, plan : ndarray of float32, shape (m, m)
        Written.
    """
    m = len(x)
    one, two = np.float32(1 - 2 * (number & 1)), np.float32(1 - (number & 2))
    swap = number >> 2 & 1
    total = np.float32(0)
    for i in range(m):
        for j in range(m):
            across = x[i, 0] - one * y[j, swap]
            along = x[i, 1] - two * y[j, 1 - swap]
            gain[i, j] = -(across * across + along * along)
            total -= gain[i, j]
    mean = total / np.float32(m * m)
    if mean > 0:
        gain /= mean
    sinkhorn(gain, np.zeros(m, dtype=np.float32), GEOMETRIC[0], GEOMETRIC[1], plan)


@compiled
def match(x: Matrix, y: Matrix, first: Matrix, second: Matrix, places: Matches) -> None:
    """Match two sets; see the module.

    Parameters
    ----------
    x, y : ndarray of float32, shape (m, 2)
        Points in their principal axes.
    first, second : ndarray of float32, shape (m, m)
        Distances between the points of each set.
    places : ndarray of int32, shape (s, m)
        Partner of each point of the first set, from the s most promising starts; written.
    """
    m = len(first)
    plans = np.empty((STARTS, m, m), dtype=np.float32)
    half, gain = np.empty((m, m), dtype=np.float32), np.empty((m, m), dtype=np.float32)
    columns = np.zeros((STARTS, m), dtype=np.float32)
    reached = np.empty(STARTS, dtype=np.float32)
    for number in range(STARTS):
        start(x, y, number, gain, plans[number])
        for level in range(FIRST):
            np.dot(first, plans[number], half)
            np.dot(half, second, gain)
            steps = SINKHORN[min(level, 1)]
            reached[number] = sinkhorn(
                gain, columns[number], TEMPERATURES[level], steps, plans[number]
            )
    promising = np.argsort(-reached)
    for at in range(len(places)):
        number = promising[at]
        for level in range(FIRST, len(TEMPERATURES)):
            np.dot(first, plans[number], half)
            np.dot(half, second, gain)
            sinkhorn(gain, columns[number], TEMPERATURES[level], SINKHORN[1], plans[number])
        np.dot(first, plans[number], half)
        np.dot(half, second, gain)
        polish(first, second, gain, places[at])


@compiled
def polish(first: Matrix, second: Matrix, gain: Matrix, places: Permutation) -> None:
    """Make a permutation of the gain A T B of an annealed plan.

    Parameters
    ----------
    first, second : ndarray of float32, shape (m, m)
        Distances between the points of each set.
    gain : ndarray of float32, shape (m, m)
        Gain of the plan.
    places : ndarray of int32, shape (m,)
        Permutation; written.
    """
    assign(-gain, places)
    frank_wolfe(first, second, places)
    exchange(first, second, places)


@compiled
def polish_all(distances: Matrix, pairs: Pairs, gains: NDArray[np.float32]) -> Matches:
    """Make permutations of the gains of annealed plans.

    Parameters
    ----------
    distances : ndarray of float32, shape (n, m, m)
        Distances between the points of each set.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    gains : ndarray of float32, shape (p, s, m, m)
        A T B of the plan of each start.

    Returns
    -------
    ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.
    """
    places = np.empty(gains.shape[:3], dtype=np.int32)
    for at in range(len(pairs)):
        i, j = pairs[at]
        for number in range(gains.shape[1]):
            polish(distances[i], distances[j], gains[at, number], places[at, number])
    return places


@compiled
def match_all(principal: Matrix, distances: Matrix, pairs: Pairs, starts: int) -> Matches:
    """Match the points of each pair of sets; see `matching.matches`.

    Parameters
    ----------
    principal : ndarray of float32, shape (n, m, 2)
        Points in their principal axes.
    distances : ndarray of float32, shape (n, m, m)
        Distances between them.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    starts : int
        Number s of starts that continue.

    Returns
    -------
    ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.
    """
    places = np.empty((len(pairs), starts, distances.shape[1]), dtype=np.int32)
    for at in range(len(pairs)):
        i, j = pairs[at]
        match(principal[i], principal[j], distances[i], distances[j], places[at])
    return places


@compiled
def values_of_all(
    distances: NDArray[np.float64], pairs: Pairs, places: Matches
) -> NDArray[np.float64]:
    """Compute the squared value of each match; see `matching.values`.

    Parameters
    ----------
    distances : ndarray of float64, shape (n, m, m)
        Distances between the points of each set.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    places : ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.

    Returns
    -------
    ndarray of float64, shape (p, s)
    """
    found = np.empty(places.shape[:2])
    for at in range(len(pairs)):
        i, j = pairs[at]
        for number in range(places.shape[1]):
            found[at, number] = value_of(distances[i], distances[j], places[at, number])
    return found
