"""Memory: the greatest peak of each rule's jobs, against the mem_mb that it declares.

usage: memory.py record PEAKS OPTION...       runs Snakemake, and adds the peak of each job to a file
       memory.py compare PEAKS [PEAKS ...]    prints a table of such files, one a size of the data

A peak is the kernel's own (``VmHWM`` of the process of the script, megabytes); what Snakemake's
benchmarks sample misses jobs of a second. The table has a row a rule: jobs, greatest peak in each file,
the least that such a job was given, and the greatest share of it that a job took. Ends with status 1 if
one is above 1.
"""

import csv
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HOOK = """
import atexit, os, sys

def note():
    if ".snakemake/scripts" in sys.argv[0]:
        stage = sys.argv[0].split(".")[-2]
        lines = open("/proc/self/status").read().splitlines()
        (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
        given = sys.modules["__main__"].snakemake.resources.mem_mb
        with open(os.environ["UNHANS_PEAKS"], "a") as file:
            file.write(f"{stage}\\t{int(peak) / 1024:.0f}\\t{given}\\n")

if os.environ.get("UNHANS_PEAKS"):
    atexit.register(note)
"""


def hooked(environment, peaks, folder):
    """Variables under which jobs note their peaks in a file; the hook is written into a folder."""
    (Path(folder) / "sitecustomize.py").write_text(HOOK)
    paths = os.pathsep.join(filter(None, [str(folder), environment.get("PYTHONPATH", "")]))
    return {**environment, "UNHANS_PEAKS": os.path.abspath(peaks), "PYTHONPATH": paths}


def record(peaks, *options):
    """Run Snakemake, and note the peak of each job when its process ends."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "snakemake", *options]
        environment = hooked(os.environ, peaks, folder)
        return subprocess.run(command, env=environment, check=False).returncode


def read(peaks):
    """Peak of each job and what it was given, by stage."""
    found = defaultdict(list)
    with open(peaks, newline="") as lines:
        for stage, peak, given in csv.reader(lines, delimiter="\t"):
            found[stage].append((float(peak), float(given)))
    return found


def compare(*files):
    """Print the table."""
    runs = [read(file) for file in files]
    print("rule", "jobs", *files, "given", "share", sep="\t")
    over = []
    for name in sorted(set().union(*runs)):
        jobs = [job for run in runs for job in run[name]]
        peaks = [max((peak for peak, _ in run[name]), default=0) for run in runs]
        share = max(peak / given for peak, given in jobs)
        least = min(given for _, given in jobs)
        print(name, len(jobs), *map("{:.0f}".format, peaks), least, f"{share:.2f}", sep="\t")
        over += [name] if share > 1 else []
    print(f"above what they were given: {', '.join(over) or 'none'}")
    return 1 if over else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("record", "compare"):
        sys.exit(__doc__)
    sys.exit({"record": record, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
