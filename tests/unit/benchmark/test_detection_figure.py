"""detection_figure: a panel for each kind and analysis, also of a table that was written and read."""

import numpy as np
import pandas as pd
import pytest

from unhans.benchmark.detection_figure import detection_figure
from unhans.errors import InputError
from unhans.io import tsv
from unhans.paths import Analysis


@pytest.fixture
def summary():
    """Two kinds, two metrics, two rates and two scores."""
    analysis = Analysis("-", "net", "flat", "none", "euclidean", 6, 8)._asdict()
    rows = [
        {
            **{"kind": kind, "rate": rate, "score": score, "seeds": 3, "auc": 0.7},
            **{"auc_low": 0.6, "auc_high": 0.8, "poisoned": 1, "difficulty": "plain"},
            **analysis,
            "metric": metric,
        }
        for kind in ("corner", "border")
        for metric in ("euclidean", "hellinger")
        for rate in (0.02, 0.25)
        for score in ("tau", "score")
    ]
    return pd.DataFrame(rows).drop(columns="corpus")


def test_the_figure_has_a_panel_for_each_kind_and_analysis(summary):
    figure = detection_figure(summary)
    assert len(figure.axes) == 4
    assert {axes.get_title() for axes in figure.axes} >= {"corner", "border"}
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines[:2]] == ["tau", "score"]
    np.testing.assert_array_equal(lines[0].get_xdata(), [0.02, 0.25])


def test_a_condition_without_a_used_artefact_has_no_point_and_an_empty_grid_a_note(summary):
    unused = summary.assign(auc=np.nan, auc_low=np.nan, auc_high=np.nan)
    assert np.isnan(detection_figure(unused).axes[0].get_lines()[0].get_ydata()).all()
    assert not detection_figure(summary.iloc[:0]).axes


def test_a_table_that_was_written_is_drawn_as_it_was(summary, tmp_path):
    more = pd.concat([summary, summary.assign(poisoned=3)])
    for number, table in enumerate((more, summary.iloc[:0], summary.assign(auc=np.nan))):
        tsv.write_tsv(table, tmp_path / f"{number}.tsv")
        drawn, again = (
            detection_figure(table),
            detection_figure(tsv.read_tsv(tmp_path / f"{number}.tsv")),
        )
        assert [axes.get_title() for axes in drawn.axes] == [
            axes.get_title() for axes in again.axes
        ]
        for axes, other in zip(drawn.axes, again.axes, strict=True):
            assert axes.get_ylabel() == other.get_ylabel()
            for line, same in zip(axes.get_lines(), other.get_lines(), strict=True):
                np.testing.assert_array_equal(line.get_xydata(), same.get_xydata())


def test_a_missing_column_is_named(summary):
    with pytest.raises(InputError, match="the summary has no auc_low"):
        detection_figure(summary.drop(columns="auc_low"))
