"""raster: against a slow version from its description."""

import numpy as np
import pytest

from unhans.detection import raster
from unhans.errors import InputError


def slow_coordinates(heatmaps, bins):
    """Square roots of each bin's share of positive relevance; bins of whole pixels."""
    n, height, width = heatmaps.shape
    step = (height // bins, width // bins)
    rows = np.zeros((n, bins * bins))
    for number, heatmap in enumerate(heatmaps):
        for place in range(bins * bins):
            top, left = place // bins * step[0], place % bins * step[1]
            part = heatmap[top : top + step[0], left : left + step[1]].astype(float)
            rows[number, place] = part[part > 0].sum()
        if rows[number].any():
            rows[number] /= rows[number].sum()
    return np.sqrt(rows)


@pytest.mark.parametrize("seed", range(4))
def test_coordinates_are_those_of_the_slow_version(seed):
    random = np.random.default_rng(seed)
    maps = random.normal(size=(9, 14, 21)).astype(np.float32)
    maps[3] = -np.abs(maps[3])
    expected = slow_coordinates(maps, 7)
    assert raster.coordinates(maps, 7) == pytest.approx(expected, abs=1e-6)
    assert not raster.coordinates(maps, 7)[3].any()


def test_no_images_are_one_message():
    with pytest.raises(InputError, match="there are no images; expected at least one"):
        raster.contents_and_details([], 7)


def test_details_are_those_of_large_images_alone(random):
    images = random.integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    contents, details = raster.contents_and_details(images, 7)
    assert contents.shape == (3, 3, 7, 7)
    assert details.shape == (3, 112, 112)
    assert raster.contents_and_details([*images, images[0, :28, :28]], 7)[1] is None


def test_relevance_is_positive_where_a_hundredth_of_it_is(random):
    maps = -random.gamma(2, size=(4, 6, 5))
    whole = np.abs(maps).sum(axis=(1, 2))
    maps[1, 0, 0] = 0.009 * whole[1]
    maps[2, 0, 0] = 0.02 * whole[2]
    maps[3] *= -1
    slow = [
        sum(v for v in one.ravel() if v > 0) >= 0.01 * sum(abs(v) for v in one.ravel())
        for one in maps
    ]
    assert raster.with_positive(maps).tolist() == slow == [False, False, True, True]
    assert not raster.with_positive(np.zeros((2, 3, 3))).any()
