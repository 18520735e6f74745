"""Graphs whose spectra are known or hard: name -> (affinity, number of connected components)."""

import numpy as np
from scipy import sparse

from unhans.spray.affinity import knn_affinity


def ring(n):
    edges = np.roll(np.eye(n), 1, axis=1)
    return edges + edges.T


def star(n):
    edges = np.zeros((n, n))
    edges[0, 1:] = edges[1:, 0] = 1
    return edges


def complete(n):
    return 1 - np.eye(n)


def cube(dimension):
    """Corners of a hypercube: eigenvalue 2 i / d of multiplicity (d over i)."""
    graph = np.zeros((1, 1))
    for _ in range(dimension):
        graph = np.kron(np.eye(2), graph) + np.kron(complete(2), np.eye(len(graph)))
    return graph


def joined(*parts):
    return sparse.block_diag(parts).toarray()


def neighbourhood(n, seed, k=5):
    """Graph of the nearest neighbours of random points in the plane, mostly in one piece."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return knn_affinity(np.linalg.norm(x[:, None] - x[None], axis=2), k).toarray()


def hubs(n):
    """Join equal maps to their nearest neighbours: all ties go to the first ones."""
    return knn_affinity(np.zeros((n, n)), 10).toarray()


NOTHING = np.zeros((1, 1))

GRAPHS = {
    "one node": (NOTHING, 1),
    "two nodes": (complete(2), 1),
    "two strangers": (joined(NOTHING, NOTHING), 2),
    "three in a row": (star(3), 1),
    "no edges": (np.zeros((12, 12)), 12),
    "complete": (complete(20), 1),
    "isolated among others": (joined(NOTHING, ring(9), NOTHING, complete(4), NOTHING), 5),
    "many components": (joined(*[complete(3)] * 30), 30),
    "ring": (ring(40), 1),
    "star": (star(40), 1),
    "hubs": (hubs(60), 1),
    "weights": (joined(7.5 * ring(8), 1e-3 * complete(5)), 2),
}
"""Small: solved densely."""

LARGE = {
    "large ring": (ring(600), 1),
    "large star": (star(600), 1),
    "large cube": (cube(9), 1),
    "large hubs": (hubs(600), 1),
    "large and small": (joined(ring(300), *[complete(4)] * 20, ring(251), NOTHING), 23),
    "two alike": (joined(*[neighbourhood(250, 4)] * 2), None),
    "plane": (neighbourhood(500, 5), None),
}
"""Large: solved by Lanczos; None where the number of components is for `definitions` to count."""
