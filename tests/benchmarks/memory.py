"""Memory: the greatest peak of each rule's jobs, against the mem_mb that it declares.

usage: memory.py record PEAKS OPTION...       runs Snakemake, and adds the peak of each job to a file
       memory.py compare PEAKS [PEAKS ...]    prints a table of such files, one a size of the data

A peak is the kernel's own (``VmHWM`` of the process of the script, megabytes); what Snakemake's
benchmarks sample misses jobs of a second. Of rules whose mem_mb grows with their inputs the part that
does not is compared. The table has a row a rule: jobs, the greatest peak in each file, declared, greatest
peak over declared. Ends with status 1 if one is above 1.
"""

import csv
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

RULES = Path(__file__).parents[2] / "workflow/rules"
STAGE = re.compile(r'(?:^rule |chunk\.rule\("|^    rule )(\w+)', re.M)
MEMORY = re.compile(
    r"mem_mb=(?:lambda wildcards, attempt: (\d+)|chunk\.memory\((\d+)(?:, per_input=(\d+))?)"
)

HOOK = """
import atexit, os, sys

def note():
    if ".snakemake/scripts" in sys.argv[0]:
        stage = sys.argv[0].split(".")[-2]
        lines = open("/proc/self/status").read().splitlines()
        (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
        with open(os.environ["UNHANS_PEAKS"], "a") as file:
            file.write(f"{stage}\\t{int(peak) / 1024:.0f}\\n")

if os.environ.get("UNHANS_PEAKS"):
    atexit.register(note)
"""


def record(peaks, *options):
    """Run Snakemake, and note the peak of each job when its process ends."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(HOOK)
        before = os.environ.get("PYTHONPATH", "")
        environment = {**os.environ, "UNHANS_PEAKS": os.path.abspath(peaks)}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, before]))
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *options], env=environment, check=False
        ).returncode


def declared():
    """Megabytes, and megabytes for each megabyte of inputs, by the name of a rule."""
    found = {}
    for file in sorted(RULES.glob("*.smk")):
        text = file.read_text(encoding="utf-8")
        for asked in MEMORY.finditer(text):
            names = [match[1] for match in STAGE.finditer(text, 0, asked.start())]
            found[names[-1]] = int(asked[1] or asked[2]), int(asked[3] or 0)
    return found


def read(peaks):
    """Peaks of all jobs, by stage."""
    found = defaultdict(list)
    with open(peaks, newline="") as lines:
        for stage, peak in csv.reader(lines, delimiter="\t"):
            found[stage].append(float(peak))
    return found


def compare(*files):
    """Print the table."""
    asked, runs = declared(), [read(file) for file in files]
    print("rule", "jobs", *files, "declared", "share", sep="\t")
    over = []
    for name, (base, per_input) in sorted(asked.items()):
        own = [max(run[name], default=0) for run in runs]
        jobs = sum(len(run[name]) for run in runs)
        if not jobs:
            continue
        share = max(own) / base
        shown = f"{base}" + (f" + {per_input}/MB" if per_input else "")
        print(name, jobs, *(f"{peak:.0f}" for peak in own), shown, f"{share:.2f}", sep="\t")
        over += [name] if share > 1 else []
    missing = [name for name in sorted(asked) if not any(run[name] for run in runs)]
    print(f"not run: {', '.join(missing) or 'none'}")
    print(f"above what they declare: {', '.join(over) or 'none'}")
    return 1 if over else 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("record", "compare"):
        sys.exit(__doc__)
    sys.exit({"record": record, "compare": compare}[sys.argv[1]](*sys.argv[2:]))
