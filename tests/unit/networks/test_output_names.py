"""output_names: each output has a name or none, and classes that do not fit are named."""

import pytest

from unhans.errors import InputError
from unhans.networks.output_names import fit


def test_as_many_classes_as_outputs_are_their_names():
    assert fit(["a", "b"], 2, complete=True, corpus="pets") == ["a", "b"]
    assert fit(["a", "", "c"], 3, complete=False, corpus="pets") == ["a", "", "c"]


def test_a_class_index_may_name_some_of_the_outputs():
    names = [*[""] * 497, "church", *[""] * 203, "parachute"]
    found = fit(names, 1000, complete=False, corpus="pets")
    assert len(found) == 1000
    assert [name for name in found if name] == ["church", "parachute"]
    assert (found[497], found[701]) == ("church", "parachute")


@pytest.mark.parametrize("outputs", [1, 2, 4, 1000])
def test_counted_classes_that_are_no_outputs_are_named(outputs):
    with pytest.raises(InputError) as error:
        fit(["church", "parachute", "__odd"], outputs, complete=True, corpus="pets")
    assert str(error.value) == (
        "corpus.pets: 3 classes were counted ('church', 'parachute', '__odd'), and the network has "
        f"{outputs} outputs; expected as many, or corpus.pets.class_index, a table with the index of "
        "each class"
    )


def test_of_many_classes_a_few_are_named():
    with pytest.raises(InputError, match=r"40 classes were counted \('0', .*'7' and 32 more\)"):
        fit([str(number) for number in range(40)], 41, complete=True, corpus="pets")


def test_an_index_beyond_the_outputs_is_named():
    names = [*[""] * 10, "church"]
    with pytest.raises(
        InputError, match=r"highest index is 10 \('church'\).*10 outputs; exp.* 0 to 9"
    ):
        fit(names, 10, complete=False, corpus="pets")
