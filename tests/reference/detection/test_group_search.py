"""group_search: groups by relevance and by content, outliers, and what is stored."""

import doctest
import inspect

import numpy as np
import pytest
from marked_heatmaps import heatmaps_with

from unhans.config.models import GroupSearch
from unhans.detection import group_search, raster
from unhans.errors import InputError


def contents_of(images):
    return raster.contents_and_details(images, 7)[0]


def arrays_of(maps, contents, **settings):
    """Return what the stage stores."""
    return group_search.arrays(group_search.search(maps, contents, **settings))


@pytest.mark.parametrize("colours", [(), (3,)])
def test_a_tint_is_a_group_by_content_and_none_by_relevance(random, colours):
    maps = heatmaps_with(random, 200, [])
    images = (60 * random.random((200, 14, 14, *colours))).astype(np.uint8)
    images[:30] += 25
    shown = contents_of(images)
    assert shown.shape == (200, 3 if colours else 1, 7, 7)
    assert shown[4, 0, 0, 0] == pytest.approx(images[4, :2, :2].reshape(4, -1)[:, 0].mean() / 255)
    found = arrays_of(maps, shown, bins=7, smallest=0.015, seed=0)
    assert set(np.nonzero(found["content_members"][0])[0]) == set(range(30))
    assert found["content"][0] > 5 * found["grouped"][0]


def test_images_must_be_as_many_as_heatmaps(random):
    with pytest.raises(InputError, match="20 heatmaps and 19 images; expected as many"):
        arrays_of(
            heatmaps_with(random, 20, []),
            np.zeros((19, 1, 7, 7)),
            bins=7,
            smallest=0.1,
            seed=0,
        )


def test_the_strength_of_a_map_and_the_order_of_images_do_not_matter(random):
    maps = heatmaps_with(random, 60, range(6))
    settings = {"bins": 7, "smallest": 0.05, "seed": 0}
    found = arrays_of(maps, np.zeros((60, 1, 7, 7)), **settings)
    scaled = arrays_of(
        maps * random.lognormal(size=(60, 1, 1)), np.zeros((60, 1, 7, 7)), **settings
    )
    order = random.permutation(60)
    turned = arrays_of(maps[order], np.zeros((60, 1, 7, 7)), **settings)
    for other, members in (
        (scaled, found["grouped_members"][0]),
        (turned, found["grouped_members"][0][order]),
    ):
        assert other["grouped"] == pytest.approx(found["grouped"], rel=1e-4)
        assert other["scattered"] == pytest.approx(found["scattered"], rel=1e-4)
        assert (other["grouped_members"][0] == members).all()


def test_in_equal_images_no_indicator_stands_out():
    maps = np.ones((20, 14, 14), dtype=np.float32)
    shown = np.full((20, 3, 7, 7), 0.5)
    found = arrays_of(maps, shown, bins=7, smallest=0.015, seed=0)
    assert (found["grouped"][0], found["content"][0], found["scattered"][0]) == (0, 0, 1)
    for indicator in ("grouped", "content", "scattered"):
        assert np.isfinite(found[f"{indicator}_score"]).all()
        assert 0 < found[f"{indicator}_members"][0].sum() < 20


def test_duplicates_beside_others_stay_finite(random):
    maps = heatmaps_with(random, 40, [])
    maps[:12] = maps[0]
    shown = contents_of((maps * 99).clip(0, 255).astype(np.uint8))
    found = arrays_of(maps, shown, bins=7, smallest=0.1, seed=0)
    assert np.isfinite(found["grouped_gap"]).all()
    assert np.isfinite(found["content_gap"]).all()
    assert np.isfinite(found["scattered"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_of_two_halves_the_one_that_is_relevant_is_the_group(seed):
    random = np.random.default_rng(seed)
    marked = np.sort(random.choice(200, 100, replace=False))
    maps = heatmaps_with(random, 200, marked, strength=0.3)
    images = (60 * random.random((200, 14, 14, 3))).astype(np.uint8)
    # The mark is darker than what is there in the others: brightness does not tell which half it is.
    images[:, -2:, -2:] += 100
    images[marked, -2:, -2:] -= 100
    shown = contents_of(images)
    found = arrays_of(maps, shown, bins=7, smallest=0.015, seed=0)
    for indicator in ("grouped", "content"):
        assert set(np.nonzero(found[f"{indicator}_members"][0])[0]) == set(marked)
        assert set(np.argsort(-found[f"{indicator}_score"][0])[:100]) == set(marked)


def test_a_group_of_less_than_half_stays_even_where_less_is_relevant(random):
    others = np.arange(30, 200)
    maps = heatmaps_with(random, 200, others, strength=0.3)
    images = (60 * random.random((200, 14, 14))).astype(np.uint8)
    images[:30, -2:, -2:] += 100
    shown = contents_of(images)
    found = arrays_of(maps, shown, bins=7, smallest=0.015, seed=0)
    assert set(np.nonzero(found["content_members"][0])[0]) == set(range(30))


def test_find_groups_gives_what_the_stage_stores(random):
    maps = heatmaps_with(random, 60, range(6))
    images = random.integers(0, 256, (60, 14, 14), dtype=np.uint8)
    found = group_search.find_groups(maps, images=iter(images), smallest=0.05)
    kept = group_search.arrays(found)
    assert list(found.indicators) == ["grouped", "content", "scattered"]
    for indicator, value in found.indicators.items():
        groups = found.groups[indicator]
        assert kept[indicator] == [value] == kept[f"{indicator}_gap"][:1]
        assert (kept[f"{indicator}_members"] == [group.members for group in groups]).all()
        assert kept[f"{indicator}_score"].dtype == np.float32
    assert set(np.nonzero(found.groups["grouped"][0].members)[0]) == set(range(6))
    assert kept["coordinates"].shape == kept["contents"].shape == (60, 49)
    assert "repeated_where" not in kept


def test_without_images_groups_are_found_by_relevance_alone(random):
    maps = heatmaps_with(random, 60, range(6))
    alone = group_search.find_groups(maps)
    beside = group_search.find_groups(maps, images=np.zeros((60, 14, 14), dtype=np.uint8))
    assert list(alone.indicators) == ["grouped", "scattered"]
    assert alone.contents is None
    assert alone.indicators.items() < beside.indicators.items()
    kept = group_search.arrays(alone)
    assert {"contents", "content"}.isdisjoint(kept)
    assert kept["grouped"] == group_search.arrays(beside)["grouped"]


def test_large_images_have_a_group_of_repeated_details(random):
    maps = heatmaps_with(random, 24, [])
    images = random.integers(0, 256, (24, 112, 112), dtype=np.uint8)
    images[:6, 80:112, 80:112] = images[0, 80:112, 80:112]
    found = group_search.find_groups(maps, images=images)
    kept = group_search.arrays(found)
    assert set(np.nonzero(kept["repeated_members"][0])[0]) == set(range(6))
    assert kept["repeated_where"].shape == (49,)
    where = found.found["repeated"].where
    assert where[5:, 5:].sum() > 0.9 * where.sum()


def test_the_defaults_are_those_of_the_configuration():
    parameters = inspect.signature(group_search.find_groups).parameters
    own = {
        name: one.default
        for name, one in parameters.items()
        if name in ("bins", "smallest", "seed")
    }
    assert own == GroupSearch().model_dump()


def test_the_example_runs():
    failed, tried = doctest.testmod(group_search)
    assert tried
    assert not failed


def test_images_without_positive_relevance_are_no_group(random):
    """A network that is wrong about a class: accidents of what is left were far from everything."""
    maps = random.gamma(2, size=(60, 14, 14)).astype(np.float32)
    plain = group_search.find_groups(maps).indicators
    maps[:10] *= -1
    maps[:10, 3, 3] = 1e-3  # all that is positive
    found = group_search.find_groups(maps)
    for name, value in found.indicators.items():
        assert value < 2 * plain[name] + 1
        assert not found.groups[name][0].members[:10].all()
    maps[:13] *= -1
    with pytest.raises(
        InputError, match="relevance is positive in 47 of 60 images; expected it in 80%"
    ):
        group_search.find_groups(
            np.where(np.arange(60)[:, None, None] < 13, -np.abs(maps), np.abs(maps))
        )
