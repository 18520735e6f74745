"""Without a network: a whole run in a namespace that has none."""

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long  # a whole run with real processes

UNSHARE = ["unshare", "--user", "--map-root-user", "--net"]


def allowed():
    """Whether this system lets a person make a namespace without a network."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not allowed(), reason="unshare --net is not allowed here")
def test_a_run_needs_no_network(fresh):
    fresh.configure(
        corpus={"digits": {"per_class": 24, "classes": [1, 3, 8]}},
        model={"small_vgg": {"epochs": 1}},
        preprocessing={"pooled": [{"sum_pool": 7}, "unit_norm"]},
        embedding={"q": 4},
        clustering={"k_max": 3, "n_init": 1},
        figures={"top": 1},
    )
    reach = "import socket; socket.create_connection(('1.1.1.1', 443), 2)"
    cut = subprocess.run([*UNSHARE, sys.executable, "-c", reach], capture_output=True, text=True)
    assert "Network is unreachable" in cut.stderr
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "test.yaml"]
    done = subprocess.run(
        [*UNSHARE, *command],
        cwd=fresh.folder,
        env=fresh.environment,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (fresh.results / "ranking.tsv").exists()
