"""splits: small splits stay visible, and the numbers are those of the definition."""

import numpy as np
import pytest
from pictures import saved, texts

from unhans.errors import InputError
from unhans.reporting.figures.splits import split_figure


def test_the_smaller_split_is_drawn_on_top_and_counted():
    points = np.random.default_rng(0).normal(size=(60, 2))
    splits = np.repeat([0, 1, 2], [9, 50, 1])
    figure = split_figure(points, splits, ["val", "train", "test", "new"], "class 8")
    drawn = [len(part.get_offsets()) for part in figure.axes[0].collections]
    assert drawn == [50, 9, 1, 0]
    found = texts(figure)
    assert {"val: 9 images", "train: 50 images", "test: 1 image", "new: 0 images"} <= set(found)
    assert f"by chance: {100 * (9 * 8 + 50 * 49) / (60 * 59):.1f} %" in found
    assert any(text.startswith("own split among 10 nearest: ") for text in found)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_few_points_have_splits_too(tmp_path, n):
    figure = split_figure(np.eye(n, 2), np.zeros(n, dtype=int), ["train"], "class 8")
    assert (f"own split among {n - 1} nearest: 100.0 %" in texts(figure)) == (n > 1)
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize("splits", [[0, 1], [0, 1, 2], [-1, 0, 1], []])
def test_splits_that_do_not_fit_are_refused(splits):
    with pytest.raises(InputError, match="expected"):
        split_figure(np.zeros((3, 2)), np.array(splits, dtype=int), ["a", "b"], "")
