"""virelay: what ViRelAy reads equals the results bit for bit, by its files and by the server itself."""

import io
import json

import explored
import exported
import h5py
import numpy as np
import pytest
import virelay_server
import yaml
from PIL import Image

from unhans.errors import InputError
from unhans.io import atomic, digests, store
from unhans.reporting.export import virelay
from unhans.reporting.export.explanations import explanations

HOSTILE = ("<script>alert(1)</script>", "../../etc", 'a "b" \\ c', "\udcff ünï\n")
FIRST = explored.ANALYSES[0]
FOLDER = "digits/small_vgg/epsilon_plus_flat"
METHODS = ["pooled.euclidean.knn6.q8", "pooled.hellinger.knn6.q8"]


def export(run, folder, **left_out):
    """Write the export of a run without the classes left out, by stage."""
    inputs = {
        stage: store.by_path(
            path
            for class_id, files in run.inputs.items()
            for name, path in files.items()
            if name.split("_")[0] == stage and class_id not in left_out.get(stage, ())
        )
        for stage in ("corpus", "attribution", *virelay.ANALYSED)
    }
    explained = explanations(
        inputs["corpus"],
        {"attribution": inputs["attribution"]},
        store.by_path([str(run.record)]),
        lambda corpus: None,
    )
    atomic.write_tree(folder, virelay.files(virelay.projects(explained, inputs)))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored.Explored(tmp_path_factory.mktemp("run"), HOSTILE)


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return export(run, tmp_path_factory.mktemp("virelay"))


def results(run, class_id):
    return store.opened(run.inputs[class_id])


def test_a_project_names_its_files_and_analyses(folder):
    project = yaml.safe_load((folder / "project.yaml").read_text())["project"]
    assert project["name"] == "digits, small_vgg, epsilon_plus_flat"
    assert [one["analysis_method"] for one in project["analyses"]] == METHODS
    sources = [source for one in project["analyses"] for source in one["sources"]]
    named = [project["label_map"], project["dataset"]["path"], *sources]
    named += project["attributions"]["sources"]
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {*named, "project.yaml", digests.LIST}
    labels = json.loads((folder / project["label_map"]).read_text())
    assert [(one["index"], one["word_net_id"], one["name"]) for one in labels] == [
        (at, str(at), name) for at, name in enumerate(HOSTILE)
    ]


def test_images_and_heatmaps_are_those_of_the_results(run, folder):
    with (
        h5py.File(folder / FOLDER / "dataset.h5") as dataset,
        h5py.File(folder / FOLDER / "attribution.h5") as attribution,
    ):
        count = 4 * explored.PER_CLASS
        assert dataset["data"].shape == attribution["attribution"].shape == (count, 3, 28, 28)
        assert dataset["data"].dtype == np.uint8
        assert attribution["index"].dtype == np.uint32
        np.testing.assert_array_equal(attribution["index"], np.arange(count))
        np.testing.assert_array_equal(attribution["label"], dataset["label"])
        assert not attribution["attribution"][:, 1:].any()
        for at in range(4):
            own, rows = results(run, str(at)), slice(60 * at, 60 * (at + 1))
            assert set(dataset["label"][rows]) == {at}
            for channel in range(3):
                np.testing.assert_array_equal(
                    dataset["data"][rows, channel], own["corpus"]["image"]
                )
            heatmaps = own["attribution"]["heatmap"]
            kept = attribution["attribution"][rows, 0]
            assert kept.dtype == heatmaps.dtype
            np.testing.assert_array_equal(kept, heatmaps)
            predictions = own["attribution"]["prediction"]
            np.testing.assert_array_equal(attribution["prediction"][rows], predictions)


def test_embeddings_and_clusterings_are_those_of_the_results(run, folder):
    for number, method in enumerate(METHODS):
        with h5py.File(folder / FOLDER / f"{method}.h5") as file:
            assert list(file) == ["0", "1", "2", "3"]
            for class_id, group in file.items():
                own = results(run, class_id)
                start = 60 * int(class_id)
                np.testing.assert_array_equal(group["index"], np.arange(start, start + 60))
                _equal(group["embedding/spectral"], own[f"embedding_{number}"]["embedding"])
                eigenvalues = group["embedding/spectral"].attrs["eigenvalue"]
                _equal(eigenvalues, own[f"embedding_{number}"]["eigenvalue"])
                names = ["spectral"] if number else ["spectral", "umap", "tsne"]
                assert list(group["embedding"]) == names
                for name in names[1:]:
                    _equal(group["embedding"][name], own["projection_0"][name])
                clustering = own[f"clustering_{number}"]
                for array, prefix in virelay.CLUSTERINGS.items():
                    for k, labels in zip(clustering["k"], clustering[array], strict=True):
                        kept = group["cluster"][f"{prefix}-{k:02d}"]
                        _equal(kept, labels)
                        assert (kept.attrs["k"], kept.attrs["embedding"]) == (k, "spectral")
                        used = k if array == "nested" else 8
                        np.testing.assert_array_equal(kept.attrs["index"], np.arange(used))


def _equal(kept, expected):
    assert kept.dtype == expected.dtype
    np.testing.assert_array_equal(kept, expected)


def test_a_class_without_a_result_is_left_out_and_one_with_all_of_them_comes_first(run, tmp_path):
    folder = export(run, tmp_path / "some", projection=["0"], clustering=["2"])
    with h5py.File(folder / FOLDER / f"{METHODS[0]}.h5") as file:
        assert list(file) == ["1", "3", "0"]
        assert list(file["0/embedding"]) == ["spectral"]
    with pytest.raises(InputError, match="no image was explained"):
        export(_without_images(run), tmp_path / "none")


def _without_images(run):
    folder = run.folder.parent / "none"
    none = explored.Explored(folder, ("zero",))
    path = none.inputs["0"]["attribution"]
    kept = {name: array[:0] for name, array in store.read(path).arrays.items()}
    store.write(path, kept, explored.recipe("attribution"))
    return none


def test_analyses_whose_names_differ_by_a_hyphen_stay_apart():
    found = [FIRST._replace(representation=name) for name in ("a-b", "a_b")]
    methods = virelay._methods(dict.fromkeys(found))
    assert list(methods.values()) == found
    assert not [name for name in methods if "-" in name]


def test_the_same_results_give_the_same_bytes(run, folder, tmp_path):
    again = export(run, tmp_path / "again")
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes()


def test_photographs_are_those_that_the_network_is_given(tmp_path):
    explanation, shown = exported.photographs(tmp_path)
    made = virelay.projects(iter([explanation]), {stage: {} for stage in virelay.ANALYSED})
    atomic.write_tree(tmp_path / "virelay", virelay.files(made))
    project = yaml.safe_load((tmp_path / "virelay" / "project.yaml").read_text())["project"]
    assert (project["dataset"]["input_width"], project["analyses"]) == (6, [])
    with h5py.File(tmp_path / "virelay" / project["dataset"]["path"]) as file:
        np.testing.assert_array_equal(file["data"], shown.transpose(0, 3, 1, 2))
        assert list(file["label"]) == [4, 4, 4]
    labels = json.loads((tmp_path / "virelay" / project["label_map"]).read_text())
    assert [one["word_net_id"] for one in labels] == [
        *("output 0", "output 1", "output 2", "output 3", "cat")
    ]


def test_many_heatmaps_have_no_index(run, tmp_path, monkeypatch):
    monkeypatch.setattr(virelay, "INDEXED", 100)
    folder = export(run, tmp_path / "many")
    with h5py.File(folder / FOLDER / "attribution.h5") as file:
        assert "index" not in file


needs_virelay = pytest.mark.skipif(
    not virelay_server.found(), reason=f"no ViRelAy is found; name one by {virelay_server.VARIABLE}"
)


@pytest.fixture(scope="module")
def server(folder):
    with virelay_server.Virelay(folder / "project.yaml") as started:
        yield started


@needs_virelay
def test_it_lists_all_analyses_and_classes(server):
    project = server.get("projects/0")
    assert [one["name"] for one in project["analysisMethods"]] == METHODS
    first = project["analysisMethods"][0]
    assert first["embeddings"] == ["spectral", "umap", "tsne"]
    assert len(first["clusterings"]) == 2 * 7
    named = [one["humanReadableName"] for one in first["categories"]]
    assert named == list(HOSTILE)


@needs_virelay
def test_its_numbers_are_those_of_the_results(run, server):
    for number, method in enumerate(METHODS):
        for class_id in run.inputs:
            own = results(run, class_id)
            spectrum, clustering = own[f"embedding_{number}"], own[f"clustering_{number}"]
            for at, k in enumerate(clustering["k"]):
                for array, prefix in virelay.CLUSTERINGS.items():
                    query = {"category": class_id, "clustering": f"{prefix}-{k:02d}"}
                    answer = server.get(
                        f"projects/0/analyses/{method}", embedding="spectral", **query
                    )
                    rows = answer["embedding"]
                    values = np.array([row["value"] for row in rows])
                    np.testing.assert_array_equal(values, spectrum["embedding"])
                    labels = [row["cluster"] for row in rows]
                    np.testing.assert_array_equal(labels, clustering[array][at])
            np.testing.assert_array_equal(answer["eigenvalues"], spectrum["eigenvalue"])


@pytest.mark.parametrize("name", ["umap", "tsne"])
@needs_virelay
def test_its_points_in_the_plane_are_those_of_the_results(run, server, name):
    query = {"category": "1", "clustering": "nested-02", "embedding": name}
    rows = server.get(f"projects/0/analyses/{METHODS[0]}", **query)["embedding"]
    expected = results(run, "1")["projection_0"][name]
    values = np.array([row["value"] for row in rows], dtype=expected.dtype)
    np.testing.assert_array_equal(values, expected)


@needs_virelay
def test_it_shows_images_and_heatmaps_in_all_its_colours(run, server):
    image = Image.open(io.BytesIO(server.bytes("projects/0/dataset/61/image")))
    expected = results(run, "1")["corpus"]["image"][1]
    assert np.abs(np.asarray(image.convert("L"), int) - expected).mean() < 20  # a JPEG
    said = server.get("projects/0/attributions/61")
    assert said["labels"] == [{"index": 1, "name": HOSTILE[1], "wordNetId": "1"}]
    assert said["prediction"] == results(run, "1")["attribution"]["prediction"][1]
    for colours in server.get("color-maps"):
        for superimpose in ("true", "false"):
            query = {"colorMap": colours["name"], "superimpose": superimpose}
            drawn = server.bytes("projects/0/attributions/61/heatmap", **query)
            assert Image.open(io.BytesIO(drawn)).size == (28, 28)
