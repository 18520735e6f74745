"""originals: an image at each of its sizes, as its file holds it."""

import numpy as np
import pytest
from class_files import of_files, picture, stored
from PIL import Image

from unhans.choices import PHOTO_MARKS
from unhans.errors import StoreError
from unhans.images import originals
from unhans.images.class_index import Entry
from unhans.images.corpus import DigitSettings, of_digits
from unhans.images.dataset import ClassDataset
from unhans.io import store


def one(root, **options):
    picture(root / "train" / "cat" / "a.png", **options)
    found = stored(root)
    return originals.read(found, 0, 0.875), Image.open(root / "train" / "cat" / "a.png")


def test_a_small_image_is_whole_at_each_size(tmp_path):
    found, image = one(tmp_path, size=(30, 20))
    assert (found.width, found.height, found.name) == (30, 20, "a.png")
    np.testing.assert_array_equal(found.whole, np.asarray(image))
    np.testing.assert_array_equal(found.native, np.asarray(image))
    assert found.seen.shape == (224, 224, 3)
    assert found.small.shape == (32, 32)
    assert found.facts.format == "PNG"


def test_a_large_image_is_reduced_and_cut(tmp_path):
    # The corpus of these tests takes images of at most 10,000 pixels.
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (700, 900), dtype=np.uint8))
    cut = originals._cut(image, 512)
    assert cut.size == (512, 512)
    pixels = np.asarray(image)
    np.testing.assert_array_equal(np.asarray(cut), pixels[88:600, 192:704])
    assert originals.middle(image, 600, 50).size == (50, 50)


def test_the_seen_square_is_the_middle(tmp_path):
    pixels = np.zeros((40, 60), dtype=np.uint8)
    pixels[5:35, 15:45] = 200
    seen = np.asarray(originals.middle(Image.fromarray(pixels), 30, 30))
    assert (seen == 200).all()


def test_equal_pixels_have_equal_digests_whatever_the_file(tmp_path):
    for name in ("a.png", "b.bmp"):
        picture(tmp_path / "train" / "cat" / name, 1)
    picture(tmp_path / "train" / "cat" / "c.png", 1, size=(10, 12))
    found = stored(tmp_path)
    digests = [originals.read(found, row, 1).digest for row in range(3)]
    assert digests[0] == digests[1] != digests[2]


def test_a_file_that_has_changed_is_refused(tmp_path):
    picture(tmp_path / "train" / "cat" / "a.png", 1)
    found = stored(tmp_path)
    picture(tmp_path / "train" / "cat" / "a.png", 2)
    with pytest.raises(StoreError, match="has changed since the manifest was made"):
        originals.read(found, 0, 1)


def test_marks_are_planted_in_what_the_network_sees(tmp_path):
    for number in range(4):
        picture(tmp_path / "train" / "cat" / f"{number}.png", number, size=(60, 60))
    planting = [{"kind": next(iter(PHOTO_MARKS)), "class": "cat", "rate": 0.5, "seed": 0}]
    marked = stored(tmp_path, of_files(tmp_path, planting=planting), planting=planting)
    plain = stored(tmp_path)
    for row in range(4):
        with_mark, without = (originals.read(one, row, 0.875) for one in (marked, plain))
        same = np.array_equal(with_mark.seen, without.seen)
        assert same == (marked.artefact[row] == 0)
        np.testing.assert_array_equal(with_mark.whole, without.whole)


def test_a_digit_is_seen_whole_and_has_no_file(tmp_path):
    made = of_digits(Entry("3", "3", "3", 3), DigitSettings(10, 0.2, 0))
    store.write(
        tmp_path / "3.zarr.zip", made.arrays, store.Recipe("corpus", {}, "x"), notes=made.notes
    )
    digits = ClassDataset(store.read(tmp_path / "3.zarr.zip"), None)
    found = originals.read(digits, 0, 0.5)
    assert found.facts is None
    assert found.seen.shape == (28, 28, 3)
    np.testing.assert_array_equal(found.seen[..., 0], digits.result["image"][0])
    assert originals.thumbnail(digits, 0, 128).shape == (112, 112, 3)


def test_thumbnails_keep_their_shape(tmp_path):
    picture(tmp_path / "train" / "cat" / "a.png", size=(90, 30))
    assert originals.thumbnail(stored(tmp_path), 0, 45).shape == (15, 45, 3)
