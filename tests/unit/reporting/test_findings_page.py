"""findings_page: findings in sentences, a picture of each flagged class, and of no other."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unhans.artefacts import candidate_response
from unhans.detection import findings, group_search
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.reporting import findings_page
from unhans.reporting.explained import ExplainedClasses
from unhans.reporting.figures import style

RECIPE = store.Recipe("group_search", {}, "x")
LINEAGE = {"group_search": {"parameters": {}, "code": "x"}}
PLANTED = {
    **{"per_class": 60, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.25, "seed": 0}],
}


@pytest.fixture
def made(tmp_path):
    stages = {"corpus": [], "attribution": [], "group_search": []}
    for index in range(5):
        entry = Entry(str(index), str(index), f"no. {index}", index)
        own = of_digits(entry, settings_of(PLANTED))
        images = own.arrays["image"].astype(np.float32)
        images[:, -4:, -4:] *= 4  # the network looks at the mark
        n = len(images)
        explained = {
            **{"heatmap": images, "image": np.arange(n), "prediction": np.full(n, index)},
            "rank": np.ones(n, dtype=int),
        }
        content = {
            "corpus": (dict(own.arrays), own.notes),
            "attribution": (explained, {}),
            "group_search": (
                group_search.arrays(group_search.find_groups(images, images=own.arrays["image"])),
                {"n": n},
            ),
        }
        for stage, (arrays, notes) in content.items():
            path = tmp_path / stage / f"{index}.zarr.zip"
            store.write(path, arrays, RECIPE, notes=notes)
            stages[stage].append(str(path))
    record = tmp_path / "model.zarr.zip"
    store.write(record, {}, RECIPE, notes={"names": ["a", "b", "c"], "transform": None})
    names = {str(index): f"no. {index}" for index in range(5)}
    return (
        stages,
        str(record),
        findings.collect(store.classes(stages["group_search"]), names, LINEAGE, 0.05),
    )


def inserted(class_id, change):
    values = dict.fromkeys(candidate_response.COLUMNS, 0.0)
    values |= {"class": class_id, "images": 200, "probability_change": change, "kind": "fixed"}
    values |= {"probability_low": change - 0.1, "probability_high": change + 0.1}
    return pd.DataFrame([values])


def draw(made, found, described, folder):
    """Draw what the script draws, into a folder."""
    stages, record, _ = made
    classes = ExplainedClasses(
        {stage: store.classes(paths) for stage, paths in stages.items()}, store.read(record), None
    )
    style.save_all(findings_page.draw(found, described, classes), folder)


def test_a_finding_says_how_many_where_and_what_it_does(made):
    described = findings_page.sentences(made[2], inserted("1", 0.38)).set_index("class")
    text = described.loc["1", "finding"]
    assert text.startswith("class no. 1: 15 of 60 images form a group (p < ")
    assert "in the bottom right corner" in text
    assert text.endswith(
        "putting what they share into 200 images of other classes raises the class by 38.0 points "
        "(28.0 to 48.0; control 0.0), its rank by 0.0 (control 0.0)"
    )
    assert described.loc["0", "finding"] == "class no. 0: nothing stands out"


def test_a_fall_is_said_to_be_one(made):
    described = findings_page.sentences(made[2], inserted("1", -0.05))
    assert "lowers the class by 5.0 points" in described.iloc[0]["finding"]


def test_flagged_classes_are_drawn_and_what_was_there_goes(made, tmp_path):
    found = made[2]
    folder = tmp_path / "findings"
    folder.mkdir()
    (folder / "09_old.png").write_text("of an earlier run")
    found = found.assign(flagged=found["class"] == "1")
    described = findings_page.sentences(found, inserted("1", 0.38))
    draw(made, found, described, folder)
    assert [path.name for path in folder.iterdir()] == ["01_1.png"]
    assert np.asarray(Image.open(folder / "01_1.png")).std() > 10


def test_outliers_are_drawn_as_such(made, tmp_path):
    found = made[2]
    found = found.assign(indicator="scattered", flagged=found["class"] == "2")
    described = findings_page.sentences(found, inserted("1", 0.38))
    draw(made, found, described, tmp_path / "findings")
    assert [path.name for path in (tmp_path / "findings").iterdir()] == ["01_2.png"]


def test_a_clean_corpus_has_an_empty_folder_and_a_page_that_says_so(made, tmp_path):
    found = made[2]
    found = found.assign(flagged=False)
    described = findings_page.sentences(found, inserted("1", 0.38).iloc[:0])
    draw(made, found, described, tmp_path / "findings")
    assert not list((tmp_path / "findings").iterdir())
    assert findings_page.describe(described) == "nothing stands out in 5 classes"
    assert "class no. 3: nothing stands out" in findings_page.to_html(described)


@pytest.mark.parametrize(
    ("change", "points"), [(0.38, "38.0"), (-0.02, "2.0"), (1.234e-4, "0.012"), (0.0, "0.0")]
)
def test_small_changes_are_said_with_more_digits(change, points):
    row = inserted("1", change).iloc[0].to_dict()
    assert f"the class by {points} points" in findings_page._answer(row)
