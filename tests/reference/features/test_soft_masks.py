"""soft_masks: against PyTorch's interpolation, loops over pixels, and all shifts."""

import numpy as np
import pytest
import torch

from unhans.errors import InputError
from unhans.features import soft_masks


def slow_masks(maps, size):
    found = []
    for one in np.maximum(np.asarray(maps, dtype=np.float64), 0):
        one = one / one.max() if one.max() > 0 else one
        batch = torch.from_numpy(one)[None, None]
        bigger = torch.nn.functional.interpolate(batch, size, mode="bilinear", align_corners=False)
        found.append(bigger[0, 0].numpy())
    return np.array(found)


@pytest.mark.parametrize("shape", [(3, 7, 7), (2, 1, 1), (1, 2, 5), (2, 5, 1), (2, 9, 9)])
@pytest.mark.parametrize("size", [(28, 28), (9, 13), (1, 1), (4, 3)])
def test_masks_are_the_maps_by_their_maximum_and_interpolated(shape, size):
    maps = np.random.default_rng(0).normal(size=shape)
    maps[0] = -1  # active nowhere
    found = soft_masks.activation_masks(maps, size)
    np.testing.assert_allclose(found, slow_masks(maps, size), atol=1e-6)
    assert not found[0].any()
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((1, 0, 3)), np.full((1, 2, 2), np.inf)])
def test_what_is_no_map_is_refused(bad):
    with pytest.raises(InputError, match="maps"):
        soft_masks.activation_masks(bad, (4, 4))


def test_masks_are_joined_by_their_maximum():
    masks = np.random.default_rng(0).random((3, 2, 4, 5)).astype(np.float32)
    found = soft_masks.joined(masks)
    for image, row, column in np.ndindex(found.shape):
        assert found[image, row, column] == max(one[image, row, column] for one in masks)
    assert not soft_masks.joined(masks[:0]).any()


def slow_overlap(mask, truth, threshold):
    both = either = 0
    for place in np.ndindex(mask.shape):
        inside = mask[place] >= threshold
        both += inside and truth[place]
        either += inside or truth[place]
    return both / either if either else 0


def test_overlap_is_intersection_over_union():
    random = np.random.default_rng(0)
    masks, truth = random.random((4, 5, 6)), random.random((4, 5, 6)) > 0.5
    masks[0], truth[0] = 0, False
    masks[1] = 0.5
    for threshold in (0.5, 0.8):
        found = soft_masks.overlap(masks, truth, threshold)
        expected = [slow_overlap(*pair, threshold) for pair in zip(masks, truth, strict=True)]
        np.testing.assert_allclose(found, expected)
    one = soft_masks.overlap(masks, truth[2])
    np.testing.assert_allclose(one[2], slow_overlap(masks[2], truth[2], 0.5))


def slow_elsewhere(mask):
    shifts = [(down, across) for down in range(mask.shape[0]) for across in range(mask.shape[1])]
    shared = [float((mask * np.roll(mask, shift, (0, 1))).sum()) for shift in shifts]
    first = next(
        place for place, one in enumerate(shared) if one <= min(shared) + 1e-9 * max(shared)
    )
    return np.roll(mask, shifts[first], (0, 1))


@pytest.mark.parametrize("kind", ["random", "corner", "border", "full", "empty", "tiny"])
def test_the_control_lies_where_it_covers_the_mask_least(kind):
    mask = np.zeros((6, 5))
    if kind == "random":
        mask = np.random.default_rng(0).random((6, 5))
    if kind == "corner":
        mask[:2, :2] = 1
    if kind == "border":
        mask[[0, -1]] = mask[:, 0] = mask[:, -1] = 1
    if kind == "full":
        mask[:] = 1
    if kind == "tiny":
        mask = np.ones((1, 1))
    found = soft_masks.elsewhere(mask)
    np.testing.assert_allclose(found, slow_elsewhere(mask), rtol=1e-6)
    np.testing.assert_allclose(np.sort(found, axis=None), np.sort(mask, axis=None), rtol=1e-6)
