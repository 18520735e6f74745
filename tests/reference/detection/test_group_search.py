"""contrast: against a slow version from its description, and on groups planted in noise."""

import numpy as np
import pytest
from scipy import linalg

from unhans.detection import group_search
from unhans.errors import InputError


def slow_coordinates(heatmaps, cells):
    """Square roots of each cell's share of positive relevance; cells of whole pixels."""
    n, height, width = heatmaps.shape
    step = (height // cells, width // cells)
    rows = np.zeros((n, cells * cells))
    for number, heatmap in enumerate(heatmaps):
        for cell in range(cells * cells):
            top, left = cell // cells * step[0], cell % cells * step[1]
            part = heatmap[top : top + step[0], left : left + step[1]].astype(float)
            rows[number, cell] = part[part > 0].sum()
        if rows[number].any():
            rows[number] /= rows[number].sum()
    return np.sqrt(rows)


def slow_groups(points, least):
    """Edge and members of every group that any image and any size lead to."""
    n = len(points)
    found = []
    nearest = [lambda j, i=i: (((points[i] - points[j]) ** 2).sum(), j) for i in range(n)]
    most = [lambda j, cell=cell: (-points[j, cell], j) for cell in range(points.shape[1])]
    few = [4] + [one for one in (8, 16, 32, 64, 128, 256) if one <= n // 4]
    for size in [*few, n // 2]:
        for key in [*nearest, *most] if size in few else most:
            members = sorted(range(n), key=key)[:size]
            for _ in range(3):
                edge, members = slow_cut(slow_places(points, members), least)
            if size in few or len(members) > n // 4:
                found.append((edge, frozenset(members)))
    return found


def slow_places(points, members):
    others = [i for i in range(len(points)) if i not in set(members)]
    inside, outside = points[list(members)], points[others]
    variance = outside.var(axis=0)
    variance = variance + 0.2 * variance.mean()
    direction = (inside.mean(axis=0) - outside.mean(axis=0)) / variance
    return points @ direction


def slow_cut(places, least):
    n = len(places)
    order = sorted(range(n), key=lambda i: (-places[i], i))
    best = (-np.inf, None)
    for m in range(least, n // 2 + 1):
        window = max(2, n // 20)
        low = places[order[m - min(-(-m // 3), window) : m]].mean()
        high = places[order[m : m + min(max(m // 2, 2), window)]].mean()
        edge = (low - high) / places[order[m:]].std()
        if edge > best[0]:
            best = (edge, order[:m])
    return best


def heatmaps_with(random, n, marked, size=14, strength=0.4):
    """Blobs in the middle; the marked ones have relevance in a corner too."""
    axis = np.arange(size)
    maps = np.zeros((n, size, size))
    for heatmap in maps:
        row, column = random.uniform(4, 10, 2)
        bump = np.exp(-((axis - row) ** 2)[:, None] / 4 - ((axis - column) ** 2) / 4)
        heatmap += bump * random.lognormal(0, 0.5) - 0.05 * random.random(heatmap.shape)
    for number in marked:
        mass = np.maximum(maps[number], 0).sum()
        maps[number, -2:, -2:] += strength * mass * random.uniform(0.5, 1) / 4
    return maps.astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n", [16, 41, 70])
def test_groups_are_those_of_the_slow_version(seed, n):
    random = np.random.default_rng(seed)
    marked = random.choice(n, 5, replace=False) if seed % 2 else []
    points = group_search.coordinates(heatmaps_with(random, n, marked), 7)
    found = group_search.groups(points, 4)
    slow = slow_groups(points, 4)
    assert found[0].edge == pytest.approx(max(edge for edge, _ in slow), rel=1e-6)
    by_members = {}
    for edge, members in slow:
        by_members[members] = max(edge, by_members.get(members, edge))
    for group in found:
        members = frozenset(np.nonzero(group.members)[0].tolist())
        assert by_members[members] == pytest.approx(group.edge, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_coordinates_are_those_of_the_slow_version(seed):
    random = np.random.default_rng(seed)
    maps = random.normal(size=(9, 14, 21)).astype(np.float32)
    maps[3] = -np.abs(maps[3])
    expected = slow_coordinates(maps, 7)
    assert group_search.coordinates(maps, 7) == pytest.approx(expected, abs=1e-6)
    assert not group_search.coordinates(maps, 7)[3].any()


@pytest.mark.parametrize("seed", range(4))
def test_strays_are_those_of_the_definition(seed):
    points = np.random.default_rng(seed).random((40, 9)) ** 3
    covariance = np.cov(points.T, bias=True)
    shrunk = 0.8 * covariance + 0.2 * np.trace(covariance) / 9 * np.eye(9)
    root = linalg.sqrtm(linalg.inv(shrunk))
    expected = [(root @ (x - points.mean(axis=0))).max() for x in points]
    excess = group_search.strays(points)
    assert excess == pytest.approx(expected)
    farthest = sorted(expected)[-4:]
    assert group_search.scattered(excess) == pytest.approx(np.mean(farthest) / np.median(expected))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(3))
def test_a_mark_at_one_place_is_found_to_the_image(share, seed):
    random = np.random.default_rng(seed)
    marked = random.choice(300, round(share * 300), replace=False)
    maps = heatmaps_with(random, 300, marked, strength=0.3)
    best = group_search.groups(
        group_search.coordinates(maps, 7), group_search.smallest_group(300, 0.015)
    )[0]
    assert best.members[marked].all()
    assert best.members.sum() <= 1.05 * len(marked)
    assert set(np.argsort(-best.grade)[: len(marked)]) == set(marked)
    clean = group_search.coordinates(heatmaps_with(random, 300, []), 7)
    assert best.edge > 1.5 * group_search.groups(clean, 5)[0].edge


def test_two_marks_are_two_groups(random):
    maps = heatmaps_with(random, 200, range(15))
    maps[15:30, :2, :2] += 0.1 * np.maximum(maps[15:30], 0).sum(axis=(1, 2))[:, None, None]
    found = group_search.groups(group_search.coordinates(maps, 7), 4)
    members = [set(np.nonzero(group.members)[0]) for group in found[:2]]
    assert sorted(members, key=min) == [set(range(15)), set(range(15, 30))]
    assert [group.edge for group in found] == sorted((g.edge for g in found), reverse=True)


@pytest.mark.parametrize("colours", [(), (3,)])
def test_a_tint_is_a_group_by_content_and_none_by_relevance(random, colours):
    maps = heatmaps_with(random, 200, [])
    pictures = (60 * random.random((200, 14, 14, *colours))).astype(np.uint8)
    pictures[:30] += 25
    shown = group_search.contents(pictures, 7)
    assert shown.shape == (200, 3 if colours else 1, 7, 7)
    assert shown[4, 0, 0, 0] == pytest.approx(pictures[4, :2, :2].reshape(4, -1)[:, 0].mean() / 255)
    found = group_search.arrays(maps, shown, bins=7, smallest=0.015, seed=0)
    assert set(np.nonzero(found["content_members"][0])[0]) == set(range(30))
    assert found["content"][0] > 5 * found["grouped"][0]


def test_as_many_images_as_heatmaps_are_wanted(random):
    with pytest.raises(InputError, match="20 heatmaps and 19 images; expected as many"):
        group_search.arrays(
            heatmaps_with(random, 20, []),
            np.zeros((19, 1, 7, 7)),
            bins=7,
            smallest=0.1,
            seed=0,
        )


def test_marks_at_random_places_scatter(random):
    maps = heatmaps_with(random, 200, [])
    before = group_search.scattered(group_search.strays(group_search.coordinates(maps, 7)))
    for heatmap in maps[:25]:
        top, left = random.integers(0, 12, 2)
        heatmap[top : top + 2, left : left + 2] += 0.1 * np.maximum(heatmap, 0).sum()
    after = group_search.scattered(group_search.strays(group_search.coordinates(maps, 7)))
    assert after > 1.2 * before


def test_the_strength_of_a_map_and_the_order_of_images_do_not_matter(random):
    maps = heatmaps_with(random, 60, range(6))
    settings = {"bins": 7, "smallest": 0.05, "seed": 0}
    found = group_search.arrays(maps, np.zeros((60, 1, 7, 7)), **settings)
    scaled = group_search.arrays(
        maps * random.lognormal(size=(60, 1, 1)), np.zeros((60, 1, 7, 7)), **settings
    )
    order = random.permutation(60)
    turned = group_search.arrays(maps[order], np.zeros((60, 1, 7, 7)), **settings)
    for other, members in (
        (scaled, found["grouped_members"][0]),
        (turned, found["grouped_members"][0][order]),
    ):
        assert other["grouped"] == pytest.approx(found["grouped"], rel=1e-4)
        assert other["scattered"] == pytest.approx(found["scattered"], rel=1e-4)
        assert (other["grouped_members"][0] == members).all()


def test_equal_images_have_no_contrast():
    maps = np.ones((20, 14, 14), dtype=np.float32)
    shown = np.full((20, 3, 7, 7), 0.5)
    found = group_search.arrays(maps, shown, bins=7, smallest=0.015, seed=0)
    assert (found["grouped"][0], found["content"][0], found["scattered"][0]) == (0, 0, 1)
    for indicator in ("grouped", "content", "scattered"):
        assert np.isfinite(found[f"{indicator}_score"]).all()
        assert 0 < found[f"{indicator}_members"][0].sum() < 20


def test_duplicates_beside_others_stay_finite(random):
    maps = heatmaps_with(random, 40, [])
    maps[:12] = maps[0]
    shown = group_search.contents((maps * 99).clip(0, 255).astype(np.uint8), 7)
    found = group_search.arrays(maps, shown, bins=7, smallest=0.1, seed=0)
    assert np.isfinite(found["grouped_gap"]).all()
    assert np.isfinite(found["content_gap"]).all()
    assert np.isfinite(found["scattered"]).all()


def test_of_a_large_class_only_some_images_start_a_group(random):
    maps = heatmaps_with(random, 700, range(40))
    first, again = (
        group_search.groups(group_search.coordinates(maps, 7), 11, seed=3) for _ in range(2)
    )
    assert first[0].members[:40].all()
    assert first[0].members.sum() <= 44
    for one, other in zip(first, again, strict=True):
        assert (one.members == other.members).all()
        assert one.edge == other.edge


def test_too_few_images_are_one_message():
    with pytest.raises(InputError, match="there are no images; expected at least one"):
        group_search.contents([], 7)
    with pytest.raises(InputError, match="7 images; expected at least 8 to look for groups of 4"):
        group_search.smallest_group(7, 0.015)
    assert group_search.smallest_group(8, 0.015) == 4
    assert group_search.smallest_group(500, 0.015) == 8
    with pytest.raises(InputError, match="expected finite"):
        group_search.groups(np.full((9, 4), np.nan), 4)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_halves_the_one_that_is_looked_at_is_the_group(seed):
    random = np.random.default_rng(seed)
    marked = np.sort(random.choice(200, 100, replace=False))
    maps = heatmaps_with(random, 200, marked, strength=0.3)
    pictures = (60 * random.random((200, 14, 14, 3))).astype(np.uint8)
    # The mark is darker than what is there in the others: brightness does not tell which half it is.
    pictures[:, -2:, -2:] += 100
    pictures[marked, -2:, -2:] -= 100
    shown = group_search.contents(pictures, 7)
    found = group_search.arrays(maps, shown, bins=7, smallest=0.015, seed=0)
    for indicator in ("grouped", "content"):
        assert set(np.nonzero(found[f"{indicator}_members"][0])[0]) == set(marked)
        assert set(np.argsort(-found[f"{indicator}_score"][0])[:100]) == set(marked)


def test_a_group_of_less_than_half_stays_even_where_less_is_looked_at(random):
    others = np.arange(30, 200)
    maps = heatmaps_with(random, 200, others, strength=0.3)
    pictures = (60 * random.random((200, 14, 14))).astype(np.uint8)
    pictures[:30, -2:, -2:] += 100
    shown = group_search.contents(pictures, 7)
    found = group_search.arrays(maps, shown, bins=7, smallest=0.015, seed=0)
    assert set(np.nonzero(found["content_members"][0])[0]) == set(range(30))
