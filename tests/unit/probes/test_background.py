"""Background: which classes are recognised where the middle of their images is greyed."""

import pandas as pd
import pytest

from unhans.probes import background


def greyed(*rows):
    names = ("class", "strength", "direction", "before", "after")
    table = pd.DataFrame(rows, columns=names)
    return table.assign(name="the " + table["class"], intervention="only_rim", images=50)


def test_a_class_that_its_surroundings_tell_is_named_at_the_largest_middle():
    table = greyed(
        *(("a", 0.4, "out", 98, 95), ("a", 0.4, "in", 1, 2)),
        *(("a", 0.6, "out", 98, 90), ("a", 0.6, "in", 1, 4)),
        # All images are called b without their middle: this says nothing of its surroundings.
        *(("b", 0.4, "out", 97, 99), ("b", 0.4, "in", 1, 97)),
    )
    assert background.notes(table) == [
        "class the a: its surroundings alone are enough: with the middle greyed its images are called "
        "the class (40 % of the pixels: 95 %; 60 % of the pixels: 90 %; as they are 98 %), and 4 % of "
        "images of others; objects may reach out of the middle: look at the images"
    ]
    assert [one.class_id for one in background.alone(table)] == ["a"]
    (none,) = background.notes(table[table["class"] == "b"])
    assert none.startswith(
        "None of 1 classes is recognised by its surroundings alone: with the middle"
    )


@pytest.mark.parametrize("change", [{"images": 14}, {"intervention": "zoom"}])
def test_few_images_say_nothing_of_surroundings(change):
    table = greyed(("a", 0.4, "out", 100, 100), ("a", 0.4, "in", 0, 0))
    assert background.notes(table)[0].startswith("class the a")
    (none,) = background.notes(table.assign(**change))
    assert none.startswith("Whether surroundings alone are enough is not known")
