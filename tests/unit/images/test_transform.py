"""transform: what is cut out of an image, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from unhans.errors import InputError
from unhans.images.transform import IMAGENET, LITE0, Changes, Transform, describe

PLAIN = Transform(8, 6, (0.0,) * 3, (1.0,) * 3)


def image(width, height, mode="RGB", seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("size", [(20, 10), (10, 20), (8, 8), (8, 30), (3, 4), (1, 1), (500, 333)])
def test_any_image_becomes_an_input_of_one_shape(size):
    found = PLAIN(image(*size))
    assert found.shape == (3, 6, 6)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert PLAIN.shown(image(*size)).shape == (6, 6, 3)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK", "LA"])
def test_any_mode_becomes_rgb(mode):
    assert PLAIN(image(9, 9, mode)).shape == (3, 6, 6)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_input_has_the_channels_of_the_transform(mode, channels):
    made = Transform(8, 6, (0.5,) * channels, (0.25,) * channels)
    given = image(9, 12, mode)
    found, seen = made(given), made.shown(given)
    assert made.channels == channels
    assert found.shape == (channels, 6, 6)
    assert seen.shape == ((6, 6) if channels == 1 else (6, 6, 3))
    assert made.low.shape == made.high.shape == (channels,)
    assert found.min() >= -2
    assert found.max() <= 2
    np.testing.assert_allclose(
        made.shades(found)[: min(channels, 3)],
        seen.reshape(6, 6, -1).transpose(2, 0, 1),
        atol=1e-3,
    )


def test_grey_is_the_luma_of_the_colours_and_grey_itself_stays():
    made = Transform(8, 8, (0.0,), (1.0,))
    grey = image(8, 8, "L")
    np.testing.assert_array_equal(made.shown(grey.convert("RGB")), np.array(grey))
    np.testing.assert_array_equal(made.shown(image(8, 8)), np.array(image(8, 8).convert("L")))


def test_an_image_without_opacity_is_opaque_to_a_network_of_four_channels():
    made = Transform(8, 6, (0.0,) * 4, (1.0,) * 4)
    assert (made(image(9, 9))[3] == 1).all()


def test_shades_of_another_number_of_channels_are_refused():
    with pytest.raises(InputError, match="image of 3 channels; expected 1"):
        Transform(8, 6, (0.5,), (0.25,)).normal(np.zeros((6, 6, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="image of 1 channels; expected 4"):
        Transform(8, 6, (0.5,) * 4, (0.25,) * 4).normal(np.zeros((6, 6), dtype=np.uint8))


def test_people_see_what_the_network_sees():
    given = image(30, 20)
    shown = PLAIN.shown(given).transpose(2, 0, 1)
    np.testing.assert_array_equal(PLAIN(given), shown.astype(np.float32) / np.float32(255))


def test_the_middle_of_an_image_of_the_right_size_is_cut_unchanged():
    given = image(12, 8)
    np.testing.assert_array_equal(PLAIN.shown(given), np.array(given)[1:7, 3:9])


def test_values_are_normalised_by_channel():
    made = Transform(8, 6, (0.1, 0.2, 0.3), (0.5, 0.25, 2.0))
    black, white = (made(Image.new("RGB", (9, 9), colour)) for colour in ("black", "white"))
    np.testing.assert_allclose(black[:, 0, 0], [-0.2, -0.8, -0.15], rtol=1e-6)
    np.testing.assert_allclose(white[:, 0, 0], [1.8, 3.2, 0.35], rtol=1e-6)
    np.testing.assert_array_equal(black[:, 2, 2], made.low)
    np.testing.assert_array_equal(white[:, 2, 2], made.high)


def test_an_image_is_left_as_it_was():
    given = image(30, 20, "P")
    before = given.tobytes()
    PLAIN(given)
    assert (given.mode, given.size, given.tobytes()) == ("P", (30, 20), before)


def test_a_strip_that_would_fill_the_memory_is_refused():
    with pytest.raises(InputError, match="image of 1 x 10000 pixels is too narrow"):
        PLAIN(Image.new("RGB", (1, 10_000)))
    with pytest.raises(InputError, match="image of 10000 x 1 pixels is too narrow"):
        PLAIN.shown(Image.new("RGB", (10_000, 1)))
    assert PLAIN(Image.new("RGB", (1, 8_000))).shape == (3, 6, 6)


@pytest.mark.parametrize("transform", [IMAGENET, LITE0, PLAIN])
def test_a_transform_comes_back_from_the_record_of_a_network(transform):
    said = json.loads(json.dumps(dataclasses.asdict(transform)))
    assert Transform.of(said) == transform


def test_a_transform_is_said_on_a_line():
    assert describe(IMAGENET) == (
        "resize 256 (bilinear), crop 224, channels 3, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225"
    )
    assert describe(Transform(8, 6, (0.5,), (1 / 3,), "nearest")) == (
        "resize 8 (nearest), crop 6, channels 1, mean 0.5, std 0.3333"
    )


def test_a_network_of_digits_has_none():
    assert Transform.of(None) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"crop": 9}, "crop 9 and resize 8; expected crop <= resize"),
        ({"crop": 0}, "crop 0 and resize 8"),
        ({"interpolation": "cubic"}, "interpolation 'cubic'; expected one of nearest, bilinear"),
        ({"std": (1.0, 0.0, 1.0)}, "std above 0"),
        ({"mean": (1.0,)}, "one, three or four values, of both the same number"),
        ({"mean": (0.0,) * 2, "std": (1.0,) * 2}, "one, three or four values"),
        ({"mean": (), "std": ()}, "one, three or four values"),
        ({"mean": (float("nan"), 0.0, 0.0)}, "expected finite values"),
        ({"std": (1.0, float("inf"), 1.0)}, "expected finite values"),
    ],
)
def test_what_cannot_be_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        dataclasses.replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("changes", "usual", "expected"),
    [
        ({}, IMAGENET, IMAGENET),
        ({}, None, None),
        ({"resize": 300}, IMAGENET, dataclasses.replace(IMAGENET, resize=300)),
        ({"crop": 8, "resize": 8}, PLAIN, dataclasses.replace(PLAIN, crop=8)),
        ({"interpolation": "lanczos"}, LITE0, dataclasses.replace(LITE0, interpolation="lanczos")),
        ({"mean": (0.5,)}, IMAGENET, dataclasses.replace(IMAGENET, mean=(0.5,) * 3)),
        ({"std": [1, 2, 3]}, PLAIN, dataclasses.replace(PLAIN, std=(1, 2, 3))),
        (
            {"channels": 1, "mean": [0.5], "std": [0.25]},
            PLAIN,
            Transform(8, 6, (0.5,), (0.25,)),
        ),
        ({"mean": [0.5] * 4, "std": [0.25]}, PLAIN, Transform(8, 6, (0.5,) * 4, (0.25,) * 4)),
        (
            {"resize": 9, "crop": 9, "mean": [0.5], "std": [0.2]},
            None,
            Transform(9, 9, (0.5,), (0.2,)),
        ),
        (
            {"resize": 9, "crop": 9, "mean": [0.5], "std": [0.2], "channels": 3},
            None,
            Transform(9, 9, (0.5,) * 3, (0.2,) * 3),
        ),
    ],
)
def test_what_a_configuration_says_is_changed_and_nothing_else(changes, usual, expected):
    assert Changes(**changes).applied(usual) == expected


@pytest.mark.parametrize(
    ("changes", "usual", "said"),
    [
        ({"channels": 1}, IMAGENET, "transform of 1 channels: expected mean and std too"),
        ({"channels": 4, "mean": [0.5]}, IMAGENET, "transform of 4 channels: expected std too"),
        ({"crop": 9}, None, "transform of 3 channels: expected mean and resize and std too"),
        ({"crop": 300}, IMAGENET, "crop 300 and resize 256; expected crop <= resize"),
        ({"channels": 3, "mean": [0.1] * 4}, IMAGENET, "expected one value or 3 each"),
        ({"mean": [0.1] * 4, "std": [0.1] * 3}, IMAGENET, "expected one value or 4 each"),
        ({"channels": 2, "mean": [0.1], "std": [0.1]}, IMAGENET, "one, three or four values"),
    ],
)
def test_a_change_that_cannot_be_is_refused(changes, usual, said):
    with pytest.raises(InputError, match=said):
        Changes(**changes).applied(usual)
