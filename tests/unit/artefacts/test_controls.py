"""controls: what stands in the place of an artefact has its size, and comes from the same class."""

import digit_group
import numpy as np
import pytest

from unhans.artefacts import controls, pieces
from unhans.artefacts.artefact import Artefact


@pytest.fixture
def group(tmp_path):
    return digit_group.write(tmp_path)


def images(random, n=6):
    return (random.random((n, 1, 28, 28)) / 4).astype(np.float32)


def test_the_control_of_a_fixed_artefact_is_what_the_others_have_there(group, random):
    mask = np.zeros((28, 28), dtype=bool)
    mask[10:14, 5:20] = True
    own = images(random)
    found = controls.of_artefact(
        Artefact(mask, np.ones((1, 28, 28), np.float32), 1.0), group, own, 0
    )
    assert np.array_equal(found[:, :, ~mask], own[:, :, ~mask])
    pieces = {one.tobytes() for one in group.others[:, :, mask]}
    assert {one.tobytes() for one in found[:, :, mask]} <= pieces


def test_the_control_of_a_free_artefact_is_where_the_network_looks_in_the_others(group, random):
    mask = np.zeros((28, 28), dtype=bool)
    mask[:5, :5] = True
    own = images(random)
    piece = Artefact(mask, np.ones((1, 28, 28), np.float32), 1.0, "free", seed=3)
    found = controls.of_artefact(piece, group, own, 0)
    wanted = {  # heatmaps are the images themselves: the brightest piece of each
        max(
            (one[:, y : y + 5, x : x + 5] for y in range(24) for x in range(24)),
            key=lambda part: part.astype(np.float64).sum(),
        ).tobytes()
        for one in group.others
    }
    for image, where in zip(found, piece.masks(len(own)), strict=True):
        assert image[:, where].tobytes() in wanted


def test_a_mask_is_laid_where_it_holds_most_relevance(random):
    heatmaps = random.standard_normal((3, 12, 15))
    mask = np.zeros((12, 15), dtype=bool)
    mask[4:7, 3:5] = True
    mask[5, 5] = True
    box = mask[4:7, 3:6]
    for heatmap, (y, x) in zip(heatmaps, controls.most_relevant(heatmaps, mask), strict=True):
        held = {
            (row, column): np.maximum(heatmap[row : row + 3, column : column + 3], 0)[box].sum()
            for row in range(10)
            for column in range(13)
        }
        assert (y, x) == max(held, key=held.get)


def test_the_control_of_pieces_has_their_form_and_place(group, random):
    own = images(random, 30)
    found = group.pieces(seed=1)
    made = controls.of_pieces(found, group, own, 0)
    whose = pieces.in_turn(len(group.others), len(own), 0)
    for before, after, donor, other in zip(own, made, found.donors(30), whose, strict=True):
        mask = found.masks[donor]
        assert np.array_equal(after[:, ~mask], before[:, ~mask])
        # heatmaps are the images themselves: the brightest piece of the other image
        y, x = controls.most_relevant(group.other_heatmaps[other][None], mask)[0]
        rows, columns = np.nonzero(mask)
        there = group.others[other][:, rows - rows.min() + y, columns - columns.min() + x]
        assert np.array_equal(after[:, mask], there)
