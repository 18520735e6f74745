"""Hot regions and samples against their definitions, image by image and bin by bin."""

import numpy as np
import pytest

from unhans.reporting import hot_region


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


def slow_samples(values, members, count):
    """The clearest half, and of the others those at the middle of as many equal parts."""
    flags = [at in members for at in range(len(values))]
    hot = slow_hot(values, np.array(flags))
    share = slow_share(values)
    order = sorted(members, key=lambda at: (-round(sum(share[at][hot]), 12), at))
    count = min(count, len(order))
    clear = (count + 1) // 2
    rest, wanted = order[clear:], count - clear
    middles = [int((part + 0.5) * len(rest) / wanted) for part in range(wanted)]
    return order[:clear] + [rest[at] for at in middles]


@pytest.mark.parametrize("count", [1, 4, 9])
def test_hot_regions_and_the_order_of_their_images(count, random):
    values = random.integers(-127, 128, size=(9, 5, 4)).astype(np.int8)
    values[0] = 0
    members = np.arange(9) < count
    share = hot_region.shares(values)
    np.testing.assert_allclose(share, slow_share(values))
    hot = hot_region.hot(share, members)
    np.testing.assert_array_equal(hot, slow_hot(values, members))
    expected = slow_share(values)[:, hot].sum(axis=1)
    np.testing.assert_allclose(hot_region.within(share, members), expected[members])
    order = hot_region.by_heat(share, members)
    assert sorted(order) == list(range(count))
    assert all(np.diff(expected[order]) <= 1e-12)


def test_no_relevance_is_no_hot_region():
    share = hot_region.shares(np.zeros((3, 4, 4), np.int8))
    members = np.array([True, False, False])
    assert not hot_region.hot(share, members).any()
    assert hot_region.within(share, members).tolist() == [0]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 50])
@pytest.mark.parametrize("size", [1, 2, 7, 20])
def test_samples(size, count, random):
    values = random.normal(size=(20, 4, 5))
    values[3] = values[5] = values[8]  # ties
    members = np.sort(random.choice(20, size, replace=False))
    found = hot_region.samples(hot_region.shares(values), members, count)
    assert found.tolist() == slow_samples(values, members.tolist(), count)


def test_samples_show_what_a_group_has_in_common_first(random):
    values = random.gamma(2, size=(30, 6, 6))
    members = np.array([2, 9, 11, 20, 21, 28])
    values[[11, 28], 0, 0] += 100  # clear
    values[[2, 9, 20, 21], 0, 0] += 10
    found = hot_region.samples(hot_region.shares(values), members, 4)
    assert set(found[:2]) == {11, 28}


def test_pooling_keeps_small_maps_and_sums_of_large_ones(random):
    small = random.normal(size=(3, 28, 14))
    assert hot_region.pool(small) is small
    large = random.normal(size=(3, 56, 20)).astype(np.float32)
    pooled = hot_region.pool(large)
    assert pooled.shape == (3, 20, 20)
    np.testing.assert_allclose(pooled.sum(axis=(1, 2)), large.sum(axis=(1, 2)), rtol=1e-4)


def test_spreading():
    assert hot_region.spread(np.arange(10), 3).tolist() == [1, 5, 8]
    assert hot_region.spread(np.array([4, 7]), 5).tolist() == [4, 7]
    assert hot_region.spread(np.array([4, 7]), 0).tolist() == []
