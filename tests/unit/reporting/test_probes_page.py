"""Probes page: sentences and pictures of what covers a whole class."""

import pages
import pandas as pd

from unhans.probes import shortcuts
from unhans.reporting import probes_page
from unhans.reporting.figures.dose_figure import dose_figure

HOSTILE = "</script><img src=x onerror=alert(1)>"

INTERVENTIONS = pd.DataFrame(
    {
        **{"class": ["a", "a"], "intervention": ["zoom", "zoom"], "direction": ["in", "in"]},
        **{"family": ["framing"] * 2, "strength": [0.85, 0.7], "unit": ["of each side"] * 2},
        **{
            "before": [2.0, 2.0],
            "response": [10.0, 60.0],
            "low": [5.0, 50.0],
            "high": [15.0, 70.0],
        },
        **{"control": [0.0, 3.0], "control_low": [0.0, 1.0], "control_high": [1.0, 5.0]},
        "control_name": ["pad", "resampled"],
    }
)
TOLD = pd.DataFrame({"class": ["a", "b"], "property": ["middle_edges", "middle_edges"]})


def table(name: str = "COVID") -> pd.DataFrame:
    """Return a table of one shortcut and one property that is not used."""
    first = {
        **{"class": "a", "name": name, "family": "framing", "conclusion": shortcuts.SHORTCUT},
        **{"property": "middle_edges", "auc": 0.9, "property_direction": "higher"},
        **{"intervention": "zoom", "strength": 0.7, "unit": "of each side", "direction": "in"},
        **{"before": 2.0, "after": 62.0, "control": 3.0, "control_name": "resampled"},
    }
    second = {
        **{"class": "b", "name": "other", "family": "colour", "conclusion": shortcuts.UNUSED},
        **{"property": "red_green", "auc": 0.8, "property_direction": "lower"},
    }
    return pd.DataFrame([first, second], columns=shortcuts.COLUMNS)


def test_every_row_has_a_sentence_and_the_page_says_what_was_looked_for():
    described = probes_page.rows(table())
    assert described["finding"].str.startswith("class ").all()
    page = probes_page.to_html(described, TOLD, INTERVENTIONS)
    assert "looked for: which of 1 properties" in page
    assert page.count("<tr") == 3


def test_names_are_shown_as_text():
    page = probes_page.to_html(probes_page.rows(table(HOSTILE)), TOLD, INTERVENTIONS)
    assert HOSTILE not in page


def test_no_name_adds_an_element():
    def structure(name):
        return pages.structure(
            probes_page.to_html(probes_page.rows(table(name)), TOLD, INTERVENTIONS)
        )

    plain = structure("plain")
    for name in pages.NAMES:
        assert structure(name) == plain, name


def test_findings_alone_are_drawn():
    drawn = list(probes_page.draw(probes_page.rows(table()), INTERVENTIONS))
    assert [name for name, _ in drawn] == ["01_a-zoom"]


def test_the_figure_shows_before_and_after_each_strength():
    figure = dose_figure(INTERVENTIONS, "a title")
    axes = figure.axes[0]
    lines = [container.lines[0].get_ydata().tolist() for container in axes.containers]
    assert lines == [[2.0, 12.0, 62.0], [2.0, 2.0, 5.0]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["as it is", "0.85", "0.7"]


def test_an_empty_table_makes_a_page():
    none = table().iloc[:0]
    page = probes_page.to_html(probes_page.rows(none), TOLD, INTERVENTIONS)
    assert "looked for" in page
