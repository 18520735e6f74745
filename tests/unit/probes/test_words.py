"""words: what changes do, said for people."""

import pytest

from unhans.images.changes.catalogue import CHANGES
from unhans.probes import words
from unhans.probes.table import INTERVENTIONS


def test_every_intervention_and_every_control_has_words():
    names = {*CHANGES, *(one.name for one in INTERVENTIONS), words.UNCHANGED}
    assert names == set(words.WORDS)
    assert all("_" not in said for said in words.WORDS.values())


def test_words_tell_changes_apart():
    assert len({*words.WORDS.values()}) == len(words.WORDS)


@pytest.mark.parametrize(
    ("name", "direction", "said"),
    [
        (
            "scene_of_others",
            "in",
            "what lies around the middle of its images, put around the middle",
        ),
        (
            "scene_of_others",
            "out",
            "what lies around the middle of others, put around the middle of its",
        ),
        (
            "corners_of_others",
            "in",
            "what lies in the corners of its images, put in the corners of others",
        ),
        ("cast_red", "out", "a red cast"),
        ("of_another_kind", "in", "of another kind"),
    ],
)
def test_exchanges_say_whose_surroundings_are_put_where(name, direction, said):
    assert words.words_of_act(name, direction).startswith(said)
