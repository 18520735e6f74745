"""Bad input: one clear message, the other classes finish, the table says what is missing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from _checkout import corrupt, first, rewrite

from unhans.io import tsv


def rows_of(checkout, class_id):
    table = tsv.read_tsv(checkout.results / "ranking.tsv")
    return table[table["class"] == class_id], table[table["class"] != class_id]


@pytest.mark.long  # most of a run, twice
def test_all_other_tables_and_pictures_do_without_a_class_that_was_set_aside(checkout):
    rewrite(checkout.stage("attribution", class_id="3"), first(1))
    done = checkout.run()
    reason = "10 nearest neighbours need at least 11 images; there are 1"
    spoiled, others = rows_of(checkout, "3")
    assert spoiled["rank"].isna().all()
    assert spoiled["status"].str.contains(reason, regex=False).all()
    assert (others["status"] == "ok").all()
    assert reason in done.stdout
    assert {path.name[-5] for path in checkout.stage("figures").glob("*_class_*")} == {"1", "8"}
    accuracy = tsv.read_tsv(checkout.results / "digits/small_vgg/accuracy.tsv")
    assert accuracy[accuracy["class"] == "3"]["explained"].sum() == 1


@pytest.mark.long  # most of a run, twice
def test_a_corrupted_chunk_fails_its_class_alone_and_is_named(checkout):
    path = checkout.stage("attribution", class_id="3")
    corrupt(path)
    checkout.stage("preprocessing", class_id="3").unlink()
    checkout.stage("distance", "none", class_id="3").unlink()
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "attribution/3.zarr.zip: damaged" in said
    assert "Delete the file and run again" in said
    spoiled, others = rows_of(checkout, "3")
    assert spoiled["status"].str.contains("failed: .*3.zarr.zip: damaged").all()
    assert (others["status"] == "ok").all()
    assert others["rank"].notna().all()
    # The message names the remedy; the remedy repairs the run.
    path.unlink()
    checkout.run(str(path.relative_to(checkout.folder)), "ranking")
    spoiled, _ = rows_of(checkout, "3")
    assert (spoiled["status"] == "ok").all()


def test_a_damaged_tau_leaves_the_other_classes_in_the_table(checkout):
    path = checkout.stage("separability", class_id="3")
    path.write_bytes(b"not a zip")
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    assert "separability/3.zarr.zip: damaged" in done.stdout + done.stderr
    spoiled, others = rows_of(checkout, "3")
    assert spoiled["status"].str.contains("failed: ").sum() == 1  # the other analysis has its own
    assert (others["status"] == "ok").all()
    assert not (checkout.results / "ranking.html").exists()
    # The partial table is no result: it is made anew before anything is drawn from it.
    planned = checkout.planned("ranking_figure")
    assert planned == {"tau_null": 1, "ranking": 1, "ranking_figure": 1}


def test_wrong_weights_are_refused(checkout):
    weights = checkout.results / "digits/small_vgg/weights.safetensors"
    corrupt(weights)
    checkout.stage("attribution", class_id="3").unlink()
    done = checkout.snakemake("--until", "attribution")
    assert done.returncode != 0
    assert "weights.safetensors: has sha256" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"afinity": {"knn": 3}}, "unknown key 'afinity'; did you mean 'affinity'?"),
        ({"distance": {"metrics": "euclidian"}}, "did you mean 'euclidean'"),
        ({"results": "test.yaml"}, "results: test.yaml: .*test.yaml is not a folder"),
    ],
)
def test_a_faulty_config_is_one_message_without_a_traceback(checkout, sections, message):
    import re

    checkout.configure(**sections)
    done = checkout.snakemake("--dry-run")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert re.search(message, said), said
    assert "Traceback" not in said


def test_results_that_may_not_be_written_are_refused(checkout):
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        reachable = subprocess.run(
            [*command, sys.executable, "-c", "import snakemake, unhans"],
            env={**os.environ, "PYTHONPATH": str(checkout.folder / "workflow")},
            cwd=checkout.folder,
            capture_output=True,
            check=False,
        )
        if reachable.returncode:
            pytest.skip("runs as root, and another user cannot reach this Python")
    else:
        command = []
    folder = checkout.folder / "kept"
    folder.mkdir(mode=0o555)
    for above in [checkout.folder, *checkout.folder.parents]:
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o055)
    checkout.configure(results="kept/results")
    script = (
        "from pathlib import Path; import yaml;"
        "from unhans.config import loading; from unhans.pipeline import plan, startup;"
        "made = plan.Plan(loading.load(yaml.safe_load(open('test.yaml'))), Path('workflow'));"
        "startup.check(made)"
    )
    done = subprocess.run(
        [*command, sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(checkout.folder / "workflow"), "HOME": "/tmp"},
        cwd=checkout.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "kept is not a folder that can be written to" in done.stderr


@pytest.mark.long
def test_a_run_killed_half_way_is_resumed_to_the_same_bytes(checkout):
    path = checkout.stage("separability", class_id="3")
    whole = path.read_bytes()
    for stage in ("distance", "affinity", "embedding", "clustering", "separability"):
        checkout.stage(stage, class_id="3").unlink()
    target = str(path.relative_to(checkout.folder))
    command = [sys.executable, "-m", "snakemake", target, "--cores", "1"]
    command += ["--configfile", "test.yaml"]
    running = subprocess.Popen(
        command,
        cwd=checkout.folder,
        env={**os.environ, "PYTHONPATH": str(checkout.folder / "workflow")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while not checkout.stage("affinity", class_id="3").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    checkout.run("--unlock")
    checkout.run(target)
    assert path.read_bytes() == whole
    assert not list(checkout.results.rglob("*.part"))


KILL = """
import os, signal, sys
from pathlib import Path
if Path("kill").exists() and ".affinity.py" in Path("/proc/self/cmdline").read_text():
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.long  # most of a run, twice
def test_a_killed_job_of_a_later_run_brings_no_old_result_back(checkout):
    """Snakemake restored the result of before, with a new time, and found nothing to do."""
    before = tsv.read_tsv(checkout.results / "ranking.tsv").set_index(["representation", "class"])
    rewrite(checkout.stage("attribution", class_id="3"), first(40))
    (checkout.folder / "sitecustomize.py").write_text(KILL)
    (checkout.folder / "kill").touch()
    assert checkout.snakemake("ranking", processes=True).returncode != 0
    (checkout.folder / "kill").unlink()
    checkout.run("ranking")
    after = tsv.read_tsv(checkout.results / "ranking.tsv").set_index(["representation", "class"])
    for representation in ("pooled", "none"):
        assert after["n"][representation, "3"] == 40
        assert after["tau"][representation, "3"] != before["tau"][representation, "3"]


@pytest.mark.long  # most of a run, twice
def test_a_job_that_is_killed_after_an_edit_above_it_is_run_again(checkout):
    """The edit changed no number: the result of before fitted, and nothing planned it any more."""
    script = checkout.folder / "workflow/scripts/affinity.py"
    script.write_text(script.read_text() + "\nassert True\n")
    (checkout.folder / "sitecustomize.py").write_text(KILL.replace("affinity", "clustering"))
    (checkout.folder / "kill").touch()
    assert checkout.snakemake("ranking", processes=True).returncode != 0
    (checkout.folder / "kill").unlink()
    assert checkout.planned("ranking")["clustering"]
    checkout.run("ranking")
    table = tsv.read_tsv(checkout.results / "ranking.tsv")
    assert (table["status"] == "ok").all()


@pytest.mark.long  # most of a run, twice
def test_a_result_of_another_source_is_refused_by_the_ranking_whatever_the_times(checkout):
    path = checkout.stage("affinity", class_id="3")
    old = path.read_bytes()
    rewrite(checkout.stage("attribution", class_id="3"), first(40))
    checkout.run("ranking")
    path.write_bytes(old)  # new, and of before: as a copy from a backup
    checkout.stage("embedding", class_id="3").touch()
    for stage in ("clustering", "separability", "interval"):
        checkout.stage(stage, class_id="3").touch()
    (checkout.results / "ranking.tsv").unlink()
    done = checkout.snakemake("ranking")
    assert done.returncode != 0
    assert "affinity/3.zarr.zip: stale: it was made from" in done.stdout + done.stderr
    spoiled, others = rows_of(checkout, "3")
    assert spoiled["status"].str.contains("stale: it was made from").sum() == 1
    assert (others["status"] == "ok").all()
    path.unlink()
    checkout.run(str(path.relative_to(checkout.folder)), "ranking")
    assert (rows_of(checkout, "3")[0]["status"] == "ok").all()
