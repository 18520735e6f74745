"""Torture, in short: a run is killed and resumed, results are damaged; see `make torture`."""

import subprocess
import sys

from _checkout import ROOT


def test_a_killed_run_comes_to_the_same_and_damage_is_named(tmp_path):
    command = [
        sys.executable,
        ROOT / "tests/benchmarks/torture.py",
        "--folder",
        tmp_path / "torture",
    ]
    counts = ["--kills", "1", "--damages", "12", "--seed", "3"]
    done = subprocess.run([*command, *counts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill\tfirst run\tgroup\tthe same\t1" in done.stdout
    assert "13 trials, seed 3: 0 lost" in done.stdout
