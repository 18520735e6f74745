"""photo marks: what each covers, that it stays inside, and that seed and number alone decide."""

import hashlib
from typing import get_args

import numpy as np
import pytest

from unhans.choices import PHOTO_MARKS, PhotoMark
from unhans.errors import InputError
from unhans.images import photo_marks

KINDS = tuple(photo_marks.DRAWN)
LOCAL = [kind for kind in KINDS if PHOTO_MARKS[kind].group != "whole"]
SPREAD = [kind for kind in KINDS if PHOTO_MARKS[kind].group in ("random", "object")]


@pytest.fixture
def photo(random):
    """Smooth colours, as photographs have, with some noise."""
    y, x = np.mgrid[:150, :200] / 200
    smooth = np.stack([120 + 80 * x, 90 + 60 * y, 150 - 70 * x * y], axis=2)
    return np.rint(smooth + random.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_only_masked_pixels_change_and_the_original_stays(photo, kind):
    before = photo.copy()
    marked, mask = photo_marks.draw(photo, kind, 0, 3)
    np.testing.assert_array_equal(photo, before)
    np.testing.assert_array_equal(marked[~mask], photo[~mask])
    assert marked.dtype == np.uint8
    assert marked.shape == photo.shape
    assert mask.shape == photo.shape[:2]
    assert (marked[mask] != photo[mask]).any(axis=1).mean() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_seed_and_number_decide_and_the_same_bytes_come_again(photo, kind):
    first = photo_marks.draw(photo, kind, 7, 2**40)
    again = photo_marks.draw(photo, kind, 7, 2**40)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", SPREAD)
def test_marks_at_random_places_are_elsewhere_in_each_image(photo, kind):
    drawn = [photo_marks.draw(photo, kind, 1, number)[1] for number in range(20)]
    assert len({hashlib.sha256(mask.tobytes()).digest() for mask in drawn}) == 20
    assert not np.all(drawn, axis=0).any()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if PHOTO_MARKS[kind].group == "fixed"])
def test_marks_at_a_fixed_place_stay_near_it(photo, kind):
    drawn = np.stack([photo_marks.draw(photo, kind, 1, number)[1] for number in range(20)])
    assert np.any(drawn, axis=0).mean() < 3 * drawn.mean()


@pytest.mark.parametrize("kind", LOCAL)
@pytest.mark.parametrize("shape", [(224, 224), (32, 40), (331, 250)])
def test_a_mark_scales_with_the_image_and_stays_inside(random, kind, shape):
    image = random.integers(0, 255, (*shape, 3), dtype=np.uint8)
    shares = [photo_marks.draw(image, kind, 0, number)[1].mean() for number in range(10)]
    assert all(0.001 < share < 0.35 for share in shares)


def test_a_mark_of_the_whole_image_is_in_every_pixel_of_the_mask(photo):
    for kind in set(KINDS) - set(LOCAL):
        assert photo_marks.draw(photo, kind, 0, 0)[1].all()


def test_compression_leaves_blocks_and_blur_none(photo):
    rough = {
        kind: _roughness(photo_marks.draw(photo, kind, 0, 0)[0]) for kind in ("jpeg_10", "blur")
    }
    assert rough["blur"] < 0.5 * _roughness(photo)
    marked = photo_marks.draw(photo, "jpeg_10", 0, 0)[0].astype(int)
    steps = np.abs(np.diff(marked, axis=1)).mean(axis=(0, 2))
    assert steps[7::8].mean() > 1.5 * np.delete(steps, np.s_[7::8]).mean()


def test_tints_move_red_and_blue_apart(photo):
    for kind, sign in (("warm", 1), ("cool", -1)):
        change = photo_marks.draw(photo, kind, 0, 0)[0].astype(int) - photo
        assert sign * (change[..., 0].mean() - change[..., 2].mean()) > 20


def test_the_table_of_marks_is_what_the_config_offers():
    assert set(KINDS) == set(get_args(PhotoMark)) == set(PHOTO_MARKS)


def test_development_and_published_marks_are_disjoint_and_both_have_all_groups():
    sets = [set(photo_marks.kinds(published=published)) for published in (False, True)]
    assert not sets[0] & sets[1]
    assert sets[0] | sets[1] == set(KINDS)
    for own in sets:
        assert {PHOTO_MARKS[kind].group for kind in own} == {"fixed", "random", "whole", "object"}
    assert photo_marks.kinds(published=False, group="whole") == (
        *("warm", "jpeg_10", "dusk", "faded"),
    )


@pytest.mark.parametrize(
    ("image", "kind", "said"),
    [
        (np.zeros((64, 64), dtype=np.uint8), "text", "shape"),
        (np.zeros((64, 64, 3), dtype=np.float32), "text", "float32"),
        (np.zeros((20, 64, 3), dtype=np.uint8), "text", "64 x 20"),
        (np.zeros((64, 64, 3), dtype=np.uint8), "corner", "unknown mark 'corner'"),
    ],
)
def test_what_cannot_be_marked_is_refused(image, kind, said):
    with pytest.raises(InputError, match=said):
        photo_marks.draw(image, kind, 0, 0)


def _roughness(image):
    return np.abs(np.diff(image.astype(int), axis=1)).mean()
