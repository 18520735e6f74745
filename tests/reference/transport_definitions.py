"""Optimal transport written out: slow, as the linear programme that it is."""

from itertools import pairwise

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
