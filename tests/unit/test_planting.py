"""planting: what each artefact covers, and that its place hangs on seed and number alone."""

import numpy as np
import pytest

from unhans import planting
from unhans.errors import InputError

KINDS = ("corner", "border", "texture", "random_mark")


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


def test_random_marks_move_and_stay_inside(images):
    _, masks = planting.insert(np.repeat(images, 20, axis=0), "random_mark", 0, range(120))
    corners = {tuple(np.argwhere(mask)[0]) for mask in masks}
    assert len(corners) > 60
    assert (masks.sum(axis=(1, 2)) == planting.mark_side(28, 28) ** 2).all()


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
    with pytest.raises(InputError, match="unknown artefact 'dot'; expected corner"):
        planting.insert(images, "dot", 0, range(6))
    with pytest.raises(InputError, match="float64"):
        planting.insert(images.astype(float), "corner", 0, range(6))
