"""Checks: what it costs, from heatmaps to tau, that results are checked when they are read.

The scripts of the stages are run in this process on the stored heatmaps of one class, one after the
other, with all checks and without any: of the directory of each zip, of the form of attributes, of the
fingerprints of what a result was made from up to the images, of settings and code, and of the
workflow's own code. Which comes first alternates. Prints the median time of a pass of each kind, by the
clock and of this process, the median of the ratios of the passes side by side, and the time of this
process in the checks themselves.

usage: checks.py [--images 1300] [--size 224] [--passes 5]
"""

import argparse
import os
import runpy
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import _one_thread  # isort: skip  # noqa: F401, before NumPy
import _stored
import yaml
from _checkout import ROOT, Checkout

from unhans.config import loading
from unhans.io import provenance, result_attributes, zip_directory
from unhans.pipeline import code_guard, sources
from unhans.pipeline.plan import Plan

CHAIN = {
    "distance": ({"maps": "attribution"}, "distances"),
    "affinity": ({"distances": "distance"}, "affinity"),
    "embedding": ({"affinity": "affinity"}, "spectrum"),
    "clustering": ({"spectrum": "embedding"}, "labels"),
    "separability": ({"spectrum": "embedding", "labels": "clustering"}, "separability"),
}
"""Inputs and output of each step, by their names in its rule"""

CHECKS = (
    *((zip_directory, "check"), (result_attributes, "check"), (provenance, "check")),
    *((sources, "check"), (code_guard, "fault")),
)
"""Functions that check, each of which is called through its module"""


class Named(list):
    """Files as Snakemake hands them to a script."""

    def __init__(self, named):
        super().__init__(path for value in named.values() for path in [value or []] if value)
        self.named = named

    def items(self):
        return self.named.items()


def call_of(plan, analysis, stage, class_id):
    """What Snakemake hands to the script of a stage."""
    inputs, output = CHAIN[stage]
    read = {name: plan.result(made, analysis, class_id) for name, made in inputs.items()}
    return SimpleNamespace(
        input=Named({**read, **({"others": []} if stage == "distance" else {})}),
        output=Named({output: plan.result(stage, analysis, class_id)}),
        params=SimpleNamespace(
            stage=stage,
            settings=plan.settings(stage, analysis),
            code=plan.code(stage, analysis),
            above=plan.above(analysis, read.values()) if stage == "separability" else {},
        ),
        wildcards=analysis,
        log=[f"logs/{stage}/{class_id}.log"],
    )


def chain(calls, spent):
    """Run the steps; give their time by the clock and of this process."""
    for call in calls:
        for path in call.output:
            Path(path).unlink(missing_ok=True)
    provenance._of_file.cache_clear()  # each job is a process of its own
    begun = time.perf_counter(), time.process_time()
    with ExitStack() as kept:
        for module, name in CHECKS:
            real = getattr(module, name)
            put = mock.Mock(return_value=None) if spent is None else timed(real, spent)
            kept.enter_context(mock.patch.object(module, name, put))
        for call in calls:
            script = ROOT / f"workflow/scripts/{call.params.stage}.py"
            runpy.run_path(str(script), {"snakemake": call})
    return time.perf_counter() - begun[0], time.process_time() - begun[1]


def timed(function, spent):
    """The same function; the time of the outermost one is added to a list."""

    def called(*arguments):
        begun = time.process_time()
        spent.append(0.0)
        place = len(spent)
        try:
            return function(*arguments)
        finally:
            own = time.process_time() - begun
            del spent[place:]  # what it called is within its own time
            spent[-1] = own

    return called


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=1300)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--passes", type=int, default=5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="checks"))
    checkout = Checkout(folder / "checkout")
    _stored.write(checkout, classes=1, images=asked.images, size=asked.size)
    os.chdir(checkout.folder)
    plan = Plan(loading.load(yaml.safe_load(Path("test.yaml").read_text())), ROOT / "workflow")
    analysis = plan.config.analyses()[0]
    code_guard.export([])
    calls = [call_of(plan, analysis, stage, "class_0000") for stage in CHAIN]
    chain(calls, None)  # modules load, caches fill
    rows = {True: [], False: []}
    spent = []
    for number in range(asked.passes):
        for checked in (True, False) if number % 2 else (False, True):
            own = [] if checked else None
            rows[checked].append(chain(calls, own))
            spent += [sum(own)] if checked else []
    print("kind", "seconds by the clock", "of the process", sep="\t")
    for checked, times in rows.items():
        middle = [median(values) for values in zip(*times, strict=True)]
        kind = "with checks" if checked else "without"
        print(kind, *(f"{value:.3f}" for value in middle), sep="\t")
    for place, what in enumerate(("the clock", "the process")):
        pairs = zip(rows[True], rows[False], strict=True)
        print(f"ratio by {what}: {median(on[place] / off[place] for on, off in pairs):.4f}")
    share = median(spent) / median(own for _, own in rows[False])
    print(f"in the checks themselves: {1000 * median(spent):.1f} ms, {share:.2%}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
