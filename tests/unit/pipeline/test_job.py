"""job: a class set aside goes on as such, a fault ends the job with one readable line."""

import errno
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from unhans.errors import ConfigError, InputError, SetAsideError, StoreError
from unhans.io import store
from unhans.pipeline.job import Job, each_class
from unhans.pipeline.summary import failure

LONG_AGO = 1_000_000_000


class Named(list):
    """Files as Snakemake hands them to a script: all in a row, and by their names."""

    def __init__(self, **named):
        for value in named.values():
            self.extend([value] if isinstance(value, str) else value)
        self.named = named

    def items(self):
        return self.named.items()


@pytest.fixture
def chunk(tmp_path):
    """Make a call for several classes, each with distances to be turned into affinities."""

    def of(*class_ids):
        above = store.Recipe("distance", {"metric": "euclidean"}, "def-1")
        for place, class_id in enumerate(class_ids):
            path = tmp_path / "distance" / f"{class_id}.zarr.zip"
            store.write(path, {"distance": np.full((7, 7), place)}, above)
        return SimpleNamespace(
            input=Named(
                distances=[str(tmp_path / "distance" / f"{name}.zarr.zip") for name in class_ids]
            ),
            output=Named(graph=[str(tmp_path / f"{name}.zarr.zip") for name in class_ids]),
            params=SimpleNamespace(stage="affinity", settings={"knn": 10}, code="abc-1"),
            wildcards=SimpleNamespace(corpus="digits"),
            log=[str(tmp_path / "logs" / "digits_002.log")],
        )

    return of


@pytest.fixture
def call(chunk):
    """Make a call for one class, as its files stand in a rule with the wildcard of the class."""
    made = chunk("3")
    made.input = Named(distances=made.input[0])
    made.output = Named(graph=made.output[0])
    made.log = [made.log[0].replace("digits_002", "3")]
    return made


def affinities(call, faults=None, done=None, more=None, **options):
    """Do what a script does; return the classes that were handed out to it."""
    done = [] if done is None else done
    for job in each_class(call, **options):
        with job:
            done.append(job.class_id)
            if job.class_id in (faults or {}):
                raise faults[job.class_id]
            source = store.read(job.input.distances)
            arrays = {"affinity": source["distance"] + 1, **(more or {})}
            store.write(job.output.graph, arrays, job.recipe, inputs={"distances": source})
    return done


def log_of(call, class_id="3"):
    return Path(call.log[0]).with_name(f"{class_id}.log").read_text(encoding="utf-8")


def age(paths):
    for path in paths:
        os.utime(path, (LONG_AGO, LONG_AGO))


def test_the_recipe_is_that_of_the_rule(call):
    with Job(call) as job:
        assert job.recipe == store.Recipe("affinity", {"knn": 10}, "abc-1")
        job.say("done")
    assert log_of(call) == "done\n"


def test_the_stage_is_a_parameter_of_the_rule(chunk):
    with Job(chunk("a", "b")) as job:
        assert job.recipe.stage == "affinity"


def test_files_go_by_the_names_of_the_rule(call, chunk):
    with Job(call) as job:
        assert job.input.distances == job.input["distances"] == call.input[0]
    with Job(chunk("a", "b")) as job:
        assert [Path(path).name for path in job.output.graph] == ["a.zarr.zip", "b.zarr.zip"]


def test_an_input_without_files_is_none_of_a_class(chunk):
    made = chunk("a", "b")
    made.input.named["others"] = []
    assert affinities(made) == ["a", "b"]
    assert affinities(made) == []


@pytest.fixture
def two(call):
    """Make a call whose job makes the results of a further stage as well."""
    other = call.output[0].replace("3.zarr", "other/3.zarr")
    call.output = Named(graph=call.output[0], extra=other)
    call.params.also = {"extra": {"layers": ["a"]}}
    return call


def appended(call, done=None):
    """Do what a script does that writes the outputs that are not current; note their names."""
    for job in each_class(call):
        with job, job.writers({"distances": store.read(job.input.distances)}) as writers:
            for name, writer in writers.items():
                (done if done is not None else []).append(name)
                writer.append({name: np.ones(3)})
                writer.finish()


def test_a_job_may_make_results_of_two_stages_with_settings_of_their_own(two):
    appended(two)
    first, other = (store.read_attributes(path)["lineage"] for path in two.output)
    assert first["affinity"] == {"parameters": {"knn": 10}, "code": "abc-1"}
    assert other["extra"] == {"parameters": {"layers": ["a"]}, "code": "abc-1"}
    assert "extra" not in first
    assert "affinity" not in other


def test_other_settings_of_one_stage_make_its_results_alone(two):
    appended(two)
    before, done = Path(two.output[0]).read_bytes(), []
    appended(two, done)
    assert done == []
    age(two.output)
    two.params.also = {"extra": {"layers": ["b"]}}
    appended(two, done)
    assert done == ["extra"]
    assert Path(two.output[0]).read_bytes() == before
    assert Path(two.output[0]).stat().st_mtime > LONG_AGO
    Path(two.output[1]).unlink()
    two.params.settings = {"knn": 5}
    appended(two, done)
    assert done == ["extra", "graph", "extra"]


def test_a_class_set_aside_has_no_result_of_either_stage(two):
    affinities(two, {"3": InputError("too few")})
    for path, stage in zip(two.output, ("affinity", "extra"), strict=True):
        with pytest.raises(SetAsideError, match=r"affinity of .*: too few"):
            store.read(path)
        assert stage in store.read_attributes(path)["lineage"]


def test_a_class_that_cannot_be_analysed_is_set_aside(call, capsys):
    few = InputError("10 nearest neighbours need at least 11 images; there are 7")
    affinities(call, {"3": few})
    path = call.output[0]
    reason = f"affinity of {call.input[0]}: 10 nearest neighbours need"
    with pytest.raises(SetAsideError, match=reason):
        store.read(path)
    assert set(store.read_attributes(path)["lineage"]) == {"distance", "affinity"}
    assert "class set aside: " + reason in log_of(call)
    assert "class set aside: " + reason in capsys.readouterr().err


def test_a_reason_passes_through_the_stages_below_unchanged(call):
    affinities(call, {"3": SetAsideError("affinity of y: too few")})
    with pytest.raises(SetAsideError, match=r"^affinity of y: too few$"):
        store.read(call.output[0])


def test_a_fault_ends_the_job_with_its_message_alone(call, capsys):
    with pytest.raises(SystemExit):
        affinities(call, {"3": StoreError("results/x/3.zarr.zip: damaged")})
    assert log_of(call) == "unhans: error: results/x/3.zarr.zip: damaged\n"
    assert "Traceback" not in capsys.readouterr().err


def test_a_fault_removes_what_an_earlier_run_left(call):
    affinities(call)
    call.params.code = "new-1"
    with pytest.raises(SystemExit):
        affinities(call, {"3": StoreError("no space")})
    assert not Path(call.output[0]).exists()


def test_data_that_fails_a_job_of_no_class_is_a_fault(call):
    with pytest.raises(SystemExit), Job(call):
        raise InputError("no images")
    assert "unhans: error: no images" in log_of(call)


def test_anything_else_leaves_its_traceback_in_the_log(call):
    with pytest.raises(ZeroDivisionError):
        affinities(call, {"3": ZeroDivisionError("division by zero")})
    text = log_of(call)
    assert "Traceback" in text
    assert "unhans: error: affinity: ZeroDivisionError: division by zero" in text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "\n            Some tensors share memory\n            and more",
            "Some tensors share memory and more",
        ),
        ("\x1b[1mbold\x1b[0m \x1b[31;1mred\x1b[K", "bold red"),
        ("first\r\n\tsecond\n\n\nthird\n", "first second third"),
        ("a  name.png", "a  name.png"),
        ("", "{kind}"),
        ("\n \n", "{kind}"),
        ("x" * 5_000, "x" * 996 + " ..."),
    ],
)
@pytest.mark.parametrize("kind", [RuntimeError, StoreError, InputError])
def test_a_message_is_one_whole_line(call, kind, message, said):
    with suppress(SystemExit, RuntimeError):
        affinities(call, {"3": kind(message)})
    lines = [line for line in log_of(call).splitlines() if line.startswith("unhans: ")]
    expected = said.format(kind=kind.__name__)
    assert len(lines) == 1
    assert lines[0].endswith(f": {expected}")
    if kind is RuntimeError:
        assert failure([Path(call.log[0]).with_name("3.log")]) == (
            f"failed: affinity: RuntimeError: {expected}"
        )


def test_memory_running_out_says_what_to_raise(call):
    with pytest.raises(SystemExit):
        affinities(call, {"3": MemoryError()})
    assert "out of memory; raise the rule's mem_mb" in log_of(call)


def test_a_name_that_is_no_text_fits_into_the_log(call):
    with pytest.raises(SystemExit):
        affinities(call, {"3": StoreError("caf\udce9.jpg: has changed")})
    assert "unhans: error: caf\\udce9.jpg: has changed" in log_of(call)


def test_a_file_that_all_classes_share_is_given_to_each(chunk):
    call = chunk("a", "b")
    call.input = Named(distances=list(call.input), record="model.zarr.zip")
    given = []
    for job in each_class(call):
        with job:
            given.append((job.input.record, Path(job.input.distances).name))
    assert given == [("model.zarr.zip", "a.zarr.zip"), ("model.zarr.zip", "b.zarr.zip")]


def test_a_current_result_is_kept_and_only_its_time_stamp_changes(chunk):
    call = chunk("a", "b")
    affinities(call)
    paths = [Path(path) for path in call.output]
    before = [path.read_bytes() for path in paths]
    age(paths)
    assert affinities(call) == []
    assert [path.read_bytes() for path in paths] == before
    assert all(path.stat().st_mtime > LONG_AGO for path in paths)
    assert log_of(call, "b") == "affinity: b is up to date\n"


def test_a_class_more_in_a_chunk_is_computed_alone(chunk):
    affinities(chunk("a", "c"))
    assert affinities(chunk("a", "b", "c")) == ["b", "c"]  # c has other distances now
    assert affinities(chunk("a", "b", "c")) == []


def test_a_class_of_another_index_or_other_rows_is_computed_anew(chunk):
    call = chunk("a", "b")
    noted = {"a": {"index": 0, "rows": "x"}, "b": {"index": 1, "rows": "y"}}
    call.params.entries = noted
    done = []

    def run(entries):
        call.params.entries = entries
        done.clear()
        for job in each_class(call):
            with job:
                entry = job.params.entries[job.class_id]
                inputs = {"distances": store.read(job.input.distances)}
                arrays = {"graph": np.zeros(1)}
                store.write(job.output.graph, arrays, job.recipe, inputs=inputs, notes=entry)
                done.append(job.class_id)
        return list(done)

    assert run(noted) == ["a", "b"]
    assert run(noted) == []
    assert run({**noted, "b": {"index": 2, "rows": "y"}}) == ["b"]
    assert run({**noted, "b": {"index": 2, "rows": "z"}, "a": {"index": 0, "rows": "w"}}) == [
        "a",
        "b",
    ]


def test_other_code_or_parameters_make_every_class_anew(chunk):
    call = chunk("a", "b")
    affinities(call)
    call.params = SimpleNamespace(stage="affinity", settings={"knn": 12}, code="abc-1")
    assert affinities(call) == ["a", "b"]
    call.params = SimpleNamespace(stage="affinity", settings={"knn": 12}, code="abc-2")
    assert affinities(call) == ["a", "b"]


def test_an_input_made_again_with_the_same_content_changes_nothing(chunk):
    affinities(chunk("a", "b"))
    assert affinities(chunk("a", "b")) == []


def test_a_class_whose_source_is_of_other_settings_than_the_rule_names_fails(chunk, capsys):
    call = chunk("3", "8")
    recipe = {"parameters": {"metric": "wasserstein"}, "code": "def-1"}
    call.params.above = {"distance": {"distance": recipe}}
    with pytest.raises(SystemExit):
        affinities(call)
    assert "its stage 'distance' was made with parameters" in capsys.readouterr().err
    assert not any(Path(path).exists() for path in call.output)


def test_a_stage_that_reads_what_no_result_tells_of_gets_every_class(chunk):
    call = chunk("a", "b")
    affinities(call)
    assert affinities(call, renew=True) == ["a", "b"]


def test_such_a_stage_leaves_the_others_alone_when_a_class_is_new(chunk):
    affinities(chunk("a", "b"), renew=True)
    assert affinities(chunk("a", "b", "c"), renew=True) == ["c"]


def test_a_class_set_aside_is_tried_again(call):
    affinities(call, {"3": InputError("too few")})
    assert affinities(call) == ["3"]
    assert affinities(call) == []


def test_one_class_of_a_chunk_is_set_aside_and_the_others_go_on(chunk):
    call = chunk("a", "b", "c")
    assert affinities(call, {"b": InputError("too few")}) == ["a", "b", "c"]
    statuses = [store.read_attributes(path)["status"] for path in call.output]
    assert statuses == ["ok", "set aside", "ok"]
    assert "class set aside: affinity of" in log_of(call, "b")
    assert log_of(call, "c") == ""


@pytest.mark.parametrize("fault", [StoreError("damaged"), ZeroDivisionError("division by zero")])
def test_a_fault_in_one_class_of_a_chunk_fails_the_job_once_the_others_are_done(chunk, fault):
    call = chunk("a", "b", "c")
    affinities(call)
    call.params.code = "new-1"
    done = []
    with pytest.raises(SystemExit):
        affinities(call, {"b": fault}, done)
    assert done == ["a", "b", "c"]
    a, b, c = (Path(path) for path in call.output)
    assert store.read_attributes(a)["lineage"]["affinity"]["code"] == "new-1"
    assert store.read_attributes(c)["lineage"]["affinity"]["code"] == "new-1"
    assert not b.exists()
    assert "unhans: error: " in log_of(call, "b")


def test_after_a_fault_in_a_chunk_only_its_class_is_computed_anew(chunk):
    call = chunk("a", "b", "c")
    with pytest.raises(SystemExit):
        affinities(call, {"b": StoreError("damaged")})
    assert affinities(call) == ["b"]


def test_a_chunk_that_runs_out_of_memory_stops_there(chunk):
    call = chunk("a", "b", "c")
    done = []
    with pytest.raises(SystemExit):
        affinities(call, {"b": MemoryError()}, done)
    assert done == ["a", "b"]
    assert "out of memory" in log_of(call, "b")
    assert not Path(call.log[0]).with_name("c.log").exists()


def test_the_log_of_a_chunk_says_how_each_class_ended(chunk):
    affinities(chunk("a"))
    call = chunk("a", "b", "c")
    with pytest.raises(SystemExit):
        affinities(call, {"b": StoreError("damaged")})
    expected = ["a: up to date, see a.log", "b: failed, see b.log", "c: done, see c.log"]
    assert Path(call.log[0]).read_text().splitlines() == expected
    affinities(call)
    assert Path(call.log[0]).read_text().splitlines()[1:] == [
        "b: done, see b.log",
        "c: up to date, see c.log",
    ]


def test_a_chunk_of_one_class_has_both_logs(chunk):
    call = chunk("a")
    affinities(call)
    assert Path(call.log[0]).read_text() == "a: done, see a.log\n"
    assert log_of(call, "a") == ""


def test_a_place_that_cannot_be_written_fails_its_class_of_a_chunk_alone(chunk, tmp_path):
    call = chunk("a", "b", "c")
    (tmp_path / "file").write_text("")
    a, _, c = call.output
    call.output = Named(graph=[a, str(tmp_path / "file" / "b.zarr.zip"), c])
    done = []
    with pytest.raises(SystemExit):
        affinities(call, {"b": InputError("too few")}, done)
    assert done == ["a", "b", "c"]
    assert "unhans: error: " in log_of(call, "b")


def test_a_cause_in_code_of_the_users_own_leaves_its_traceback_in_the_log(call):
    def own_code():
        return {}["weights"]

    with suppress(SystemExit), Job(call):
        try:
            own_code()
        except KeyError as error:
            raise ConfigError("network 'mine:net': KeyError") from error
    assert "in own_code" in log_of(call)
    assert log_of(call).splitlines()[-1] == "unhans: error: network 'mine:net': KeyError"


FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def said(error):
    return [line for line in error.splitlines() if line.startswith("unhans: error: ")]


@needs_full
@pytest.mark.parametrize(
    "fault",
    [
        StoreError("x/3.zarr.zip: cannot be written (No space left on device)"),
        OSError(errno.ENOSPC, "No space left on device", "x/3.zarr.zip"),
    ],
)
def test_on_a_full_disk_the_log_fails_first_and_the_line_comes_all_the_same(call, capsys, fault):
    log = Path(call.log[0])
    log.parent.mkdir(parents=True)
    log.symlink_to(FULL)
    with pytest.raises(SystemExit):
        affinities(call, {"3": fault})
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert f"{log}: this log cannot be written (No space left on device)" in shown
    assert "No space left on device" in said(shown)[0]
    assert "x/3.zarr.zip" in said(shown)[0]


@needs_full
def test_without_space_for_logs_the_classes_of_a_chunk_are_done(chunk, capsys):
    call = chunk("a", "b")
    logs = Path(call.log[0]).parent
    logs.mkdir()
    for log in (Path(call.log[0]), logs / "a.log", logs / "b.log"):
        log.symlink_to(FULL)
    assert affinities(call) == ["a", "b"]
    assert affinities(call) == []  # current classes say so in their logs
    assert capsys.readouterr().err.count("this log cannot be written") == 6
    assert all(Path(path).exists() for path in call.output)


def test_a_folder_of_logs_that_cannot_be_made_is_named(call, capsys):
    Path(call.log[0]).parent.write_text("a file")
    assert affinities(call) == ["3"]
    assert "this log cannot be written (File exists)" in capsys.readouterr().err


@pytest.mark.parametrize("pages", range(2, 33, 3))
def test_a_job_on_a_full_file_system_ends_with_one_line(call, tmp_path, capsys, random, pages):
    """A file system of a few pages of 4 KiB is full when the log, or part of the result, is written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"nr_blocks={pages}", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root alone")
    try:
        call.output = Named(graph=str(disk / "3.zarr.zip"))
        call.log = [str(disk / "logs" / "3.log")]
        with pytest.raises(SystemExit):
            affinities(call, more={"noise": random.random((400, 50))})
        shown = capsys.readouterr().err
        assert "Traceback" not in shown
        assert said(shown) == [
            f"unhans: error: {disk}/3.zarr.zip: cannot be written (No space left on device)"
        ]
        assert os.listdir(disk) == ["logs"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def edited_at(monkeypatch, first):
    """Let the code be another one from one of the looks at it on, counted from 1."""
    looks = iter(range(1, 100))

    def fault(*_):
        return StoreError("the code was changed") if next(looks) >= first else None

    monkeypatch.setattr("unhans.pipeline.code_guard.fault", fault)


def test_code_edited_before_a_job_leaves_what_is_there(call, monkeypatch, capsys):
    affinities(call)
    path = Path(call.output[0])
    call.params.code = "def-1"
    edited_at(monkeypatch, 1)
    with pytest.raises(SystemExit):
        affinities(call)
    assert not path.exists()
    assert "unhans: error: the code was changed" in capsys.readouterr().err


def test_what_edited_code_made_of_a_class_is_removed(call, monkeypatch):
    edited_at(monkeypatch, 2)
    with pytest.raises(SystemExit):
        affinities(call)
    assert not Path(call.output[0]).exists()
    assert "the code was changed" in log_of(call)


@pytest.mark.parametrize("look", [1, 2, 3])
def test_what_edited_code_made_of_a_chunk_is_removed(chunk, look, monkeypatch):
    """Seen before the first class, after the first, or after the last."""
    call = chunk("3", "5", "8")
    edited_at(monkeypatch, look)
    with pytest.raises(SystemExit):
        affinities(call)
    assert not any(Path(path).exists() for path in call.output)
    assert Path(call.log[0]).read_text().count(": failed, see") == 3


def test_classes_that_are_current_need_no_look_at_the_code(chunk, monkeypatch):
    call = chunk("3", "5")
    affinities(call)
    edited_at(monkeypatch, 1)
    assert affinities(call) == []
    assert all(Path(path).exists() for path in call.output)


def test_a_table_of_edited_code_is_removed(call, tmp_path, monkeypatch):
    folder, table = tmp_path / "figures", tmp_path / "table.tsv"
    call.output = Named(table=str(table), pictures=str(folder))
    edited_at(monkeypatch, 2)

    def script():
        with Job(call):
            folder.mkdir()
            (folder / "1.png").touch()
            table.touch()

    with pytest.raises(SystemExit):
        script()
    assert not table.exists()
    assert not folder.exists()
