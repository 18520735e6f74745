"""noise: against a loop over pixels, and the sensitivity at its ends."""

import numpy as np
import pytest

from unhans.errors import InputError
from unhans.features import noise


def slow_noisy(images, masks, sigma, seed):
    altered = np.array(images, dtype=np.float64)
    for n, image in enumerate(images):
        z = np.random.default_rng([seed, n]).standard_normal(image.shape)
        for c, i, j in np.ndindex(image.shape):
            value = image[c, i, j] + sigma * z[c, i, j] * masks[n, i, j]
            altered[n, c, i, j] = min(1, max(0, value))
    return altered


@pytest.mark.parametrize("sigma", [0, 0.125, 0.75])
@pytest.mark.parametrize("seed", range(2))
def test_noise_lies_where_the_mask_is(sigma, seed):
    random = np.random.default_rng(0)
    images = random.random((3, 2, 4, 5)).astype(np.float32)
    masks = random.random((3, 4, 5)).astype(np.float32)
    masks[0] = 0
    found = noise.noisy(images, masks, sigma, seed)
    np.testing.assert_allclose(found, slow_noisy(images, masks, sigma, seed), atol=1e-6)
    np.testing.assert_array_equal(found[0], images[0])


def test_an_image_has_its_noise_whatever_others_there_are():
    images, masks = np.full((3, 1, 2, 2), 0.5), np.ones((3, 2, 2))
    all_of_them, one = noise.noisy(images, masks), noise.noisy(images[:1], masks[:1])
    np.testing.assert_array_equal(all_of_them[0], one[0])
    assert not np.array_equal(all_of_them[0], all_of_them[1])


def test_masks_of_another_size_are_refused():
    with pytest.raises(InputError, match="masks of shape"):
        noise.noisy(np.zeros((2, 1, 4, 4)), np.zeros((2, 4, 5)))


@pytest.mark.parametrize(
    ("background", "foreground", "expected"),
    [(0.9, 0.5, 0.4 / 0.6), (0.5, 0.9, -0.4 / 0.6), (1, 0, 1), (0, 1, -1), (0.25, 0.25, 0)],
)
def test_sensitivity_is_the_difference_by_the_room_there_is(background, foreground, expected):
    assert noise.relative_sensitivity(background, foreground) == pytest.approx(expected)


@pytest.mark.parametrize("accuracy", [0, 1])
def test_sensitivity_is_undefined_where_no_difference_is_possible(accuracy):
    assert np.isnan(noise.relative_sensitivity(accuracy, accuracy))
