"""predictability_figure: names from outside are drawn as text; equal input gives equal bytes."""

import numpy as np
from pictures import HOSTILE, PNG

from unhans.reporting.figures import predictability_figure, style

ROW = {
    **{"class": "3", "name": HOSTILE, "property": "brightness", "family": "brightness"},
    **{
        "direction": "lower",
        "auc": 0.93,
        "stands_out": False,
        "words": "light",
        "others": [HOSTILE],
    },
}


def save(folder):
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (1, 2, 3, 16, 16, 3)).astype(np.uint8)
    edges, share = np.linspace(0, 1, 25)[None], random.random((1, 2, 24))
    style.save_all(predictability_figure.draw([ROW], pictures, edges, share), folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_picture_is_drawn_and_named_by_class_and_property(tmp_path):
    drawn = save(tmp_path / "a")
    assert list(drawn) == ["01_3-brightness.png"]
    assert drawn["01_3-brightness.png"].startswith(PNG)
    assert drawn == save(tmp_path / "b")


def test_nothing_to_draw_leaves_an_empty_folder(tmp_path):
    nothing = np.zeros((0, 2, 3, 16, 16, 3), np.uint8)
    style.save_all(predictability_figure.draw([], nothing, nothing, nothing), tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
