"""A thousand classes of small stored heatmaps: everything below them, and again after a change of knn.

With --from-images of small images, which a network of a few weights sees: everything, with the explorer
and the neural features, and the peak of each job in a file (see memory.py). Prints wall time, CPU time
and memory of planning and of running, and CPU seconds a class of each stage.
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
import memory
import numpy as np
from _checkout import Checkout
from PIL import Image

NETWORK = """\
import torch
from torch import nn

from unhans.images.transform import Transform
from unhans.networks.registry import Network


def tiny():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    module = nn.Sequential(*layers, nn.Linear(64, CLASSES))
    return Network(module, list, Transform(32, 32, (0.5,) * 3, (0.25,) * 3), CLASSES, "0")
"""

FROM_IMAGES = {
    "corpus": {"many": {"source": "folder", "root": "images", "splits": ["train"]}},
    "model": {"tiny": {"architecture": "own_network:tiny"}},
    "projection": {"methods": ["tsne"]},
    "interventions": {"images": 4, "families": ["border", "brightness"]},
    "transplant": {"images": 8, "hosts": 1},
    "candidate_response": {"images": 8},
    "sensitivity": {"images": 4, "top": 4, "attack_steps": 1},
}
"""Few images an experiment: the number of classes is what is tried"""


class Timed(Checkout):
    """A checkout whose runs are processes of this one, so that their time is known."""

    def snakemake(self, *arguments, cores=2, timeout=600):
        command = [sys.executable, "-m", "snakemake", "--configfile", "test.yaml"]
        environment = memory.hooked(self.environment, self.folder / "peaks.tsv", self.folder)
        return subprocess.run(
            [*command, "--cores", str(cores), *arguments],
            **{"cwd": self.folder, "env": environment, "timeout": timeout},
            **{"capture_output": True, "text": True, "check": False},
        )


def write_images(checkout, classes, images, size, seed=0, **sections):
    """Write a config, the images of the classes and a network for them."""
    checkout.config = {**FROM_IMAGES, **sections}
    checkout.configure()
    (checkout.folder / "own_network.py").write_text(NETWORK.replace("CLASSES", str(classes)))
    random = np.random.default_rng(seed)
    for number in range(classes):
        folder = checkout.folder / f"images/train/class_{number:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        shade = random.integers(0, 128, 3)
        for image in range(images):
            pixels = shade + random.integers(0, 128, (size, size, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{image:04d}.png")


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
    parser.add_argument("--from-images", action="store_true", help="attribution and all else too")
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
    write = write_images if options.from_images else _stored.write
    write(checkout, options.classes, options.images, options.size, execution=execution)
    targets = ["all", "explorer", "features"] if options.from_images else ["all"]
    what = "images" if options.from_images else "heatmaps"
    print(
        f"{options.classes} classes of {options.images} {what} of {options.size} x {options.size}"
    )
    with Spent() as spent:
        planned = checkout.planned(*targets)
    report("dry run", spent, f"{sum(planned.values())} jobs, {spent.memory:.0f} MB")
    with Spent() as spent:
        checkout.run(*targets, cores=options.cores, timeout=36000)
    report(f"everything below the {what}, {options.cores} cores", spent)
    values = yaml.safe_load((folder / "test.yaml").read_text())
    values["affinity"] = {"knn": 12}
    (folder / "test.yaml").write_text(yaml.safe_dump(values))
    with Spent() as spent:
        planned = checkout.planned()
    rules = sorted({re.sub(r"_many_\d+$", "", rule) for rule in planned})
    report("dry run after a change of knn", spent, f"plans {', '.join(rules)}")
    before = stages(checkout)
    with Spent() as spent:
        checkout.run(*targets, cores=options.cores, timeout=36000)
    report(f"run after a change of knn, {options.cores} cores", spent)
    print("\nCPU seconds a class and analysis, imports included")
    after = stages(checkout)
    for stage, seconds in sorted(after.items()):
        own = seconds - before.get(stage, 0) or seconds
        print(f"  {stage:16} {own / options.classes:.3f}")


if __name__ == "__main__":
    main()
