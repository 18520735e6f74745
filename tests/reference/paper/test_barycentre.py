"""Weighted barycentres against their definitions, on grids of 5 x 5 pixels."""

from itertools import product

import numpy as np
import ot
import pytest
from scipy.spatial.distance import cdist

from unhans.paper.barycentre import PLACES, corner_weights, grids, wasserstein
from unhans.paper.gromov_barycentre import (
    _couple_all,
    _descend,
    _Space,
    gromov_wasserstein,
)
from unhans.paper.plane import on_grid
from unhans.spray.transport import support

SIDE = 5
WEIGHTS = [[0.7, 0.2, 0.1], [0.25, 0.75, 0.0], [1 / 3, 1 / 3, 1 / 3]]


def images(seed):
    """Three images: of noise, with equal pixels, and of two pixels alone."""
    random = np.random.default_rng(seed)
    sparse = np.zeros((SIDE, SIDE))
    sparse[1, 1], sparse[3, 2] = 2, 1
    return np.stack([random.random((SIDE, SIDE)), np.ones((SIDE, SIDE)), sparse])


def weight_by_definition(row, column, grid, corner):
    """One less the Chebyshev distance to a corner, in sides of the grid; not divided by the sum."""
    at = ((PLACES[corner][0] + 1) / 2 * (grid - 1), (PLACES[corner][1] + 1) / 2 * (grid - 1))
    return 1 - max(abs(row - at[0]), abs(column - at[1])) / (grid - 1)


@pytest.mark.parametrize("grid", [2, 3, 5, 8])
def test_weights_of_the_corners(grid):
    found = corner_weights(grid)
    for row, column in product(range(grid), repeat=2):
        slow = [weight_by_definition(row, column, grid, corner) for corner in range(4)]
        np.testing.assert_allclose(found[row, column], np.array(slow) / sum(slow), atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_euclidean_weights_are_linear(seed):
    maps = images(seed) / images(seed).sum(axis=(1, 2), keepdims=True)
    found, _, _ = grids(images(seed), np.array([WEIGHTS]), regularisation=0.05)
    for at, weights in enumerate(WEIGHTS):
        slow = sum(weight * one for weight, one in zip(weights, maps, strict=True))
        np.testing.assert_allclose(found[0, at], slow, rtol=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_wasserstein_is_pots_barycentre_of_the_whole_cost_matrix(seed, weights):
    maps = images(seed) / images(seed).sum(axis=(1, 2), keepdims=True)
    along = np.linspace(0, 1, SIDE)
    places = np.array(list(product(along, along)))
    # POT's kernel of a convolution is exp(-d^2 / r), as that of its matrix of costs. Its default method
    # starts from the unweighted mean, and with unequal weights ends elsewhere (POT 0.9).
    slow = ot.bregman.barycenter(
        maps.reshape(3, -1).T + 1e-300,
        cdist(places, places, "sqeuclidean"),
        0.05,
        method="sinkhorn_log",
        weights=np.array(weights),
        numItermax=20_000,
        stopThr=1e-12,
    )
    found = wasserstein(images(seed), 0.05, weights)
    np.testing.assert_allclose(found.ravel(), slow, atol=1e-6)


def cost_by_definition(distances, others, plan):
    """Gromov-Wasserstein cost of a plan: a sum over all pairs of pairs."""
    total = 0.0
    for i, j in product(range(len(distances)), range(len(others))):
        for k, m in product(range(len(distances)), range(len(others))):
            gap = distances[i, k] - others[j, m]
            total += gap**2 * plan[i, j] * plan[k, m]
    return total


@pytest.mark.parametrize("weights", WEIGHTS)
def test_gromov_wasserstein_is_the_best_matrix_of_its_plans(weights):
    small = images(0)
    small[0, 2:], small[1, 3:] = 0, 0  # the definition takes n^2 m^2 steps
    supports = support.of_all(small)
    spaces = [_Space(cdist(one.points, one.points), one.mass) for one in supports]
    starts = _couple_all(spaces)
    own = np.array(weights)
    barycentre, plans, objective = _descend(spaces[0].mass, spaces, starts[0], own)
    costs = [
        cost_by_definition(barycentre.distances, one.distances, plan)
        for one, plan in zip(spaces, plans, strict=True)
    ]
    assert objective == pytest.approx(float(own @ costs), abs=1e-9)
    # For its own plans, no other matrix of distances costs less than their weighted mean.
    mean = np.zeros_like(barycentre.distances)
    for weight, one, plan in zip(own, spaces, plans, strict=True):
        for i, k in product(range(len(mean)), repeat=2):
            moved = sum(
                plan[i, j] * one.distances[j, m] * plan[k, m]
                for j, m in product(range(len(one.mass)), repeat=2)
            )
            mean[i, k] += weight * moved / (barycentre.mass[i] * barycentre.mass[k])

    def cost(distances):
        pairs = zip(own, spaces, plans, strict=True)
        return sum(w * cost_by_definition(distances, one.distances, plan) for w, one, plan in pairs)

    random = np.random.default_rng(0)
    for _ in range(2):
        noise = random.normal(0, 0.05, mean.shape)
        assert cost(mean) < cost(mean + noise + noise.T)
    assert cost(mean) <= cost(barycentre.distances) + 1e-9
    assert cost(mean) >= objective * (1 - 1e-3) - 1e-9


def test_gromov_wasserstein_of_one_weight_is_that_image():
    shapes = images(3)
    for at in range(3):
        found = gromov_wasserstein(shapes, 1, np.eye(3)[at])
        drawn = on_grid(found.points, found.mass, (SIDE, SIDE))
        assert found.objective == pytest.approx(0, abs=1e-9)
        np.testing.assert_allclose(drawn, shapes[at] / shapes[at].sum(), atol=1e-9)
