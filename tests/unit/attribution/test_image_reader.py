"""image_reader: a thread and processes give the same batches, and the same errors."""

import subprocess
import sys
from itertools import islice

import numpy as np
import pytest
import torch
from PIL import Image

from unhans.attribution import image_reader, reader_processes
from unhans.attribution.image_reader import ImageReader
from unhans.errors import StoreError
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, of_files, settings_of
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store

TINY = Transform(8, 6, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
FILES = {"source": "folder", "splits": ["train"], "per_class": None}
FILES |= {"upright": True, "max_pixels": 10**6}
DIGITS = {"per_class": 20, "validation": 0.25, "seed": 0, "planting": []}
TOO_LONG = 5
"""Image of a class that cannot be resized."""


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    """Two workers are two processes, on any machine that runs the tests."""
    monkeypatch.setattr(image_reader.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(image_reader, "THREADS", 1)


def opened(folder, made, root, settings=FILES):
    folder.mkdir(exist_ok=True)
    path = folder / "corpus.zarr.zip"
    store.write(path, made.arrays, store.Recipe("corpus", settings, "x"), notes=made.notes)
    return ClassDataset(store.read(path), root)


def photographs(folder, images=20, seed=0, **settings):
    random = np.random.default_rng(seed)
    settings = FILES | settings
    for number in range(images):
        path = folder / "images" / "train" / "cat" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (10_000, 1, 3) if number == TOO_LONG else (9, 12, 3)
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(path)
    made = of_files(Entry("cat", "cat", "cat", 2), settings_of(**settings), folder / "images")
    return opened(folder / "results", made, folder / "images", settings)


def cut(dataset, size):
    rows = dataset.readable
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def read(dataset, size, workers, transform=TINY):
    with ImageReader(dataset, transform, workers) as reader:
        return list(reader.batches(cut(dataset, size)))


@pytest.mark.parametrize("size", [1, 3, 8, 11, 100])
def test_processes_give_what_a_thread_gives(tmp_path, size):
    dataset = photographs(tmp_path)
    one, several = read(dataset, size, 1), read(dataset, size, 2)
    assert [len(batch.images) for batch in several] == [len(rows) for rows in cut(dataset, size)]
    for by_thread, by_processes in zip(one, several, strict=True):
        np.testing.assert_array_equal(by_processes.images, by_thread.images)
        assert by_processes.reasons == by_thread.reasons
    reasons = [reason for batch in several for reason in batch.reasons.values()]
    assert len(reasons) == 1
    assert "10000" in reasons[0]
    place = next(iter(several[TOO_LONG // size].reasons))
    assert place == TOO_LONG % size
    assert not several[TOO_LONG // size].images[place].any()


def test_planted_marks_are_drawn_by_processes_too(tmp_path):
    planting = [{"kind": "label", "class": "cat", "rate": 0.5, "seed": 3}]
    plain, marked = photographs(tmp_path / "a"), photographs(tmp_path / "b", planting=planting)
    small = Transform(40, 36, TINY.mean, TINY.std)
    without, drawn = (read(one, 20, 2, small)[0].images for one in (plain, marked))
    np.testing.assert_array_equal(drawn, read(marked, 20, 1, small)[0].images)
    changed = (without != drawn).any(axis=(1, 2, 3))
    readable = np.arange(20) != TOO_LONG
    np.testing.assert_array_equal(changed, (marked.artefact > 0) & readable)
    assert changed.any()


@pytest.mark.parametrize("size", [1, 11, 100])
def test_threads_give_what_a_thread_gives(tmp_path, size, monkeypatch):
    monkeypatch.setattr(image_reader, "THREADS", 2)
    monkeypatch.setattr(reader_processes, "read", None)
    dataset = photographs(tmp_path, images=70)
    for one, several in zip(read(dataset, size, 1), read(dataset, size, 2), strict=True):
        np.testing.assert_array_equal(several.images, one.images)
        assert several.reasons == one.reasons


def test_a_changed_file_is_told_in_the_same_line(tmp_path):
    dataset = photographs(tmp_path)
    changed = tmp_path / "images" / "train" / "cat" / "17.png"
    Image.new("RGB", (9, 12), "red").save(changed)
    told = []
    for workers in (1, 2):
        with pytest.raises(StoreError, match=r"17\.png: has changed since") as error:
            read(dataset, 4, workers)
        told.append(str(error.value))
    assert told[0] == told[1]
    assert "\n" not in told[0]


def test_the_processes_of_a_class_that_was_left_read_the_next(tmp_path):
    first, second = photographs(tmp_path / "a"), photographs(tmp_path / "b", seed=1)
    with ImageReader(first, TINY, 2) as reader:
        list(islice(reader.batches(cut(first, 4)), 1))
    loader, _ = reader_processes._loader(2)
    processes = [process.pid for process in loader._iterator._workers]
    for by_thread, by_processes in zip(read(second, 4, 1), read(second, 4, 2), strict=True):
        np.testing.assert_array_equal(by_processes.images, by_thread.images)
    assert [process.pid for process in loader._iterator._workers] == processes


def test_digits_need_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_processes, "read", None)
    made = of_digits(Entry("3", "3", "3", 3), settings_of(source="digits", **DIGITS))
    dataset = opened(tmp_path, made, None)
    with ImageReader(dataset, None, 8) as reader:
        batch = next(reader.batches(cut(dataset, 5)))
    assert batch.images.shape == (5, 1, 28, 28)


def test_a_script_without_a_guard_runs_once(tmp_path):
    """Snakemake's scripts have none, and a process that imports its main module runs it again."""
    dataset = photographs(tmp_path)
    script = tmp_path / "script.py"
    script.write_text(
        f"""
open({str(tmp_path / "runs")!r}, "a").write("x")
from pathlib import Path
from unhans.attribution import image_reader
from unhans.attribution.image_reader import ImageReader
from unhans.images.dataset import ClassDataset
from unhans.images.transform import Transform
from unhans.io import store
image_reader.THREADS, image_reader.os.cpu_count = 1, lambda: 2
dataset = ClassDataset(store.read({str(dataset.result.path)!r}), Path({str(dataset.root)!r}))
with ImageReader(dataset, Transform{(8, 6, TINY.mean, TINY.std)}, 2) as reader:
    print(sum(len(batch.images) for batch in reader.batches([dataset.readable])))
"""
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "20\n", done.stderr
    assert (tmp_path / "runs").read_text() == "x"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_pinned_batches_are_those_of_other_memory(tmp_path):
    dataset = photographs(tmp_path)
    with ImageReader(dataset, TINY, 2, pinned=True) as reader:
        pinned = next(reader.batches(cut(dataset, 20)))
    assert torch.from_numpy(pinned.images).is_pinned()
    np.testing.assert_array_equal(pinned.images, read(dataset, 20, 1)[0].images)
