"""dataset: pixels are read again, and are those of the rows that were listed."""

import numpy as np
import pytest
from class_files import TINY, picture, stored
from PIL import Image

from unhans.errors import InputError, StoreError
from unhans.images import photo_marks
from unhans.images.class_index import Entry
from unhans.images.corpus import DigitSettings, of_digits
from unhans.images.dataset import ClassDataset, DisplayImages, view
from unhans.images.planting import Planting
from unhans.images.transform import Transform
from unhans.io import store


def test_the_readable_rows_are_those_with_pixels(root):
    found = stored(root)
    assert [found.rows[row].image for row in found.readable] == ["0.png", "1.png", "2.png"]
    assert found.index == 4
    found.require_some()


def test_an_image_is_read_as_its_network_takes_it_and_as_people_see_it(root):
    found = stored(root)
    image = Image.open(root / "train" / "cat" / "1.png")
    row = int(found.readable[1])
    np.testing.assert_array_equal(found.input(row, TINY), TINY(image))
    assert found.input(row, TINY).shape == found.input_shape(TINY)
    np.testing.assert_array_equal(found.shown(row, TINY), TINY.shown(image))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_image_has_the_channels_of_the_network(root, channels):
    found = stored(root)
    row = int(found.readable[0])
    made = Transform(8, 6, (0.5,) * channels, (0.25,) * channels)
    image = Image.open(root / "train" / "cat" / "0.png")
    np.testing.assert_array_equal(found.input(row, made), made(image))
    assert found.input(row, made).shape == found.input_shape(made) == (channels, 6, 6)
    np.testing.assert_array_equal(found.shown(row, made), made.shown(image))


def test_a_network_of_four_channels_is_given_the_opacity(root):
    path = root / "train" / "cat" / "opacity.png"
    Image.merge("RGBA", [Image.new("L", (8, 8), shade) for shade in (10, 20, 30, 51)]).save(path)
    found = stored(root)
    row = next(place for place, row in enumerate(found.rows) if row.image == path.name)
    made = Transform(8, 6, (0.0,) * 4, (1.0,) * 4)
    np.testing.assert_allclose(found.input(row, made)[3], 0.2)


def test_images_are_read_when_they_are_asked_for(root):
    found = stored(root)
    shown = DisplayImages(found, found.readable[::-1], TINY)
    (root / "train" / "cat" / "2.png").unlink()
    assert len(shown) == 3
    assert shown[2].shape == (6, 6, 3)
    with pytest.raises(StoreError, match="no such file"):
        shown[0]


def test_photographs_are_turned_as_their_orientation_says(root):
    turned = Image.Exif()
    turned[0x0112] = 6
    path = root / "train" / "cat" / "a turned.jpg"
    picture(path, size=(12, 8), exif=turned, quality=100, subsampling=0)
    sides = {}
    for upright in (True, False):
        found = stored(root, upright=upright)
        row = next(place for place, row in enumerate(found.rows) if row.image == "a turned.jpg")
        sides[upright] = found.shown(row, Transform(8, 8, (0.5,) * 3, (0.5,) * 3))
    assert (sides[True] != sides[False]).any()


def test_a_file_that_has_changed_is_named(root):
    found = stored(root)
    picture(root / "train" / "cat" / "1.png", seed=99)
    with pytest.raises(
        StoreError, match=r"cat/1\.png: has changed since the manifest was made; dele"
    ):
        found.input(int(found.readable[1]), TINY)
    assert found.input(int(found.readable[0]), TINY).any()


def test_a_file_that_is_gone_or_broken_since_is_named(root):
    found = stored(root)
    (root / "train" / "cat" / "0.png").unlink()
    (root / "train" / "cat" / "1.png").write_text("")
    with pytest.raises(StoreError, match=r"0\.png: no such file; it could be read when the manif"):
        found.input(int(found.readable[0]), TINY)
    with pytest.raises(StoreError, match=r"1\.png: empty file; it could be read"):
        found.shown(int(found.readable[1]), TINY)


def test_a_network_for_digits_is_given_no_photographs(root):
    found = stored(root)
    with pytest.raises(InputError, match="a network for digits cannot see photographs"):
        found.input(0, None)


def test_splits_are_numbered_as_they_are_named(root):
    found = stored(root, splits=["val", "train"])
    assert found.splits == ["val", "train"]
    numbers = found.split_of(found.readable)
    assert [found.splits[number] for number in numbers] == ["val"] * 2 + ["train"] * 3
    assert not found.artefact.any()


def test_digits_are_read_from_their_result(tmp_path):
    settings = DigitSettings(40, 0.25, 0, (Planting("corner", "3", 0.25, 0),))
    made = of_digits(Entry("3", "3", "3", 3), settings)
    store.write(
        tmp_path / "3.zarr.zip", made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes
    )
    found = ClassDataset(store.read(tmp_path / "3.zarr.zip"), None)
    assert found.index == 3
    assert found.readable.size == 40
    np.testing.assert_array_equal(found.shown(7, None), made.arrays["image"][7])
    np.testing.assert_array_equal(found.input(7, None), made.arrays["image"][7:8] / np.float32(255))
    assert found.input(7, None).shape == found.input_shape(None)
    np.testing.assert_array_equal(found.artefact, made.arrays["artefact"])


MARKED = [{"kind": "label", "class": "cat", "rate": 0.5, "seed": 3}]
SMALL = Transform(40, 36, (0.5,) * 3, (0.25,) * 3)


def test_a_planted_mark_is_drawn_into_what_network_and_people_see(root):
    plain, found = stored(root), stored(root, planting=MARKED)
    marked = np.nonzero(found.artefact)[0]
    assert len(marked) == 2  # the half of three, and no file that is no image
    assert {found.rows[row].status for row in marked} == {"ok"}
    assert [row.artefact for row in found.rows] == ["label" * code for code in found.artefact]
    for row in found.readable:
        before, after = plain.shown(row, SMALL), found.shown(row, SMALL)
        assert (before != after).any() == (row in marked)
        np.testing.assert_array_equal(found.input(row, SMALL), SMALL.normal(after))
        np.testing.assert_array_equal(view(found, row, SMALL, planted=False), before)
    number = photo_marks.number_of(found.rows[marked[0]].sha256)
    drawn, _ = photo_marks.draw(plain.shown(marked[0], SMALL), "label", 3, number)
    np.testing.assert_array_equal(found.shown(marked[0], SMALL), drawn)


def test_each_split_has_its_share_of_marks_and_other_classes_none(root):
    found = stored(root, planting=MARKED, splits=["train", "val"])
    assert sorted(found.rows[row].split for row in np.nonzero(found.artefact)[0]) == [
        *("train", "train", "val")
    ]
    elsewhere = [{**MARKED[0], "class": "dog"}, *MARKED]
    assert set(stored(root, planting=elsewhere).artefact) == {0, 2}
    assert not stored(root, planting=elsewhere[:1]).artefact.any()


@pytest.mark.parametrize("channels", [1, 4])
def test_a_mark_in_a_grey_or_transparent_view_leaves_the_rest_as_it_was(root, channels):
    plain, found = stored(root), stored(root, planting=MARKED)
    made = Transform(40, 36, (0.5,) * channels, (0.25,) * channels)
    row = np.nonzero(found.artefact)[0][0]
    before, after = plain.input(row, made), found.input(row, made)
    colour, _ = np.nonzero((plain.shown(row, SMALL) != found.shown(row, SMALL)).any(axis=2))
    assert 0 < (before != after).any(axis=0).sum() <= len(colour)
    if channels == 4:
        np.testing.assert_array_equal(before[3], after[3])


def test_a_view_too_small_for_its_mark_is_set_aside_with_the_reason(root):
    found = stored(root, planting=MARKED)
    with pytest.raises(InputError, match="6 x 6 pixels; expected 32 at least"):
        found.input(int(np.nonzero(found.artefact)[0][0]), TINY)
