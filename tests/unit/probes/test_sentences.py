"""Sentences: what an auditor reads of a whole class."""

import pandas as pd
import pytest

from unhans.probes import sentences, shortcuts

ROW = {
    **{"class": "a", "name": "COVID", "family": "framing", "property": "middle_edges"},
    **{"auc": 0.97, "property_direction": "higher", "intervention": "zoom", "strength": 0.7},
    **{"unit": "of each side", "direction": "in", "before": 2.0, "after": 88.0},
    **{"control": 2.4, "control_name": "resampled", "response": 86.0, "difference_low": 70.0},
    **{"reason": "", "used_too": ""},
}


def test_a_shortcut_names_property_change_control_and_both_sides():
    said = sentences.describe_row({**ROW, "conclusion": shortcuts.SHORTCUT})
    assert said == (
        "class COVID: framing: 'detail lies in the middle' is more true of its images than of "
        "others (AUC 0.97); the middle alone, enlarged (0.7 of each side): the share of images of "
        "other classes that the network calls the class rises from 2 to 88 % (control: the same loss of "
        "detail, without enlarging: up 2 points)"
    )


def test_further_changes_of_the_family_are_named():
    row = {**ROW, "conclusion": shortcuts.SHORTCUT, "used_too": "dark_rim, rim_white, rim_greyed"}
    said = sentences.describe_row(row)
    assert said.endswith("up 2 points); a black rim and the rim made white moved images too")
    rim = {**row, "intervention": "light_rim", "used_too": "rim_white, dark_rim"}
    assert "a black rim moved images too" in sentences.describe_row(rim)
    alone = sentences.describe_row({**row, "used_too": float("nan")})
    assert alone.endswith("up 2 points)")


def test_images_that_leave_the_class():
    said = sentences.describe_row(
        {
            **ROW,
            "conclusion": shortcuts.UNEXPLAINED,
            "direction": "out",
            "before": 100.0,
            "after": 67.0,
        }
    )
    assert "the share of its own images that the network calls the class falls from" in said
    assert (
        "from 100 to 67 % (control: the same loss of detail, without enlarging: down 2 points)"
        in said
    )
    assert said.endswith(
        "no property that was measured and that this change alters tells the class"
    )


@pytest.mark.parametrize(
    ("conclusion", "ending"),
    [
        (
            shortcuts.UNUSED,
            "no change of its framing that acts on it moves more images than the control does",
        ),
        (
            shortcuts.UNTESTABLE,
            "whether the network uses it is not known: too few images were changed",
        ),
        (shortcuts.UNTRIED, "no change of its framing was tried on the network"),
        (shortcuts.UNSEEN, "a network is given pixels alone and cannot see it"),
    ],
)
def test_a_property_alone_says_what_is_missing(conclusion, ending):
    row = {**ROW, "reason": shortcuts.FEW, "conclusion": conclusion, "property_direction": "lower"}
    said = sentences.describe_row(row)
    assert "is less true of its images than of others" in said
    assert said.endswith(ending)


def test_a_property_without_words_is_named():
    said = sentences.describe_row(
        {**ROW, "conclusion": shortcuts.UNSEEN, "property": "format: PNG", "family": "file"}
    )
    assert "'format: PNG' is more true" in said


def test_nothing_found_is_followed_by_what_was_looked_for():
    told = pd.DataFrame({"class": ["a", "b"], "property": ["noise", "noise"]})
    moved = pd.DataFrame({"family": ["noise", "colour"], "intervention": ["noise", "grey"]})
    table = pd.DataFrame([{**ROW, "conclusion": shortcuts.UNUSED}])
    first, second, third = sentences.describe(table, told, moved).splitlines()
    assert first.startswith("no property that tells a whole class was found to move the network")
    assert first.endswith("probes.html of a run without a target says what was looked for")
    assert second.startswith(
        "looked for: which of 1 properties tell one of 2 classes, and 2 changes"
    )
    assert "(colour, noise)" in second
    assert third == "1 of classes and families: in the data, not used"


def test_one_class_has_nothing_to_compare_with():
    told = pd.DataFrame({"class": ["a"], "property": ["noise"]})
    none = pd.DataFrame(columns=["family", "intervention"])
    assert "1 classes have images, and two are needed" in sentences.looked_for(told, none)
