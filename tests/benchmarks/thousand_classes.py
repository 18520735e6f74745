"""A thousand classes of small stored heatmaps: everything below them, and again after a change of knn.

Prints wall time, CPU time and memory of planning and of running, and CPU seconds a class of each stage.
"""

import argparse
import csv
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import _stored
from _checkout import Checkout


class Timed(Checkout):
    """A checkout whose runs are processes of this one, so that their time is known."""

    def snakemake(self, *arguments, cores=2, timeout=600):
        command = [sys.executable, "-m", "snakemake", "--configfile", "test.yaml"]
        return subprocess.run(
            [*command, "--cores", str(cores), *arguments],
            **{"cwd": self.folder, "env": self.environment, "timeout": timeout},
            **{"capture_output": True, "text": True, "check": False},
        )


class Spent:
    """Wall time, CPU time and peak memory of the processes started inside a ``with``."""

    def __enter__(self):
        self._start, self._cpu = time.perf_counter(), self._used()
        return self

    def __exit__(self, *_):
        self.wall = time.perf_counter() - self._start
        self.cpu = self._used() - self._cpu
        self.memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000

    @staticmethod
    def _used():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


def report(what, spent, more=""):
    print(f"{what:44} {spent.wall:7.1f} s {spent.cpu:8.1f} CPU s  {more}", flush=True)


def stages(checkout):
    """CPU seconds of each stage, from Snakemake's benchmarks of its jobs."""
    found = defaultdict(float)
    for path in checkout.results.glob("benchmarks/many/**/many_*.tsv"):
        with path.open() as file:
            found[path.parent.name] += float(next(csv.DictReader(file, delimiter="\t"))["cpu_time"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--size", type=int, default=16, help="side of a heatmap")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--classes-per-job", default="auto")
    parser.add_argument("--folder", type=Path, help="to work in, kept; a temporary one by default")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="thousand_"))
    try:
        run(folder, options)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


def run(folder, options):
    checkout = Timed(folder)
    size = options.classes_per_job
    execution = {"classes_per_job": int(size) if size.isdecimal() else size}
    _stored.write(checkout, options.classes, options.images, options.size, execution=execution)
    print(
        f"{options.classes} classes of {options.images} heatmaps of {options.size} x {options.size}"
    )
    with Spent() as spent:
        planned = checkout.planned()
    report("dry run", spent, f"{sum(planned.values())} jobs, {spent.memory:.0f} MB")
    with Spent() as spent:
        checkout.run(cores=options.cores, timeout=36000)
    report(f"everything below the heatmaps, {options.cores} cores", spent)
    values = yaml.safe_load((folder / "test.yaml").read_text())
    values["affinity"] = {"knn": 12}
    (folder / "test.yaml").write_text(yaml.safe_dump(values))
    with Spent() as spent:
        planned = checkout.planned()
    rules = sorted({re.sub(r"_many_\d+$", "", rule) for rule in planned})
    report("dry run after a change of knn", spent, f"plans {', '.join(rules)}")
    before = stages(checkout)
    with Spent() as spent:
        checkout.run(cores=options.cores, timeout=36000)
    report(f"run after a change of knn, {options.cores} cores", spent)
    print("\nCPU seconds a class and analysis, imports included")
    after = stages(checkout)
    for stage, seconds in sorted(after.items()):
        own = seconds - before.get(stage, 0) or seconds
        print(f"  {stage:16} {own / options.classes:.3f}")


if __name__ == "__main__":
    main()
