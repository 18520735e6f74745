"""thumbnails: each image has its tile, small ones to the last pixel."""

import io

import numpy as np
import pytest
from PIL import Image

from unhans.reporting.explorer import thumbnails


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_small_images_are_kept_to_the_last_pixel(count, channels, random):
    images = random.integers(0, 256, size=(count, 6, 6, *channels), dtype=np.uint8)
    sheet = thumbnails.draw(iter(images), count, side=16)
    assert sheet.sharp
    found = [np.asarray(tile) for tile in thumbnails.tiles(sheet, np.arange(count))]
    wanted = images if channels else np.repeat(images[..., None], 3, axis=3)
    np.testing.assert_array_equal(found, wanted)


def test_large_images_become_tiles_of_a_photograph(random):
    images = np.full((5, 60, 60, 3), 0, dtype=np.uint8)
    images += (50 * np.arange(5, dtype=np.uint8))[:, None, None, None]
    sheet = thumbnails.draw(iter(images), 5, side=16)
    assert (sheet.height, sheet.width, sheet.across, sheet.ending) == (16, 16, 3, ".jpg")
    assert Image.open(io.BytesIO(sheet.data)).size == (48, 32)
    for place, tile in enumerate(thumbnails.tiles(sheet, np.arange(5))):
        assert abs(np.asarray(tile).mean() - 50 * place) < 2


def test_equal_images_give_equal_bytes(random):
    images = random.integers(0, 256, size=(4, 40, 40, 3), dtype=np.uint8)
    first, second = (thumbnails.draw(iter(images), 4, side=16) for _ in range(2))
    assert first.data == second.data
