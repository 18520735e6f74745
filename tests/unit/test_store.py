"""store: whole files or none, equal content equal bytes, damage named."""

import os
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
import zarr
from scipy import sparse

from unhans import store
from unhans.errors import InputError, SetAsideError, StoreError

RECIPE = store.Recipe("distance", {"metric": "euclidean"}, "abc-1")


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
        assert group["heatmap"].chunks == (store.CHUNK, 8, 8)
        assert "blosc" in str(group["heatmap"].metadata.codecs).lower()


def test_attributes_state_stage_parameters_versions_and_inputs(tmp_path, arrays):
    above, below = tmp_path / "above.zarr.zip", tmp_path / "below.zarr.zip"
    store.write(above, arrays, RECIPE)
    source = store.read(above)
    recipe = store.Recipe("affinity", {"knn": 10}, "def-1")
    store.write(below, {"graph": arrays["graph"]}, recipe, inputs={"distances": source})
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
    assert len({store.fingerprint(variant) for variant in variants}) == len(variants)


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
        from unhans import store
        created = store._create
        def create_then_die(group, name, array):
            created(group, name, array)
            os.kill(os.getpid(), signal.SIGKILL)
        store._create = create_then_die
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
