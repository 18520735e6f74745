"""clusters_figure: the classes of figures 4, 5, 6 and 8 are drawn, and of 8 both splits."""

import drawn_classes
import pytest

from unhans.errors import InputError
from unhans.paper import clusters_figure

A = drawn_classes.A


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    return drawn_classes.write(tmp_path_factory.mktemp("classes"))


def draw(number, classes, named=(), **options):
    given = {"clusters": 1, "samples": 2, **options}
    return clusters_figure.draw(number, drawn_classes.ranking(), A, classes, named, **given)


def words(figure):
    return " ".join(text.get_text() for text in figure.texts)


def test_figure_4_shows_the_classes_of_highest_and_of_lowest_tau(classes):
    drawn = draw(4, classes)
    assert list(drawn) == ["c", "b"]
    assert "rank 1, tau 9" in words(drawn["c"])
    assert "rank 3, tau 7" in words(drawn["b"])
    # The plane; a block of its cluster: mean and two samples, each with its heatmap.
    assert [len(figure.axes) for figure in drawn.values()] == [1 + 6, 1 + 6]


def test_figures_5_and_6_show_the_classes_that_are_named_in_their_order(classes):
    drawn = draw(6, classes, ["b", "unknown", "a"], clusters=2)
    assert list(drawn) == ["b", "a"]
    assert [len(figure.axes) for figure in drawn.values()] == [1 + 12, 1 + 12]


def test_figure_8_shows_both_splits_in_the_plane_and_the_cluster_in_each(classes):
    drawn = draw(8, classes, ["a"])
    assert list(drawn) == ["splits", "a"]
    assert "by chance" in words(drawn["splits"])
    names = classes["a"]["attribution"].attributes["splits"]
    assert all(f"k=2 cluster=0, {name}" in words(drawn["a"]) for name in names)
    assert words(drawn["a"]).count("of the split") == 2
    assert len(drawn["a"].axes) == 1 + 2 * 6


def test_figure_8_shows_the_class_of_highest_tau_where_none_is_named(classes):
    assert list(draw(8, classes)) == ["splits", "c"]


def test_classes_without_a_tau_are_named(classes):
    with pytest.raises(InputError, match="none of x, y has a tau"):
        draw(5, classes, ["x", "y"])
