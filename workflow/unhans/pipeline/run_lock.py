"""Run lock: runs of two working folders do not write one folder of results.

Snakemake's own lock lies in the working folder and does not see them. Here each run notes in the results
who it is: host, process and working folder. Runs of one working folder are left to Snakemake's lock,
and so is a run that was killed there: ``snakemake --unlock`` is needed as ever. Of another working
folder, a run whose process has ended does not count; one on another host cannot be looked at, and counts
until it is removed. Jobs take no lock, wherever they run: they belong to the run that submitted them.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from unhans.errors import ConfigError

NAME = ".lock"
"""File in the folder of results."""


class Run(NamedTuple):
    """A run that writes to the results."""

    host: str
    """Name of its host"""
    machine: str
    """Tells hosts of one name apart, boots of a host, and containers"""
    pid: int
    """Number of its process"""
    started: str
    """When the process began: numbers of processes are used again"""
    folder: str
    """Its working folder"""

    @property
    def ended(self) -> bool:
        """Whether it is known that the process has ended."""
        if self.machine != _machine():
            return False
        if self.started != _started(self.pid):
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # of another user
            return False
        return False


def take(results: str | os.PathLike[str]) -> None:
    """Note this run in a folder of results.

    Parameters
    ----------
    results : str or path
        The folder. It is made.

    Raises
    ------
    ConfigError
        A run of another working folder writes there. The message names its host, process and folder.

    """
    own = _own()
    path = Path(results) / NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(path) as file:
            there = [run for run in _read(file) if not run.ended and run != own]
            strangers = [run for run in there if run.folder != own.folder]
            if not strangers:
                _write(file, [*there, own])  # another one of this folder has other targets
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror or error})") from error
    if strangers:
        raise ConfigError(
            f"results: {results}: a run of {strangers[0].folder} on {strangers[0].host}, process "
            f"{strangers[0].pid}, writes there; expected one run at a time. If it has ended, remove "
            f"{path}, or run snakemake --unlock"
        )


def release(results: str | os.PathLike[str]) -> None:
    """Take this run out of the lock; the last one removes it.

    Parameters
    ----------
    results : str or path
        The folder of results. That there is no lock is no error.

    """
    own = _own()._replace(folder="")  # Snakemake leaves its working folder at the end
    _keep_those(Path(results) / NAME, lambda run: run._replace(folder="") != own and not run.ended)


def unlock(results: str | os.PathLike[str]) -> list[Run]:
    """Remove all runs of which it is not known that they are alive, as ``snakemake --unlock`` asks for.

    Parameters
    ----------
    results : str or path
        The folder of results.

    Returns
    -------
    list of Run
        Runs that are alive on this machine, which stay.

    """
    return _keep_those(
        Path(results) / NAME, lambda run: run.machine == _machine() and not run.ended
    )


def _keep_those(path: Path, stays: Any) -> list[Run]:
    left: list[Run] = []
    with suppress(OSError):
        if path.exists():
            with _opened(path) as file:
                left = [run for run in _read(file) if stays(run)]
                _write(file, left)
                if not left:
                    path.unlink()
    return left


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Open a lock, alone: two runs that start at once take it one after the other."""
    while True:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+") as file:
            with suppress(OSError):  # a file system without such locks
                fcntl.flock(file, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if _is_at(file, path):
                    yield file
                    return
            # Another run has removed it meanwhile.


def _is_at(file: IO[str], path: Path) -> bool:
    return os.path.samestat(os.fstat(file.fileno()), path.stat())


def _read(file: IO[str]) -> list[Run]:
    """Runs of a lock; none of one that is damaged, as a killed run may leave it."""
    try:
        return [Run(**entry) for entry in json.load(file)]
    except (ValueError, TypeError):
        return []


def _write(file: IO[str], runs: list[Run]) -> None:
    file.seek(0)
    file.truncate()
    json.dump([run._asdict() for run in runs], file, indent=1)
    file.flush()


def _own() -> Run:
    pid = os.getpid()
    return Run(socket.gethostname(), _machine(), pid, _started(pid), os.path.realpath("."))


def _machine() -> str:
    """Boot and name space of processes; the host's name where there is no ``/proc``."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str:
    """Ticks from the boot to the start of a process; empty where it is not known."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *fields = said.rpartition(")")[2].split()
    return "" if state in "XZ" else fields[18]  # it has ended, and nobody has asked how
