"""conductance: values by the definition, and stand-out clusters without overlap."""

import numpy as np
import pytest
from scipy import sparse

from unhans.errors import InputError
from unhans.spray.affinity import knn_affinity
from unhans.spray.clustering import nested
from unhans.spray.conductance import conductance, stand_out
from unhans.spray.embedding import spectral
from unhans.spray.laplacian import symmetric_normalized
from unhans.spray.pairwise import pairwise


def by_definition(affinity, labels):
    """cut(C, rest) / min(vol(C), vol(rest)), entry by entry."""
    n = len(labels)
    scores = []
    for cluster in range(max(labels) + 1):
        cut, inside, outside = 0.0, 0.0, 0.0
        for i in range(n):
            for j in range(n):
                if labels[i] == cluster:
                    inside += affinity[i, j]
                    cut += affinity[i, j] if labels[j] != cluster else 0
                else:
                    outside += affinity[i, j]
        smaller = min(inside, outside)
        scores.append(cut / smaller if smaller > 0 else 1.0)
    return scores


def blocks(*sizes, bridges=()):
    """Complete graphs side by side, joined by edges of weight 1."""
    graph = sparse.block_diag([np.ones((size, size)) - np.eye(size) for size in sizes]).toarray()
    for i, j in bridges:
        graph[i, j] = graph[j, i] = 1
    return graph


@pytest.mark.parametrize("seed", range(5))
def test_conductance_agrees_with_its_definition(seed):
    random = np.random.default_rng(seed)
    affinity = knn_affinity(pairwise(random.normal(size=(30, 2, 2)), "euclidean"), 4)
    labels = random.integers(0, 5, size=30)
    found = conductance(affinity, labels)
    np.testing.assert_allclose(found, by_definition(affinity.toarray(), labels), rtol=1e-12)


def test_two_triangles_joined_by_an_edge():
    graph = blocks(3, 3, bridges=[(2, 3)])
    np.testing.assert_allclose(conductance(graph, [0, 0, 0, 1, 1, 1]), [1 / 7, 1 / 7])


def test_a_component_of_its_own_has_exactly_none():
    assert conductance(0.1 * blocks(3, 4), [0, 0, 0, 1, 1, 1, 1]).tolist() == [0, 0]


def test_without_volume_a_cluster_scores_worst():
    everything = conductance(blocks(4), [0, 0, 0, 0])
    isolated = conductance(np.pad(blocks(3), (0, 1)), [0, 0, 0, 1])
    unused_number = conductance(blocks(2, 2), [0, 0, 2, 2])
    assert everything.tolist() == [1]
    assert isolated.tolist() == [1, 1]
    assert unused_number.tolist() == [0, 1, 0]


@pytest.mark.parametrize("labels", [[0, 0], [[0, 0, 0]], [0, -1, 0]])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(InputError, match="expected"):
        conductance(blocks(3), labels)


def test_the_most_isolated_clusters_come_first():
    graph = blocks(12, 20, 15, bridges=[(0, 12), (13, 32), (14, 33)])
    labels = np.repeat([1, 0, 2], [12, 20, 15])
    found = stand_out(graph, labels[None], 3)
    assert [(one.row, one.cluster) for one in found] == [(0, 1), (0, 0), (0, 2)]
    np.testing.assert_array_equal(found[0].members, np.arange(12))
    assert [one.conductance for one in found] == sorted(one.conductance for one in found)
    assert found[0].conductance == conductance(graph, labels)[1]


def test_overlap_either_way_is_passed_over():
    graph = blocks(20, 40)
    whole = np.repeat([0, 1], [20, 40])
    part = np.repeat([0, 1], [11, 49])
    found = stand_out(graph, np.stack([part, whole]), 5, maximum_conductance=1)
    assert [(one.row, one.cluster) for one in found] == [(1, 0)]


def test_ties_go_to_the_larger_cluster_then_the_earlier_row():
    graph = blocks(10, 15, 30)
    once = np.repeat([0, 1, 2], [10, 15, 30])
    again = np.repeat([2, 1, 0], [10, 15, 30])
    found = stand_out(graph, np.stack([once, again]), 5)
    assert [(one.row, one.cluster) for one in found] == [(0, 1), (0, 0)]


def test_size_count_and_conductance_are_limits():
    graph = blocks(9, 10, 11, 40)
    labels = np.repeat([0, 1, 2, 3], [9, 10, 11, 40])[None]
    sizes = [len(one.members) for one in stand_out(graph, labels, 5)]
    assert sizes == [11, 10]
    assert [len(one.members) for one in stand_out(graph, labels, 5, minimum=11)] == [11]
    assert [len(one.members) for one in stand_out(graph, labels, 2, minimum=1)] == [11, 10]
    assert len(stand_out(graph, labels, 5, maximum_share=1)) == 3
    assert stand_out(graph, labels, 0) == []
    mixed = np.arange(70)[None] % 2
    assert stand_out(graph, mixed, 5) == []


def test_nested_clusterings_find_a_far_group_whole(random):
    points = np.concatenate([random.normal(size=(80, 6)), random.normal(size=(20, 6)) + 6])
    affinity = knn_affinity(pairwise(points[:, None], "euclidean"), 8)
    _, embedding = spectral(symmetric_normalized(affinity), 10)
    labels = nested(embedding, range(2, 30))
    assert labels.shape == (28, 100)  # above q = 10, all eigenvectors are taken
    found = stand_out(affinity, labels, 1)[0]
    np.testing.assert_array_equal(found.members, np.arange(80, 100))
    assert found.conductance == 0
