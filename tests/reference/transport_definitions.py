"""Optimal transport written out: slow, as the linear programme that it is."""

import math
from itertools import pairwise, product

import numpy as np
from scipy.optimize import linprog


def wasserstein(x, y, exponent):
    """(min over plans P with marginals x and y of sum P_ij |i - j|^p)^(1 / p), of two maps."""
    (points, mass), (others, wanted) = as_measure(x), as_measure(y)
    cost = [[np.hypot(*(point - other)) ** exponent for other in others] for point in points]
    rows = [np.kron(row, np.ones(len(others))) for row in np.eye(len(points))]
    columns = [np.kron(np.ones(len(points)), column) for column in np.eye(len(others))]
    marginals = np.concatenate([mass, wanted])
    # One of the equations follows from the others; with it rounding makes them contradict.
    equations = np.array([*rows, *columns])[:-1]
    done = linprog(np.ravel(cost), A_eq=equations, b_eq=marginals[:-1], method="highs")
    assert done.success, done.message
    return max(done.fun, 0.0) ** (1 / exponent)


def as_measure(heatmap):
    """Pixels of positive relevance, and its shares."""
    points = np.argwhere(heatmap > 0)
    mass = heatmap[heatmap > 0].astype(np.float64)
    return points, mass / mass.sum()


def on_a_line(x, y, exponent):
    """(integral of |F^-1 - G^-1|^p)^(1 / p) of masses x and y at 0, 1, 2, ..."""
    ranks = np.cumsum(x) / np.sum(x), np.cumsum(y) / np.sum(y)
    breaks = np.unique(np.concatenate([[0, 1], *ranks]).clip(0, 1))
    total = 0.0
    for low, high in pairwise(breaks):
        i, j = (min(int(np.sum(rank <= (low + high) / 2)), len(rank) - 1) for rank in ranks)
        total += (high - low) * abs(i - j) ** exponent
    return total ** (1 / exponent)


def gromov_wasserstein_value(first, second, plan):
    """sum_ijkl (A_ik - B_jl)^2 T_ij T_kl."""
    total = 0.0
    for i, k in product(range(len(first)), repeat=2):
        for j, m in product(range(len(second)), repeat=2):
            total += (first[i, k] - second[j, m]) ** 2 * plan[i, j] * plan[k, m]
    return total


def support(relevance, share):
    """Pixels by falling relevance until the share of the positive sum is reached, ties included."""
    pixels = sorted(
        ((float(value), place) for place, value in np.ndenumerate(relevance) if value > 0),
        reverse=True,
    )
    total = math.fsum(value for value, _ in pixels)
    taken, last = [], None
    for value, place in pixels:
        if math.fsum(own for own, _ in taken) >= share * total * (1 - 1e-12) and value < last:
            break
        taken.append((value, place))
        last = value
    return {place for _, place in taken}


def wasserstein_on_a_line(values, others, mass, wanted):
    """2-Wasserstein distance of weighted numbers, as a linear programme."""
    cost = (values[:, None] - others) ** 2
    rows = [np.kron(row, np.ones(len(others))) for row in np.eye(len(values))]
    columns = [np.kron(np.ones(len(values)), column) for column in np.eye(len(others))]
    marginals = np.concatenate([mass, wanted])
    equations = np.array([*rows, *columns])[:-1]
    done = linprog(cost.ravel(), A_eq=equations, b_eq=marginals[:-1], method="highs")
    assert done.success, done.message
    return math.sqrt(max(done.fun, 0.0))
