"""decoding: Pillow's pixels for what can be read, one quiet reason for what cannot."""

import hashlib
import io
import os
import re
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor

import hostile
import numpy as np
import pytest
from PIL import Image, ImageOps

from unhans.errors import InputError
from unhans.images import decoding

SOUND = dict(hostile.sound())
EIGHT_BITS = [name for name in SOUND if not name.startswith("16-bit")]
BROKEN = {name: (content, reason) for name, content, reason in hostile.broken()}


@pytest.fixture
def put(tmp_path):
    def written(content, name="image"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return written


def grey(image):
    """Return the one channel of an image that is grey throughout: (h, w) uint8."""
    values = np.asarray(image)
    assert (values == values[:, :, :1]).all()
    return values[:, :, 0]


def tiff(values, **tags):
    """Encode 16-bit values as a TIFF file whose tags (name: number, old, new) are changed."""
    content = hostile.encoded(Image.fromarray(np.asarray(values, dtype="<u2")), "TIFF")
    for number, old, new in tags.values():
        before, after = (struct.pack("<HHIHH", number, 3, 1, value, 0) for value in (old, new))
        assert before in content
        content = content.replace(before, after)
    return content


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EIGHT_BITS)
def test_pixels_are_pillows(put, name):
    path = put(SOUND[name], name)
    for upright in (False, True):
        with Image.open(io.BytesIO(SOUND[name])) as image:
            image.load()
            turned = ImageOps.exif_transpose(image) if upright else image
            expected = np.asarray(turned.convert("RGB"))
        np.testing.assert_array_equal(decoding.read(path, upright).image, expected)


@pytest.mark.parametrize("name", SOUND)
def test_an_image_is_plain_rgb_in_memory_and_has_its_hash(put, name):
    path = put(SOUND[name])
    decoded = decoding.read(path)
    path.unlink()
    assert decoded.sha256 == hashlib.sha256(SOUND[name]).hexdigest()
    assert type(decoded.image) is Image.Image
    assert decoded.image.mode == "RGB"
    assert not decoded.image.info  # or a second look at EXIF would turn it again
    assert len(decoded.image.tobytes()) == 3 * decoded.image.width * decoded.image.height


@pytest.mark.parametrize("name", ["palette-alphas.png", "alpha.png", "grey-alpha.png"])
def test_opacity_is_kept_where_it_is_asked_for(put, name):
    with Image.open(io.BytesIO(SOUND[name])) as image:
        expected = np.asarray(image.convert("RGBA"))
    assert expected[..., 3].min() < 255
    found = decoding.read(put(SOUND[name]), opacity=True).image
    assert (found.mode, found.info) == ("RGBA", {})
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["grey.jpg", "16-bit.png", "photo.webp", "1-bit.png"])
def test_an_image_without_opacity_is_opaque(put, name):
    path = put(SOUND[name])
    found = np.asarray(decoding.read(path, opacity=True).image)
    np.testing.assert_array_equal(found[..., :3], decoding.read(path).image)
    assert (found[..., 3] == 255).all()


def test_transparency_is_dropped_and_the_colours_under_it_stay(put):
    expected = decoding.read(put(SOUND["palette.png"])).image
    for name in ("palette-transparent.png", "palette-alphas.png"):
        np.testing.assert_array_equal(decoding.read(put(SOUND[name])).image, expected)
    alpha = decoding.read(put(SOUND["alpha.png"])).image
    np.testing.assert_array_equal(alpha, hostile.pixels(8))


def test_cmyk_and_ycck_look_like_what_they_were_made_of(put):
    seen = np.asarray(decoding.read(put(SOUND["cmyk.jpg"])).image, dtype=float)
    cmyk = hostile.picture(1).convert("CMYK").convert("RGB")
    assert np.abs(seen - np.asarray(cmyk, dtype=float)).mean() < 40  # inverted, it would be 100
    other = np.asarray(decoding.read(put(SOUND["ycck.jpg"])).image, dtype=float)
    assert np.abs(other - seen).max() > 100


@pytest.mark.parametrize("name", ["16-bit.png", "16-bit.tif"])
def test_16_bits_are_scaled_not_clipped(put, name):
    values = np.asarray(hostile.wide(65_535))
    seen = grey(decoding.read(put(SOUND[name])).image)
    np.testing.assert_array_equal(seen, np.rint(values / 257))


def test_integers_of_other_formats_are_scaled_as_16_bits(put):
    assert grey(decoding.read(put(SOUND["16-bit.pgm"])).image).tolist() == [[0, 255]]
    wide = Image.fromarray(np.array([[0, 257, 65_535]], dtype=np.int32))
    seen = grey(decoding.read(put(hostile.encoded(wide, "TIFF"))).image)
    assert seen.tolist() == [[0, 1, 255]]


def test_big_endian_16_bits_are_read_as_such(put):
    content = (
        b"MM\0*" + struct.pack(">I", 12) + struct.pack(">2H", 257, 65_535) + struct.pack(">H", 8)
    )
    tags = [(256, 2), (257, 1), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1)]
    content += b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    content += struct.pack(">HHII", 279, 4, 1, 4) + bytes(4)
    assert grey(decoding.read(put(content)).image).tolist() == [[1, 255]]


def test_12_bits_are_scaled_as_such(put):
    packed = np.frombuffer(b"\xff\xf8\x00\xff\xf0\x10\0\0", dtype="<u2")[None]
    seen = grey(decoding.read(put(tiff(packed, bits=(258, 16, 12)))).image)
    expected = np.rint(np.array([[0xFFF, 0x800, 0xFFF, 0x010]]) * 255 / 4095)
    np.testing.assert_array_equal(seen, expected)


def test_16_bits_of_black_on_white_are_inverted(put):
    content = tiff([[0, 257, 65_535]], photometric=(262, 1, 0))
    assert grey(decoding.read(put(content)).image).tolist() == [[255, 254, 0]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied_if_asked_for(put, form, orientation):
    exif = hostile.turned(orientation)
    path = put(hostile.encoded(hostile.picture(1), form, exif=exif))
    assert decoding.read(path, upright=False).image.size == (32, 24)
    turned = decoding.read(path).image
    assert turned.size == ((32, 24) if orientation < 5 else (24, 32))
    with Image.open(path) as image:
        np.testing.assert_array_equal(turned, ImageOps.exif_transpose(image))


def test_of_several_frames_the_first_is_taken(put):
    for name in ("animation.gif", "pages.tif", "pictures.mpo"):
        image = decoding.read(put(SOUND[name])).image
        apart = np.asarray(image, dtype=int) - hostile.pixels(0)
        assert np.median(np.abs(apart)) < 16, name


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_gives_one_short_quiet_reason(put, capfd, name):
    content, reason = BROKEN[name]
    path = put(content, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError) as error:
            decoding.read(path)
    said = str(error.value)
    assert said.startswith(reason)
    assert len(said) < 140
    assert "\n" not in said
    assert str(path.parent) not in said
    assert capfd.readouterr() == ("", "")


def test_damage_anywhere_is_an_image_or_a_reason(put, random, capfd):
    contents = [content for name, content in SOUND.items() if "strip" not in name]
    contents += [content for content, _ in BROKEN.values() if 50 < len(content) < 20_000]
    said = []
    for number in range(600):
        content = bytearray(contents[number % len(contents)])
        for place in random.integers(0, min(len(content), 400), size=3):
            content[place] = random.integers(0, 256)
        try:
            said.append(decoding.read(put(bytes(content)), max_pixels=10**6).image.mode)
        except InputError as error:
            said.append(str(error))
    assert {"RGB"} < set(said)
    assert not [text for text in said if not re.fullmatch(r"[ -~]{3,140}", text)]
    assert capfd.readouterr() == ("", "")


def test_what_is_no_regular_file_is_never_opened(tmp_path):
    hostile.build(tmp_path)
    folder = tmp_path / "train" / "special"
    for name, kind in [("folder", "folder"), ("pipe", "pipe"), ("socket", "socket")]:
        if (folder / f"{name}.jpg").exists():
            with pytest.raises(InputError, match=rf"^no regular file \({kind}\)$"):
                decoding.read(folder / f"{name}.jpg")
    with pytest.raises(InputError, match=r"^no regular file \(device\)$"):
        decoding.read("/dev/null")


def test_what_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in [
        ("broken", "broken link"),
        ("missing", "no such file"),
        ("loop", r"cannot be read \(Too many levels of symbolic links\)"),
        ("n" * 300, r"cannot be read \(File name too long\)"),
        ("\0", "no image that can be read"),
    ]:
        with pytest.raises(InputError, match=f"^{reason}"):
            decoding.read(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_file_says_so(put):
    path = put(SOUND["palette.png"])
    path.chmod(0)
    with pytest.raises(InputError, match=r"^cannot be read \(Permission denied\)$"):
        decoding.read(path)


def test_the_limit_of_pixels_is_the_callers_and_pillows_comes_back(put, monkeypatch):
    path = put(SOUND["palette.png"])
    with pytest.raises(InputError, match=r"^has 32 x 24 pixels, more than 767$"):
        decoding.read(path, max_pixels=767)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert decoding.read(path, max_pixels=768).image.size == (32, 24)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_threads_leave_warnings_as_they_were(put):
    paths = [put(BROKEN["large.png"][0], "large.png"), put(SOUND["palette-alphas.png"], "alphas")]

    def look(path):
        try:
            return decoding.read(path).image.size
        except InputError as error:
            return str(error)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with ThreadPoolExecutor(4) as pool:
            seen = set(pool.map(look, paths * 100))
        assert warnings.filters == before
    assert not caught
    assert len(seen) == 2


def test_nothing_that_runs_programs_is_tried():
    assert set(decoding.FORMATS) == {"JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"}
