"""ends: the images at both ends, the histograms, and which properties are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from measured_classes import SETTINGS, photograph, store_files

from unhans.errors import StoreError
from unhans.probes import ends, predictability


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for number in range(10):
        photograph(root / "train" / "light" / f"{number}.png", number, bright=10 + 10 * number)
        photograph(root / "train" / "wide" / f"long_name_{number}.png", 50 + number, size=(90, 30))
    results = tmp_path_factory.mktemp("results")
    corpora, found = store_files(root, results, splits=("train",), classes=["light", "wide"])
    gathered = predictability.gather(found)
    return root, corpora, gathered, predictability.tabulate(gathered, "mine", SETTINGS)


def test_pictures_are_of_both_ends(measured):
    root, corpora, gathered, table = measured
    bright = table[(table["property"] == "brightness") & (table["class"] == "light")]
    settings = replace(SETTINGS, names={"wide": "wide ones"}, samples=3)
    drawn = ends.draw(bright, gathered, corpora, root, settings)
    assert drawn.picture.shape == (1, 2, 3, ends.SIDE, ends.SIDE, 3)
    row = drawn.rows[0]
    assert (row["class"], row["property"], row["others"]) == (
        "light",
        "brightness",
        ["wide ones"] * 3,
    )
    own = drawn.picture[0, 0].reshape(3, -1).mean(axis=1)
    assert own[0] >= own[1] >= own[2] > 0
    assert (drawn.picture[0, 1, :, :20] > 0).any()  # the square that the network is given
    np.testing.assert_allclose(drawn.share.sum(axis=2), 1)


def test_whole_images_are_shown_for_what_is_of_whole_images(measured):
    root, corpora, gathered, table = measured
    wide = table[(table["property"] == "aspect") & (table["class"] == "wide")]
    drawn = ends.draw(wide, gathered, corpora, root, replace(SETTINGS, samples=3))
    assert (drawn.picture[0, 0, :, :20] == 0).all()  # above a wide image
    assert (drawn.picture[0, 0, :, 60] > 0).any()


def test_what_a_network_cannot_see_is_not_drawn(measured):
    rows = ends.choose(measured[3], 50)
    assert rows
    assert "file" not in {row["family"] for row in rows}
    for name in ("light", "wide"):
        families = [row["family"] for row in rows if row["class"] == name]
        assert len(set(families)) == len(families) <= ends.A_CLASS
    assert len(ends.choose(measured[3], 1)) == 1
    assert ends.choose(measured[3].head(0), 3) == []


def test_the_clearest_is_drawn_where_none_stands_out(measured):
    table = measured[3].assign(stands_out=False)
    rows = ends.choose(table, 12)
    assert [row["stands_out"] for row in rows] == [False]


def test_fewer_images_leave_black_pictures(measured):
    root, corpora, gathered, table = measured
    drawn = ends.draw(table, gathered, corpora, root, replace(SETTINGS, samples=12, pictures=1))
    assert drawn.picture[0, :, :10].reshape(20, -1).any(axis=1).all()
    assert not drawn.picture[0, :, 10:].any()


def test_a_file_that_is_gone_is_named(measured, tmp_path):
    _, corpora, gathered, table = measured
    with pytest.raises(StoreError, match="no such file"):
        ends.draw(table, gathered, corpora, tmp_path, SETTINGS)


def test_histograms_of_equal_and_of_missing_values():
    values = np.array([1.0, 1.0, 1.0, np.nan, 5.0])
    edges, share = ends.histogram(values, np.array([True, True, False, False, False]))
    assert len(edges) == ends.BINS + 1
    np.testing.assert_allclose(share.sum(axis=1), 1)
