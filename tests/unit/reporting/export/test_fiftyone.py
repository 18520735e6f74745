"""fiftyone: images, heatmaps and labels are those of the results, and the importer takes them."""

import io
import json

import explored
import exported
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unhans.io import atomic, store
from unhans.paths import beside
from unhans.reporting.export import fiftyone, issues
from unhans.reporting.export.explanations import explanations

HOSTILE = ("<script>alert(1)</script>", "../../etc", 'a "b" \\ c', "\udcff ünï\n")
FOLDER = "digits/small_vgg/epsilon_plus_flat"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored.Explored(tmp_path_factory.mktemp("run"), HOSTILE)


@pytest.fixture(scope="module")
def table(run):
    tables = issues.Tables(
        {beside("results", 1, explored.ANALYSES[0], "manifest.tsv"): exported.manifest_of(run)},
        {exported.AT: exported.indicators(("1", "grouped", 0.01))},
        {exported.AT: pd.DataFrame(columns=["kept"])},
    )
    return issues.tabulate(tables, exported.results(run))


@pytest.fixture(scope="module")
def files(run, table):
    stages = {
        stage: store.by_path(str(own[stage]) for own in run.inputs.values())
        for stage in ("corpus", "attribution")
    }
    made = explanations(
        stages["corpus"],
        {"attribution": stages["attribution"]},
        store.by_path([str(run.record)]),
        lambda corpus: None,
    )
    return dict(fiftyone.files(made, table))


@pytest.fixture(scope="module")
def samples(files):
    return json.loads(files[f"{FOLDER}/samples.json"])["samples"]


def test_each_image_is_a_sample_with_its_files(run, files, samples, table):
    assert len(samples) == 4 * explored.PER_CLASS
    assert list(files)[-1] == f"{FOLDER}/samples.json"
    for sample, row in zip(samples, table.to_dict("records"), strict=True):
        class_id, at = row["class"], int(sample["filepath"][-10:-4])
        own = store.opened(run.inputs[class_id])
        image = Image.open(io.BytesIO(files[f"{FOLDER}/{sample['filepath']}"]))
        np.testing.assert_array_equal(image, own["corpus"]["image"][at])
        drawn = Image.open(io.BytesIO(files[f"{FOLDER}/{sample['heatmap']['map_path']}"]))
        np.testing.assert_array_equal(drawn, fiftyone.shade(own["attribution"]["heatmap"][at]))
        assert sample["ground_truth"]["label"] == HOSTILE[int(class_id)]
        predicted = own["attribution"]["prediction"][at]
        assert sample["prediction"]["label"] == HOSTILE[predicted]
        assert sample["path"] == row["path"]
        assert sample["artefact_score"] == row["artefact_score"]
        tags = [row["split"]]
        assert sample["tags"] == (
            [*tags, "artefact", "grouped"] if row["is_artefact_issue"] else tags
        )
    assert any("artefact" in sample["tags"] for sample in samples)


def test_no_path_has_a_name_of_the_dataset_in_it(files):
    safe = set("abcdefghijklmnopqrstuvwxyz_0123456789./")
    assert all(set(path) <= safe and ".." not in path for path in files)


def test_photographs_are_jpeg_files_of_what_the_network_is_given(tmp_path):
    explanation, shown = exported.photographs(tmp_path)
    row = {"corpus": "mine", "model": "tiny", "composite": "epsilon_plus_flat", "class": "cat"}
    row |= {"name": "house cat", "split": "train", "image": "x", "path": "x", "indicator": ""}
    table = pd.DataFrame([row] * 3).assign(is_artefact_issue=False, artefact_score=1.0)
    files = dict(fiftyone.files([explanation], table))
    for number, expected in enumerate(shown):
        name = f"mine/tiny/epsilon_plus_flat/data/cat/{number:06d}.jpg"
        image = np.asarray(Image.open(io.BytesIO(files[name])), int)
        assert image.shape == expected.shape
        assert np.abs(image - expected).mean() < 60  # noise, as JPEG keeps it
    (sample, *_) = json.loads(files["mine/tiny/epsilon_plus_flat/samples.json"])["samples"]
    assert sample["prediction"]["label"] == "output 1"


def test_a_heatmap_shows_what_speaks_for_the_class():
    shaded = fiftyone.shade(np.array([[-5.0, 0.0], [1.0, 4.0]]))
    np.testing.assert_array_equal(shaded, [[0, 0], [64, 255]])
    np.testing.assert_array_equal(fiftyone.shade(-np.ones((2, 2))), np.zeros((2, 2)))


def test_the_importer_of_fiftyone_takes_it(files, tmp_path):
    library = pytest.importorskip(
        "fiftyone.utils.data.importers", reason="no fiftyone is installed"
    )
    atomic.write_tree(tmp_path, files.items())
    importer = library.FiftyOneDatasetImporter(str(tmp_path / FOLDER))._to_legacy_importer()
    importer.setup()
    found = list(importer)
    assert len(found) == 4 * explored.PER_CLASS
    for sample in found[::50]:
        assert Image.open(sample.filepath).size == (28, 28)
        assert Image.open(sample["heatmap"].map_path).size == (28, 28)
