"""preprocessing: pooling and normalisation against their definitions."""

import definitions
import numpy as np
import pytest

from unhans.errors import InputError
from unhans.spray.preprocessing import (
    STEPS,
    as_distribution,
    represent,
    represent_stored,
    sum_pool,
    unit_norm,
)

POOLINGS = [(28, 20), (28, 7), (224, 20)]
NORMALISATIONS = [as_distribution, unit_norm]
SCALES = [1e-30, 1.0, 1e30]


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((3, 28, 28), 20),
        ((3, 28, 28), 7),
        ((1, 224, 224), 20),
        ((2, 5, 9), 4),
        ((4, 7, 5), 1),
        ((2, 6, 6), 6),
        ((1, 1, 1), 1),
    ],
)
def test_sum_pool_gives_each_bin_its_share_of_area(random, shape, size):
    maps = random.normal(size=shape).astype(np.float32)
    np.testing.assert_allclose(sum_pool(maps, size), definitions.sum_pool(maps, size), 1e-6, 1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("side", "size"), POOLINGS)
def test_sum_pool_preserves_the_sum(random, side, size, scale):
    maps = (scale * random.normal(size=(4, side, side))).astype(np.float32)
    before = maps.sum(axis=(1, 2), dtype=np.float64)
    after = sum_pool(maps, size).sum(axis=(1, 2), dtype=np.float64)
    # Positive and negative relevance cancel: the yardstick is what is summed.
    assert np.all(np.abs(after - before) <= 1e-7 * np.abs(maps).sum(axis=(1, 2)))


@pytest.mark.parametrize(("side", "size"), POOLINGS)
def test_sum_pool_of_a_constant_map_is_constant(side, size):
    pooled = sum_pool(np.full((1, side, side), 3.0), size)
    np.testing.assert_allclose(pooled, 3 * (side / size) ** 2, rtol=1e-6)


def test_sum_pool_treats_rows_as_columns(heatmaps):
    turned = sum_pool(heatmaps.transpose(0, 2, 1), 20).transpose(0, 2, 1)
    np.testing.assert_allclose(turned, sum_pool(heatmaps, 20), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [-1, 0, 6, 28])
def test_sum_pool_refuses_sizes_beyond_the_map(size):
    with pytest.raises(InputError, match=rf"5 x 9 to {size} x {size}; expected a size from 1 to 5"):
        sum_pool(np.ones((2, 5, 9)), size)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
@pytest.mark.parametrize("normalise", NORMALISATIONS)
def test_normalisations_equal_their_definitions(random, normalise, dtype):
    maps = (8 * random.normal(size=(5, 6, 7))).astype(dtype)
    found = normalise(maps)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, getattr(definitions, normalise.__name__)(maps), rtol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_as_distribution_has_unit_mass_at_every_scale(heatmaps, scale):
    found = as_distribution(heatmaps * np.float32(scale))
    assert found.min() >= 0
    np.testing.assert_allclose(found.sum(axis=(1, 2), dtype=np.float64), 1, rtol=1e-6)


@pytest.mark.parametrize("scale", [*SCALES, 1e-200, 1e200])
def test_unit_norm_is_one_at_every_scale(heatmaps, scale):
    found = unit_norm(heatmaps * np.float64(scale)).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(found, axis=(1, 2)), 1, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, -1.0, -1e30, -1e-30])
def test_as_distribution_without_positive_relevance_is_zero(value):
    maps = np.stack([np.full((4, 4), value), np.eye(4)]).astype(np.float32)
    found = as_distribution(maps)
    assert not found[0].any()
    np.testing.assert_allclose(found[1], np.eye(4) / 4)


def test_unit_norm_leaves_a_map_of_zeros():
    assert not unit_norm(np.zeros((2, 3, 3))).any()


def test_represent_takes_the_steps_in_their_order(heatmaps):
    pool, scale = {"step": "sum_pool", "size": 7}, {"step": "unit_norm"}
    np.testing.assert_array_equal(
        represent(heatmaps, [pool, scale]), unit_norm(sum_pool(heatmaps, 7))
    )
    np.testing.assert_array_equal(
        represent(heatmaps, [scale, pool]), sum_pool(unit_norm(heatmaps), 7)
    )


def test_represent_without_steps_changes_nothing(heatmaps):
    np.testing.assert_array_equal(represent(heatmaps, []), heatmaps)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.zeros((0, 3, 3)), "no heatmaps|shape"),
        (np.zeros((3, 3)), r"shape \(3, 3\)"),
        (np.array([np.eye(2), np.full((2, 2), np.nan)]), "1 of 2 .* number 1"),
        (np.array([np.full((2, 2), -np.inf), np.eye(2)]), "1 of 2 .* number 0"),
    ],
    ids=["empty", "one map", "NaN", "infinite"],
)
def test_steps_refuse_what_is_no_stack_of_finite_maps(name, maps, message):
    with pytest.raises(InputError, match=message):
        represent(maps, [{"step": name} | ({"size": 1} if name == "sum_pool" else {})])


# Hidden layers


def stored(random):
    layers = ["conv1", "3"]
    arrays = {"image": np.arange(5)}
    for number, channels in enumerate((6, 3)):
        arrays[f"relevance_{number}"] = random.normal(size=(5, channels)).astype(np.float32)
        activation = random.normal(size=(5, 4, channels))
        arrays[f"activation_{number}"] = activation.astype(np.float16)
    return arrays, layers


@pytest.mark.parametrize(("layer", "number"), [(0, 0), (1, 1), ("conv1", 0), ("3", 1)])
def test_a_representation_starts_from_a_layer_by_name_or_place(random, layer, number):
    arrays, layers = stored(random)
    found = represent_stored(arrays, layers, [{"step": "layer", "layer": layer}])
    np.testing.assert_array_equal(found[:, 0], arrays[f"relevance_{number}"])
    steps = [{"step": "layer", "layer": layer}, {"step": "unit_norm"}]
    expected = definitions.unit_norm(arrays[f"relevance_{number}"][:, None])
    np.testing.assert_allclose(represent_stored(arrays, layers, steps), expected, 1e-5)
    found = represent_stored(arrays, layers, [{"step": "activations", "layer": layer}])
    np.testing.assert_array_equal(found, arrays[f"activation_{number}"].astype(np.float32))
    assert found.dtype == np.float32


def test_a_stored_result_of_heatmaps_is_represented_as_heatmaps(random):
    maps = random.normal(size=(3, 8, 8)).astype(np.float32)
    steps = [{"step": "sum_pool", "size": 4}, {"step": "unit_norm"}]
    found = represent_stored({"heatmap": maps}, [], steps)
    np.testing.assert_array_equal(found, represent(maps, steps))


@pytest.mark.parametrize("layer", [2, "conv2"])
def test_a_layer_that_was_not_kept_is_refused(random, layer):
    arrays, layers = stored(random)
    with pytest.raises(InputError, match=f"layer {layer!r} is not among .* kept: conv1, 3"):
        represent_stored(arrays, layers, [{"step": "layer", "layer": layer}])
    with pytest.raises(InputError, match="kept: none"):
        represent_stored({}, [], [{"step": "layer", "layer": layer}])
