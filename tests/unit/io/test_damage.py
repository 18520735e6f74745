"""damage: no flipped bit, cut or renamed piece of a result is read as data."""

import collections
import os
import zipfile

import numpy as np
import pytest
import zarr
from scipy import sparse

from unhans.errors import StoreError
from unhans.io import store

RECIPE = store.Recipe("distance", {"metric": "euclidean"}, "abc-1")

FLIPS = int(os.environ.get("UNHANS_FLIPS", "250"))
"""Single bits that are flipped in each kind of result, half of them in the directory of its zip."""


@pytest.fixture(params=["dense", "sparse", "zeros", "several", "set aside"])
def path(request, tmp_path, random):
    """A result of each kind that the store keeps."""
    path = tmp_path / "3.zarr.zip"
    arrays = {
        "dense": {"heatmap": random.normal(size=(70, 4, 4)).astype(np.float32)},
        "sparse": {"affinity": sparse.random_array((40, 40), density=0.1, rng=0, format="csr")},
        "zeros": {"fisher": np.zeros(9), "tau": np.zeros(1)},
        "several": {
            "k": np.arange(5),
            "labels": random.integers(0, 5, (40, 60)),
            "tau": np.ones(1),
        },
    }
    if request.param == "set aside":
        store.write_set_aside(path, RECIPE, "10 neighbours need 11 images")
    else:
        store.write(path, arrays[request.param], RECIPE, notes={"n": 40})
    return path


def content(path):
    """All that a reader is told of a result, one array at a time too; what it raises in its place."""
    try:
        return repr(contents(path))
    except StoreError as error:
        message = str(error)
    assert str(path) in message
    assert "\n" not in message
    return "refused"


def contents(path):
    attributes = store.read_attributes(path)
    if attributes["status"] != "ok":
        return attributes, []
    lazy = store.classes([path])["3"]
    names = list(lazy.arrays)
    whole = store.read(path)
    arrays = [{name: told(lazy[name]) for name in names}]
    arrays.append({name: told(array) for name, array in whole.arrays.items()})
    arrays.append({name: told(store.read(path, [name])[name]) for name in names})
    return attributes, arrays


def told(array):
    dense = array.toarray() if sparse.issparse(array) else array
    return (dense.dtype.str, dense.shape, dense.tobytes())


def test_no_flipped_bit_changes_what_is_read(path, random):
    whole, expected = path.read_bytes(), content(path)
    with zipfile.ZipFile(path) as archive:
        directory = 8 * archive.start_dir
    bits = random.integers(0, 8 * len(whole), FLIPS)
    bits[: FLIPS // 2] = random.integers(directory, 8 * len(whole), FLIPS // 2)
    found = collections.Counter()
    for bit in bits.tolist():
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        read = content(path)
        assert read in (expected, "refused"), f"bit {bit} of {8 * len(whole)}"
        found["refused" if read == "refused" else "the same"] += 1
    print(dict(found))
    assert found["refused"]


def test_no_truncation_is_read(path):
    whole = path.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 100)):
        path.write_bytes(whole[:size])
        assert content(path) == "refused"


@pytest.mark.parametrize("change", ["renamed", "dropped", "added", "replaced"])
def test_an_entry_that_is_renamed_dropped_added_or_replaced_is_refused(tmp_path, change):
    path = tmp_path / "3.zarr.zip"
    store.write(path, {"tau": np.ones(1), "labels": np.ones((70, 3))}, RECIPE)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if change == "renamed":
        entries["tau/c/4"] = entries.pop("tau/c/0")
    elif change == "dropped":
        del entries["tau/c/0"]
    elif change == "added":
        entries["more/zarr.json"] = entries["tau/zarr.json"]
    else:
        entries["labels/c/0/0"] = entries["labels/c/2/0"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in entries.items():
            archive.writestr(name, value)
    assert content(path) == "refused"


def test_a_result_whose_seal_was_copied_from_another_is_refused(tmp_path):
    path, other = tmp_path / "3.zarr.zip", tmp_path / "4.zarr.zip"
    store.write(path, {"tau": np.ones(1)}, RECIPE)
    store.write(other, {"tau": np.zeros(1)}, RECIPE)
    with zipfile.ZipFile(other) as archive:
        comment = archive.comment
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = comment
    assert content(path) == "refused"


def test_other_readers_open_a_sealed_result(tmp_path):
    path = tmp_path / "3.zarr.zip"
    store.write(path, {"tau": np.ones(1)}, RECIPE)
    with zarr.storage.ZipStore(path, mode="r") as opened:
        assert zarr.open_group(opened, mode="r")["tau"][0] == 1
