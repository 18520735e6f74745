"""run_lock: runs of two working folders do not write one folder of results."""

import json
import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from unhans.errors import ConfigError
from unhans.pipeline import compat, run_lock

TAKE = """
import sys, time
from unhans.errors import ConfigError
from unhans.pipeline import run_lock
try:
    run_lock.take(sys.argv[1])
except ConfigError as error:
    print(error, flush=True)
else:
    print("taken", flush=True)
    if sys.argv[2:]:
        time.sleep(60)
    run_lock.release(sys.argv[1])
"""


def started(folder, results, *options):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", TAKE, str(results), *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def holder(tmp_path, results):
    """A run of another working folder that is alive."""
    process = started(tmp_path / "other", results, "stay")
    assert process.stdout.readline() == "taken\n"
    yield process
    process.kill()
    process.wait()


def entries(results):
    return json.loads((results / run_lock.NAME).read_text())


def test_a_second_working_folder_is_refused_and_the_message_names_who_writes(
    tmp_path, results, holder
):
    with pytest.raises(ConfigError) as caught:
        run_lock.take(results)
    said = str(caught.value)
    assert "\n" not in said
    for part in (tmp_path / "other", os.uname().nodename, holder.pid, results / ".lock"):
        assert str(part) in said
    assert len(entries(results)) == 1


def test_a_link_to_the_results_is_the_same_folder(tmp_path, results, holder):
    (tmp_path / "link").symlink_to(results)
    with pytest.raises(ConfigError, match="writes there"):
        run_lock.take(tmp_path / "link")


def test_the_lock_of_a_killed_run_is_taken_over(results, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    run_lock.take(results)
    assert [entry["pid"] for entry in entries(results)] == [os.getpid()]
    run_lock.release(results)
    assert not (results / run_lock.NAME).exists()


def test_a_killed_run_that_nobody_waited_for_has_ended(results, holder):
    holder.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # a zombie
    run_lock.take(results)
    run_lock.release(results)


def test_a_process_that_got_the_number_of_a_killed_run_is_another_one(results, holder):
    run = entries(results)[0]
    (results / run_lock.NAME).write_text(json.dumps([{**run, "started": "1"}]))
    run_lock.take(results)
    run_lock.release(results)


def test_a_run_on_another_host_counts_until_it_is_removed(results):
    results.mkdir()
    far = run_lock.Run("node7", "another boot", 1, "1", "/elsewhere")
    (results / run_lock.NAME).write_text(json.dumps([far._asdict()]))
    with pytest.raises(ConfigError, match=r"a run of /elsewhere on node7, process 1, writes there"):
        run_lock.take(results)
    assert run_lock.unlock(results) == []
    run_lock.take(results)
    run_lock.release(results)


def test_unlock_leaves_a_run_that_is_alive(results, holder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--unlock"])
    compat.unlock(str(results))
    assert f"process {holder.pid} of" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="writes there"):
        run_lock.take(results)


def test_runs_of_one_working_folder_are_left_to_the_lock_of_snakemake(tmp_path, results, holder):
    second = started(tmp_path / "other", results, "stay")
    assert second.stdout.readline() == "taken\n"
    holder.kill()
    holder.wait()
    with pytest.raises(ConfigError, match="writes there"):  # of the second one
        run_lock.take(results)
    second.kill()
    second.wait()


@pytest.mark.parametrize("content", ["", "[{", "7", '[{"pid": 3}]', "\0\0\0"])
def test_a_damaged_lock_is_none(results, content):
    results.mkdir()
    (results / run_lock.NAME).write_text(content)
    run_lock.take(results)
    assert len(entries(results)) == 1
    run_lock.release(results)


def test_of_many_runs_that_start_at_once_one_goes_on(tmp_path, results):
    processes = [started(tmp_path / f"f{number}", results, "stay") for number in range(4)]
    said = [process.stdout.readline() for process in processes]
    assert said.count("taken\n") == 1
    assert all("writes there" in line for line in said if line != "taken\n")
    for process in processes:
        process.kill()
        process.wait()


def test_a_lock_that_is_removed_while_another_waits_for_it_is_taken_anew(results):
    run_lock.take(results)
    with run_lock._opened(results / run_lock.NAME):
        waiting = threading.Thread(target=run_lock.take, args=[results])
        waiting.start()
        (results / run_lock.NAME).unlink()
    waiting.join(10)
    assert len(entries(results)) == 1
    run_lock.release(results)


def test_the_end_of_a_run_removes_its_lock_wherever_the_process_is_then(results, monkeypatch):
    run_lock.take(results)
    monkeypatch.chdir("/")
    run_lock.release(results)
    assert not (results / run_lock.NAME).exists()


@pytest.mark.parametrize(("main", "asked"), [(False, True), (True, False)])
def test_jobs_and_runs_without_locks_take_none(results, main, asked):
    settings = SimpleNamespace(lock=asked)
    compat.claim(SimpleNamespace(is_main_process=main, execution_settings=settings), str(results))
    assert not results.exists()


def test_results_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file/\.lock: cannot be written"):
        run_lock.take(tmp_path / "file")
