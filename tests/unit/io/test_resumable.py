"""resumable: rows kept as they come, joined to the bytes that one write gives, resumed after a kill."""

import itertools
import json
import os
import signal
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from unhans.errors import InputError, StoreError
from unhans.io import part_folder, resumable, store
from unhans.io.resumable import ResumableWriter

RECIPE = store.Recipe("attribution", {"composite": "epsilon_plus_flat", "ks": [2, 3]}, "abc-1")
ROWS = 150
STEP = 40
"""Rows a part where a test does not say otherwise; chunks have other borders."""


def source(rows=ROWS):
    """Rows of every shape and type that a stage has; some chunks are all zero."""
    random = np.random.default_rng(1)
    heatmap = random.normal(size=(rows, 9, 7)).astype(np.float32)
    heatmap[32:96] = 0
    return {
        "heatmap": heatmap,
        "logit": random.normal(size=rows).astype(np.float32),
        "image": np.arange(rows),
        "artefact": np.arange(rows) % 3 == 0,
        "point": random.normal(size=(rows, 4)),
        "mask": random.integers(0, 2, size=(rows, 3, 3)).astype(bool),
    }


def rows_of(arrays, start, stop):
    return {name: array[start:stop] for name, array in arrays.items()}


def append_rest(made, arrays, keep=None, step=STEP, until=ROWS):
    """Do as a stage does: go on where the parts end. Return the first rows asked for."""
    starts = list(range(made.done, until, step))
    for start in starts:
        stop = min(start + step, until)
        kept = None if keep is None else keep[start:stop]
        made.append(rows_of(arrays, start, stop), kept, {"first": start})
    return starts


def folder_of(path):
    return path.with_name(f".{path.name}.parts")


def files_of(path):
    return sorted(file.name for file in folder_of(path).iterdir())


@pytest.fixture
def inputs(tmp_path):
    above = tmp_path / "above" / "3.zarr.zip"
    store.write(above, {"image": np.arange(5)}, store.Recipe("corpus", {"size": 9}, "xyz-1"))
    return {"images": store.read(above)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results" / "3.zarr.zip"


@pytest.fixture
def expected(tmp_path, inputs):
    """Bytes of all rows written at once, as ``expected(keep)``."""

    def write(keep=slice(None), arrays=None):
        path = tmp_path / "whole" / "3.zarr.zip"  # as far from its sources
        whole = {name: array[keep] for name, array in (arrays or source()).items()}
        store.write(path, whole, RECIPE, inputs, {"set_aside": {"7": "zero"}})
        return path.read_bytes()

    return write


def finish(made):
    made.finish({"set_aside": {"7": "zero"}})


@pytest.mark.parametrize("seed", range(12))
def test_any_split_gives_the_bytes_of_one_write(path, inputs, expected, seed):
    random = np.random.default_rng(seed)
    rows = int(random.integers(1, ROWS))
    borders = [0, *np.unique(random.integers(1, ROWS, size=rows)), ROWS]
    keep = random.random(ROWS) < random.choice([0.05, 0.5, 1.0])
    arrays = source()
    with ResumableWriter(path, RECIPE, inputs) as made:
        for start, stop in itertools.pairwise(borders):
            made.append(rows_of(arrays, start, stop), keep[start:stop])
        finish(made)
    assert path.read_bytes() == expected(keep)
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 64])
def test_borders_of_chunks_give_the_bytes_of_one_write(path, inputs, expected, rows):
    arrays = rows_of(source(), 0, rows)
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, arrays, step=32, until=rows)
        finish(made)
    assert path.read_bytes() == expected(arrays=arrays)
    with zipfile.ZipFile(path) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())


def test_a_result_of_which_no_row_is_kept_holds_empty_arrays(path, inputs, expected):
    keep = np.zeros(ROWS, dtype=bool)
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source(), keep)
        finish(made)
    assert path.read_bytes() == expected(keep)
    assert store.read(path)["heatmap"].shape == (0, 9, 7)


def test_a_result_without_rows_sets_its_class_aside(path):
    with (
        pytest.raises(InputError, match=r"3\.zarr\.zip: no rows"),
        ResumableWriter(path, RECIPE) as made,
    ):
        made.finish()
    assert not path.parent.exists()


def test_rows_may_be_overwritten_once_they_are_appended(path, inputs, expected):
    arrays = source()
    buffer = {name: np.empty_like(array[:STEP]) for name, array in arrays.items()}
    with ResumableWriter(path, RECIPE, inputs) as made:
        for start in range(0, ROWS, STEP):
            count = min(STEP, ROWS - start)
            for name, rows in buffer.items():
                rows[:count] = arrays[name][start : start + count]
            made.append(rows_of(buffer, 0, count))
        for rows in buffer.values():
            rows[:] = 0
        finish(made)
    assert path.read_bytes() == expected()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError])
def test_a_job_goes_on_after_an_error_in_the_middle(path, inputs, expected, error):
    arrays, keep = source(), np.arange(ROWS) % 4 != 1

    def fail():
        with ResumableWriter(path, RECIPE, inputs) as made:
            append_rest(made, arrays, keep, until=80)
            raise error

    with pytest.raises(error):
        fail()
    assert not path.exists()
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == 80
        assert append_rest(made, arrays, keep) == [80, 120]
        assert made.notes == [{"first": start} for start in (0, 40, 80, 120)]
        finish(made)
    assert path.read_bytes() == expected(keep)
    assert os.listdir(path.parent) == [path.name]


def test_parts_without_an_end_are_all_kept(path, inputs, expected):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source())
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == ROWS
        finish(made)
    assert path.read_bytes() == expected()


JOB = """
import os, resource, signal, sys
sys.path.insert(0, {tests!r})
import numpy as np
from test_resumable import RECIPE, append_rest, finish, source
from unhans.io import part_folder, resumable, store, zarr_zip
{before}
with resumable.ResumableWriter({path!r}, RECIPE, {{"images": store.read({above!r})}}) as made:
    append_rest(made, source())
    finish(made)
"""

DIE_IN_A_PART = """
calls, whole = [], np.lib.format.write_array
def write_array(entry, array):
    calls.append(entry)
    if len(calls) == 2 * 6 + 3:
        entry.write(b"half of an array")
        os.kill(os.getpid(), signal.SIGKILL)
    whole(entry, array)
np.lib.format.write_array = write_array
"""

DIE_IN_THE_RESULT = """
create = zarr_zip._create
def create_then_die(group, name, array):
    create(group, name, array)
    if name == "heatmap":
        os.kill(os.getpid(), signal.SIGKILL)
zarr_zip._create = create_then_die
"""

DIE_BESIDE_THE_RESULT = """
def die(folder):
    if folder.exists():
        os.kill(os.getpid(), signal.SIGKILL)
part_folder.shutil.rmtree = die
"""


def run_job(path, inputs, before):
    script = JOB.format(
        tests=os.path.dirname(__file__),
        path=str(path),
        above=str(inputs["images"].path),
        before=before,
    )
    return subprocess.run(
        [sys.executable, "-c", script], check=False, timeout=120, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("death", "left"),
    [(DIE_IN_A_PART, [80, 120]), (DIE_IN_THE_RESULT, []), (DIE_BESIDE_THE_RESULT, [])],
    ids=["part", "result", "beside"],
)
def test_a_killed_job_goes_on_where_it_stopped(path, inputs, expected, death, left):
    died = run_job(path, inputs, death)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert path.exists() == (death is DIE_BESIDE_THE_RESULT)
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert append_rest(made, source()) == left
        finish(made)
    assert path.read_bytes() == expected()
    assert os.listdir(path.parent) == [path.name]


def damage(file, kind):
    content = bytearray(file.read_bytes())
    if kind == "bit":
        content[len(content) // 2] ^= 1
    elif kind == "truncated":
        content = content[: len(content) // 2]
    elif kind == "empty":
        content = bytearray()
    elif kind == "garbage":
        content = bytearray(np.random.default_rng(0).bytes(len(content)))
    file.unlink()
    if kind == "another":
        np.savez(file.with_suffix(""), heatmap=np.zeros((40, 2)))
    elif kind != "missing":
        file.write_bytes(content)


@pytest.mark.parametrize("kind", ["bit", "truncated", "empty", "garbage", "missing", "another"])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_damaged_part_is_made_again_with_all_that_follow(path, inputs, expected, kind, number):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source())
    names = [name for name in files_of(path) if name.endswith(".npz")]
    damage(folder_of(path) / names[number], kind)
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == STEP * number
        assert set(files_of(path) if number else []) <= {*names[:number], part_folder.ORIGIN}
        append_rest(made, source())
        finish(made)
    assert path.read_bytes() == expected()


def test_a_flipped_bit_of_the_rows_is_found_wherever_it_is(path):
    arrays = {"label": np.arange(4)}
    with ResumableWriter(path, RECIPE) as made:
        made.append(arrays)
    file = folder_of(path) / files_of(path)[0]
    whole = file.read_bytes()
    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 4
        folder_of(path).mkdir(exist_ok=True)
        file.write_bytes(content)
        origin = json.dumps(made._folder._origin)
        (folder_of(path) / part_folder.ORIGIN).write_text(origin)
        with ResumableWriter(path, RECIPE) as again:
            if again.done:  # a byte of the zip that says nothing about the rows
                again.finish()
                np.testing.assert_array_equal(store.read(path)["label"], arrays["label"])


def test_a_part_damaged_before_the_end_is_named(path, inputs):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source())
        made._settle()
        damage(folder_of(path) / "00000040-00000080.npz", "bit")
        with pytest.raises(StoreError, match=r"3\.zarr\.zip\.parts/00000040-00000080.*damaged"):
            finish(made)
    assert not path.exists()
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == 40


def test_what_a_killed_writer_left_in_the_folder_is_removed(path, inputs, expected):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source(), until=80)
    (folder_of(path) / ".00000080-00000120.npz.part").write_bytes(b"half")
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == 80
        assert not [name for name in files_of(path) if name.endswith(".part")]


@pytest.mark.parametrize(
    "changed", ["parameters", "code", "inputs", "format", "versions", "garbage", "missing", "list"]
)
def test_parts_of_another_recipe_are_thrown_away(path, inputs, expected, changed):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, {**source(), "image": -np.arange(ROWS)}, until=80)
    origin = folder_of(path) / part_folder.ORIGIN
    found = json.loads(origin.read_text())
    assert found["parameters"] == RECIPE.parameters
    assert found["inputs"] == {"images": inputs["images"].attributes["fingerprint"]}
    if changed == "parameters":
        found["parameters"]["composite"] = "epsilon_plus"
    elif changed == "inputs":
        found["inputs"]["images"] = "0" * 32
    elif changed == "versions":
        found["versions"]["numpy"] = "1.0"
    else:
        found[changed] = "another"
    text = {"garbage": "{", "list": "[]"}.get(changed, json.dumps(found))
    origin.write_text(text)
    if changed == "missing":
        origin.unlink()
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == 0
        assert not folder_of(path).exists()
        append_rest(made, source())
        finish(made)
    assert path.read_bytes() == expected()


def test_a_library_that_only_one_job_had_loaded_changes_nothing(path, inputs, monkeypatch):
    monkeypatch.setattr(
        resumable, "loaded_versions", lambda: {"numpy": np.__version__, "torch": "2"}
    )
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source(), until=80)
    monkeypatch.setattr(
        resumable, "loaded_versions", lambda: {"numpy": np.__version__, "umap": "1"}
    )
    assert ResumableWriter(path, RECIPE, inputs).done == 80


def full(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_raised_at_one_of_the_next_parts(path, inputs, expected, monkeypatch):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source(), until=40)
    said = r"3\.zarr\.zip\.parts/00000040-00000080\.npz: cannot be written \(No space left"
    with ResumableWriter(path, RECIPE, inputs) as made:
        monkeypatch.setattr(np.lib.format, "write_array", full)
        made.append(rows_of(source(), 40, 80))
        for attempt in (lambda: append_rest(made, source()), lambda: finish(made)):
            with pytest.raises(StoreError, match=said):
                attempt()
        with pytest.raises(StoreError, match=said):
            made.__exit__(None, None, None)
        monkeypatch.undo()
        made.discard()
    assert not folder_of(path).exists()


def test_a_disk_that_is_full_at_the_end_keeps_the_parts(path, inputs, expected, monkeypatch):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source())
        made._settle()
        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(StoreError, match=r"results/3\.zarr\.zip: cannot be written \(No space"):
            finish(made)
        monkeypatch.undo()
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert made.done == ROWS
        finish(made)
    assert path.read_bytes() == expected()


def test_a_disk_that_takes_half_a_part_ends_the_job_and_not_the_parts(path, inputs, expected):
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source(), until=80)
    # The kernel refuses what is longer, in the middle of a write, as a full disk does.
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    failed = run_job(path, inputs, limit)
    assert failed.returncode == 1
    last = failed.stderr.strip().splitlines()[-1]
    assert "StoreError" in last
    assert "parts/00000080-00000120.npz: cannot be written (File too large)" in last
    with ResumableWriter(path, RECIPE, inputs) as made:
        assert append_rest(made, source()) == [80, 120]
        finish(made)
    assert path.read_bytes() == expected()


def test_an_error_of_the_job_is_not_hidden_by_one_of_the_writer(path, inputs, monkeypatch):
    monkeypatch.setattr(np.lib.format, "write_array", full)

    def fail():
        with ResumableWriter(path, RECIPE, inputs) as made:
            made.append(rows_of(source(), 0, 40))
            raise RuntimeError("the job")

    with pytest.raises(RuntimeError, match="the job"):
        fail()


@pytest.mark.parametrize(
    ("arrays", "keep", "message"),
    [
        ({}, None, "expected the same number of rows"),
        ({"a": np.zeros(3), "b": np.zeros(4)}, None, "expected the same number of rows"),
        ({"a": np.zeros(())}, None, "expected the same number of rows"),
        ({"a": np.zeros((0, 2))}, None, "at least 1"),
        ({"a": np.array([None])}, None, "'a' holds Python objects"),
        ({"a": np.zeros((3, 2))}, np.ones(4, bool), r"'keep' of type bool and shape \(4,\)"),
        ({"a": np.zeros((3, 2))}, np.ones(3), "'keep' of type float64"),
        ({"a": np.zeros((3, 1))}, None, r"hold a of float64 \(1,\).*hold a of float64 \(2,\)"),
        ({"a": np.zeros((3, 2), "f4")}, None, "a of float32"),
        ({"b": np.zeros((3, 2))}, None, "rows 2 to 5 hold b of"),
    ],
)
def test_rows_that_do_not_fit_are_refused(path, arrays, keep, message):
    with ResumableWriter(path, RECIPE) as made:
        made.append({"a": np.zeros((2, 2))})
        with pytest.raises(InputError, match=message):
            made.append(arrays, keep)
        assert made.done == 2
        made.finish()
    assert store.read(path)["a"].shape == (2, 2)


def test_a_result_that_exists_stays_until_the_new_one_is_whole(path, inputs, expected):
    store.write(path, {"a": np.zeros(3)}, RECIPE)
    before = path.read_bytes()
    with ResumableWriter(path, RECIPE, inputs) as made:
        append_rest(made, source())
        assert path.read_bytes() == before
        finish(made)
    assert path.read_bytes() == expected()


def test_memory_does_not_grow_with_the_rows(path):
    rows, step = 2000, 32
    random = np.random.default_rng(0)
    tracemalloc.start()
    try:
        with ResumableWriter(path, RECIPE) as made:
            for start in range(0, rows, step):
                count = min(step, rows - start)
                heatmap = random.random((count, 224, 224), dtype=np.float32)
                made.append({"heatmap": heatmap, "image": np.arange(count)})
            made.finish()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 300e6
    assert peak < 60e6  # all rows are 401 MB, a part is 6.4 MB
