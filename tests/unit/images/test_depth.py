"""depth: samples of more than 8 bits become 256 levels, by what is known of their depth."""

import io
import struct

import numpy as np
import pytest
from deep_images import RAMP, chunk, pgm, png, ramp, tiff
from PIL import Image

from unhans.errors import InputError
from unhans.images import decoding, depth
from unhans.images.depth import Levels, Samples


@pytest.fixture
def read(tmp_path):
    def found(content, levels=depth.AUTO, **options):
        path = tmp_path / "image"
        path.write_bytes(content)
        decoded = decoding.read(path, levels=levels, **options)
        return np.asarray(decoded.image), decoded.guessed

    return found


def expected(values, bits):
    """The definition, value by value."""
    white = 2**bits - 1
    flat = [min(255, round(255 * int(value) / white)) for value in np.ravel(values)]
    return np.reshape(flat, np.shape(values))


ENCODERS = {
    "png": png,
    "tiff": lambda values: tiff(values.astype(np.uint16)),
    "tiff-big-endian": lambda values: tiff(values.astype(np.uint16), ">"),
    "tiff-strips": lambda values: tiff(values.astype(np.uint16), strips=3),
    "tiff-32": lambda values: tiff(values.astype(np.uint32)),
    "tiff-signed": lambda values: tiff(values.clip(0, 32_767).astype(np.int16), sample=2),
    "pgm": pgm,
}


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_depth_is_the_next_usual_one_of_the_largest_value(read, encoder, bits):
    if (encoder, bits) == ("tiff-signed", 16):
        pytest.skip("holds 15 bits")
    for top in (2**bits - 1, round(0.6 * 2**bits)):
        values = ramp(top)
        levels, guessed = read(ENCODERS[encoder](values))
        np.testing.assert_array_equal(levels[..., 0], expected(values, bits))
        np.testing.assert_array_equal(levels[..., 1], levels[..., 0])
        assert guessed == bits


COLOUR_ENCODERS = {
    "png": png,
    "tiff": lambda values: tiff(values.astype(np.uint16)),
    "tiff-big-endian": lambda values: tiff(values.astype(np.uint16), ">"),
    "tiff-planar": lambda values: tiff(values.astype(np.uint16), planar=True),
    "tiff-planar-big-endian": lambda values: tiff(values.astype(np.uint16), ">", planar=True),
    "tiff-planar-strips": lambda values: tiff(values.astype(np.uint16), planar=True, strips=5),
    "ppm": pgm,
}


@pytest.mark.parametrize("encoder", COLOUR_ENCODERS)
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits_are_scaled_as_grey_is(read, encoder, bits, channels):
    if (encoder, channels) == ("ppm", 4):
        pytest.skip("has no opacity")
    values = ramp(2**bits - 1, channels)
    values[..., 1] //= 2
    levels, guessed = read(COLOUR_ENCODERS[encoder](values), opacity=channels == 4)
    assert guessed == bits
    assert levels.shape == values.shape
    near = 1 if bits == 16 else 0  # Pillow's own are the upper 8 bits
    assert np.abs(levels.astype(int) - expected(values, bits)).max() <= near


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_grey_of_16_bits_with_opacity_is_scaled(read, bits):
    values = ramp(2**bits - 1, 2)
    levels, guessed = read(png(values), opacity=True)
    assert guessed == bits
    assert np.abs(levels[..., 0].astype(int) - expected(values[..., 0], bits)).max() <= 1
    assert np.abs(levels[..., 3].astype(int) - expected(values[..., 1], bits)).max() <= 1


def test_full_colours_are_pillows(read):
    values = ramp(65_535, 3)
    np.testing.assert_array_equal(read(png(values))[0], values >> 8)
    np.testing.assert_array_equal(read(tiff(values.astype(np.uint16)))[0], values >> 8)


@pytest.mark.parametrize("top", [65_535, 30_000])
def test_compressed_planes_of_all_bits_are_pillows(read, top):
    values = ramp(top, 3)
    levels, guessed = read(tiff(values.astype(np.uint16), planar=True, packed=True))
    np.testing.assert_array_equal(levels, values >> 8)
    assert guessed == 0


@pytest.mark.parametrize("top", [1023, 4095, 16_383])
def test_compressed_planes_of_few_bits_are_refused(read, top):
    content = tiff(ramp(top, 3).astype(np.uint16), planar=True, packed=True)
    with pytest.raises(
        InputError, match="colours of 16 bits that can be read to 8 bits alone, and"
    ):
        read(content)


@pytest.mark.parametrize("top", [1023, 4095, 65_535])
def test_compressed_colours_are_scaled(read, top):
    values = ramp(top, 3)
    levels, guessed = read(tiff(values.astype(np.uint16), packed=True, strips=4))
    assert guessed == top.bit_length()
    assert np.abs(levels.astype(int) - expected(values, guessed)).max() <= 1


@pytest.mark.parametrize("masks", [None, (0xF800, 0x07E0, 0x001F)])
def test_colours_of_5_or_6_bits_are_pillows(read, masks):
    pixels = np.random.default_rng(0).integers(0, 2**15, (4, 4)).astype("<u2").tobytes()
    head = struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 16, 3 if masks else 0, 32, 1, 1, 0, 0)
    head += struct.pack("<III", *masks) if masks else b""
    content = (
        b"BM" + struct.pack("<IHHI", 14 + len(head) + 32, 0, 0, 14 + len(head)) + head + pixels
    )
    with Image.open(io.BytesIO(content)) as image:
        wanted = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read(content)[0], wanted)


@pytest.mark.parametrize("significant", [9, 10, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sbit_says_the_depth(read, significant, channels):
    values = ramp(2**significant - 1, channels)
    levels, guessed = read(png(values, significant))
    assert guessed == 0
    np.testing.assert_array_equal(
        levels[..., 0], expected(values.reshape(48, 64, -1)[..., 0], significant)
    )
    dark, _ = read(png(values // 20, significant))  # stays dark
    assert dark[..., :3].max() <= 13


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sbit_of_16_says_that_a_dark_image_is_dark(read, channels):
    values = ramp(4_095, channels)
    levels, guessed = read(png(values, 16))
    assert guessed == 0
    np.testing.assert_allclose(
        levels[..., 0], expected(values.reshape(48, 64, -1)[..., 0], 16), atol=1
    )


def test_integers_of_32_bits_above_half_their_range_have_a_window(read):
    values = np.linspace(0, 2**32 - 1, 48 * 64).reshape(48, 64).astype(np.uint32)
    levels, _ = read(tiff(values), Levels(window=(2**31, 2**32 - 1)))
    np.testing.assert_array_equal(levels[..., 0], np.rint(255 * (values / (2**32 - 1))))


def test_inks_of_12_bits_in_16_are_refused(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    path = tmp_path / "inks.tif"
    values = ramp(4_095, 4).astype(np.uint16)
    tifffile.imwrite(path, values, photometric="separated")
    with pytest.raises(InputError, match="inks \\(CMYK\\) of 16 bits that use few"):
        decoding.read(path)
    tifffile.imwrite(path, values * 16, photometric="separated")
    assert decoding.read(path).image.size == (64, 48)


def test_colours_of_12_bits_with_a_transparent_one_are_scaled(read):
    values = ramp(4_095, 3)
    content = png(values)
    at = content.index(b"IDAT") - 4
    levels, guessed = read(content[:at] + chunk(b"tRNS", bytes(6)) + content[at:])
    assert guessed == 12
    np.testing.assert_array_equal(levels[..., :3], expected(values, 12))


@pytest.mark.parametrize("significant", [8, 10, 12, 14])
@pytest.mark.parametrize("part", [1.0, 0.05])
def test_significant_bits_that_are_spread_as_the_specification_asks_stay(read, significant, part):
    few = ramp(round((2**significant - 1) * part))
    shifted = few << (16 - significant)
    repeated = shifted | (few >> (2 * significant - 16))
    factor = np.rint(few * 65_535 / (2**significant - 1)).astype(int)
    for values in (shifted, repeated, factor):
        levels, _ = read(png(values, significant))
        np.testing.assert_array_equal(levels[..., 0], expected(values, 16))


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_dark_images_whose_values_were_spread_over_16_bits_stay_dark(read, bits):
    few = ramp(round((2**bits - 1) * 0.06))
    for values in (
        (few << (16 - bits)) | (few >> (2 * bits - 16)),
        np.rint(few * 65_535 / (2**bits - 1)).astype(int),
    ):
        if bits == 8 or (values % 2 ** (16 - bits)).any():
            assert read(png(values))[1] == 16
            assert read(png(values))[0].max() <= 16


@pytest.mark.parametrize(("most", "top"), [(4095, 4095), (1023, 800), (4095, 100), (1000, 1000)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_largest_value_of_pgm_says_the_depth(read, most, top, channels):
    values = ramp(top, channels)
    levels, guessed = read(pgm(values, most))
    assert guessed == 0
    wanted = np.rint(values * 255 / most).reshape(48, 64, -1)
    assert np.abs(levels[..., :1] - wanted[..., :1]).max() <= 1


def test_12_bits_of_tiff_are_no_guess(read, tmp_path):
    assert read(tiff(ramp(4095).astype(np.uint16)))[1] == 12


@pytest.mark.parametrize("bits", [9, 12, 16])
def test_the_configuration_says_the_depth_whatever_the_file_says(read, bits):
    values = ramp(500)
    for content in (png(values), png(values, 10), tiff(values.astype(np.uint16))):
        levels, guessed = read(content, Levels(bits))
        assert guessed == 0
        np.testing.assert_array_equal(levels[..., 0], expected(values, bits))


@pytest.mark.parametrize("content", [png(ramp(5000)), png(ramp(5000, 3)), pgm(ramp(5000))])
def test_values_above_the_depth_that_is_said_are_refused(read, content):
    with pytest.raises(InputError, match=r"pixels to 5,000, more than the 4,095 of 12 bits"):
        read(content, Levels(12))


@pytest.mark.parametrize("least", [10, 12, 16])
def test_files_of_a_corpus_have_the_depth_of_the_corpus(read, least):
    values = ramp(300)
    levels, guessed = read(png(values), Levels(least=least))
    assert guessed == least
    np.testing.assert_array_equal(levels[..., 0], expected(values, least))
    assert read(png(ramp(1023), 10), Levels(least=least))[0].max() == 255  # it says its own
    assert read(png(ramp(60_000)), Levels(least=10))[1] == 16


@pytest.mark.parametrize("top", [65_535, 4095])
def test_white_is_zero_where_tiff_says_so(read, top):
    values = ramp(top).astype(np.uint16)
    bits = top.bit_length()
    np.testing.assert_array_equal(
        read(tiff(values, black=0))[0][..., 0], 255 - expected(values, bits)
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_deep_tiff_files_are_turned_as_those_of_8_bits(read, orientation, planar, channels):
    values = ramp(4095, channels)
    shown = expected(values, 12).astype(np.uint8)
    deep = read(tiff(values.astype(np.uint16), planar=planar, orientation=orientation))[0]
    plain = read(tiff(shown, planar=planar, orientation=orientation))[0]
    np.testing.assert_array_equal(deep, plain)


# Opacity


@pytest.mark.parametrize("significant", [None, 12, [12, 12, 12, 16]])
@pytest.mark.parametrize("bits", [None, 12])
@pytest.mark.parametrize("channels", [2, 4])
def test_opacity_does_not_count(read, significant, bits, channels):
    values = ramp(4095, channels)
    values[..., -1] = 65_535
    said = [12, 16] if channels == 2 and isinstance(significant, list) else significant
    for opacity in (False, True):
        levels, _ = read(png(values, said), Levels(bits), opacity=opacity)
        np.testing.assert_array_equal(levels[..., 0], expected(values[..., 0], 12))
        if opacity:
            assert (levels[..., 3] == 255).all()
    if channels == 4:
        np.testing.assert_array_equal(
            read(tiff(values.astype(np.uint16)), Levels(bits))[0][..., 0],
            expected(values[..., 0], 12),
        )


def test_opacity_of_16_bits_keeps_its_levels(read):
    values = ramp(1023, 4)
    values[..., 3] = ramp(65_535)
    levels, guessed = read(png(values), opacity=True)
    assert guessed == 10
    np.testing.assert_array_equal(levels[..., 3], values[..., 3] >> 8)


# A few pixels above all others


def dead(top, *places, value=65_535, channels=1):
    values = ramp(top, channels)
    for place in places:
        values.reshape(48 * 64, -1)[place] = value
    return values


def said_of(tmp_path, content, levels=depth.AUTO):
    (tmp_path / "image").write_bytes(content)
    return decoding.read(tmp_path / "image", levels=levels).remark


STRAY = [
    (4095, dead(4095, 7), 1),
    (4095, dead(4095, *range(100, 300)), 200),
    (1023, dead(1023, 0, 1, 2, value=40_000), 3),
    (4095, dead(4095, 9, channels=3), 1),
    (4095, dead(4095, *range(20), value=40_000), 20),
    (4095, dead(4095, *range(1400)), 1400),  # padding
    (255, dead(255, 3071, value=4095), 1),
    (16_383, dead(16_383, 5, value=50_000), 1),
]


@pytest.mark.parametrize("encoder", ["png", "tiff"])
@pytest.mark.parametrize(("top", "values", "count"), STRAY)
def test_a_few_pixels_above_all_others_are_remarked_on(tmp_path, encoder, top, values, count):
    content = ENCODERS[encoder](values)
    bits, high = top.bit_length(), values.max()
    assert said_of(tmp_path, content) == (
        f"values look like {bits} bits but for some pixels; with bits: {bits} these are white and the "
        f"others brighter ({count:,} of 3,072, to {high:,})"
    )
    assert said_of(tmp_path, content, Levels(16)) == ""


@pytest.mark.parametrize("encoder", ["png", "tiff"])
@pytest.mark.parametrize(("top", "values", "count"), STRAY)
def test_with_bits_they_are_white_and_counted(tmp_path, read, encoder, top, values, count):
    content, bits = ENCODERS[encoder](values), top.bit_length()
    levels, guessed = read(content, Levels(bits))
    assert guessed == 0
    shown = levels if values.ndim == 3 else levels[..., 0]
    np.testing.assert_array_equal(shown, expected(values, bits))
    assert said_of(tmp_path, content, Levels(bits)) == (
        f"pixels above the {top:,} of {bits} bits are white ({count:,} of 3,072, to {values.max():,})"
    )


def test_significant_bits_that_a_few_pixels_exceed_are_remarked_on(tmp_path, read):
    content = png(dead(4095, 7), 12)
    assert read(content)[1] == 0
    assert "look like 12 bits but for some pixels" in said_of(tmp_path, content)
    bright = ramp(255) << 4  # a dark image, spread as the specification asks
    bright[0, 0] = 65_520
    assert said_of(tmp_path, png(bright, 12)) == ""


@pytest.mark.parametrize(
    "values",
    [
        *(ramp(65_535), ramp(4095), np.where(RAMP > 0.95, 65_535, 0)),
        np.where(RAMP > 0.4, 65_535, ramp(4095)),
    ],
)
def test_other_images_have_no_remark(tmp_path, values):
    assert said_of(tmp_path, png(values)) == ""


@pytest.mark.parametrize("share", [1, 30, 31, 200, 1000, 1536, 1537])
@pytest.mark.parametrize("value", [4096, 5000, 8190, 8191, 65_535])
@pytest.mark.parametrize("channels", [1, 3])
def test_few_pixels_are_counted_as_defined(share, value, channels):
    values = dead(4095, *range(share), value=value, channels=channels)
    pixels = [np.max(pixel) for pixel in values.reshape(48 * 64, -1)]
    above = [top for top in pixels if top > 4095]
    few = len(above) <= 30.72 or (len(above) <= 1536 and min(above) > 8190)
    assert depth.stray(values, 4095) == (len(above) if few else 0)


# 8 bits of which fewer are significant


@pytest.mark.parametrize("significant", range(1, 8))
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_samples_of_8_bits_that_were_not_scaled_are(read, significant, channels):
    values = ramp(2**significant - 1, channels)
    if channels in (2, 4):
        values[..., -1] = 255
    content = png(values, significant, depth=8)
    for levels in (depth.AUTO, Levels(12)):
        shown, guessed = read(content, levels, opacity=channels in (2, 4))
        assert guessed == 0
        first = values if channels == 1 else values[..., 0]
        np.testing.assert_array_equal(shown[..., 0], expected(first, significant))
        if channels in (2, 4):
            assert (shown[..., 3] == 255).all()


def test_each_channel_has_its_own_significant_bits(read):
    values = np.stack([ramp(31), ramp(63), ramp(31)], axis=2)
    levels, _ = read(png(values, [5, 6, 5], depth=8))
    for channel, bits in enumerate((5, 6, 5)):
        np.testing.assert_array_equal(levels[..., channel], expected(values[..., channel], bits))


@pytest.mark.parametrize("significant", range(1, 8))
@pytest.mark.parametrize("part", [1, 0.3, 0.1, 0])
def test_samples_of_8_bits_that_were_scaled_stay(read, tmp_path, significant, part):
    few = ramp(int((2**significant - 1) * part))
    factor = np.rint(few * 255 / (2**significant - 1)).astype(int)
    written = "".join
    repeated = np.vectorize(lambda value: int(written([f"{value:0{significant}b}"] * 8)[:8], 2))(
        few
    )
    for values in (few << (8 - significant), factor, repeated):
        content = png(values, significant, depth=8)
        np.testing.assert_array_equal(read(content)[0][..., 0], values)
        assert said_of(tmp_path, content) == ""


@pytest.mark.parametrize("significant", [4, 5])
def test_a_few_brighter_pixels_of_8_bits_are_remarked_on(read, tmp_path, significant):
    values = dead(2**significant - 1, 4, 5, value=255)
    content = png(values, significant, depth=8)
    np.testing.assert_array_equal(read(content)[0][..., 0], values)
    assert said_of(tmp_path, content) == (
        f"values look like {significant} bits, as sBIT says, but for some pixels (2 of 3,072, to 255)"
    )


def test_without_significant_bits_8_bits_stay(read):
    np.testing.assert_array_equal(read(png(ramp(15), depth=8))[0][..., 0], ramp(15))
    np.testing.assert_array_equal(read(png(ramp(15), 8, depth=8))[0][..., 0], ramp(15))


@pytest.mark.parametrize("transparent", [False, True])
def test_palettes_of_fewer_bits_are_scaled(read, transparent):
    image = Image.fromarray(ramp(31).astype(np.uint8), "P")
    image.putpalette([level for level in range(32) for _ in range(3)])
    file = io.BytesIO()
    image.save(file, "PNG", **({"transparency": 0} if transparent else {}))
    content = file.getvalue()
    content = content[:33] + chunk(b"sBIT", b"\x05\x05\x05") + content[33:]
    for opacity in (False, True):
        levels, _ = read(content, opacity=opacity)
        np.testing.assert_array_equal(levels[..., 0], expected(ramp(31), 5))


# Windows


WINDOWED = {
    "float": lambda values: tiff(values.astype(np.float32), sample=3),
    "signed": lambda values: tiff(values.astype(np.int16), sample=2),
    "signed-32": lambda values: tiff(values.astype(np.int32), sample=2),
}


@pytest.mark.parametrize("kind", WINDOWED)
@pytest.mark.parametrize(("centre", "width"), [(40, 400), (-600, 1500), (0, 1), (500.5, 3)])
def test_a_window_is_shown_from_black_to_white(read, kind, centre, width):
    values = ramp(4000) - 1000
    levels, guessed = read(WINDOWED[kind](values), Levels(window=(centre, width)))
    low = centre - width / 2
    wanted = [round(255 * min(1, max(0, (int(v) - low) / width))) for v in values.ravel()]
    assert np.abs(levels[..., 0] - np.reshape(wanted, values.shape)).max() <= 1
    assert guessed == 0
    assert (levels[..., 0][values <= low] == 0).all()
    assert (levels[..., 0][values >= low + width] == 255).all()


@pytest.mark.parametrize(
    "content", [png(ramp(4000)), pgm(ramp(4000)), tiff(ramp(4000).astype(np.uint16))]
)
def test_a_window_is_of_the_values_as_they_are_stored(read, content):
    levels, _ = read(content, Levels(window=(2000, 2000)))
    assert (levels[..., 0][ramp(4000) <= 1000] == 0).all()
    assert (levels[..., 0][ramp(4000) >= 3000] == 255).all()


def test_a_window_of_8_bits_is_one_too(read):
    values = np.arange(256).reshape(16, 16)
    content = b"P5 16 16 255\n" + values.astype(np.uint8).tobytes()
    levels, _ = read(content, Levels(window=(100, 51)))
    np.testing.assert_allclose(levels[..., 0], np.clip((values - 74.5) * 5, 0, 255), atol=0.51)


def test_small_windows_of_fractions_are_exact(read):
    values = RAMP.astype(np.float32)
    levels, _ = read(tiff(values, sample=3), Levels(window=(0.5, 0.5)))
    np.testing.assert_allclose(levels[..., 0], np.clip((values - 0.25) * 2, 0, 1) * 255, atol=0.51)


def test_a_window_of_inverted_values_is_inverted(read):
    values = ramp(4000).astype(np.uint16)
    plain, _ = read(tiff(values), Levels(window=(2000, 1000)))
    turned, _ = read(tiff(values, black=0), Levels(window=(2000, 1000)))
    np.testing.assert_array_equal(turned, 255 - plain)


@pytest.mark.parametrize(
    ("content", "window", "said"),
    [
        (png(ramp(4000, 3)), (1, 2), "colours, which have no window; expected grey pixels"),
        (b"P6 1 1 255\n123", (1, 2), "colours, which have no window"),
        (tiff(np.full((4, 4), np.nan, np.float32), sample=3), (1, 2), "pixels that are NaN or inf"),
        (tiff(RAMP.astype(np.float32), sample=3), None, "floating-point pixels; expected window"),
        (
            tiff((ramp(99) - 50).astype(np.int16), sample=2),
            None,
            "from -50 to 49, which do not fit",
        ),
    ],
)
def test_what_has_no_levels_is_refused_in_one_line(read, content, window, said):
    with pytest.raises(InputError, match=said):
        read(content, Levels(window=window))


@pytest.mark.parametrize("top", [0, 1, 3, 255])
def test_an_image_of_few_values_is_no_proof_of_depth(top):
    values = np.full((3, 3), top)
    assert depth.guess(values) == 8
    assert depth.scale(Samples(values), Levels(least=12)).bits == 12


def test_a_remark_names_the_largest_value():
    assert depth.remark(12) == (
        "read as 12 bits: no value of such a file of the corpus exceeds 4,095"
    )
    assert depth.remark(16) == depth.remark(0) == ""
    assert depth.remark(0, "x (1)") == depth.remark(16, "x (1)") == "x (1)"
    assert depth.remark(12, "x (1)").endswith("exceeds 4,095; x (1)")
    assert depth.kind("x (1)") == depth.kind("x") == "x"
