"""outliers: against their definition, and marks at random places."""

import numpy as np
import pytest
from marked_heatmaps import heatmaps_with
from scipy import linalg

from unhans.detection import outliers, raster


@pytest.mark.parametrize("seed", range(4))
def test_excesses_are_those_of_the_definition(seed):
    points = np.random.default_rng(seed).random((40, 9)) ** 3
    covariance = np.cov(points.T, bias=True)
    shrunk = 0.8 * covariance + 0.2 * np.trace(covariance) / 9 * np.eye(9)
    root = linalg.sqrtm(linalg.inv(shrunk))
    expected = [(root @ (x - points.mean(axis=0))).max() for x in points]
    excess = outliers.excesses(points)
    assert excess == pytest.approx(expected)
    farthest = sorted(expected)[-4:]
    assert outliers.scattered(excess) == pytest.approx(np.mean(farthest) / np.median(expected))


def test_marks_at_random_places_scatter(random):
    maps = heatmaps_with(random, 200, [])
    before = outliers.scattered(outliers.excesses(raster.coordinates(maps, 7)))
    for heatmap in maps[:25]:
        top, left = random.integers(0, 12, 2)
        heatmap[top : top + 2, left : left + 2] += 0.1 * np.maximum(heatmap, 0).sum()
    after = outliers.scattered(outliers.excesses(raster.coordinates(maps, 7)))
    assert after > 1.2 * before
