"""store: whole files or none, equal content equal bytes, damage named."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest
import zarr
from scipy import sparse

from unhans.errors import InputError, SetAsideError, StoreError
from unhans.io import result_attributes, store, versions, zarr_zip

RECIPE = store.Recipe("distance", {"metric": "euclidean"}, "abc-1")
GRAPH = store.Recipe("affinity", {"knn": 10}, "def-1")


@pytest.fixture
def arrays(random):
    graph = sparse.random_array((40, 40), density=0.1, rng=0, format="csr")
    return {
        "heatmap": random.normal(size=(70, 8, 8)).astype(np.float32),
        "label": np.arange(70),
        "flag": np.arange(70) % 3 == 0,
        "graph": graph,
        "empty": np.zeros((0, 4)),
    }


def test_arrays_come_back_as_they_were(tmp_path, arrays):
    path = tmp_path / "deep" / "3.zarr.zip"
    store.write(path, arrays, RECIPE, notes={"n": 70})
    result = store.read(path)
    assert result.attributes["n"] == 70
    for name, array in arrays.items():
        found = result[name]
        if name == "graph":
            assert isinstance(found, sparse.csr_array)
            found, array = found.toarray(), array.toarray()
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_a_result_is_zarr_version_3_in_one_zip(tmp_path, arrays):
    path = tmp_path / "3.zarr.zip"
    store.write(path, arrays, RECIPE)
    with zarr.storage.ZipStore(path, mode="r") as opened:
        group = zarr.open_group(opened, mode="r")
        assert group.metadata.zarr_format == 3
        assert group["heatmap"].chunks == (zarr_zip.CHUNK, 8, 8)
        assert "blosc" in str(group["heatmap"].metadata.codecs).lower()


def test_a_module_without_a_version_has_that_of_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "zennit", ModuleType("zennit"))
    assert versions.loaded_versions()["zennit"] == metadata.version("zennit")
    monkeypatch.setattr(versions, "LIBRARIES", ("of_nobody",))
    monkeypatch.setitem(sys.modules, "of_nobody", ModuleType("of_nobody"))
    assert versions.loaded_versions() == {"of_nobody": "unknown"}


def test_attributes_state_stage_parameters_versions_and_inputs(tmp_path, arrays):
    above, below = tmp_path / "above.zarr.zip", tmp_path / "below.zarr.zip"
    store.write(above, arrays, RECIPE)
    source = store.read(above)
    store.write(below, {"graph": arrays["graph"]}, GRAPH, inputs={"distances": source})
    attributes = store.read_attributes(below)
    assert attributes["stage"] == "affinity"
    assert attributes["lineage"] == {
        "distance": {"parameters": {"metric": "euclidean"}, "code": "abc-1"},
        "affinity": {"parameters": {"knn": 10}, "code": "def-1"},
    }
    assert attributes["inputs"] == {"distances": source.attributes["fingerprint"]}
    assert {"numpy", "zarr", "unhans"} <= set(attributes["versions"])


def test_equal_content_gives_equal_bytes(tmp_path, arrays, monkeypatch):
    one, other = tmp_path / "one.zarr.zip", tmp_path / "other.zarr.zip"
    store.write(one, arrays, RECIPE)
    monkeypatch.setattr("time.time", lambda: 2e9)
    store.write(other, dict(reversed(arrays.items())), RECIPE)
    assert one.read_bytes() == other.read_bytes()


def test_the_fingerprint_tells_content_shape_type_and_name_apart():
    base = np.arange(12, dtype=np.float32)
    variants = [
        {"a": base},
        {"b": base},
        {"a": base.reshape(3, 4)},
        {"a": base.astype(np.float64)},
        {"a": base + 1},
        {"a": base, "b": base},
    ]
    assert len({zarr_zip.fingerprint(variant) for variant in variants}) == len(variants)


def test_only_the_arrays_asked_for_are_read(tmp_path, arrays):
    path = tmp_path / "3.zarr.zip"
    store.write(path, arrays, RECIPE)
    assert set(store.read(path, ["label", "graph"]).arrays) == {"label", "graph"}
    with pytest.raises(StoreError, match=r"3\.zarr\.zip.*no array 'tau'.*heatmap"):
        store.read(path, ["tau"])


def test_a_class_set_aside_says_why_when_read(tmp_path):
    path = tmp_path / "3.zarr.zip"
    store.write_set_aside(path, RECIPE, "affinity of x: 10 neighbours need 11 images")
    assert store.read_attributes(path)["status"] == "set aside"
    with pytest.raises(SetAsideError, match="need 11 images") as caught:
        store.read(path)
    assert isinstance(caught.value, InputError)


def test_a_missing_result_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"3\.zarr\.zip: no such result"):
        store.read(tmp_path / "3.zarr.zip")


@pytest.mark.parametrize("damage", ["chunk", "truncated", "empty", "text", "directory"])
def test_damage_is_named_and_never_read_as_data(tmp_path, arrays, damage):
    path = tmp_path / "3.zarr.zip"
    store.write(path, arrays, RECIPE)
    content = bytearray(path.read_bytes())
    if damage == "chunk":
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("heatmap/c/1/0/0")
        middle = entry.header_offset + entry.compress_size // 2
        content[middle : middle + 4] = bytes(255 - byte for byte in content[middle : middle + 4])
    elif damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = bytearray()
    elif damage == "text":
        content = bytearray(b"not a zip")
    path.unlink()
    if damage == "directory":
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=r"3\.zarr\.zip: damaged .*Delete the file and run again"):
        store.read(path)


def test_another_format_is_refused(tmp_path, arrays, monkeypatch):
    path = tmp_path / "3.zarr.zip"
    monkeypatch.setattr(store, "STORE_FORMAT", 99)
    store.write(path, arrays, RECIPE)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="format 99"):
        store.read(path)


def test_a_full_disk_leaves_what_was_there_before(tmp_path, arrays, monkeypatch):
    path = tmp_path / "3.zarr.zip"
    store.write(path, {"label": arrays["label"]}, RECIPE)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(StoreError, match=r"3\.zarr\.zip: cannot be written \(No space left"):
        store.write(path, arrays, RECIPE)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_a_place_that_is_no_folder_is_named(tmp_path, arrays):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StoreError, match=r"results/3\.zarr\.zip: cannot be written"):
        store.write(tmp_path / "results" / "3.zarr.zip", arrays, RECIPE)


def test_a_killed_writer_leaves_nothing_that_passes_for_a_result(tmp_path):
    path = tmp_path / "3.zarr.zip"
    script = textwrap.dedent(
        f"""
        import os, signal, numpy as np
        from unhans.io import result_attributes, store, versions, zarr_zip
        created = zarr_zip._create
        def create_then_die(group, name, array):
            created(group, name, array)
            os.kill(os.getpid(), signal.SIGKILL)
        zarr_zip._create = create_then_die
        arrays = {{"a": np.ones((64, 9, 9)), "b": np.ones(3)}}
        store.write({str(path)!r}, arrays, store.Recipe("distance", {{}}, "x"))
        """
    )
    died = subprocess.run([sys.executable, "-c", script], check=False)
    assert died.returncode == -signal.SIGKILL
    assert not path.exists()
    # The next run writes over what the dead one left beside it.
    store.write(path, {"a": np.ones(3)}, RECIPE)
    assert os.listdir(tmp_path) == [path.name]


@pytest.fixture
def pair(tmp_path):
    """A result and the one that it is made from."""
    above, below = tmp_path / "above.zarr.zip", tmp_path / "below.zarr.zip"
    store.write(above, {"distance": np.zeros(3)}, RECIPE)
    store.write(below, {"graph": np.ones(3)}, GRAPH, inputs={"distances": store.read(above)})
    return above, below


def test_a_result_is_current_if_recipe_and_inputs_are_what_it_says(pair):
    above, below = pair
    assert store.is_current(above, RECIPE, [])
    assert store.is_current(below, GRAPH, [above])


def test_an_input_made_again_with_the_same_content_leaves_a_result_current(pair):
    above, below = pair
    above.unlink()
    store.write(above, {"distance": np.zeros(3)}, RECIPE)
    assert store.is_current(below, GRAPH, [above])


@pytest.mark.parametrize(
    "recipe",
    [
        dataclasses.replace(GRAPH, code="new-1"),
        dataclasses.replace(GRAPH, parameters={"knn": 12}),
        dataclasses.replace(GRAPH, stage="embedding"),
    ],
    ids=["code", "parameters", "stage"],
)
def test_another_recipe_makes_a_result_out_of_date(pair, recipe):
    above, below = pair
    assert not store.is_current(below, recipe, [above])


@pytest.mark.parametrize(
    ("content", "recipe"),
    [
        (np.ones(3), RECIPE),
        (np.zeros(3), dataclasses.replace(RECIPE, code="new-1")),
        (np.zeros(3), dataclasses.replace(RECIPE, parameters={"metric": "hellinger"})),
    ],
    ids=["content", "code", "parameters"],
)
def test_another_input_makes_a_result_out_of_date(pair, content, recipe):
    above, below = pair
    store.write(above, {"distance": content}, recipe)
    assert not store.is_current(below, GRAPH, [above])


def test_an_input_more_or_less_makes_a_result_out_of_date(pair, tmp_path):
    above, below = pair
    other = tmp_path / "other.zarr.zip"
    store.write(other, {"distance": np.ones(3)}, RECIPE)
    assert not store.is_current(below, GRAPH, [above, other])
    assert not store.is_current(below, GRAPH, [])


def test_what_is_set_aside_is_never_current(pair):
    above, below = pair
    store.write_set_aside(below, GRAPH, "too few", [above])
    assert not store.is_current(below, GRAPH, [above])
    store.write(below, {"graph": np.ones(3)}, GRAPH, inputs={"distances": store.read(above)})
    store.write_set_aside(above, RECIPE, "too few")
    assert not store.is_current(below, GRAPH, [above])


def test_what_is_missing_damaged_or_of_another_format_is_not_current(pair, monkeypatch):
    above, below = pair
    monkeypatch.setattr(result_attributes, "STORE_FORMAT", 99)
    assert not store.is_current(below, GRAPH, [above])
    monkeypatch.undo()
    content = below.read_bytes()
    below.write_bytes(content[: len(content) // 2])
    assert not store.is_current(below, GRAPH, [above])
    below.unlink()
    assert not store.is_current(below, GRAPH, [above])


def test_inputs_that_are_no_results_have_no_say(pair, tmp_path):
    above, below = pair
    assert store.is_current(below, GRAPH, [above, tmp_path / "weights.safetensors"])


def test_all_classes_are_read_by_their_names(tmp_path):
    for name in ("a", "n02.x"):
        store.write(tmp_path / f"{name}.zarr.zip", {"label": np.ones(2)}, RECIPE)
    found = store.read_all(tmp_path / f"{name}.zarr.zip" for name in ("n02.x", "a"))
    assert list(found) == ["n02.x", "a"]


@pytest.fixture
def three_classes(tmp_path, arrays):
    """Paths of two results and, between them, one of a class that was set aside."""
    paths = [tmp_path / f"{name}.zarr.zip" for name in ("n02.x", "b", "a")]
    for path in paths:
        store.write(path, arrays, RECIPE, notes={"n": 70})
    store.write_set_aside(paths[1], RECIPE, "too few images")
    return paths


def test_classes_come_in_the_order_of_their_paths(three_classes):
    found = store.classes(map(str, three_classes))
    assert list(found) == ["n02.x", "b", "a"]
    assert len(found) == 3
    assert "b" in found
    assert "c" not in found
    with pytest.raises(KeyError):
        found["c"]


def test_a_class_is_opened_when_it_is_asked_for(three_classes):
    found = store.classes(three_classes)
    before = found["a"]
    store.write(three_classes[2], {"label": np.zeros(3)}, RECIPE, notes={"n": 3})
    assert (before.attributes["n"], found["a"].attributes["n"]) == (70, 3)
    three_classes[2].unlink()
    with pytest.raises(StoreError, match="no such result"):
        found["a"]


def test_arrays_of_a_class_are_read_one_by_one(three_classes, arrays, monkeypatch):
    asked = []
    read_arrays = zarr_zip.read_arrays

    def recorded(path, group, wanted):
        asked.append((path.name, *wanted))
        return read_arrays(path, group, wanted)

    monkeypatch.setattr(zarr_zip, "read_arrays", recorded)
    found = store.classes(three_classes)["a"]
    assert set(found.arrays) == set(arrays)
    assert "graph" in found.arrays
    assert "graph.data" not in found.arrays
    assert not asked
    for _ in range(2):
        np.testing.assert_array_equal(found["label"], arrays["label"])
        np.testing.assert_array_equal(found["graph"].toarray(), arrays["graph"].toarray())
    assert asked == [("a.zarr.zip", "label"), ("a.zarr.zip", "graph")]


def test_an_array_that_a_class_lacks_is_named(three_classes):
    with pytest.raises(StoreError, match="holds no array 'tau'; expected one of empty, flag"):
        store.classes(three_classes)["a"]["tau"]


def test_a_class_set_aside_shows_its_attributes_and_raises_when_read(three_classes):
    found = store.classes(three_classes)
    assert [one.attributes["status"] for one in found.values()] == ["ok", "set aside", "ok"]
    with pytest.raises(SetAsideError, match="too few images"):
        found["b"]["heatmap"]
    assert list(found["b"].arrays) == []
