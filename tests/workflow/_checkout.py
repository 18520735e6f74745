"""A checkout of the workflow to run and to edit."""

import hashlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from unhans.io import store, tsv
from unhans.spray import clustering

ROOT = Path(__file__).parents[2]

SMALL = {
    "corpus": {
        "digits": {
            "per_class": 60,
            "classes": [1, 3, 8],
            "planting": [
                {"kind": "corner", "class": 3, "rate": 0.25},
                {"kind": "border", "class": 8, "rate": 0.25},
            ],
        }
    },
    "model": {"small_vgg": {"epochs": 3}},
    "preprocessing": {"pooled": [{"sum_pool": 7}, "unit_norm"], "none": []},
    "distance": {"metrics": ["euclidean"]},
    "embedding": {"q": 8},
    "clustering": {"k_max": 5, "n_init": 2},
    "projection": {"methods": ["tsne"]},
    "figures": {"top": 2},
    "barycentre": {"grid": 2},
    # A job a class, as of photographs: what is planned anew is counted in classes.
    "execution": {"classes_per_job": 1},
}

KEPT = ("*.zarr.zip", "*.tsv", "*.png", "*.html", "*.safetensors")


class Checkout:
    """A copy of the workflow, with a config of its own."""

    def __init__(self, folder: Path, config=SMALL) -> None:
        compiled()
        self.folder, self.config = folder, config
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("Snakefile", "workflow", "profiles", "config", "envs"):
            source = ROOT / name
            if source.is_dir():
                # Caches of compiled code come along: they are valid while their source is the same.
                # Not those that another process is about to write.
                ignored = shutil.ignore_patterns("*.egg-info", "*.pyc.*", "*.tmp.*")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        self.configure()

    @classmethod
    def at(cls, folder: Path, config) -> "Checkout":
        """Take a checkout that is there already."""
        made = cls.__new__(cls)
        made.folder, made.config = folder, config
        return made

    def copy(self, folder: Path) -> "Checkout":
        """Copy it with all that was computed in it, records and time stamps included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Checkout.at(folder, self.config)

    def configure(self, **sections):
        """Write the config, with sections replaced or, by dicts, merged."""
        values = {**self.config}
        for name, section in sections.items():
            merge = isinstance(section, dict) and name in values
            values[name] = {**values[name], **section} if merge else section
        (self.folder / "test.yaml").write_text(yaml.safe_dump(values, sort_keys=False))

    def snakemake(self, *arguments, cores=2, timeout=600, processes=False):
        """Run Snakemake in the checkout with its own copy of the library.

        Its jobs are forked from one process that has loaded Torch and the like, but for real
        ``processes``, as a user's are.
        """
        options = ["--configfile", "test.yaml", "--cores", str(cores), *arguments]
        return snakemake(options, self.folder, self.environment, timeout, processes)

    def run(self, *arguments, **options):
        """Run to success."""
        done = self.snakemake(*arguments, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def planned(self, *arguments, **options):
        """Count the jobs that a run would start, by rule; 'all' left out."""
        done = self.run("--dry-run", *arguments, **options)
        table = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)^total", done.stdout, re.S | re.M)
        if table is None:
            return {}
        rows = [line.split() for line in table[1].splitlines()]
        return {rule: int(count) for rule, count in rows if rule != "all"}

    @property
    def environment(self):
        """Variables that let it import its own copy of the library, and modules beside it."""
        paths = os.pathsep.join([str(self.folder / "workflow"), str(self.folder)])
        return {**os.environ, "PYTHONPATH": paths}

    @property
    def results(self):
        return self.folder / "results"

    def stage(self, name, representation="pooled", class_id=None):
        """Path of a stage's folder, or of one class's result."""
        depth = {"attribution": "", "preprocessing": "{}", "distance": "{}/euclidean"}
        depth |= dict.fromkeys(("affinity",), "{}/euclidean/knn10")
        path = self.results / "digits/small_vgg/epsilon_plus_flat"
        path /= depth.get(name, "{}/euclidean/knn10/q8").format(representation)
        return path / name / f"{class_id}.zarr.zip" if class_id else path / name


@cache
def compiled():
    """Compile k-means, if its source has changed: each new checkout would compile it for seconds."""
    clustering.kmeans(np.eye(4), [2], n_init=1)


@cache
def starter():
    """Start the process that starts Snakemake; it ends with this one, which closes its input."""
    return subprocess.Popen(
        [sys.executable, Path(__file__).with_name("_starter.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def snakemake(arguments, folder, environment, timeout, processes):
    """Run Snakemake as ``python -m snakemake`` does, but for the time to load it."""
    process = starter()
    with tempfile.TemporaryDirectory() as place:
        output = [f"{place}/stdout", f"{place}/stderr"]
        call = {"folder": str(folder), "arguments": arguments, "environment": environment}
        call |= {"output": output, "processes": processes}
        print(json.dumps(call), file=process.stdin, flush=True)
        answered, _, _ = select.select([process.stdout], [], [], timeout)
        if not answered:
            os.killpg(process.pid, signal.SIGKILL)
            starter.cache_clear()
        status = int(process.stdout.readline()) if answered else None
        texts = [Path(path).read_text() for path in output]
    if status is None:
        raise subprocess.TimeoutExpired(arguments, timeout, *texts)
    return subprocess.CompletedProcess(arguments, status, *texts)


def digests(results):
    """Hash every file that is kept, by its path within the results."""
    files = [path for pattern in KEPT for path in results.rglob(pattern)]
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if "benchmarks" not in path.parts
    }


def contents(results):
    """What is known of every result and table: fingerprint or reason, settings and code, and all rows.

    The bytes of a result also name the versions of what its process had loaded.
    """
    found = {}
    for path in sorted(results.rglob("*.zarr.zip")):
        attributes = store.read_attributes(path)
        made = attributes["lineage"][attributes["stage"]]
        found[str(path.relative_to(results))] = (
            *(attributes["status"], attributes.get("fingerprint"), attributes.get("reason")),
            *(made["code"], str(made["parameters"])),
        )
    for path in sorted(results.rglob("*.tsv")):
        if "benchmarks" not in path.parts:
            tsv.read_tsv(path)
            found[str(path.relative_to(results))] = path.read_bytes()
    return found


def rewrite(path, change, **notes):
    """Replace the arrays of a stored result, as if its stage had come to others."""
    found = store.read(path)
    said = dict(found.attributes)
    lineage, stage = dict(said.pop("lineage")), said.pop("stage")
    own = lineage.pop(stage)
    recipe = store.Recipe(stage, own["parameters"], own["code"])
    sources = {
        fingerprint: path.parent / name for name, fingerprint in said.pop("made_from").items()
    }
    inputs = {
        role: store.Result(
            sources[fingerprint], {"lineage": lineage, "fingerprint": fingerprint}, {}
        )
        for role, fingerprint in said.pop("inputs").items()
    }
    store.write(path, change(dict(found.arrays)), recipe, inputs=inputs, notes=said | notes)


def first(count):
    """Keep the first images alone."""
    return lambda arrays: {name: array[:count] for name, array in arrays.items()}


def corrupt(path):
    """Damage a file in its middle."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
