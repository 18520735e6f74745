"""Small heatmaps and hot regions against their definitions, image by image and bin by bin."""

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


def slow_share(values):
    found = np.zeros(values.shape)
    for image, bins in enumerate(values.astype(float)):
        total = sum(value for value in bins.flat if value > 0)
        for place, value in np.ndenumerate(bins):
            if total and value > 0:
                found[image][place] = value / total
    return found


def slow_hot(values, members):
    share = slow_share(values)
    surplus = np.zeros(values.shape[1:])
    for place in np.ndindex(*surplus.shape):
        own = [share[at][place] for at in range(len(values)) if members[at]]
        others = [share[at][place] for at in range(len(values)) if not members[at]]
        surplus[place] = sum(own) / len(own) - (sum(others) / len(others) if others else 0)
    largest = surplus.max()
    return surplus >= 0.5 * largest if largest > 0 else np.zeros(surplus.shape, bool)


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


@pytest.mark.parametrize("count", [1, 4, 9])
def test_hot_regions_and_the_order_of_their_images(count, random):
    values = random.integers(-127, 128, size=(9, 5, 4)).astype(np.int8)
    values[0] = 0
    members = np.arange(9) < count
    np.testing.assert_allclose(relevance.shares(values), slow_share(values))
    hot = relevance.hot(values, members)
    np.testing.assert_array_equal(hot, slow_hot(values, members))
    within = slow_share(values)[:, hot].sum(axis=1)
    order = relevance.by_heat(values, members)
    assert sorted(order) == list(range(count))
    assert all(np.diff(within[order]) <= 1e-12)


def test_no_relevance_is_no_hot_region():
    assert not relevance.hot(np.zeros((3, 4, 4), np.int8), np.array([True, False, False])).any()
