"""baseline_scores: the cluster of least conductance, and scores of nothing."""

import numpy as np
import pytest

from unhans.benchmark import baseline_scores


def test_a_group_is_at_least_five_images_and_at_most_half():
    graph = np.kron(np.eye(2), np.ones((10, 10))) - np.eye(20)
    small = np.r_[np.zeros(4, int), np.ones(16, int)]
    halves = np.repeat([0, 1], 10)
    group = baseline_scores.group(graph, np.array([small, halves]))
    assert group.conductance == 0
    assert group.members.sum() == 10
    np.testing.assert_array_equal(group.score, 1)
    alone = baseline_scores.group(graph, small[None])
    assert alone.conductance == 1
    assert not alone.members.any()


def test_scores_of_nothing_are_the_lowest():
    assert baseline_scores.eigengap([0.0]) == 0
    assert baseline_scores.eigengap([0.0, 0.1, 0.9, 1.0]) == pytest.approx(0.8)
    assert baseline_scores.silhouette(np.eye(4), np.zeros((1, 4), int), [2]) == -1
