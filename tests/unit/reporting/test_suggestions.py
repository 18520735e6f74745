"""suggestions: rows that can be accepted as they are, pictures of them, and a mask to edit."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unhans.artefacts import accepted, candidate_response
from unhans.detection import group_search
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store, tsv
from unhans.reporting import suggestions
from unhans.reporting.explained import ExplainedClasses
from unhans.reporting.figures import style

RECIPE = store.Recipe("test", {}, "x")
PLANTED = {
    **{"per_class": 60, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}


def inserted(**effects):
    rows = []
    for class_id, change in effects.items():
        values = dict.fromkeys(candidate_response.COLUMNS, 0.25)
        kind = {"class": class_id.removeprefix("c"), "kind": "fixed", "indicator": "grouped"}
        row = {**values, **kind, "probability_change": change, "suggested": True}
        # Another experiment on the group, which is not suggested.
        rows += [row, {**row, "kind": "appearance", "suggested": False}]
    return pd.DataFrame(rows, columns=candidate_response.COLUMNS)


def test_what_is_suggested_can_be_accepted(tmp_path):
    found = suggestions.rows(inserted(c3=0.1, c8=-0.4), "digits", "small_vgg", "epsilon_plus_flat")
    assert found["artefact"].tolist() == ["class_8_grouped", "class_3_grouped"]
    path = tmp_path / "suggestions.tsv"
    tsv.write_tsv(found, path)
    first = accepted.read(str(path))[0]
    origin = ("digits", "small_vgg", "epsilon_plus_flat")
    assert first == accepted.Accepted(
        "class_8_grouped", *origin, "8", "suggested", indicator="grouped"
    )


@pytest.mark.parametrize("class_id", ["great_white-5c40d62c", "n03417042", "a.b"])
def test_a_class_makes_a_name(class_id):
    assert accepted.NAME.fullmatch(suggestions.name_of(class_id, "grouped"))


def test_nothing_flagged_is_a_table_without_rows():
    found = suggestions.rows(pd.DataFrame(columns=candidate_response.COLUMNS), "a", "b", "c")
    assert list(found.columns) == suggestions.COLUMNS
    assert found.empty


def test_a_suggestion_is_drawn_and_its_mask_can_be_edited(tmp_path):
    own = of_digits(Entry("1", "1", "1", 1), settings_of(**PLANTED))
    images = own.arrays["image"].astype(np.float32)
    found = group_search.find_groups(images, images=own.arrays["image"], smallest=0.1)
    mask = np.zeros((28, 28), dtype=bool)
    mask[-4:, -4:] = True
    content = {
        "corpus": (dict(own.arrays), own.notes),
        "attribution": ({"heatmap": images, "image": np.arange(len(images))}, {}),
        "group_search": (group_search.arrays(found), {}),
        "artefacts": (
            {"mask": mask[None], "template": np.full((1, 1, 28, 28), 0.4, dtype=np.float32)},
            {"groups": [("1", "grouped")]},
        ),
        "model": ({}, {"transform": None}),
    }
    paths = {}
    for stage, (arrays, notes) in content.items():
        paths[stage] = str(tmp_path / stage / "1.zarr.zip")
        store.write(paths[stage], arrays, RECIPE, notes=notes)
    folder = tmp_path / "suggestions"
    folder.mkdir()
    (folder / "old.png").touch()
    stages = ("corpus", "attribution", "group_search")
    pictures = suggestions.draw(
        suggestions.rows(inserted(c1=0.5), "digits", "small_vgg", "epsilon_plus_flat"),
        store.read(paths["artefacts"]),
        ExplainedClasses(
            {stage: store.classes([paths[stage]]) for stage in stages},
            store.read(paths["model"]),
            None,
        ),
    )
    style.save_all(pictures, folder)
    names = ["class_1_grouped.png", "class_1_grouped_mask.png", "class_1_grouped_template.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (np.asarray(Image.open(folder / "class_1_grouped_mask.png")) == mask * 255).all()
    template = np.asarray(Image.open(folder / "class_1_grouped_template.png"))
    assert (template[..., 3] == mask * 255).all()
    assert (template[..., :3] == 102).all()
    assert Image.open(folder / "class_1_grouped.png").width > 1000
