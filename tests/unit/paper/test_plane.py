"""plane: scaling, alignment and drawing of points against their definitions."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from unhans.errors import InputError
from unhans.paper.plane import classical_scaling, on_grid, procrustes


def motion(points, angle, shift, mirror=False):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points * ((1, -1) if mirror else (1, 1)) @ turn + shift


@pytest.mark.parametrize("weighted", [False, True])
def test_classical_scaling_returns_points_of_these_distances(weighted):
    random = np.random.default_rng(1)
    points = random.normal(size=(30, 2)) * (5, 2) + 7
    mass = random.random(30) if weighted else None
    found = classical_scaling(cdist(points, points), mass)
    np.testing.assert_allclose(cdist(found, found), cdist(points, points), atol=1e-8)
    np.testing.assert_allclose(np.average(found, axis=0, weights=mass), 0, atol=1e-8)
    covariance = np.cov(found.T, aweights=mass)
    assert covariance[0, 1] == pytest.approx(0, abs=1e-8)
    assert covariance[0, 0] > covariance[1, 1]


def test_classical_scaling_of_points_on_a_line_and_of_one_alone():
    line = np.arange(5.0)[:, None]
    found = classical_scaling(cdist(line, line))
    np.testing.assert_allclose(cdist(found, found), cdist(line, line), atol=1e-6)
    np.testing.assert_array_equal(classical_scaling([[0.0]]), [[0, 0]])


@pytest.mark.parametrize("mirror", [False, True])
def test_procrustes_recovers_a_motion(mirror):
    random = np.random.default_rng(2)
    points, mass = random.normal(size=(20, 2)), random.random(20)
    target = motion(points, 2.1, (3, -4), mirror)
    np.testing.assert_allclose(procrustes(points, target), target, atol=1e-12)
    np.testing.assert_allclose(procrustes(points, target, mass), target, atol=1e-12)


def test_procrustes_does_not_scale():
    points = np.random.default_rng(3).normal(size=(20, 2))
    found = procrustes(points, 5 * points)
    np.testing.assert_allclose(pdist(found), pdist(points))


def test_mass_is_shared_among_the_pixels_around():
    drawn = on_grid(np.array([[1, 2], [0.25, 0.5], [9, 9]]), np.array([0.5, 0.4, 0.1]), (3, 4))
    wanted = np.zeros((3, 4))
    wanted[1, 2] = 0.5
    wanted[:2, :2] = 0.4 * np.outer([0.75, 0.25], [0.5, 0.5])
    np.testing.assert_allclose(drawn, wanted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: classical_scaling(np.ones((2, 3))), r"expected \(N, N\)"),
        (lambda: procrustes(np.ones((2, 2)), np.ones((3, 2))), r"expected \(N, 2\) of both"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
