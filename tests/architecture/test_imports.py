"""Imports: importing the library, or any module of it, changes nothing outside."""

import os
import subprocess
import sys

from _tree import MODULES

from unhans.pipeline import job

STATE = """
import os, warnings
import matplotlib, numba, numpy, ot.backend, pandas, PIL, sklearn, torch._dynamo, umap, zarr


def state():
    return {
        "environment": dict(os.environ),
        "NumPy's handling of errors": numpy.geterr(),
        "NumPy's printing": numpy.get_printoptions(),
        "threads of PyTorch": torch.get_num_threads(),
        "algorithms of PyTorch": torch.are_deterministic_algorithms_enabled(),
        "seed of PyTorch": torch.initial_seed(),
        "settings of Zarr": zarr.config.config,
        "backends of POT": sorted(backend.__name__ for backend in ot.backend.get_backend_list()),
        "settings of matplotlib": dict(matplotlib.rcParams),
        "warnings": [str(one) for one in warnings.filters],
    }
"""

CHECK = """
import copy, importlib

before = copy.deepcopy(state())
for name in {names}:
    importlib.import_module(name)
    after = state()
    changed = [key for key in before if before[key] != after[key]]
    assert not changed, f"importing {{name}} changes {{changed}}"
"""


def run(code):
    """Run code in a process that no job has prepared."""
    prepared = {*job.THREADS, *(f"POT_BACKEND_DISABLE_{name}" for name in job.BACKENDS)}
    environment = {key: value for key, value in os.environ.items() if key not in prepared}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_importing_any_module_changes_nothing_outside():
    names = [f"unhans.{module}" if module else "unhans" for module in MODULES]
    code = STATE + CHECK.format(names=names)
    done = run(code)
    assert not done.returncode, done.stderr[-800:]


def test_pot_keeps_its_backends_where_the_library_is_imported_first():
    code = (
        "import unhans.spray.distance.wasserstein, ot.backend;"
        "print([one.__name__ for one in ot.backend.get_backend_list()])"
    )
    done = run(code)
    assert "torch" in done.stdout


def test_a_job_prepares_its_process():
    code = (
        "from unhans.pipeline import job; job.prepare();"
        "import numba, ot.backend, torch;"
        "print(numba.get_num_threads(), torch.get_num_threads(), len(ot.backend.get_backend_list()))"
    )
    assert run(code).stdout.split() == ["1", "1", "1"]
