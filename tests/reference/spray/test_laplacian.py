"""laplacian: against its definition and SciPy's, and the facts of spectral graph theory."""

import definitions
import numpy as np
import pytest
from graphs import GRAPHS
from scipy import sparse
from scipy.sparse import csgraph

from unhans.spray.laplacian import symmetric_normalized

every_graph = pytest.mark.parametrize(
    ("affinity", "components"), GRAPHS.values(), ids=GRAPHS.keys()
)


@every_graph
def test_symmetric_normalized_equals_its_definition(affinity, components):
    found = symmetric_normalized(affinity).toarray()
    np.testing.assert_allclose(found, definitions.symmetric_normalized(affinity), atol=1e-15)


@every_graph
def test_symmetric_normalized_equals_scipys(affinity, components):
    found = symmetric_normalized(affinity).toarray()
    np.testing.assert_allclose(found, csgraph.laplacian(affinity, normed=True), atol=1e-15)


@every_graph
def test_eigenvalues_lie_between_0_and_2_with_a_0_for_each_component(affinity, components):
    values = np.linalg.eigvalsh(symmetric_normalized(affinity).toarray())
    assert values.min() > -1e-12
    assert values.max() < 2 + 1e-12
    assert np.sum(values < 1e-10) == components


def test_two_sided_graphs_reach_2(graph):
    values = np.linalg.eigvalsh(symmetric_normalized(GRAPHS["star"][0]).toarray())
    assert values[-1] == pytest.approx(2)
    assert np.linalg.eigvalsh(symmetric_normalized(graph).toarray())[-1] < 1.9


def test_roots_of_the_degrees_are_in_the_null_space(graph, operator):
    roots = np.sqrt(graph.sum(axis=1))
    np.testing.assert_allclose(operator @ roots, 0, atol=1e-12)


@pytest.mark.parametrize("factor", [1e-30, 3.0, 1e30])
def test_the_weights_scale_does_not_matter(graph, operator, factor):
    found = symmetric_normalized(factor * graph)
    np.testing.assert_allclose(found.toarray(), operator.toarray(), atol=1e-14)


@pytest.mark.parametrize(
    "kind", [np.asarray, sparse.csr_array, sparse.coo_array, sparse.csc_matrix]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_every_kind_of_matrix_is_taken(kind, dtype):
    affinity = GRAPHS["isolated among others"][0].astype(dtype)
    found = symmetric_normalized(kind(affinity))
    assert found.dtype == np.float64
    assert found.has_canonical_format
    np.testing.assert_allclose(
        found.toarray(), definitions.symmetric_normalized(affinity), atol=1e-15
    )
