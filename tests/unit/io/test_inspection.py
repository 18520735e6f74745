"""inspection: a result is held against its fingerprint, its shapes and its sources."""

import json
import zipfile
from contextlib import suppress

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from unhans.errors import StoreError
from unhans.io import inspection, store, tsv, zarr_zip, zip_directory


@pytest.fixture
def chain(tmp_path, random):
    """Results of four stages, each made from the one before."""
    graph = sparse.random_array((40, 40), density=0.1, rng=0, format="csr")
    arrays = {
        "attribution": {
            "heatmap": random.random((40, 5, 5)).astype(np.float32),
            **dict.fromkeys(("image", "prediction", "rank", "split"), np.arange(40)),
        },
        "affinity": {"affinity": graph},
        "embedding": {"embedding": random.random((40, 3)), "eigenvalue": np.zeros(3)},
        "clustering": {"k": np.arange(2, 5), "labels": np.zeros((3, 40), np.int32)},
        "separability": {"k": np.arange(2, 5), "fisher": np.zeros(3), "tau": np.zeros(1)},
    }
    made = {}
    above = None
    for stage, members in arrays.items():
        made[stage] = tmp_path / stage / "3.zarr.zip"
        inputs = {} if above is None else {"above": store.read(above)}
        store.write(made[stage], members, store.Recipe(stage, {}, "abc-1"), inputs)
        above = made[stage]
    return made


def rewritten(path, **changes):
    """Write other arrays under the fingerprint of before, with a seal of their own."""
    found = store.read(path)
    arrays = zarr_zip.flatten({**found.arrays, **changes})
    arrays = {name: array for name, array in arrays.items() if array is not None}
    zarr_zip.write(path, arrays, found.attributes)


def test_whole_results_pass(chain):
    for stage, path in chain.items():
        found = inspection.result(path)
        assert found["stage"] == stage
    assert inspection.result(chain["affinity"])["shapes"] == {"affinity": (40, 40)}


def test_other_arrays_than_those_of_the_fingerprint_are_found(chain):
    rewritten(chain["separability"], fisher=np.ones(3))
    with pytest.raises(StoreError, match=r"separability/3.zarr.zip: damaged \(its arrays have"):
        inspection.result(chain["separability"])


@pytest.mark.parametrize("place", range(0, 100, 9))
def test_a_flipped_bit_is_found_although_the_time_is_kept(chain, place):
    path = chain["clustering"]
    content = bytearray(path.read_bytes())
    content[len(content) * place // 100] ^= 8
    before = inspection.result(path)
    path.write_bytes(content)
    found = before  # of a byte without a meaning
    with suppress(StoreError):
        found = inspection.result(path)
    assert found == before


@pytest.mark.parametrize(
    ("stage", "shapes", "said"),
    [
        ("clustering", {"k": (3,), "labels": (4, 40)}, r"'labels' has shape \(4, 40\)"),
        ("clustering", {"k": (3,)}, "no array 'labels'"),
        ("separability", {"k": (3,), "fisher": (3,), "tau": (2,)}, r"expected \(1\)"),
        ("separability", {"k": (3,), "fisher": (3,), "tau": ()}, r"'tau' has shape \(\)"),
        ("affinity", {"affinity": (40, 39)}, r"expected \(n, n\), \(40, 40\)"),
        ("embedding", {"embedding": (40, 3), "eigenvalue": (2,)}, "'eigenvalue'"),
        ("preprocessing", {"heatmap": (40, 9)}, r"expected \(n, height, width\)"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_named(tmp_path, stage, shapes, said):
    with pytest.raises(StoreError, match=said):
        inspection.check_shapes(tmp_path / "3.zarr.zip", stage, shapes)


def test_a_result_of_another_source_is_found(chain):
    found = store.read(chain["affinity"])
    other = {"affinity": found["affinity"] * 2}
    store.write(chain["affinity"], other, store.Recipe("affinity", {}, "abc-1"))
    with pytest.raises(StoreError, match=r"embedding/3.zarr.zip: stale: it was made from"):
        inspection.result(chain["embedding"])


def test_a_class_that_was_set_aside_passes(tmp_path):
    store.write_set_aside(tmp_path / "3.zarr.zip", store.Recipe("affinity", {}, "a"), "too few")
    assert inspection.result(tmp_path / "3.zarr.zip")["shapes"] == {}


def test_a_chunk_that_is_gone_is_found_although_the_seal_fits(chain):
    path = chain["attribution"]
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    del entries["heatmap/c/1/0/0"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        zip_directory.seal(archive)
    with pytest.raises(StoreError, match="damaged"):
        inspection.result(path)


def test_a_table_needs_its_columns(tmp_path):
    tsv.write_tsv(pd.DataFrame({"class": ["3"], "tau": [1.0]}), tmp_path / "t.tsv")
    inspection.table(tmp_path / "t.tsv", ["tau", "class"])
    with pytest.raises(StoreError, match=r"t.tsv: has no column 'rank'"):
        inspection.table(tmp_path / "t.tsv", ["tau", "rank"])


def test_shapes_are_those_of_stages():
    from unhans.pipeline.stages import STAGES

    assert set(inspection.SHAPES) <= set(STAGES)
    assert json.dumps(inspection.SHAPES)


def test_every_byte_of_an_array_in_hdf5_is_checked(tmp_path, random):
    path = tmp_path / "some.h5"
    with h5py.File(path, "w") as file:
        values = random.random((40, 100))
        file.create_dataset("group/values", data=values, chunks=(10, 100), fletcher32=True)
        file["plain"] = 3
    inspection.hdf5(path)
    whole = path.read_bytes()
    place = whole.index(values[25].tobytes()) + 5
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(StoreError, match=r"some\.h5: damaged HDF5 file"):
        inspection.hdf5(path)
    path.write_bytes(whole[:-2000])
    with pytest.raises(StoreError, match=r"some\.h5: damaged HDF5 file"):
        inspection.hdf5(path)
    with pytest.raises(StoreError, match=r"none\.h5: damaged HDF5 file"):
        inspection.hdf5(tmp_path / "none.h5")


def test_a_cut_json_file_is_damaged(tmp_path):
    path = tmp_path / "some.json"
    path.write_text('{"a": [1, 2]}')
    inspection.json_file(path)
    path.write_text('{"a": [1, 2')
    with pytest.raises(StoreError, match=r"some\.json: cannot be read as JSON"):
        inspection.json_file(path)


def test_long_arrays_are_read_in_the_pieces_that_they_are_stored_in(tmp_path):
    path = tmp_path / "3.zarr.zip"
    arrays = {"long": np.arange(50_000), "heatmap": np.zeros((70, 4, 4), np.float32)}
    store.write(path, arrays, store.Recipe("distance", {}, "x"))
    with zarr_zip.opened(path) as group:
        for name, member in group.arrays():
            pieces = list(inspection._streamed(member).blocks())
            assert len(pieces) == -(-len(arrays[name]) // member.chunks[0])
            assert np.array_equal(np.concatenate(pieces), arrays[name])
