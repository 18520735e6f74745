"""groups: against a slow version from its description, and on marks planted in noise."""

import definitions
import numpy as np
import pytest
from marked_heatmaps import heatmaps_with

from unhans.detection import groups, raster
from unhans.errors import InputError


def slow_groups(points, least):
    """Gap and members of every group that any image and any size lead to."""
    n = len(points)
    found = []
    nearest = [lambda j, i=i: (((points[i] - points[j]) ** 2).sum(), j) for i in range(n)]
    most = [lambda j, place=place: (-points[j, place], j) for place in range(points.shape[1])]
    few = [4] + [one for one in (8, 16, 32, 64, 128, 256) if one <= n // 4]
    for size in [*few, n // 2]:
        for key in [*nearest, *most] if size in few else most:
            members = sorted(range(n), key=key)[:size]
            for _ in range(3):
                gap, members = definitions.widest_gap(slow_places(points, members), least)
            if size in few or len(members) > n // 4:
                found.append((gap, frozenset(members)))
    return found


def slow_places(points, members):
    others = [i for i in range(len(points)) if i not in set(members)]
    inside, outside = points[list(members)], points[others]
    variance = outside.var(axis=0)
    variance = variance + 0.2 * variance.mean()
    direction = (inside.mean(axis=0) - outside.mean(axis=0)) / variance
    return points @ direction


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [16, 41, 70])
def test_groups_are_those_of_the_slow_version(seed, n):
    random = np.random.default_rng(seed)
    marked = random.choice(n, 5, replace=False) if seed % 2 else []
    points = raster.coordinates(heatmaps_with(random, n, marked), 7)
    found = groups.search(points, 4)
    slow = slow_groups(points, 4)
    assert found[0].gap == pytest.approx(max(gap for gap, _ in slow), rel=1e-6)
    by_members = {}
    for gap, members in slow:
        by_members[members] = max(gap, by_members.get(members, gap))
    for group in found:
        members = frozenset(np.nonzero(group.members)[0].tolist())
        assert by_members[members] == pytest.approx(group.gap, rel=1e-6)


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(3))
def test_a_mark_at_one_place_is_found_to_the_image(share, seed):
    random = np.random.default_rng(seed)
    marked = random.choice(300, round(share * 300), replace=False)
    maps = heatmaps_with(random, 300, marked, strength=0.3)
    best = groups.search(raster.coordinates(maps, 7), groups.smallest_size(300, 0.015))[0]
    assert best.members[marked].all()
    assert best.members.sum() <= 1.05 * len(marked)
    assert set(np.argsort(-best.score)[: len(marked)]) == set(marked)
    clean = raster.coordinates(heatmaps_with(random, 300, []), 7)
    assert best.gap > 1.5 * groups.search(clean, 5)[0].gap


def test_two_marks_are_two_groups(random):
    maps = heatmaps_with(random, 200, range(15))
    maps[15:30, :2, :2] += 0.1 * np.maximum(maps[15:30], 0).sum(axis=(1, 2))[:, None, None]
    found = groups.search(raster.coordinates(maps, 7), 4)
    members = [set(np.nonzero(group.members)[0]) for group in found[:2]]
    assert sorted(members, key=min) == [set(range(15)), set(range(15, 30))]
    assert [group.gap for group in found] == sorted((g.gap for g in found), reverse=True)


def test_of_a_large_class_only_some_images_start_a_group(random):
    maps = heatmaps_with(random, 700, range(40))
    first, again = (groups.search(raster.coordinates(maps, 7), 11, seed=3) for _ in range(2))
    assert first[0].members[:40].all()
    assert first[0].members.sum() <= 44
    for one, other in zip(first, again, strict=True):
        assert (one.members == other.members).all()
        assert one.gap == other.gap


def test_too_few_images_or_broken_points_are_one_message():
    with pytest.raises(InputError, match="7 images; expected at least 8 to look for groups of 4"):
        groups.smallest_size(7, 0.015)
    assert groups.smallest_size(8, 0.015) == 4
    assert groups.smallest_size(500, 0.015) == 8
    with pytest.raises(InputError, match="expected finite"):
        groups.search(np.full((9, 4), np.nan), 4)


@pytest.mark.parametrize("levels", [2, 7, 10**6])
def test_a_cut_and_what_is_unique_are_those_of_stable_sorts(levels):
    random = np.random.default_rng(levels)
    places = random.integers(0, levels, (40, 61)).astype(float)
    order = np.argsort(-places, axis=1, kind="stable")
    assert np.array_equal(groups._falling(places), order)
    members = np.repeat(random.random((9, 61)) < 0.3, 3, axis=0)
    gaps = random.integers(0, 3, 27).astype(float)
    kept_gaps, kept = groups.unique(gaps, members)
    expected = {}
    for gap, row in zip(gaps, members, strict=True):
        expected[tuple(row)] = max(gap, expected.get(tuple(row), 0))
    assert [tuple(row) for row in kept] == sorted(expected)
    assert kept_gaps.tolist() == [expected[row] for row in sorted(expected)]
