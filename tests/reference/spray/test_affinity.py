"""affinity: the symmetrised graph of nearest neighbours against its definition and scikit-learn."""

import definitions
import numpy as np
import pytest
from sizes import KNN
from sklearn.neighbors import kneighbors_graph

from unhans.errors import InputError
from unhans.spray.affinity import knn_affinity


def matrix(n, draw):
    """Symmetric distances with a zero diagonal."""
    values = np.triu(draw((n, n)), 1)
    return values + values.T


RNG = np.random.default_rng(3)
MATRICES = {
    "random": matrix(40, RNG.random),
    "tied": matrix(40, lambda size: RNG.integers(1, 4, size)),
    "with duplicates": matrix(40, lambda size: RNG.integers(0, 2, size)),
    "all equal": matrix(40, np.ones),
    "all zero": matrix(40, np.zeros),
    "tiny": 1e-30 * matrix(40, RNG.random),
    "huge": 1e30 * matrix(40, RNG.random),
    "three images": matrix(3, RNG.random),
    "two images": matrix(2, RNG.random),
}

every_matrix = pytest.mark.parametrize("distances", MATRICES.values(), ids=MATRICES)


@pytest.mark.parametrize("k", [1, 2, 10, 39])
@every_matrix
def test_knn_affinity_equals_its_definition(distances, k):
    k = min(k, len(distances) - 1)
    found = knn_affinity(distances, k).toarray()
    np.testing.assert_array_equal(found, definitions.knn_affinity(distances, k))


@every_matrix
def test_knn_affinity_is_symmetric_without_loops_and_holds_every_edge_once(distances):
    k = min(10, len(distances) - 1)
    found = knn_affinity(distances, k)
    assert (found != found.T).nnz == 0
    assert not found.diagonal().any()
    assert set(found.data) <= {0.5, 1.0}
    assert found.has_canonical_format
    assert found.sum() == k * len(distances)


def test_knn_affinity_with_k_of_all_others_is_complete():
    found = knn_affinity(MATRICES["random"], 39).toarray()
    np.testing.assert_array_equal(found, 1 - np.eye(40))


def test_knn_affinity_equals_scikit_learns_graph_symmetrised(heatmaps, graph):
    directed = kneighbors_graph(heatmaps.reshape(len(heatmaps), -1), KNN)
    np.testing.assert_array_equal(graph.toarray(), ((directed + directed.T) / 2).toarray())


def test_knn_affinity_follows_a_permutation(distances, graph, random):
    order = random.permutation(len(distances))
    found = knn_affinity(distances[np.ix_(order, order)], KNN)
    np.testing.assert_array_equal(found.toarray(), graph.toarray()[np.ix_(order, order)])


@pytest.mark.parametrize(("n", "k"), [(1, 1), (10, 10), (5, 7)])
def test_knn_affinity_needs_more_images_than_k(n, k):
    with pytest.raises(InputError, match=rf"{k} nearest .* {k + 1} images; there are {n}"):
        knn_affinity(np.ones((n, n)), k)


@pytest.mark.parametrize("shape", [(3,), (3, 4), (2, 2, 2)])
def test_knn_affinity_refuses_what_is_not_square(shape):
    with pytest.raises(InputError, match=r"shape .* expected"):
        knn_affinity(np.ones(shape), 1)


def test_knn_affinity_refuses_nan():
    with pytest.raises(InputError, match="NaN"):
        knn_affinity(np.full((4, 4), np.nan), 1)
