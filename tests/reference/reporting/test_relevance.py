"""Small heatmaps against their definition, image by image."""

import numpy as np
import pytest

from unhans.reporting.explorer import relevance


def slow_shrink(heatmaps, bins):
    """Sums over bins, as steps of the largest; each image by itself."""
    found = []
    for heatmap in heatmaps.astype(float):
        side = len(heatmap) // bins
        pooled = heatmap.reshape(bins, side, bins, side).sum(axis=(1, 3))
        largest = abs(pooled).max()
        found.append(np.round(127 * pooled / largest) if largest else pooled)
    return np.array(found)


@pytest.mark.parametrize(("side", "bins"), [(8, 4), (56, 28)])
def test_shrinking(side, bins, random):
    heatmaps = random.normal(size=(6, side, side)).astype(np.float32)
    heatmaps[2] = 0
    small = relevance.shrink(heatmaps, bins)
    assert np.abs(small.values - slow_shrink(heatmaps, bins)).max() <= 1  # sums in float32
    assert small.values.dtype == np.int8
    assert small.largest[2] == 0


def test_small_heatmaps_are_not_pooled(random):
    heatmaps = random.normal(size=(3, 7, 7)).astype(np.float32)
    assert relevance.shrink(heatmaps).values.shape == (3, 7, 7)
