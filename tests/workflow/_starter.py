"""Snakemake, imported once and forked for each run: its modules take longer to load than a plan.

Reads one run a line from standard input (JSON: folder, arguments, environment, the files of its
output, and whether its jobs are real processes) and answers with its exit status. The library is not
imported here: each run imports the copy of its own checkout.
"""

import json
import os
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import _job_starter

PRELOADED = ("snakemake.cli", "snakemake.profiles", "snakemake.report", "snakemake.storage")
PRELOADED += ("pandas", "pydantic", "yaml", "yte")


def run(
    folder: str, arguments: list[str], environment: dict[str, str], output: list[str], python: str
) -> None:
    """Become a process as ``python -m snakemake`` would start it, its scripts run by ``python``."""
    sys.executable = python
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [folder, *paths, *sys.path[1:]]
    streams = [os.devnull, *output]
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDONLY if not number else os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["snakemake", *arguments]
    import_module("snakemake.cli").main(arguments)


def serve() -> None:
    for name in PRELOADED:
        import_module(name)
    assert not any(name.split(".")[0] == "unhans" for name in sys.modules)
    place = tempfile.mkdtemp()
    stand_in = _job_starter.stand_in(Path(place))
    for line in sys.stdin:
        call = json.loads(line)
        python = sys.executable if call.pop("processes") else stand_in
        child = os.fork()
        if not child:
            run(**call, python=python)
            sys.exit()
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    shutil.rmtree(place)


if __name__ == "__main__":
    serve()
