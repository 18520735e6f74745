"""Probes page: sentences and pictures of what covers a whole class."""

import numpy as np
import pages
import pandas as pd
import pytest

from unhans.images.transform import Transform
from unhans.io import store
from unhans.probes import duplicates, property_accuracy, shortcuts
from unhans.probes.beside import Beside
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
        **{
            "control_name": ["pad", "resampled"],
            "images": 50,
            "name": "COVID",
            "after": [12.0, 62.0],
        },
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


def beside() -> Beside:
    """Return tables of a corpus of two classes that properties tell."""
    return Beside(
        overall=pd.DataFrame(
            {
                **{"class": ["", ""], "family": ["seen", "framing"], "properties": [9, 2]},
                **{"classes": 2, "accuracy": [0.72, 0.7], "null_mean": 0.5, "p": 0.01},
                **{"accuracy_held_out": float("nan"), "status": "ok"},
            }
        ),
        duplicates=pd.DataFrame(columns=duplicates.COLUMNS),
        accuracy=pd.DataFrame({"class": ["", "a", "b"], "split": "train", "top1": [0.5, 1, 0.72]}),
        property_accuracy=pd.DataFrame(columns=property_accuracy.COLUMNS),
    )


def test_every_row_has_a_sentence_and_the_page_says_what_was_looked_for():
    described = probes_page.rows(table())
    assert described["finding"].str.startswith("class ").all()
    above = probes_page.first(described, TOLD, INTERVENTIONS, beside())
    said = probes_page.notes(TOLD, INTERVENTIONS, beside())
    page = probes_page.to_html(described, said, above)
    assert (
        page.index("with a balanced accuracy")
        < page.index("<table")
        < page.index("looked for: which")
    )
    assert "looked for: which of 1 properties" in page
    assert "with a balanced accuracy of 72 %" in page
    assert page.count("<tr") == 3


@pytest.mark.parametrize(
    ("change", "direction", "said"),
    [
        ("zoom", "in", "kind=framing intervention=zoom strength=0.7"),
        ("jpeg", "in", "kind=compression intervention=jpeg strength=0.7"),
        ("zoom", "out", "no kind: it takes out what the class has"),
        ("light_rim", "in", "no kind makes this change"),
        ("scene_of_others", "in", "no kind: it puts in parts of other images"),
    ],
)
def test_a_shortcut_says_how_to_accept_it_or_why_that_cannot_be_done(change, direction, said):
    made = table()
    made.loc[0, ["intervention", "direction"]] = change, direction
    assert probes_page.rows(made)["accept as"].tolist() == [said, ""]


def test_a_property_leads_to_the_images_at_both_of_its_ends(tmp_path):
    recipe = store.Recipe("predictability", {}, "x")
    rows = [{"class": "b", "property": "red_green"}]
    store.write(tmp_path / "ends.zarr.zip", {}, recipe, notes={"rows": rows})
    described = probes_page.rows(table())
    linked = probes_page.with_pictures(described, store.read(tmp_path / "ends.zarr.zip"))
    page = probes_page.to_html(linked, [])
    assert page.count("<a href=") == 2
    assert '<a href="probes/01_a-zoom.png">zoom</a>' in page
    assert '<a href="../predictability/01_b-red_green.png">red_green</a>' in page


def test_names_are_shown_as_text():
    page = probes_page.to_html(probes_page.rows(table(HOSTILE)), [HOSTILE], [HOSTILE])
    assert HOSTILE not in page


@pytest.mark.parametrize(("classes", "said"), [("ab", True), ("abc", False)])
def test_two_classes_are_said_to_mirror_each_other(classes, said):
    known = pd.concat([TOLD.assign(**{"class": name}) for name in classes])
    assert (probes_page.TWO in probes_page.first(table(), known, INTERVENTIONS, beside())) == said


def test_images_that_do_not_show_what_tells_the_classes_are_said_to():
    made = table()
    assert not any(
        "differ from" in note for note in probes_page.first(made, TOLD, INTERVENTIONS, beside())
    )
    made["reason"] = ["", ""]
    made.loc[1, "reason"] = f"{shortcuts.FEW}; {shortcuts.ELSEWHERE}"
    (*_, said, _) = probes_page.first(made, TOLD, INTERVENTIONS, beside())
    assert said.startswith(
        "The images that were changed differ from those of training: they do not show 1"
    )


@pytest.mark.parametrize(
    ("resize", "seen", "said"), [(256, 0.875, 0), (224, 0.875, 1), (224, 1, 0)]
)
def test_another_part_of_the_images_than_the_network_is_given_is_said(resize, seen, said):
    notes = probes_page.of_transform(Transform(resize, 224, (0.5,), (0.5,)), seen)
    assert len(notes) == said
    assert all(note.endswith("set properties.seen to 1") for note in notes)
    assert probes_page.of_transform(None, seen) == []


def test_no_name_adds_an_element():
    def structure(name):
        return pages.structure(probes_page.to_html(probes_page.rows(table(name)), [name], [name]))

    plain = structure("plain")
    for name in pages.NAMES:
        assert structure(name) == plain, name


def test_findings_alone_are_drawn():
    drawn = list(probes_page.draw(probes_page.rows(table()), INTERVENTIONS, {}))
    assert [name for name, _ in drawn] == ["01_a-zoom"]


def test_the_figure_shows_before_and_after_each_strength():
    figure = dose_figure(INTERVENTIONS, "a title")
    axes = figure.axes[0]
    lines = [container.lines[0].get_ydata().tolist() for container in axes.containers]
    assert lines == [[2.0, 12.0, 62.0], [2.0, 2.0, 5.0]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["as it is", "0.85", "0.7"]
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said[0] == "the middle alone, enlarged"
    assert said[1].startswith("control: ")


def test_an_image_as_it_is_and_changed_stands_beside():
    pair = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    figure = dose_figure(INTERVENTIONS, "a title", pair)
    assert [axes.get_title() for axes in figure.axes] == ["as it is", "changed", ""]
    assert len(figure.axes[-1].containers) == 2


@pytest.mark.parametrize(
    ("direction", "before", "ends"), [("in", 2.0, [0, 42]), ("out", 90.0, [50, 100])]
)
def test_intervals_are_around_the_answers_and_end_at_all_images(direction, before, ends):
    wide = INTERVENTIONS.assign(direction=direction, before=before, response=10.0)
    wide = wide.assign(low=-20.0, high=40.0)
    figure = dose_figure(wide, "a title")
    segments = figure.axes[0].containers[0].lines[2][0].get_segments()
    assert np.asarray(segments)[-1, :, 1].tolist() == ends


def test_an_empty_table_makes_a_page():
    none = table().iloc[:0]
    page = probes_page.to_html(probes_page.rows(none), ["looked for this"])
    assert "looked for this" in page
