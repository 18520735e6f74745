"""The workflow on a real Slurm of one node; jobs, and Snakemake itself, are killed on its way."""

import fcntl
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from _checkout import Checkout, contents

pytestmark = pytest.mark.long  # a cluster of one node is installed, started and broken

CLUSTER = Path(__file__).with_name("cluster.sh")
CLUSTER_FOLDER = Path("/tmp/unhans-slurm")
"""Where cluster.sh keeps its files unless another folder is named."""

CANNOT = 3
"""Exit status of cluster.sh on a machine that cannot have a Slurm."""

TINY = {
    "corpus": {"digits": {"per_class": 60}},
    "model": {"small_vgg": {"epochs": 2}},
    "preprocessing": {"none": []},
    "distance": {"metrics": ["euclidean"]},
    "embedding": {"q": 8},
    "clustering": {"k_max": 5, "n_init": 2},
    # Two jobs a stage: as many as the node has cores.
    "execution": {"classes_per_job": 5},
}

FIELDS = {
    "id": "JobID",
    "comment": "Comment",
    "state": "State",
    "memory": "MinMemory",
    "minutes": "TimeLimit",
    "partition": "Partition",
    "gpu": "tres-per-job",
}
"""What is asked of squeue."""

ALIVE = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING"}


class Run:
    """Snakemake in the background, its jobs on Slurm."""

    def __init__(self, checkout, *arguments):
        self.folder = checkout.folder
        self.log = checkout.folder / f"run_{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "snakemake", "ranking", "--configfile", "test.yaml"]
        command += ["--profile", "profiles/slurm", *arguments]
        # Most of these jobs take 6 s, and a look at the queue in vain costs 10 s more.
        command += ["--slurm-init-seconds-before-status-checks", "1"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=checkout.folder,
                env=checkout.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def name(self):
        """The run ID, which is the name of all its jobs."""
        found = re.search(r"SLURM run ID: (\S+)", self.log.read_text())
        return found[1] if found else "none_yet"

    def jobs(self, stage="", states=()):
        """Jobs of the run, finished ones too, in the order of their submission."""
        command = ["squeue", "--states=all", "--noheader", "--sort=i", "--name", self.name]
        command += ["--Format", ",".join(f"{field}:|" for field in FIELDS.values())]
        queue = subprocess.run(command, capture_output=True, text=True, check=True)
        jobs = []
        for line in queue.stdout.splitlines():
            job = SimpleNamespace(**dict(zip(FIELDS, line.split("|"), strict=False)))
            # The plugin's comment: rule_<stage>[_<corpus>_<chunk>]_wildcards_...
            job.stage = job.comment.split("_")[1]
            if stage in ("", job.stage) and (not states or job.state in states):
                jobs.append(job)
        return jobs

    def script(self, stage):
        """Find the process that computes a stage."""
        for process in psutil.process_iter(["cmdline"]):
            script = (process.info["cmdline"] or [""])[-1]
            if script.startswith(str(self.folder)) and script.endswith(f".{stage}.py"):
                return process
        return None

    def wait_for(self, find, seconds=180):
        """Wait until something is found, while the run goes on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if found := find():
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited in vain\n{self.log.read_text()}")


def finished(results):
    """Time stamps of what was there before anything was killed."""
    files = [*results.glob("digits/corpus/*.zarr.zip"), *results.glob("digits/small_vgg/*.*")]
    return {path.relative_to(results): path.stat().st_mtime_ns for path in files}


@pytest.fixture(scope="module")
def slurm():
    """Start a Slurm, or skip and say why there can be none."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("snakemake-executor-plugin-slurm is not installed (the extra 'slurm')")
    with (Path(tempfile.gettempdir()) / f"unhans-slurm-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one a machine: tests of another checkout wait
        started = subprocess.run([CLUSTER, "start"], capture_output=True, text=True, check=False)
        if started.returncode == CANNOT:
            pytest.skip(started.stderr.strip())
        assert started.returncode == 0, started.stdout + started.stderr
        yield
        subprocess.run([CLUSTER, "stop"], check=True)


@pytest.fixture(scope="module")
def local(slurm, tmp_path_factory):
    """A checkout in which all was computed without Slurm."""
    made = Checkout(tmp_path_factory.mktemp("local"), TINY)
    made.run("ranking")
    return made


@pytest.fixture(scope="module")
def story(slurm, tmp_path_factory):
    """Kill a job, then Snakemake; go on, and cancel a job."""
    made = Checkout(tmp_path_factory.mktemp("slurm"), TINY)

    first = Run(made)
    first.wait_for(lambda: first.script("training")).kill()
    first.wait_for(lambda: first.jobs("attribution", {"RUNNING"}))
    first.process.kill()
    first.process.wait()
    left = first.jobs(states=ALIVE)
    subprocess.run(["scancel", "--name", first.name], check=True)
    while first.jobs(states=ALIVE):
        time.sleep(0.1)
    before = finished(made.results)

    made.run("--unlock")
    gpu = ["attribution:gpu=1", "attribution:slurm_partition=gpu"]
    second = Run(made, "--set-resources", *gpu)
    running = second.wait_for(lambda: second.jobs("distance", {"RUNNING"}))
    subprocess.run(["scancel", running[0].id], check=True)
    second.process.wait(1200)
    assert second.process.returncode == 0, second.log.read_text()
    return SimpleNamespace(checkout=made, first=first, left=left, before=before, second=second)


def test_the_ranking_is_that_of_a_local_run(story, local):
    ours, theirs = (made.results / "ranking.tsv" for made in (story.checkout, local))
    assert ours.read_bytes() == theirs.read_bytes()


def test_a_killed_job_runs_again_with_more_memory_and_time(story):
    asked = [(job.state, job.memory, job.minutes) for job in story.first.jobs("training")]
    assert asked == [("FAILED", "4000M", "1:00:00"), ("COMPLETED", "8000M", "2:00:00")]


def test_a_cancelled_job_runs_again(story):
    states = [job.state for job in story.second.jobs("distance")]
    assert sorted(states) == ["CANCELLED", "COMPLETED", "COMPLETED"]


def test_jobs_outlive_a_killed_snakemake_until_they_are_cancelled_by_its_run_id(story):
    assert "attribution" in {job.stage for job in story.left}  # others may run beside it
    assert {job.state for job in story.first.jobs("attribution")} == {"CANCELLED"}
    assert {job.state for job in story.first.jobs()} <= {"CANCELLED", "COMPLETED", "FAILED"}


def test_the_next_run_computes_nothing_again_that_was_finished(story):
    assert len(story.before) >= 10 + 2  # classes; the network and its weights
    after = finished(story.checkout.results)
    assert {path: after.get(path) for path in story.before} == story.before
    assert not {"corpus", "training"} & {job.stage for job in story.second.jobs()}


def test_attribution_alone_asks_for_a_gpu_in_its_chunks_too(story):
    asked = {(job.stage, job.partition, job.gpu) for job in story.second.jobs()}
    assert ("attribution", "gpu", "gres:gpu:1") in asked
    assert {job[1:] for job in asked if job[0] != "attribution"} == {("cpu", "N/A")}


def daemon(name):
    """Process of a daemon of the cluster."""
    return psutil.Process(int((CLUSTER_FOLDER / f"{name}.pid").read_text()))


def cancel(run, job):
    subprocess.run(["scancel", job.id], check=True)


def stop_daemon(run, job):
    """The node's daemon dies without a word and starts again after some seconds; its jobs live on."""
    daemon("slurmd").kill()
    time.sleep(5)
    subprocess.run(["slurmd", "-f", CLUSTER_FOLDER / "slurm.conf"], check=True)


@pytest.fixture(scope="module")
def few(slurm, tmp_path_factory):
    """A checkout in which all was computed of three classes: a job a stage, without Slurm."""
    corpus = {"digits": {"per_class": 60, "classes": [1, 3, 8]}}
    made = Checkout(tmp_path_factory.mktemp("few"), {**TINY, "corpus": corpus})
    made.run("ranking")
    return made


@pytest.fixture(scope="module")
def changed(few, tmp_path_factory):
    """What a run after a change of the graph comes to without Slurm."""
    made = few.copy(tmp_path_factory.mktemp("changed") / "checkout")
    made.configure(affinity={"knn": 5})
    made.run("ranking")
    return contents(made.results)


@pytest.mark.parametrize("disturb", [cancel, stop_daemon])
def test_a_run_after_a_change_that_is_disturbed_comes_to_the_same(few, changed, tmp_path, disturb):
    made = few.copy(tmp_path / "checkout")
    made.configure(affinity={"knn": 5})
    run = Run(made)
    (job, *_) = run.wait_for(lambda: run.jobs("embedding", {"RUNNING"}))
    disturb(run, job)
    assert run.process.wait(1200) == 0, run.log.read_text()
    assert contents(made.results) == changed
