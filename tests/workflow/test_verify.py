"""`unhans verify`: the commands that it gives make a damaged run whole again."""

import os
import re
import subprocess
import sys

import _stored
import pytest
from _checkout import Checkout

from unhans.io import store

pytestmark = pytest.mark.long

SIZES = {
    "affinity": {"knn": 3},
    "embedding": {"q": 2},
    "clustering": {"k_max": 3, "n_init": 1},
    "execution": {"classes_per_job": 2},
}
FOLDER = "results/many/random/epsilon_plus_flat/none/euclidean/knn3"


def verify(checkout, *options):
    command = [
        sys.executable,
        "-m",
        "unhans.pipeline.console",
        "verify",
        "--configfile",
        "test.yaml",
    ]
    return subprocess.run(
        [*command, *options],
        cwd=checkout.folder,
        env=checkout.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def flip(path):
    times, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def content(path):
    """All of a file; of a result what its arrays are: which libraries a job has loaded may differ."""
    if path.name.endswith(".zarr.zip"):
        return store.read_attributes(path)["fingerprint"]
    return path.read_bytes()


def test_a_damaged_run_is_found_and_each_remedy_remakes_its_file(tmp_path):
    checkout = Checkout(tmp_path / "checkout")
    _stored.write(checkout, classes=2, images=24, size=8, **SIZES)
    checkout.run("ranking", "ranking_figure")
    whole = verify(checkout)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert re.search(
        r": 0 wrong, 0 stale, 0 not planned, 0 unfinished, \d+ not there$", whole.stdout
    )
    assert (
        verify(checkout, "--strict").returncode == 1
    )  # manifest and projection were not asked for
    names = [
        f"{FOLDER}/affinity/class_0001.zarr.zip",
        f"{FOLDER}/q2/clustering/class_0000.zarr.zip",
        "results/many/random/accuracy.tsv",
        "results/ranking.tsv",
        "results/ranking.png",
    ]
    damaged = [checkout.folder / name for name in names]
    before = {path: content(path) for path in damaged}
    for path in damaged:
        flip(path)
    damaged[-1].write_bytes(b"")
    os.utime(damaged[-1])
    assert checkout.planned("ranking", "ranking_figure") == {}  # Snakemake sees nothing of it
    found = verify(checkout)
    assert found.returncode == 1
    assert set(re.findall(r"^results/\S+(?=: )", found.stdout, re.M)) == set(names)
    by_target = checkout.snakemake("verify")
    assert by_target.returncode != 0
    assert "5 wrong" in by_target.stdout + by_target.stderr
    assert (
        damaged[-2].stat().st_mtime > 1
    )  # to verify is no failed run, which leaves another ranking
    for remedy in re.findall(r"remake:  (.*)", found.stdout):
        done = subprocess.run(
            remedy.replace("snakemake", f"{sys.executable} -m snakemake"),
            shell=True,
            cwd=checkout.folder,
            env=checkout.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    checkout.run("ranking", "ranking_figure")
    for path, expected in before.items():
        assert content(path) == expected, path
    again = checkout.run("verify")
    assert ": 0 wrong, 0 stale, " in again.stdout + again.stderr
