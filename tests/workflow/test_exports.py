"""Exports of a finished run: made by their targets alone, whole, made once, and checked by `verify`."""

import importlib.util
import json

import h5py
import numpy as np
import pytest
import yaml
from test_elsewhere import run_section

from unhans.io import store

TARGETS = ("virelay", "issues", "fiftyone", "croissant")
CLASSES = ("1", "3", "8")

pytestmark = pytest.mark.long  # a run of every export
FOLDER = "digits/small_vgg/epsilon_plus_flat"


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    """A copy of the finished checkout with all exports."""
    made = finished.copy(tmp_path_factory.mktemp("exports") / "checkout")
    # An analysis that is not drawn is projected for ViRelAy.
    planned = {"projection": 3, **dict.fromkeys(TARGETS, 1)}
    assert made.planned(*TARGETS) == planned
    made.run(*TARGETS)
    return made


def test_they_are_made_once_and_not_asked_for_by_a_run(exported):
    assert exported.planned(*TARGETS) == {}
    assert exported.planned() == {}


def test_the_project_of_virelay_has_every_analysis(exported):
    folder = exported.results / "virelay"
    project = yaml.safe_load((folder / "project.yaml").read_text())["project"]
    methods = [one["analysis_method"] for one in project["analyses"]]
    assert methods == ["pooled.euclidean.knn10.q8", "none.euclidean.knn10.q8"]
    for representation, method in zip(("pooled", "none"), methods, strict=True):
        with h5py.File(folder / FOLDER / f"{method}.h5") as file:
            for class_id in CLASSES:
                expected = store.read(exported.stage("embedding", representation, class_id))
                kept = file[f"{class_id}/embedding/spectral"]
                np.testing.assert_array_equal(kept, expected["embedding"])
                assert "tsne" in file[f"{class_id}/embedding"]


@pytest.mark.parametrize("heading", ["Issues, as of cleanlab", "FiftyOne", "Croissant"])
def test_sessions_of_the_page_are_true(heading, exported):
    run_section(heading, exported.folder)


@pytest.mark.skipif(
    importlib.util.find_spec("snakemake_report_plugin_fairscape") is None,
    reason="snakemake-report-plugin-fairscape is not installed",
)
def test_snakemakes_plugin_writes_a_crate(exported):
    path = "results/ro-crate-metadata.json"
    exported.run("--reporter", "fairscape", "--report-fairscape-path", path)
    graph = json.loads((exported.folder / path).read_text())["@graph"]
    assert graph[0]["@id"] == "ro-crate-metadata.json"


def test_damage_is_found(exported, tmp_path):
    spoilt = exported.copy(tmp_path / "checkout")
    data = spoilt.results / "virelay" / FOLDER
    (data / "labels.json").write_text("{")
    content = bytearray((data / "attribution.h5").read_bytes())
    (data / "attribution.h5").write_bytes(content[:-5000])
    said = spoilt.snakemake("verify").stdout
    assert "labels.json: cannot be read as JSON" in said
    assert "attribution.h5: damaged HDF5 file" in said
    assert "snakemake results/virelay --cores 1" in said
    assert said.count("made by: rule") == 2
