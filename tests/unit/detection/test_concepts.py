"""concepts: what was kept of hidden layers, for a class and for a sample of others."""

import numpy as np
import pytest

from unhans.detection import concepts, group_search
from unhans.errors import InputError, StoreError
from unhans.io import store

RECIPE = store.Recipe("concepts", {}, "x")
LAYERS = [{"name": name, "size": [2, 3]} for name in ("a", "b", "c")]


def stored(folder, sizes, layers=LAYERS):
    for place, (name, n) in enumerate(sizes.items()):
        path = folder / f"{name}.zarr.zip"
        if n:
            number = np.arange(n, dtype=np.float32)
            arrays = {
                "image": np.arange(n),
                "activation_0": np.full((n, 4, 5), place, dtype=np.float16),
                "position_0": np.tile(np.arange(4, dtype=np.int32), (n, 1)),
                "relevance_0": np.zeros((n, 5), dtype=np.float32),
                "relevance_1": np.stack([number, number + 100], axis=1),
            }
            store.write(path, arrays if layers else {}, RECIPE, notes={"layers": layers})
        else:
            store.write_set_aside(path, RECIPE, "too few")
    return store.classes(folder / f"{name}.zarr.zip" for name in sizes)


def kept(folder, results, name, **settings):
    drawn = concepts.draw(results, **settings)
    path = folder / "concept_sample.zarr.zip"
    arrays = {key: getattr(drawn, key) for key in ("activation", "row", "origin")}
    store.write(path, arrays | drawn.relevance, RECIPE, notes={"classes": drawn.classes})
    return {"concepts": results[name], "concept_sample": store.read(path)}


def test_about_as_many_images_of_each_class_are_drawn(tmp_path):
    results = stored(tmp_path, {"a": 40, "b": 3, "c": 0, "d": 30})
    found = concepts.draw(results, images=30, seed=0)
    assert found.classes == ["a", "b", "d"]
    assert np.bincount(found.origin).tolist() == [10, 3, 10]
    assert found.relevance["relevance_1"][:, 0].tolist() == found.row.tolist()
    assert (found.activation[:, 0, 0] == np.array([0, 1, 3])[found.origin]).all()
    again, other = (concepts.draw(results, images=30, seed=seed) for seed in (0, 1))
    assert (found.row == again.row).all()
    assert (found.row != other.row).any()


def test_a_class_is_not_compared_with_itself(tmp_path):
    results = stored(tmp_path, {"a": 6, "b": 5, "c": 4})
    seen = concepts.of_class(kept(tmp_path, results, "b", images=100, seed=0), "b", np.arange(5))
    assert seen.size == (2, 3)
    assert seen.activation.shape == (5, 4, 5)
    assert seen.relevance[1][:, 1].tolist() == [100, 101, 102, 103, 104]
    assert len(seen.other_activation) == len(seen.other_relevance[1]) == 10
    assert np.unique(seen.other_class).tolist() == [0, 2]


@pytest.mark.parametrize("images", [[0, 1, 2, 3, 5], [1, 0, 2, 3, 4], [0, 1, 2, 3]])
def test_layers_of_other_images_than_the_heatmaps_are_refused(tmp_path, images):
    sample = kept(tmp_path, stored(tmp_path, {"a": 6, "b": 5}), "b", images=9, seed=0)
    with pytest.raises(StoreError, match=r"b\.zarr\.zip: its images are not those of the heatmaps"):
        concepts.of_class(sample, "b", np.array(images))


def test_without_layers_or_other_classes_there_are_none(tmp_path):
    assert concepts.of_class({}, "a", np.arange(6)) is None
    alone = stored(tmp_path, {"a": 6})
    assert (
        concepts.of_class(kept(tmp_path, alone, "a", images=9, seed=0), "a", np.arange(6)) is None
    )
    without = stored(tmp_path, {"a": 6, "b": 6}, layers=[])
    assert (
        concepts.of_class(kept(tmp_path, without, "a", images=9, seed=0), "a", np.arange(6)) is None
    )


def seen_by_chance(random, n):
    return concepts.Concepts(
        random.normal(size=(n, 3, 6)),
        np.tile(np.arange(3, dtype=np.int32), (n, 1)),
        (2, 2),
        (random.normal(size=(n, 4)),),
        random.normal(size=(20, 3, 6)),
        (random.normal(size=(20, 4)),),
        np.repeat([0, 1], 10),
    )


def test_small_images_are_searched_without_concepts(random):
    seen = seen_by_chance(random, 24)
    for side, expected in ((14, False), (112, True)):
        found = group_search.find_groups(random.random((24, side, side)), concepts=seen)
        assert ("recurring" in found.indicators) == ("channels" in found.indicators) == expected


def test_concepts_of_other_images_are_refused(random):
    with pytest.raises(InputError, match="24 heatmaps and concepts of 23 images; expected as many"):
        group_search.find_groups(random.random((24, 112, 112)), concepts=seen_by_chance(random, 23))


def fitting(random):
    return concepts.Concepts(
        activation=random.random((20, 4, 6)),
        position=np.zeros((20, 4), dtype=np.int32),
        size=(14, 14),
        relevance=(random.normal(size=(20, 6)), random.normal(size=(20, 9))),
        other_activation=random.random((10, 4, 6)),
        other_relevance=(random.normal(size=(10, 6)), random.normal(size=(10, 9))),
        other_class=np.arange(10) % 2,
    )


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("activation", lambda own: np.where(own == own.max(), np.nan, own)),
        ("activation", lambda own: own[0]),
        ("relevance", lambda own: (own[0] * np.inf, own[1])),
        ("relevance", lambda own: (own[0][:5], own[1])),
        ("relevance", lambda own: ()),
        ("other_activation", lambda own: own[:, :, :3]),
        ("other_activation", lambda own: own[:0]),
        ("other_relevance", lambda own: own[:1]),
        ("other_class", lambda own: own[:3]),
        ("position", lambda own: own[:, :2]),
    ],
)
def test_concepts_that_do_not_fit_are_refused(random, field, change):
    given = fitting(random)
    maps = random.gamma(2, size=(20, 112, 112))
    assert "channels" in group_search.find_groups(maps, concepts=given).indicators
    with np.errstate(invalid="ignore"):
        wrong = given._replace(**{field: change(getattr(given, field))})
    with pytest.raises(InputError, match=r"concepts|activations"):
        group_search.find_groups(maps, concepts=wrong)
