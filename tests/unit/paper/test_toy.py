"""toy: the pipeline finds the groups that it was given."""

import numpy as np
import pytest

from unhans.paper.toy import toy


@pytest.mark.parametrize("seed", range(4))
def test_the_eigengap_finds_the_groups_and_the_labels_are_theirs(seed):
    found = toy(seed)
    assert found.clusters == len(np.unique(found.group)) == 4
    pairs = set(zip(found.group.tolist(), found.labels.tolist(), strict=True))
    assert len(pairs) == 4  # one label a group, one group a label
    assert len({label for _, label in pairs}) == 4


def test_shapes_and_order():
    found = toy(seed=1, size=30, knn=15, q=6)
    assert found.points.shape == (120, 2)
    assert found.affinity.shape == (120, 120)
    assert set(np.unique(found.affinity)) <= {0, 0.5, 1}
    assert found.eigenvalues.shape == (6,)
    assert found.embedding.shape == (120, 6)
    assert (np.diff(found.group) >= 0).all()


def test_the_default_graph_hangs_together():
    found = toy()
    assert found.eigenvalues[0] == pytest.approx(0, abs=1e-12)
    assert found.eigenvalues[1] > 1e-4


def test_equal_seeds_give_equal_arrays():
    one, other = toy(3), toy(3)
    for name in ("points", "affinity", "eigenvalues", "embedding", "labels"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not np.array_equal(one.points, toy(4).points)
