"""tiff_layouts: samples that Pillow does not know, or a line that names their layout."""

import io

import numpy as np
import pytest
from deep_images import ramp, tiff
from PIL import Image

from unhans.errors import InputError
from unhans.images import decoding, file_facts, tiff_layouts
from unhans.images.depth import Levels

TOP = 65_535


@pytest.fixture
def read(tmp_path):
    def found(content, **options):
        path = tmp_path / "image.tif"
        path.write_bytes(content)
        return np.asarray(decoding.read(path, **options).image)

    return found


def eighth(values):
    return np.rint(np.asarray(values, dtype=float) * 255 / TOP)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("strips", [1, 5])
def test_grey_with_opacity_of_16_bits_is_the_grey(read, order, packed, strips):
    values = ramp(TOP, 2).astype(np.uint16)
    found = read(tiff(values, order, packed=packed, strips=strips))
    np.testing.assert_allclose(found, np.stack([eighth(values[..., 0])] * 3, axis=2), atol=1)
    clear = read(tiff(values, order, packed=packed, strips=strips), opacity=True)
    np.testing.assert_allclose(clear[..., 3], eighth(values[..., 1]), atol=1)


@pytest.mark.parametrize("kind", ["float16", "float64"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True])
def test_floating_point_numbers_are_those_of_single_precision(read, kind, order, packed):
    values = ramp(2048) / 2048 - 0.25  # which half precision holds
    window = {"levels": Levels(window=(0.25, 0.5))}
    found = read(tiff(values.astype(kind), order, sample=3, packed=packed), **window)
    single = read(tiff(values.astype(np.float32), order, sample=3, packed=packed), **window)
    np.testing.assert_allclose(found.astype(int), single, atol=1)
    assert found.min() == 0
    assert found.max() == 255


@pytest.mark.parametrize("kind", ["float32", "int32"])
def test_packed_numbers_are_read_whatever_their_order(read, kind):
    values, sample = ramp(4095).astype(kind), {"float32": 3, "int32": 2}[kind]
    window = {"levels": Levels(window=(2047.5, 4095))}
    for order in "<>":
        found = read(tiff(values, order, sample=sample, packed=True), **window)
        np.testing.assert_allclose(found[..., 0], values * 255 / 4095, atol=1)


def test_lowest_values_may_be_white_and_images_turned(read):
    values = ramp(TOP, 2).astype(np.uint16)
    plain = read(tiff(values))
    np.testing.assert_allclose(255 - plain.astype(int), read(tiff(values, black=0)), atol=1)
    turned = read(tiff(values, orientation=6))
    np.testing.assert_array_equal(turned, np.rot90(plain, -1))


def test_floats_need_a_window(read):
    with pytest.raises(InputError, match="floating-point pixels; expected window"):
        read(tiff(ramp(1).astype(np.float64), sample=3))


def test_large_images_are_refused_by_their_own_size(read):
    with pytest.raises(InputError, match="has 64 x 48 pixels, more than 3,000"):
        read(tiff(ramp(TOP, 2).astype(np.uint16)), max_pixels=3000)
    read(tiff(ramp(TOP, 2).astype(np.uint16)), max_pixels=64 * 48)


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        (ramp(200, 2).astype(np.uint32), {}, "2 channels of 32 bits (integers, compression 1)"),
        (ramp(1).astype(np.complex64), {"sample": 6}, "1 channel of 64 bits (another kind"),
    ],
)
def test_other_layouts_are_named(read, values, options, said):
    with pytest.raises(InputError) as fault:
        read(tiff(values, **options))
    assert str(fault.value).startswith(f"a TIFF file of {said}")


def test_what_pillow_reads_is_left_to_it_and_damage_is_no_layout():
    for content in (
        tiff(ramp(TOP).astype(np.uint16)),
        b"II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\x08",
    ):
        file = io.BytesIO(content)
        assert tiff_layouts.readable(file, 10**6) is file
        assert file.tell() == 0


def test_facts_of_such_files_are_read(tmp_path):
    path = tmp_path / "image.tif"
    path.write_bytes(tiff(ramp(TOP, 2).astype(np.uint16)))
    assert file_facts.read(path).format == "TIFF"
    assert Image.MAX_IMAGE_PIXELS is not None
