"""Torture: runs are killed at random moments and resumed, results are damaged; nothing wrong may pass.

Kills: of a first run, and of runs after a change (another knn, other images, an edited stage), or with an
edit under the run, which stays or is taken back. The whole process group is killed, or told to end
(SIGTERM), or Snakemake alone is killed (its jobs live on), or a job. Then the run is resumed, and every
array and table is compared with those of an undisturbed run. Damage: files of every kind are flipped,
cut, emptied, taken from another class or removed, and `unhans verify` must name each. Prints a table, and
ends with status 1 where something was lost. With the same --folder it goes on where it was ended.
With --whole kills hit runs from images to networks, probes and neural features, else what lies below
stored heatmaps.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import _job_starter
import _stored
import psutil
import yaml
from _checkout import ROOT, Checkout, contents

from unhans.errors import UnhansError
from unhans.io import digests

SIZES = {
    "affinity": {"knn": 3},
    "embedding": {"q": 2},
    "clustering": {"k_max": 3, "n_init": 1},
    "execution": {"classes_per_job": 2},
}
CLASSES = 4
PATIENCE = 3600
"""Seconds that a run may take, on a busy machine"""

WAYS = ("group", "main", "job", "term")
DAMAGES = ("flipped", "cut", "emptied", "swapped", "removed")


DIGITS = {
    "corpus": {
        "digits": {
            "per_class": 24,
            "classes": [1, 3, 8],
            "planting": [{"kind": "corner", "class": 3, "rate": 0.25}],
        }
    },
    "model": {"small_pooled": {"epochs": 1}},
    "preprocessing": {"pooled": [{"sum_pool": 7}, "unit_norm"]},
    "interventions": {"images": 4, "families": ["border", "brightness"]},
    "transplant": {"images": 8, "hosts": 1},
    "sensitivity": {"images": 6, "top": 4, "attack_steps": 1},
    "neurons": {"top": 2},
    "projection": {"methods": ["tsne"]},
    **SIZES,
}


def stored(checkout, seed=0):
    _stored.write(checkout, classes=CLASSES, images=24, size=8, seed=seed, **SIZES)


def digits(checkout, seed=0):
    """Digits, a network that is trained on them, and all that is made of both."""
    corpus = {**DIGITS["corpus"]["digits"], "seed": seed}
    checkout.config = {**DIGITS, "corpus": {"digits": corpus}}
    checkout.configure()


class Base(NamedTuple):
    """What is run, and what of it is edited."""

    write: Callable[..., None]
    """Writes config and what is stored, of images of a seed"""
    targets: tuple[str, ...]
    edited: str
    """Script that comes to other numbers once ``old`` in it is ``new``"""
    old: str
    new: str


BASES = {
    "stored": Base(
        *(stored, ("ranking",), "workflow/scripts/affinity.py"),
        *('job.settings["knn"]', 'job.settings["knn"] + 1'),
    ),
    "whole": Base(
        *(digits, ("ranking", "features"), "workflow/scripts/movement.py"),
        *('seed=job.settings["seed"]', 'seed=job.settings["seed"] + 1'),
    ),
}
BASE = [BASES["stored"]]
"""The one that is tortured"""


def first_run(checkout):
    """Nothing is there but what the base stores."""


def other_knn(checkout):
    sections = {"affinity": {"knn": 5}}
    if "neurons" in checkout.config:
        sections["neurons"] = {"top": 3}
    checkout.config = {**checkout.config, **sections}
    checkout.configure()


def other_images(checkout):
    """Images of another seed; stored heatmaps are those that their stages would have written."""
    BASE[0].write(checkout, seed=1)


def edited_stage(checkout):
    """A stage that comes to other numbers: one neighbour more than the settings say, another seed."""
    script = checkout.folder / BASE[0].edited
    text = script.read_text()
    assert BASE[0].old in text
    script.write_text(text.replace(BASE[0].old, BASE[0].new))


def both(checkout):
    """Settings change before the run, and code while it runs."""
    other_knn(checkout)
    edited_stage(checkout)


class Change(NamedTuple):
    """What is done before a run, and under it."""

    before: Callable[[Checkout], None]
    expected: Callable[[Checkout], None]
    """What an undisturbed run is made after"""
    edited: bool = False
    """Whether `edited_stage` is done under the run"""
    taken_back: bool = False
    """Whether it is undone before the run is resumed"""


CHANGES = {
    "first run": Change(first_run, first_run),
    "other knn": Change(other_knn, other_knn),
    "other images": Change(other_images, other_images),
    "edited stage": Change(edited_stage, edited_stage),
    "edited under it": Change(other_knn, both, edited=True),
    "edit taken back": Change(other_knn, other_knn, edited=True, taken_back=True),
}


LAUNCH = """
import sys

sys.executable = sys.argv.pop(1)
from snakemake.cli import main

main(sys.argv[1:])
"""


@cache
def stand_in():
    """Python for jobs: each is forked, and ends with the process that Snakemake started for it."""
    return _job_starter.stand_in(Path(tempfile.mkdtemp(prefix="torture-jobs")))


def started(checkout):
    """A run in a process group of its own."""
    command = [sys.executable, "-c", LAUNCH, stand_in(), *BASE[0].targets]
    return subprocess.Popen(
        [*command, "--cores", "2", "--configfile", "test.yaml"],
        cwd=checkout.folder,
        env=checkout.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def jobs_of(process):
    """Processes that stand for the script of a job."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
        return [
            one for one in children if any(".snakemake/scripts" in word for word in one.cmdline())
        ]
    except psutil.Error:
        return []


def made(results, begun):
    """Number of results and tables that were written since a time."""
    files = [*results.rglob("*.zarr.zip"), *results.rglob("*.tsv")]
    return sum(path.exists() and path.stat().st_mtime >= begun for path in files)


def wait_for(process, results, begun, number):
    """Wait until so many files are written, or the run is over."""
    while process.poll() is None and made(results, begun) < number:
        time.sleep(0.05)


def kill(process, way, rng):
    """Kill part of a run within three seconds; say whether anything was left to be killed."""
    deadline = time.monotonic() + rng.uniform(0, 3)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if way == "job":
        while process.poll() is None and not (jobs := jobs_of(process)):
            time.sleep(0.02)
        if process.poll() is not None:
            return False
        rng.choice(jobs).send_signal(signal.SIGKILL)
        process.wait()
        return True
    if process.poll() is not None:
        return False
    if way == "term":
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    elif way == "main":
        orphans = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        psutil.wait_procs(orphans, timeout=120)  # they write on
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return True


def disturbed(base, folder, change, way, after, rng, expected):
    """Kill a run, resume it, and say how it ended."""
    checkout, asked = base.copy(folder), CHANGES[change]
    asked.before(checkout)
    code = (checkout.folder / BASE[0].edited).read_text()
    begun, process = time.time(), started(checkout)
    if asked.edited:
        wait_for(process, checkout.results, begun, after // 2)
        edited_stage(checkout)
    wait_for(process, checkout.results, begun, after)
    hit = kill(process, way, rng)
    if asked.taken_back:
        (checkout.folder / BASE[0].edited).write_text(code)
    checkout.snakemake("--unlock")
    done = checkout.snakemake(*BASE[0].targets, timeout=PATIENCE)
    said = done.stdout + done.stderr
    if done.returncode:
        line = re.search(r"unhans: error: .*", said)
        return "refused" if line else f"LOST: failed without a line: {said[-2000:]}"
    try:
        found = contents(checkout.results)
    except UnhansError as error:
        return f"LOST: {error}"
    other = [name for name in expected if found.get(name) != expected[name]]
    if other:
        return f"LOST: {len(other)} of {len(expected)} differ, {other[0]} first"
    shutil.rmtree(folder)
    return "the same" if hit else "over before the kill"


def prepared(folder, copy, finish):
    """A checkout that is made once, and taken as it is by a later torture in the same folder."""
    done = folder.with_name(f"{folder.name}.done")
    if done.exists():
        return Checkout.at(folder, yaml.safe_load(done.read_text()))
    shutil.rmtree(folder, ignore_errors=True)
    checkout = copy(folder)
    finish(checkout)
    done.write_text(yaml.safe_dump(checkout.config, sort_keys=False))
    return checkout


def run_whole(checkout):
    """Run to the end without a disturbance."""
    checkout.run(*BASE[0].targets, timeout=PATIENCE)


def first_and_finished(root):
    """A checkout before its first run, and one after it."""
    plain = prepared(root / "plain", lambda folder: Checkout(folder), BASE[0].write)
    return plain, prepared(root / "finished", plain.copy, run_whole)


@cache
def undisturbed(root, change):
    """Checkout that a change is made in, files that a run then writes, and what it comes to."""
    plain, finished = first_and_finished(root)
    base = plain if change == "first run" else finished

    def whole(one):
        CHANGES[change].expected(one)
        (one.folder / "begun").write_text(str(time.time()))
        run_whole(one)

    one = prepared(root / f"undisturbed {change}", base.copy, whole)
    written = made(one.results, float((one.folder / "begun").read_text()))
    expected, old = contents(one.results), contents(finished.results)
    same = sum(expected[name] == old.get(name) for name in expected)
    counts = f"{written} files written, {same} of {len(expected)} as before"
    print(f"undisturbed, {change}: {counts}", flush=True)
    return base, written, expected


def kills(root, number, seed):
    """Kill runs; yield how each ended, by change and way."""
    kept = root / f"kills {seed}.jsonl"
    ended_before = (
        [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    )
    yield from map(tuple, ended_before)
    for trial in range(len(ended_before), number):
        rng = random.Random(f"{seed} {trial}")
        change = list(CHANGES)[trial % len(CHANGES)]
        way = WAYS[trial // len(CHANGES) % len(WAYS)]
        base, written, expected = undisturbed(root, change)
        after = rng.randrange(written * 3 // 4)  # so that something is left to be killed
        folder = root / f"trial {trial}"
        shutil.rmtree(folder, ignore_errors=True)
        ended = disturbed(base, folder, change, way, after, rng, expected)
        print(f"kill {trial}: {change}, {way} after {after} files: {ended}", flush=True)
        with kept.open("a") as lines:
            print(json.dumps(["kill", change, way, ended]), file=lines)
        yield "kill", change, way, ended


def damage(path, how, rng):
    """Damage a file and keep its time."""
    times, content = path.stat(), bytearray(path.read_bytes())
    if how == "flipped":
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    elif how == "cut":
        content = content[: rng.randrange(1, len(content))]
    elif how == "emptied":
        content = bytearray()
    elif how == "swapped":
        others = [one for one in path.parent.glob(f"*{''.join(path.suffixes)}") if one != path]
        if not others:
            return False
        content = bytearray(rng.choice(sorted(others)).read_bytes())
    if how == "removed":
        path.unlink()
        return True
    if content == path.read_bytes():
        return False
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return True


def damages(root, number, seed):
    """Damage files of a finished run one at a time; yield how verification answered."""
    from unhans.io import provenance
    from unhans.pipeline import compat, verification

    rng = random.Random(seed)
    _, checkout = first_and_finished(root)
    os.chdir(checkout.folder)
    files = {
        path
        for ending in ("*.zarr.zip", "*.tsv", ".*.sha256", "*.png", "*.html")
        for path in Path("results").rglob(ending)
        if not {"logs", "benchmarks"} & set(path.parts)
    }
    kinds = {}
    for path in sorted(files):
        kind = path.parent.name if path.name.endswith(".zarr.zip") else path.suffix
        kinds.setdefault(kind, []).append(path)
    before = contents(Path("results"))
    with compat.loaded(ROOT / "Snakefile", {}, [Path("test.yaml")]) as workflow:
        made = compat.makers(workflow)
        for trial in range(number):
            kind = sorted(kinds)[trial % len(kinds)]
            how = DAMAGES[trial // len(kinds) % len(DAMAGES)]
            path = rng.choice(kinds[kind])
            content, times = path.read_bytes(), path.stat()
            if not damage(path, how, rng):
                continue
            provenance._of_file.cache_clear()  # a new process looks at each, whatever its time
            found = verification.verify(workflow.globals["PLAN"], made)
            named = {wrong.path for wrong in found.wrong} | set(found.missing)
            if str(path) in named or str(digests.of(path)) in named:
                ended = "named"
            elif any(path.name in wrong.reason for wrong in found.wrong):
                ended = "named as the source of another"
            else:
                try:
                    ended = "without effect" if contents(Path("results")) == before else "LOST"
                except UnhansError as error:
                    ended = f"LOST: {error}"
                if how == "removed" and ended.startswith("LOST"):
                    ended = f"removed, and not asked for: {kind}"
            if not ended.startswith("named"):
                print(f"damage {trial}: {path} {how}: {ended}", flush=True)
            path.write_bytes(content)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            yield "damage", kind, how, ended


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--damages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--whole", action="store_true", help="from images on, with networks")
    parser.add_argument("--folder", type=Path, help="to keep what was lost")
    asked = parser.parse_args()
    BASE[0] = BASES["whole" if asked.whole else "stored"]
    root = asked.folder or Path(tempfile.mkdtemp(prefix="torture"))
    root.mkdir(parents=True, exist_ok=True)
    ends = []
    ends += kills(root, asked.kills, asked.seed)
    ends += damages(root, asked.damages, asked.seed)
    table = Counter((what, kind, way, ended.partition(":")[0]) for what, kind, way, ended in ends)
    print("what", "of", "how", "ended", "times", sep="\t")
    for row, times in sorted(table.items()):
        print(*row, times, sep="\t")
    lost = [end for end in ends if end[-1].startswith("LOST")]
    print(f"{len(ends)} trials, seed {asked.seed}: {len(lost)} lost")
    if not asked.folder and not lost:
        shutil.rmtree(root)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
