"""examples: an image as it is and changed, for each finding."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from unhans.io import store
from unhans.probes import examples
from unhans.probes.groups import of_arrays
from unhans.probes.shortcuts import SHORTCUT, UNEXPLAINED, UNUSED

NAMES = {"a": "A", "b": "B", "c": "C"}


def groups(side=16, channels=3):
    shades = np.array([40, 120, 200], dtype=np.uint8)
    images = np.repeat(shades, 4)[:, None, None, None] * np.ones(
        (12, channels, side, side), np.uint8
    )
    return of_arrays(images, np.repeat([0, 1, 2], 4), NAMES)


def finding(class_id, intervention, strength, direction="in", conclusion=SHORTCUT):
    return {
        **{"class": class_id, "intervention": intervention, "strength": strength},
        **{"direction": direction, "conclusion": conclusion},
    }


@pytest.mark.parametrize(("direction", "shade"), [("in", 120), ("out", 40)])
def test_an_image_of_the_side_that_moves_is_changed(direction, shade):
    table = pd.DataFrame([finding("a", "brighter", 0.2, direction)])
    shown = examples.draw(table, groups())
    assert shown.picture.shape == (1, 2, 16, 16, 3)
    assert (shown.picture[0, 0] == shade).all()
    assert (shown.picture[0, 1] == shade + 51).all()
    assert shown.rows == [{"class": "a", "intervention": "brighter", "direction": direction}]


@pytest.mark.parametrize(("direction", "shades"), [("in", (40, 200)), ("out", (200, 40))])
def test_surroundings_are_those_of_the_class_or_of_the_one_that_follows(direction, shades):
    table = pd.DataFrame([finding("c", "scene_of_others", 0.6, direction, UNEXPLAINED)])
    before, after = examples.draw(table, groups()).picture[0]
    assert (before == shades[0]).all()
    assert (after[8, 8] == shades[0]).all()
    assert (after[0] == shades[1]).all()


def test_what_no_change_moves_and_what_needs_heatmaps_has_no_example():
    rows = [finding("a", "zoom", 0.7, conclusion=UNUSED), finding("b", "background_blurred", 6.0)]
    rows += [finding("gone", "zoom", 0.7), finding("b", "dark_rim", 0.08)]
    shown = examples.draw(pd.DataFrame(rows), groups(channels=1))
    assert [row["intervention"] for row in shown.rows] == ["dark_rim"]
    assert (shown.picture[0, 1, 0] == 0).all()


def test_images_that_cannot_be_read_are_passed_over():
    a, b, c = groups()
    gone = replace(b, read=lambda rows: b.read(rows)[:0])
    later = replace(b, read=lambda rows: b.read(rows)[1:])
    table = pd.DataFrame([finding("a", "brighter", 0.2)])
    assert examples.draw(table, [a, gone, c]).rows == []
    assert (examples.draw(table, [a, later, c]).picture[0, 0] == 120).all()


def test_large_pictures_are_made_small_and_none_are_stored_too(tmp_path):
    table = pd.DataFrame([finding("a", "zoom", 0.7)])
    assert examples.draw(table, groups(side=300)).picture.shape[2:] == (128, 128, 3)
    for rows in (table, table.head(0)):
        shown = examples.draw(rows, groups())
        path = tmp_path / "probes.zarr.zip"
        recipe = store.Recipe("probes", {}, "x")
        store.write(path, {"picture": shown.picture}, recipe, notes={"rows": shown.rows})
        kept = store.read(path)
        pairs = examples.pairs_of(kept["picture"], kept.attributes["rows"])
        assert list(pairs) == [("a", "zoom", "in")] * len(rows)
