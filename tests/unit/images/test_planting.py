"""planting: what each artefact covers, and that its place hangs on seed and number alone."""

import hashlib
from typing import get_args

import numpy as np
import pytest

from unhans.choices import ArtefactKind
from unhans.errors import InputError
from unhans.images import planting

KINDS = tuple(planting.DRAWN)


@pytest.fixture
def images(random):
    return random.integers(0, 200, size=(6, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_only_masked_pixels_change_and_the_original_stays(images, kind):
    before = images.copy()
    altered, masks = planting.insert(images, kind, 0, range(6))
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(altered[~masks], images[~masks])
    assert (altered[masks] != images[masks]).mean() > 0.5
    assert masks.any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_depends_on_seed_and_number_alone(images, kind):
    altered, masks = planting.insert(images, kind, 7, range(6))
    one, mask = planting.insert(images[4:5], kind, 7, [4])
    np.testing.assert_array_equal(one[0], altered[4])
    np.testing.assert_array_equal(mask[0], masks[4])


def test_corner_and_border_lie_where_their_names_say(images):
    side = planting.mark_side(28, 28)
    _, corner = planting.insert(images, "corner", 0, range(6))
    assert corner[:, -side:, -side:].all()
    assert corner.sum() == 6 * side * side
    _, border = planting.insert(images, "border", 0, range(6))
    assert not border[:, 1:-1, 1:-1].any()
    assert border.sum() == 6 * (4 * 28 - 4)


def test_a_corner_of_four_is_taken_by_each_image():
    _, masks = planting.insert(np.zeros((80, 28, 28), dtype=np.uint8), "corners", 0, range(80))
    side = planting.mark_side(28, 28)
    assert (masks.sum(axis=(1, 2)) == side * side).all()
    taken = [tuple(mask[[0, 0, -1, -1], [0, -1, 0, -1]]) for mask in masks]
    assert {sum(corner) for corner in taken} == {1}
    assert len(set(taken)) == 4


def test_a_bar_is_grey_rows_at_the_bottom_and_a_shift_is_everywhere(images):
    altered, masks = planting.insert(images, "bar", 0, range(6))
    assert masks[:, -2:].all()
    assert not masks[:, :-2].any()
    assert (altered[masks] == planting.BAR_LEVEL).all()
    altered, masks = planting.insert(images, "shift", 0, range(6))
    assert masks.all()
    assert (altered.astype(int) - images == planting.SHIFT_LEVEL).all()


def test_every_kind_of_the_config_is_drawn():
    assert tuple(planting.DRAWN) == get_args(ArtefactKind)


def test_random_marks_move_and_stay_inside(images):
    _, masks = planting.insert(np.repeat(images, 20, axis=0), "random_mark", 0, range(120))
    corners = {tuple(np.argwhere(mask)[0]) for mask in masks}
    assert len(corners) > 60
    assert (masks.sum(axis=(1, 2)) == planting.mark_side(28, 28) ** 2).all()


def test_hooks_move_and_come_in_eight_ways():
    altered, masks = planting.insert(
        np.zeros((400, 28, 28), dtype=np.uint8), "turned_mark", 0, range(400)
    )
    strokes = planting.hook(28, 28)
    assert (masks.sum(axis=(1, 2)) == strokes.size).all()
    boxes = [
        altered[number][np.ix_(mask.any(axis=1), mask.any(axis=0))]
        for number, mask in enumerate(masks)
    ]
    turned = [np.rot90(one, turns) for one in (strokes, strokes.T) for turns in range(4)]
    expected = {(one.shape, one.tobytes()) for one in turned}
    assert len(expected) == 8
    assert {(box.shape, (box == 255).tobytes()) for box in boxes} == expected
    assert len({tuple(np.argwhere(mask)[0]) for mask in masks}) > 200


def test_a_hook_covers_what_lies_beneath():
    altered, masks = planting.insert(
        np.full((1, 28, 28), 99, dtype=np.uint8), "turned_mark", 0, [0]
    )
    assert set(altered[masks]) == {0, 255}


@pytest.mark.parametrize("side", [5, 12, 28, 224])
def test_a_hook_fits_and_has_eight_ways_at_any_size(side):
    strokes = planting.hook(side, side)
    long, short = strokes.shape
    assert side >= long > short > 1
    assert 0 < strokes.mean() < 1
    planting.insert(np.zeros((8, side, side), dtype=np.uint8), "turned_mark", 0, range(8))


@pytest.mark.parametrize(
    ("kind", "digest"),
    [
        ("corner", "c2f5e80e2443b03d"),
        ("border", "bfee5424d2c8195e"),
        ("texture", "bf5761444dcdf4a1"),
        ("random_mark", "2acdd206de8ca807"),
        ("turned_mark", "bcabd54563530082"),
    ],
)
def test_bytes_of_a_kind_stay(kind, digest):
    """Results that people have kept are of these images."""
    grey = np.full((6, 28, 28), 99, dtype=np.uint8)
    altered, masks = planting.insert(grey, kind, 3, range(6))
    assert hashlib.sha256(altered.tobytes() + masks.tobytes()).hexdigest()[:16] == digest


def test_texture_is_faint_and_never_wraps_around():
    bright = np.full((1, 28, 28), 250, dtype=np.uint8)
    altered, _ = planting.insert(bright, "texture", 0, [0])
    assert altered.min() == 250
    assert altered.max() == 255


@pytest.mark.parametrize(("rate", "count"), [(0.25, 100), (0.0001, 1), (1.0, 400)])
def test_choose_takes_the_share_asked_for(rate, count):
    members = np.arange(1000, 1400)
    chosen = planting.choose(members, rate, seed=3)
    assert len(chosen) == len(set(chosen)) == count
    assert set(chosen) <= set(members)
    np.testing.assert_array_equal(chosen, planting.choose(members, rate, seed=3))


def test_unknown_kinds_and_wrong_images_are_refused(images):
    with pytest.raises(InputError, match="unknown artefact 'dot'; expected one of corner, border"):
        planting.insert(images, "dot", 0, range(6))
    with pytest.raises(InputError, match="float64"):
        planting.insert(images.astype(float), "corner", 0, range(6))
