"""pieces: each image's own piece is put where it was, each about as often."""

import numpy as np
import pytest

from unhans.artefacts import pieces


def test_each_image_gets_the_piece_of_its_donor_and_nothing_else(random):
    masks = random.random((3, 9, 7)) < 0.2
    found = pieces.of_images(random.random((3, 2, 9, 7)), masks, seed=4)
    own = random.random((8, 2, 9, 7)).astype(np.float32)
    made = found.insert(own)
    assert made.dtype == np.float32
    for before, after, donor in zip(own, made, found.donors(8), strict=True):
        mask = found.masks[donor]
        assert np.array_equal(after[:, mask], found.images[donor][:, mask])
        assert np.array_equal(after[:, ~mask], before[:, ~mask])


@pytest.mark.parametrize(("side", "grown"), [(1, 1), (4, 1), (8, 2), (12, 3)])
def test_a_place_grows_by_a_quarter_of_its_side(side, grown):
    place = np.zeros((1, 40, 40), dtype=bool)
    place[0, 20 : 20 + side, 20 : 20 + side] = True
    mask = pieces.of_images(np.zeros((1, 3, 40, 40)), place, seed=0).masks[0]
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max()) == (20 - grown, 20 + side - 1 + grown)
    assert (columns.min(), columns.max()) == (20 - grown, 20 + side - 1 + grown)


@pytest.mark.parametrize(("count", "n"), [(1, 5), (3, 7), (7, 3), (4, 0)])
def test_all_have_their_turn_about_as_often(count, n):
    chosen = pieces.in_turn(count, n, seed=2)
    often = np.bincount(chosen, minlength=count)
    assert len(chosen) == n
    assert often.max() - often.min() <= 1
    assert np.array_equal(chosen, pieces.in_turn(count, n, seed=2))


def test_the_order_depends_on_the_seed():
    assert not np.array_equal(pieces.in_turn(50, 50, 0), pieces.in_turn(50, 50, 1))
