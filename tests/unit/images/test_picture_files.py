"""Pictures of a run: whole ones pass, damaged and cut ones are named."""

import numpy as np
import pytest
from PIL import Image

from unhans.errors import StoreError
from unhans.images import picture_files


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "drawn.png"
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_a_whole_picture_passes(picture):
    picture_files.check(picture)


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 3), (9, 8, 4)])
def test_a_picture_is_written_without_loss(tmp_path, shape):
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    picture_files.write_png(image, tmp_path / "new.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new.png")), image)
    assert [path.name for path in tmp_path.iterdir()] == ["new.png"]


@pytest.mark.parametrize("kept", [0, 20, 200, -20])
def test_a_cut_picture_is_refused(picture, kept):
    picture.write_bytes(picture.read_bytes()[:kept])
    with pytest.raises(StoreError, match=r"drawn\.png: no picture"):
        picture_files.check(picture)


def test_a_flipped_bit_is_refused(picture):
    content = bytearray(picture.read_bytes())
    content[len(content) // 2] ^= 4
    picture.write_bytes(content)
    with pytest.raises(StoreError, match=r"drawn\.png: no picture"):
        picture_files.check(picture)
