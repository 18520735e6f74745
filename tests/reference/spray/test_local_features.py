"""local_features: against its definition, and what it is for; class_sample: what others show."""

import definitions
import numpy as np
import pytest

from unhans.errors import InputError
from unhans.io import store
from unhans.spray import class_sample, local_cosines
from unhans.spray.pairwise import measure, pairwise

RNG = np.random.default_rng(5)
MAPS, OTHERS = RNG.normal(size=(9, 4, 6)), RNG.normal(size=(5, 3, 6))
SPARSE = RNG.integers(0, 2, size=(7, 3, 4))

CASES = {
    "random": (MAPS, OTHERS),
    "two images": (MAPS[:2], OTHERS),
    "one image": (MAPS[:1], OTHERS),
    "one position": (MAPS[:, :1], OTHERS[:1, :1]),
    "one channel": (MAPS[:, :, :1], OTHERS[:, :, :1]),
    "tied": (SPARSE, 1 - SPARSE),
    "duplicates": (MAPS[[0, 1, 0, 2, 1, 0, 3]], OTHERS),
    "zeros": (MAPS * (np.arange(9) % 3 > 0)[:, None, None], OTHERS),
    "others are equal": (MAPS, np.repeat(OTHERS[:1, :1], 4, axis=0)),
    "others are the same": (MAPS, MAPS),
    "large": (1e15 * MAPS, 1e15 * OTHERS),
    "small": (1e-15 * MAPS, 1e-15 * OTHERS),
    "opposed": (np.abs(MAPS), -np.abs(OTHERS)),
    "opposed to one": (np.abs(MAPS), [[[-1.0] * 6, [-1.0, -1, -1, -1, -1, -1.5]]]),
}


@pytest.mark.parametrize(("maps", "others"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("cells", [1, 50, 10**6])
def test_distances_are_those_of_the_definition(maps, others, cells, monkeypatch):
    monkeypatch.setattr(local_cosines, "CELLS", cells)
    maps, others = (np.asarray(one, dtype=np.float32) for one in (maps, others))
    found = pairwise(maps, "local_features", others=others)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, definitions.local_features(maps, others), atol=3e-6)
    np.testing.assert_array_equal(found, found.T)
    assert (found >= 0).all()
    assert not np.diagonal(found).any()


def test_what_torch_computes_is_the_same(monkeypatch):
    pytest.importorskip("torch")
    from unhans.spray import cosines_gpu

    expected = pairwise(MAPS, "local_features", others=OTHERS)
    monkeypatch.setattr(local_cosines, "_on", cosines_gpu.place)
    monkeypatch.setattr(local_cosines, "CELLS", 50)
    np.testing.assert_allclose(pairwise(MAPS, "local_features", others=OTHERS), expected, atol=1e-5)


def marked(marks, others_marked=()):
    """Twelve images with eight patterns of 30 channels each; some have one more, anywhere."""
    random = np.random.default_rng(0)
    maps, others = random.normal(size=(12, 8, 30)), random.normal(size=(20, 8, 30))
    mark = random.normal(size=30)
    for images, chosen in ((maps, marks), (others, others_marked)):
        for image in chosen:
            images[image, random.integers(8)] = mark + 0.1 * random.normal(size=30)
    return pairwise(maps, "local_features", others=others)


def test_images_that_share_a_pattern_anywhere_are_near_each_other():
    found = marked([1, 4, 6, 9])
    group = np.isin(np.arange(12), [1, 4, 6, 9])
    own = found[np.ix_(group, group)][~np.eye(4, dtype=bool)]
    assert own.max() < found[np.ix_(group, ~group)].min()
    assert own.max() < found[np.ix_(~group, ~group)][~np.eye(8, dtype=bool)].min()


def test_a_pattern_of_other_classes_too_is_none():
    group = np.isin(np.arange(12), [1, 4, 6, 9])
    own, shared = (marked([1, 4, 6, 9], chosen)[np.ix_(group, group)] for chosen in ((), (3, 5)))
    assert shared[~np.eye(4, dtype=bool)].min() > own.max() + 0.3


@pytest.mark.parametrize("others", [None, np.zeros((0, 1, 6))])
def test_without_other_classes_it_is_refused(others):
    with pytest.raises(InputError, match="no images of other classes"):
        pairwise(MAPS, "local_features", others=others)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        (OTHERS[:, :, :5], "have 5 channels; expected 6"),
        (OTHERS * np.nan, "NaN"),
        (OTHERS[0], "shape"),
    ],
)
def test_others_that_do_not_fit_are_refused(others, reason):
    with pytest.raises(InputError, match=reason):
        pairwise(MAPS, "local_features", others=others)


def test_a_class_of_equal_images_is_refused():
    with pytest.raises(InputError, match="all 3 maps are equal"):
        measure(np.repeat(MAPS[:1], 3, axis=0), None, metric="local_features", others=OTHERS)


# Sample of classes


def stored(folder, sizes):
    recipe = store.Recipe("preprocessing", {}, "x")
    for place, (name, n) in enumerate(sizes.items()):
        path = folder / f"{name}.zarr.zip"
        if n:
            maps = np.full((n, 2, 3), place, dtype=np.float32)
            maps[:, 0, 0] = np.arange(n)
            store.write(path, {"heatmap": maps}, recipe)
        else:
            store.write_set_aside(path, recipe, "too few")
    return store.classes(folder / f"{name}.zarr.zip" for name in sizes)


def test_about_as_many_images_of_each_class_are_drawn(tmp_path):
    results = stored(tmp_path, {"a": 40, "b": 3, "c": 0, "d": 30})
    found = class_sample.draw(results, images=30, seed=0)
    assert found.classes == ["a", "b", "d"]
    assert np.bincount(found.origin).tolist() == [10, 3, 10]
    for image, row, origin in zip(found.maps, found.row, found.origin, strict=True):
        np.testing.assert_array_equal(image, results[found.classes[origin]]["heatmap"][row])
    again, other = (class_sample.draw(results, images=30, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(found.row, again.row)
    assert (found.row != other.row).any()
    assert len({*zip(found.row, found.origin, strict=True)}) == 23


def test_a_class_is_not_compared_with_itself(tmp_path):
    found = class_sample.draw(stored(tmp_path, {"a": 4, "b": 3}), images=100, seed=0)
    path = tmp_path / "class_sample.zarr.zip"
    arrays = {"heatmap": found.maps, "row": found.row, "origin": found.origin}
    recipe = store.Recipe("class_sample", {}, "x")
    store.write(path, arrays, recipe, notes={"classes": found.classes})
    samples = store.opened({"others": str(path)})
    for name, place, n in (("a", 1, 3), ("b", 0, 4)):
        others = class_sample.of_others(samples, name)["others"]
        assert len(others) == n
        assert (others[:, 1] == place).all()
    assert len(class_sample.of_others(samples, "z")["others"]) == 7
    assert class_sample.of_others({}, "a") == {}


def test_without_any_class_no_image_is_drawn(tmp_path):
    found = class_sample.draw(stored(tmp_path, {"a": 0}), images=5, seed=0)
    path = tmp_path / "class_sample.zarr.zip"
    arrays = {"heatmap": found.maps, "row": found.row, "origin": found.origin}
    store.write(path, arrays, store.Recipe("x", {}, "x"), notes={"classes": found.classes})
    others = class_sample.of_others(store.opened({"others": str(path)}), "a")["others"]
    assert others.shape == (0, 1, 1)
