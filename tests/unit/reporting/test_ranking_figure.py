"""ranking_figure: the top of each analysis, with what is left out."""

import numpy as np
import pytest
from pictures import notes, ranking, saved

from unhans.errors import InputError
from unhans.reporting.figures.ranking_figure import ranking_figure


def test_a_ranking_shows_the_top_and_says_what_it_leaves_out():
    table = ranking(1, 40)
    table.loc[3, "tau"] = np.nan
    axes = ranking_figure(table, top=30).axes[0]
    assert len(axes.get_yticks()) == 30
    assert axes.get_xlabel() == "tau (top 30 of 39 classes, 1 set aside)"
    assert [label.get_text() for label in axes.get_yticklabels()][:4] == ["0", "1", "2", "4"]


def test_planted_classes_stand_out():
    planted = ["", "border", "", None, ""]
    figure = ranking_figure(ranking(1, planted=planted))
    assert notes(figure.axes[0])[:2] == ["2.00", "1.80  border"]
    assert "planted" in figure.get_suptitle()
    assert "planted" not in ranking_figure(ranking(1)).get_suptitle()


@pytest.mark.parametrize(
    "tau",
    [
        [np.inf, 1, 1, 0, np.nan],
        [np.inf] * 5,
        [np.nan] * 5,
        [0.0] * 5,
        [1e9, 1e3, 1, 1e-3, 1e-9],
    ],
)
def test_any_tau_is_drawn(tmp_path, tau):
    figure = ranking_figure(ranking(1, tau=tau))
    assert len(notes(figure.axes[0])) == np.count_nonzero(~np.isnan(tau))
    assert saved(figure, tmp_path / "figure.png")


@pytest.mark.parametrize(("analyses", "panels"), [(1, 1), (4, 4), (5, 6), (30, 24)])
def test_each_analysis_has_a_panel_up_to_a_limit(analyses, panels):
    figure = ranking_figure(ranking(analyses, 2))
    assert len(figure.axes) == panels
    assert ("the first 24 of 30" in figure.get_suptitle()) == (analyses == 30)


def test_an_empty_ranking_is_refused():
    with pytest.raises(InputError, match="no rows"):
        ranking_figure(ranking(1).head(0))
