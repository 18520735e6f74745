"""contact_sheet: every image is drawn pixel by pixel beside its heatmap, whatever its size."""

import io

import numpy as np
import pytest
from pictures import HOSTILE, Files, photographs, smooth_maps, texts
from PIL import Image

from unhans.reporting.figures import style
from unhans.reporting.figures.contact_sheet import ACROSS, FRAME, GAP, SIDE, Tile, contact_sheet
from unhans.reporting.figures.image_panels import overlay, thumbnail
from unhans.reporting.figures.layout import MARGIN


def drawn(figure):
    with Image.open(io.BytesIO(style.as_png(figure))) as opened:
        return np.asarray(opened)


def tiles(count):
    return [Tile(at, (f"image {at}", "score 1")) for at in range(count)]


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("count", [1, ACROSS, ACROSS + 1])
def test_each_image_stands_at_its_place_beside_its_heatmap(count, color, random):
    shape = (count, 28, 28, 3) if color else (count, 28, 28)
    images = random.integers(0, 256, shape).astype(np.uint8)
    heatmaps = random.normal(size=(count, 28, 28))
    figure = contact_sheet(tiles(count), images, heatmaps, "title")
    picture = drawn(figure)
    assert f"image {count - 1}" in texts(figure)
    last = count - 1
    left = round(MARGIN * style.DPI) + FRAME + last % ACROSS * (2 * (SIDE + FRAME) + GAP)
    expected = np.hstack(
        [
            thumbnail(images[last], SIDE),
            thumbnail(overlay(heatmaps[last], images[last], SIDE), SIDE),
        ]
    )
    tops = [
        top
        for top in range(len(picture) - SIDE)
        if np.array_equal(picture[top : top + SIDE, left : left + 2 * SIDE], expected)
    ]
    assert len(tops) == 1


def test_an_image_that_cannot_be_read_is_a_grey_tile():
    images = Files(photographs(3), [1])
    picture = drawn(contact_sheet(tiles(3), images, smooth_maps(3, 224), "title"))
    assert ((picture == 217).all(axis=2)).sum() >= 0.9 * SIDE**2


def test_texts_are_cut_to_their_tile_and_are_no_mathematics():
    tile = Tile(0, (HOSTILE, HOSTILE), marked=True)
    figure = contact_sheet([tile], np.zeros((1, 4, 4), np.uint8), np.zeros((1, 4, 4)), HOSTILE)
    assert drawn(figure).any()
    assert all(text.get_text().isprintable() for text in figure.texts)


@pytest.mark.parametrize("shape", [(4, 4), (28, 28), (300, 200, 3), (112, 50), (113, 113, 3)])
def test_thumbnails_have_one_size(shape, random):
    image = random.integers(0, 200, shape).astype(np.uint8)
    tile = thumbnail(image, 112)
    assert tile.shape == (112, 112, 3)
    if max(shape) <= 56:
        factor = 112 // max(shape)
        assert np.array_equal(tile[::factor, ::factor, 0], image)
    assert (thumbnail(None, 8) == 217).all()


def test_an_overlay_is_black_without_relevance_and_shows_a_photograph_darkly():
    assert not overlay(np.zeros((4, 4))).any()
    assert not overlay(np.zeros((4, 4)), np.full((4, 4), 200, np.uint8)).any()
    dark = overlay(np.zeros((4, 4)), np.full((4, 4, 3), 200, np.uint8))
    assert 0 < dark.max() < 100
    hot, cold = overlay(np.array([[1.0, -1.0], [0.3, -0.3]])).astype(int)[1]
    assert hot[0] > hot[2]
    assert cold[2] > cold[0]
