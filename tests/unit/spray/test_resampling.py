"""resampling: tau of subsets of a class."""

import numpy as np
import pytest
from scipy import sparse

from unhans.spray import resampling
from unhans.spray.distance import euclidean

OPTIONS = {"subsets": 4, "knn": 5, "q": 4, "ks": range(2, 6)}


def distances(n, seed=0):
    return euclidean.pairwise(np.random.default_rng(seed).normal(size=(n, 1, 6)))


def nearest_alone(matrix, k):
    """Keep the k nearest others of each row, and those to which it is one of the k."""
    order = np.argsort(matrix, axis=1)[:, 1 : k + 1]
    known = np.zeros(matrix.shape, dtype=bool)
    np.put_along_axis(known, order, values=True, axis=1)
    known |= known.T
    rows, columns = np.nonzero(known)
    return sparse.csr_array((matrix[rows, columns], (rows, columns)), shape=matrix.shape)


def test_taus_of_subsets_are_positive_repeatable_and_differ():
    matrix = distances(80)
    taus = resampling.taus_of_subsets(matrix, seed=1, **OPTIONS)
    assert taus.shape == (4,)
    assert (taus > 0).all()
    assert len(set(taus)) == 4
    np.testing.assert_array_equal(taus, resampling.taus_of_subsets(matrix, seed=1, **OPTIONS))
    assert not np.array_equal(taus, resampling.taus_of_subsets(matrix, seed=2, **OPTIONS))


@pytest.mark.parametrize(("n", "size"), [(2, 1), (9, 4), (80, 40), (600, 300), (5000, 300)])
def test_a_subset_is_half_of_the_class_up_to_a_bound(n, size):
    assert resampling.subset_size(np.broadcast_to(np.zeros(1), (n, n))) == size


def test_where_only_near_pairs_are_known_subsets_are_larger_and_graphs_thinner():
    matrix = nearest_alone(distances(60), 10)
    assert resampling.subset_size(matrix) == 48
    taus = resampling.taus_of_subsets(matrix, seed=0, **{**OPTIONS, "knn": 10})
    assert np.isfinite(taus).all()


@pytest.mark.parametrize("n", [2, 5, 7])
def test_a_class_of_a_few_images_has_no_subsets(n):
    assert len(resampling.taus_of_subsets(distances(n), seed=0, **OPTIONS)) == 0


@pytest.mark.parametrize("n", [8, 12, 20])
def test_more_neighbours_and_clusters_than_a_subset_has_images_are_cut(n):
    options = {"subsets": 3, "knn": 10, "q": 32, "ks": range(2, 31)}
    assert len(resampling.taus_of_subsets(distances(n), seed=0, **options)) == 3


def test_images_in_duplicate_do_no_harm():
    matrix = np.kron(np.ones((2, 2)), distances(20))
    assert np.isfinite(resampling.taus_of_subsets(matrix, seed=0, **OPTIONS)).any()
