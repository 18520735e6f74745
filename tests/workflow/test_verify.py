"""`unhans verify`: the commands that it gives make a damaged run whole again."""

import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long


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


def test_a_damaged_run_is_found_and_each_remedy_remakes_its_file(checkout):
    whole = verify(checkout, "--strict")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert re.search(r": 0 wrong, 0 stale, 0 not planned, 0 unfinished, 0 not there$", whole.stdout)
    damaged = [
        checkout.stage("affinity", class_id="3"),
        checkout.stage("attribution", class_id="1"),
        checkout.results / "digits/manifest.tsv",
        checkout.results / "digits/small_vgg/weights.safetensors",
        checkout.results / "ranking.png",
    ]
    before = {path: path.read_bytes() for path in damaged}
    for path in damaged:
        flip(path)
    damaged[-1].write_bytes(b"")
    assert "Nothing to be done" in checkout.run("--dry-run").stdout  # Snakemake sees nothing of it
    found = verify(checkout)
    assert found.returncode == 1
    named = re.findall(r"^results/\S+(?=: )", found.stdout, re.M)
    assert {checkout.folder / name for name in named} == set(damaged)
    by_target = checkout.snakemake("verify")
    assert by_target.returncode != 0
    assert "5 wrong" in by_target.stdout + by_target.stderr
    assert (checkout.results / "ranking.tsv").stat().st_mtime > 1  # a ranking is a ranking still
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
    checkout.run()
    again = verify(checkout, "--strict")
    assert again.returncode == 0, again.stdout + again.stderr
    for path, content in before.items():
        if path.name != "weights.safetensors":
            assert path.read_bytes() == content, path
    assert checkout.run("verify").returncode == 0
