"""embedding: eigenpairs checked by what defines them, against dense solvers and scikit-learn."""

import definitions
import numpy as np
import pytest
from graphs import GRAPHS, LARGE, cube, ring, star
from sizes import Q
from sklearn.manifold import spectral_embedding

from unhans.spray import embedding
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized

ALL = GRAPHS | LARGE
every_graph = pytest.mark.parametrize("affinity", [a for a, _ in ALL.values()], ids=ALL.keys())


@pytest.fixture(params=ALL)
def solved(request):
    """Laplacian, number of components, eigenvalues and eigenvectors of a graph."""
    affinity, components = ALL[request.param]
    laplacian = symmetric_normalized(affinity)
    return laplacian, components or definitions.components(affinity), *spectral(laplacian, 32)


def test_eigenpairs_are_the_smallest(solved):
    laplacian, _, values, vectors = solved
    n = laplacian.shape[0]
    expected, _ = definitions.spectral(laplacian.toarray(), 32)
    assert values.shape == (min(32, n),)
    assert vectors.shape == (n, min(32, n))
    np.testing.assert_allclose(values, expected, atol=1e-9)


def test_eigenvectors_solve_their_equation(solved):
    laplacian, _, values, vectors = solved
    residuals = np.linalg.norm(laplacian @ vectors - vectors * values, axis=0)
    assert residuals.max() <= 1e-8


def test_eigenvectors_are_orthonormal(solved):
    vectors = solved[-1]
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(vectors.shape[1]), atol=1e-9)


def test_eigenvalues_ascend_from_a_0_for_each_component(solved):
    _, components, values, _ = solved
    assert np.all(np.diff(values) >= 0)
    assert values[0] >= 0
    assert np.sum(values < 1e-9) == min(components, len(values))


def test_signs_make_the_entry_of_largest_magnitude_positive(solved):
    vectors = solved[-1]
    largest = np.abs(vectors).max(axis=0)
    assert np.all(vectors.max(axis=0) >= largest - 1e-7)


def test_ring_star_and_cube_have_their_textbook_spectra():
    waves = 1 - np.cos(2 * np.pi * np.array([0, 1, 1, 2, 2, 3, 3, 4]) / 500)
    layers = np.repeat([0, 2 / 9, 4 / 9], [1, 9, 22])
    np.testing.assert_allclose(spectral(symmetric_normalized(ring(500)), 8)[0], waves, atol=1e-9)
    np.testing.assert_allclose(spectral(symmetric_normalized(cube(9)), 32)[0], layers, atol=1e-9)
    found = spectral(symmetric_normalized(star(500)), 8)[0]
    np.testing.assert_allclose(found, [0] + [1] * 7, atol=1e-9)


@pytest.mark.parametrize("name", ["plane", "large ring", "two alike"])
def test_lanczos_and_the_dense_solver_agree(name, monkeypatch):
    laplacian = symmetric_normalized(LARGE[name][0])
    lanczos, _ = spectral(laplacian, 12)
    monkeypatch.setattr(embedding, "DENSE", 10**6)
    np.testing.assert_allclose(lanczos, spectral(laplacian, 12)[0], atol=1e-9)


@every_graph
def test_the_same_seed_gives_the_same_bytes(affinity):
    laplacian = symmetric_normalized(affinity)
    for first, second in zip(spectral(laplacian, 32, 7), spectral(laplacian, 32, 7), strict=True):
        assert first.tobytes() == second.tobytes()


def test_another_seed_gives_the_same_space():
    laplacian = symmetric_normalized(LARGE["plane"][0])
    (values, vectors), (others, turned) = spectral(laplacian, 12, 0), spectral(laplacian, 12, 1)
    assert vectors.tobytes() != turned.tobytes()  # Lanczos did start elsewhere
    np.testing.assert_allclose(values, others, atol=1e-9)
    np.testing.assert_allclose(projector(vectors), projector(turned), atol=1e-6)


def test_dense_and_sparse_laplacians_are_the_same_to_it(operator, points):
    np.testing.assert_array_equal(spectral(operator.toarray(), Q)[1], points)


def test_spectral_follows_a_permutation(operator, points, random):
    order = random.permutation(len(points))
    _, found = spectral(operator[order][:, order], Q)
    np.testing.assert_allclose(projector(found), projector(points[order]), atol=1e-9)


@pytest.mark.parametrize("case", ["heatmaps", "plane"])
def test_spectral_spans_the_space_of_scikit_learns_embedding(case, graph):
    affinity = graph.toarray() if case == "heatmaps" else LARGE["plane"][0]
    assert definitions.components(affinity) == 1
    values, found = spectral(symmetric_normalized(affinity), 13)
    q = 1 + int(np.argmax(np.diff(values)))  # where the gap to the rest is largest
    theirs = spectral_embedding(affinity, n_components=q, drop_first=False, random_state=0)
    # Theirs is D^-1/2 times the eigenvectors.
    theirs = theirs * np.sqrt(affinity.sum(axis=1))[:, None]
    theirs /= np.linalg.norm(theirs, axis=0)
    np.testing.assert_allclose(projector(found[:, :q]), projector(theirs), atol=1e-6)


def projector(vectors):
    """Onto the span of orthonormal columns: it forgets signs and rotations."""
    return vectors @ vectors.T


def test_components_are_counted_from_the_eigenvalues(solved):
    _, components, values, _ = solved
    assert embedding.components(values) == min(components, len(values))
