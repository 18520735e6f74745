"""provenance: a result that was made from others than those that are there is refused."""

import os
import shutil

import numpy as np
import pytest

from unhans.errors import StoreError
from unhans.io import provenance, store

STAGES = ("corpus", "attribution", "distance", "affinity")


def make(folder, seed=0, stages=STAGES):
    """Write a chain of results, each made from the one before; returns the path of the last."""
    above = {}
    for depth, stage in enumerate(STAGES):
        path = folder / "/".join("abc"[: depth % 3]) / stage / "3.zarr.zip"
        if stage in stages:
            value = np.array([seed, depth])
            store.write(path, {"x": value}, store.Recipe(stage, {}, "x"), inputs=above)
        above = {"source": store.read(path)}
    return path


@pytest.fixture
def last(tmp_path):
    return make(tmp_path / "results")


def test_a_chain_that_fits_is_accepted(last):
    provenance.check([last])


def test_results_say_where_their_sources_lie_from_where_they_are(last, tmp_path):
    assert list(store.read_attributes(last)["made_from"]) == ["../a/b/distance/3.zarr.zip"]
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "results", moved)
    provenance.check([moved / last.relative_to(tmp_path / "results")])
    assert make(tmp_path / "again").read_bytes() == (moved / "affinity/3.zarr.zip").read_bytes()


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_another_result_anywhere_above_is_refused_whatever_the_times(last, stage):
    path = make(last.parents[1], seed=1, stages=[stage])
    os.utime(last)
    assert path == last
    with pytest.raises(StoreError, match=rf"stale: .*{stage}/3\.zarr\.zip of fingerprint .*Delete"):
        provenance.check([last])


def test_a_source_that_was_deleted_says_nothing_but_those_that_are_there_do(last):
    (last.parents[1] / "a/b/distance/3.zarr.zip").unlink()
    provenance.check([last])


def test_a_damaged_source_is_named(last):
    (last.parents[1] / "corpus/3.zarr.zip").write_bytes(b"no zip")
    with pytest.raises(StoreError, match=r"corpus/3\.zarr\.zip: damaged"):
        provenance.check([last])


def test_a_class_set_aside_is_held_against_its_source_too(last):
    path = last.parents[1] / "embedding/3.zarr.zip"
    store.write_set_aside(path, store.Recipe("embedding", {}, "x"), "too few", [last])
    provenance.check([path])
    make(last.parents[1], seed=1)
    with pytest.raises(StoreError, match="affinity/3"):
        provenance.check([path])


def test_every_file_is_read_once(last, monkeypatch):
    read = []
    attributes = provenance.zarr_zip.read_attributes
    monkeypatch.setattr(
        provenance.zarr_zip, "read_attributes", lambda path: read.append(path) or attributes(path)
    )
    provenance.check([last, str(last), last])
    assert len(read) == len(set(read)) == len(STAGES)
