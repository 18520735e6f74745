"""file_facts: what headers say, of every format, and of damaged ones."""

import math

import numpy as np
import pytest
from class_files import picture
from PIL import Image

from unhans.errors import InputError
from unhans.images import file_facts


def test_the_header_of_a_jpeg_says_quality_sampling_and_camera(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker\x00", "Model\n9"
    for quality in (30, 75, 92):
        path = tmp_path / f"{quality}.jpg"
        picture(path, quality=quality, exif=exif, progressive=True, subsampling=2)
        found = file_facts.read(path)
        assert (found.format, found.mode, found.quality, found.sampling) == (
            "JPEG",
            "RGB",
            quality,
            4,
        )
        assert (found.exif, found.camera, found.progressive) == (True, "Maker Model 9", True)
        assert found.bytes == path.stat().st_size


def test_other_formats_have_no_tables(tmp_path):
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., 0]).convert("P").save(tmp_path / "b.gif")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "c.tif")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "d.jpg")
    png, gif, tif, grey = (file_facts.read(path) for path in sorted(tmp_path.iterdir()))
    assert (png.format, png.mode, png.opacity, png.exif) == ("PNG", "RGBA", True, False)
    assert math.isnan(png.quality)
    assert (gif.format, tif.format, tif.exif) == ("GIF", "TIFF", False)
    assert grey.mode == "L"
    assert math.isnan(grey.sampling)


def test_names_in_a_header_are_short_and_printable(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "\x1b[31m<b>" + "x" * 200, "y"
    picture(tmp_path / "a.jpg", exif=exif)
    camera = file_facts.read(tmp_path / "a.jpg").camera
    assert camera.isprintable()
    assert len(camera) == file_facts.CAMERA_LENGTH


def test_what_is_no_image_is_refused_in_one_line(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputError, match=r"^[^\n]+$"):
        file_facts.read(tmp_path / "a.jpg")


def test_the_quality_is_of_the_nearest_table():
    tables = [file_facts._scaled(quality) for quality in range(1, 101)]
    # Below a quality of 2 all entries are at their greatest or nearly so.
    assert [file_facts.quality_of(one) for one in tables[2:]] == list(range(3, 101))
