"""Jobs of a run, forked from one process that has loaded what takes longer to import than to run.

A stand-in for Python, which Snakemake starts for each script, hands the script over by a socket. The
library is not loaded here: each job imports the copy of its own checkout, from its file to its end as
a new process would. Runs that are killed on purpose, those on Slurm and the demo start real processes.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

LOADED = (
    "numpy",
    "scipy.sparse.linalg",
    "scipy.stats",
    "numba",
    "zarr",
    "pandas",
    "pydantic",
    "yaml",
)
LOADED += (
    "PIL.Image",
    "matplotlib.figure",
    "matplotlib.pyplot",
    "jinja2",
    "tqdm",
    "safetensors.torch",
)
LOADED += ("sklearn.manifold", "sklearn.cluster", "ot", "torch", "zennit.composites")

STAND_IN = """#!/bin/sh
case "$1" in
*/.snakemake/scripts/*.py) exec {python} -I -S {client} {address} "$1" ;;
esac
exec {python} "$@"
"""


def stand_in(folder: Path) -> str:
    """Start the process that jobs are forked from; give the program that takes Python's place."""
    program, address = folder / "python", folder / "jobs"
    client = Path(__file__).with_name("_job_client.py")
    program.write_text(STAND_IN.format(python=sys.executable, client=client, address=address))
    program.chmod(0o755)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen(64)
    above, below = os.pipe()
    if not os.fork():
        os.close(below)
        _serve(listener, above)
    listener.close()
    os.close(above)
    return str(program)


def _serve(listener: socket.socket, alive: int) -> None:
    """Fork a process for each script until the process above has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    kept = None
    while True:
        ready, _, _ = select.select([listener, alive], [], [])
        if alive in ready:
            os._exit(0)
        connection, _ = listener.accept()
        kept = kept or _load()
        if not os.fork():
            listener.close()
            os.close(alive)
            _watch(connection)
        connection.close()


def _load() -> list[ModuleType]:
    """Import what is not the library's; give what must not be collected (declared operators)."""
    from unhans.networks import _torchvision
    from unhans.pipeline import job

    job.prepare()
    _torchvision.allow_import()
    for name in LOADED:
        import_module(name)
    library = [name for name in sys.modules if name.split(".")[0] == "unhans"]
    kept = [sys.modules.pop(name) for name in library]
    gc.freeze()
    return kept


def _watch(connection: socket.socket) -> None:
    """Run a script in a process that ends with the one that asked for it; answer with its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, files, _, _ = socket.recv_fds(connection, 1 << 20, 2)
    call = json.loads(message)
    process = os.fork()
    if not process:
        connection.close()
        _run(call, files)
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            break
        if select.select([connection], [], [], 0.02)[0]:  # closed: the asking process was killed
            os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    with suppress(OSError):
        connection.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def _run(call: dict[str, str], files: list[int]) -> None:
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [str(Path(call["script"]).parent), *folders, *sys.path[1:]]
    sys.argv[:] = [call["script"]]
    code = 1
    try:
        runpy.run_path(call["script"], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
