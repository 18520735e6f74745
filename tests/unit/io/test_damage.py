"""damage: no flipped bit, cut or renamed piece of a result is read as data."""

import collections
import json
import os
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import zarr
from scipy import sparse

from unhans.errors import SetAsideError, StoreError
from unhans.io import part_folder, provenance, store, zarr_zip

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
    """All that a reader learns of a result, one array at a time too; what it raises in its place."""
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
    arrays = [{name: learnt(lazy[name]) for name in names}]
    arrays.append({name: learnt(array) for name, array in whole.arrays.items()})
    arrays.append({name: learnt(store.read(path, [name])[name]) for name in names})
    return attributes, arrays


def learnt(array):
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


def pruned(value, keys=()):
    """All values within a JSON value with the keys that lead to them."""
    yield keys, value
    pairs = value.items() if isinstance(value, dict) else ()
    for key, inner in pairs:
        yield from pruned(inner, (*keys, key))


def changed(attributes, keys, value):
    """A copy of attributes with another value at a place, or without one (`...`)."""
    made = json.loads(json.dumps(attributes))
    place = made
    for key in keys[:-1]:
        place = place[key]
    if value is ...:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return made


@pytest.mark.parametrize("status", ["ok", "set aside"])
def test_attributes_of_another_form_are_refused_by_whatever_reads_them(tmp_path, status):
    """A whole zip with its seal, whose attributes lack something: a KeyError named no file."""
    path, above, below = (tmp_path / f"{name}.zarr.zip" for name in ("3", "above", "below"))
    store.write(above, {"x": np.ones(1)}, RECIPE)
    recipe = store.Recipe("affinity", {"knn": 10}, "def-1")
    if status == "ok":
        store.write(path, {"tau": np.ones(1)}, recipe, inputs={"x": store.read(above)})
    else:
        store.write_set_aside(path, recipe, "too few", [above])
    store.write(below, {"x": np.ones(1)}, RECIPE, {"x": store.classes([path])["3"]})
    attributes = store.read_attributes(path)
    arrays = {"tau": np.ones(1)} if status == "ok" else {}
    readers = (
        lambda: contents(path),
        lambda: store.read(path),
        lambda: store.is_current(path, recipe, [above]),
        lambda: store.is_current(below, RECIPE, [path]),
        lambda: store.write_set_aside(tmp_path / "new.zarr.zip", recipe, "why", [path]),
        lambda: provenance.check([path]),
        lambda: provenance.check([below]),
    )
    refused = 0
    for keys, _ in list(pruned(attributes))[1:]:
        for value in (..., None, 7, [], {}, "text"):
            zarr_zip.write(path, arrays, changed(attributes, keys, value))
            for reader in readers:
                try:
                    reader()
                except SetAsideError:
                    assert status == "set aside" or value == "set aside"
                except StoreError as error:
                    refused += str(path) in str(error)
    assert refused > 100


def test_a_damaged_part_of_any_kind_is_named(tmp_path, random):
    """Flips in the structure of a part raised NotImplementedError, or asked for all memory."""
    kinds = part_folder.kinds_of({"label": np.arange(4)})
    folder = part_folder.PartFolder(tmp_path / "parts", {"versions": {}})
    part = part_folder.Part(0, 4, 4, {})
    folder.write(part, {"label": np.arange(4)})
    file = tmp_path / "parts" / part.name
    whole = file.read_bytes()
    for bit in range(8 * len(whole)):
        spoiled = bytearray(whole)
        spoiled[bit // 8] ^= 1 << bit % 8
        file.write_bytes(spoiled)
        rows = [np.arange(4)]
        with suppress(StoreError):
            rows = list(folder.blocks([part], "label", kinds["label"]))
        np.testing.assert_array_equal(rows, [np.arange(4)])
