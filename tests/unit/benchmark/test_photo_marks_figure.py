"""photo_marks_figure: every mark has a picture, in the row of its group."""

import numpy as np
import pytest
from class_files import picture, stored

from unhans.benchmark.photo_marks_figure import ROWS, photo_marks_figure
from unhans.choices import PHOTO_MARKS
from unhans.errors import InputError
from unhans.images import photo_examples


@pytest.fixture
def drawn(tmp_path):
    """Every mark in a photograph of which the corpus plants one already."""
    picture(tmp_path / "train" / "cat" / "0.png", size=(100, 90))
    planting = [{"kind": "frame", "class": "cat", "rate": 1.0, "seed": 0}]
    found = stored(tmp_path, planting=planting)
    return photo_examples.every_mark({"cat": found.result}, tmp_path)


def test_every_mark_changes_the_photograph_that_is_shown_as_it_is(drawn):
    assert list(drawn) == ["as it is", *PHOTO_MARKS]
    plain = drawn.pop("as it is")
    assert plain.shape == (224, 224, 3)
    for kind, marked in drawn.items():
        assert marked.shape == plain.shape, kind
        assert (marked != plain).any(), kind


def test_the_figure_has_a_picture_of_each_in_the_row_of_its_group(drawn):
    figure = photo_marks_figure(drawn)
    shown = {axes.get_title().removesuffix(" *"): axes for axes in figure.axes if axes.images}
    assert set(shown) == set(drawn)
    for name, axes in shown.items():
        np.testing.assert_array_equal(axes.images[0].get_array(), drawn[name])
    stars = {axes.get_title() for axes in figure.axes if axes.get_title().endswith("*")}
    assert stars == {f"{kind} *" for kind, mark in PHOTO_MARKS.items() if mark.published}
    rows = {name: axes.get_subplotspec().rowspan.start for name, axes in shown.items()}
    groups = list(ROWS)
    assert all(groups[rows[kind]] == mark.group for kind, mark in PHOTO_MARKS.items())


def test_without_photographs_the_reason_is_one_line(tmp_path):
    with pytest.raises(InputError, match="photo marks: no corpus of image files"):
        photo_examples.every_mark({}, None)
    with pytest.raises(InputError, match="photo marks: no class of the corpus has an image"):
        photo_examples.every_mark({}, tmp_path)
