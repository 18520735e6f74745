"""feature_groups: features that rank a group's images first, or lie where it has more relevance."""

import numpy as np
import pytest

from unhans.io import store
from unhans.reporting import feature_groups

RECIPE = store.Recipe("x", {}, "x")


@pytest.fixture
def results(tmp_path):
    members = np.arange(10) < 3
    mask = np.zeros((2, 12, 7, 7), dtype=np.float16)
    mask[:, :, 0] = 1
    where = np.zeros((7, 7))
    where[0] = 2
    made = {
        "c/group_search": {
            "grouped_members": members[None],
            "grouped_where": where.ravel(),
            "window_members": np.zeros((0, 10), dtype=bool),
            "scattered_members": ~members[None],
        },
        "c/attribution": {"image": np.arange(10) + 1},  # image 0 is not explained
        "neurons": {
            "image": np.arange(12),
            "neuron": np.array([1]),
            "activation": np.linspace(1, 0, 24).reshape(12, 2).astype(np.float32),
            "alpha": np.ones((12, 1)),
            "neuron_mask": mask[:1],
            "component_mask": np.zeros((1, 12, 7, 7), dtype=np.float16),
        },
    }
    found = []
    for stage, arrays in made.items():
        paths = [str(tmp_path / "d/m" / stage / f"{name}.zarr.zip") for name in "ab"]
        store.write(paths[0], arrays, RECIPE)
        store.write_set_aside(paths[1], RECIPE, "too few")
        found.append(store.by_path(paths))
    return found


def test_features_are_compared_with_the_first_group_of_each_indicator(results):
    table = feature_groups.tabulate(*results)
    assert list(table.columns) == feature_groups.COLUMNS
    rows = table.set_index(["class", "indicator", "feature"])
    own = rows.loc[("a", "grouped", "neuron1")]
    assert (own["auc"], own["iou"], own["members"], own["images"]) == (1, 1, 3, 10)
    assert own["agrees"]
    other = rows.loc[("a", "grouped", "component1")]
    assert (other["auc"], other["iou"]) == (0.5, 0)
    assert not other["agrees"]
    assert np.isnan(rows.loc[("a", "scattered", "neuron1"), "iou"])
    assert len(table) == 5
    assert table["status"].iloc[-1] == "too few"
    assert "1 of 4 pairs of a feature and a group agree" in feature_groups.describe(table)
