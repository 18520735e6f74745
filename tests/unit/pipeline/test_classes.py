"""classes: which are analysed, which are needed, and what they are called."""

import re

import pytest
from _plans import (
    make,
)

from unhans.errors import ConfigError


def test_a_class_that_is_not_there_is_named_with_its_key():
    made = make(corpus={"digits": {"classes": [1, 12]}})
    with pytest.raises(ConfigError, match=r"corpus\.digits\.classes: no class matches '12'"):
        made.analysed_classes()


def test_a_network_trained_here_needs_all_classes_and_others_only_those_analysed(images):
    digits = make(corpus={"digits": {"classes": [1, 3]}})
    assert digits.classes.analysed("digits") == ("1", "3")
    assert len(digits.classes.needed("digits")) == 10
    assert len(images(corpus={"classes": 3}).classes.needed("mine")) == 3


def test_classes_have_ids_in_paths_and_names_for_people(images):
    made = images(corpus={"classes": ["class 03"]})
    (class_id,) = made.classes.analysed("mine")
    assert re.fullmatch(r"class_03-[0-9a-f]{8}", class_id)
    assert made.classes.names("mine")[class_id] == "class 03"
    assert made.classes.output_names("mine")[3] == "class 03"
    analysis = made.config.analyses()[0]
    path = made.result("attribution", analysis, class_id)
    assert path == f"results/mine/vgg16/epsilon_plus_flat/attribution/{class_id}.zarr.zip"


def test_notes_and_outputs_of_a_corpus_are_those_of_its_classes(images, tmp_path):
    made = images().classes
    assert made.catalogues["mine"].notes == ()
    assert made.catalogues["mine"].complete
    (tmp_path / "images" / "train" / "__MACOSX").mkdir()
    table = tmp_path / "index.csv"
    rows = "".join(f"class {number:02d},{number + 7}\n" for number in range(12))
    table.write_text(f"class,index\n{rows}")
    made = images(corpus={"class_index": str(table)}).classes
    assert made.catalogues["mine"].notes[0].endswith("are no classes: train/__MACOSX")
    assert not made.catalogues["mine"].complete
    assert len(made.output_names("mine")) == 19
    assert set(made.outputs("mine").values()) == set(range(7, 19))
