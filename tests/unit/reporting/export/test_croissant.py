"""croissant: the description is valid to the format's own library, where it is installed."""

import hashlib
import json

import hostile
import pandas as pd
import pytest

from unhans.io import tsv
from unhans.reporting.export import croissant

CLASSES = {"one": "first", "two": "<script>alert(1)</script>", "three": "ünï ✓"}


@pytest.fixture
def manifest():
    rows = [
        {
            **{"image": f"{at}.png", "class": class_id, "name": name, "split": split},
            **{
                "path": f"{split}/{class_id}/{at}.png",
                "sha256": hashlib.sha256(f"{class_id}{at}".encode()).hexdigest(),
                "status": status,
            },
            **{"artefact": "", "remark": ""},
        }
        for class_id, name in CLASSES.items()
        for split in ("train", "val")
        for at, status in enumerate(("ok", "ok", "no image"))
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def described(manifest, tmp_path):
    table = tmp_path / croissant.TABLE
    tsv.write_tsv(manifest, table)
    path = tmp_path / "croissant.json"
    path.write_bytes(croissant.describe("mine", manifest, table.read_bytes()))
    return path


def test_it_states_what_the_manifest_holds(described, manifest):
    value = json.loads(described.read_text("ascii"))
    assert value["name"] == "mine"
    assert value["description"].startswith("12 images of 3 classes in the splits train, val; 6 ")
    by_name = {one["name"]: one for one in value["recordSet"]}
    classes = {row["classes/id"]: row["classes/name"] for row in by_name["classes"]["data"]}
    assert classes == CLASSES
    assert by_name["splits"]["data"] == [{"splits/name": "train"}, {"splits/name": "val"}]
    columns = [one["source"]["extract"]["column"] for one in by_name["images"]["field"]]
    assert set(columns) <= set(manifest.columns)
    assert len({one["@id"] for own in by_name.values() for one in own["field"]}) == 10


def test_hostile_names_stay_text(manifest):
    for name in hostile.STRINGS:
        value = croissant.describe("mine", manifest.assign(name=name), b"")
        assert json.loads(value)["recordSet"][0]["data"][0]["classes/name"] == name


def test_the_library_of_the_format_takes_it_and_reads_the_images(described, manifest):
    library = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    dataset = library.Dataset(jsonld=described)
    assert not dataset.metadata.issues.errors
    records = list(dataset.records("images"))
    assert len(records) == len(manifest)
    for record, row in zip(records, manifest.to_dict("records"), strict=True):
        for name in ("path", "class", "sha256", "status"):
            assert record[f"images/{name}"].decode() == row[name]
    assert len(list(dataset.records("classes"))) == len(CLASSES)
