"""Job files: inputs and outputs of a job by their names, and those of one class of a chunk."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from unhans.pipeline.log import Log


class Call(Protocol):
    """What a job reads of the object that Snakemake hands to a script."""

    input: Any
    output: Any
    params: Any
    wildcards: Any
    log: Any


class Files(SimpleNamespace):
    """Files of a job by the names they have in its rule."""

    def __getitem__(self, name: str) -> Any:
        """Return a file, or a list of files, by its name."""
        return getattr(self, name)


def n_classes(call: Call) -> int:
    """How many classes a job computes: each of its outputs is one file, or a list of one a class.

    Parameters
    ----------
    call : Call
        What Snakemake hands to the script.

    Returns
    -------
    int
    """
    first = next(iter(named(call.output).values()))
    return 1 if isinstance(first, str) else len(first)


def nth(value: str | list[str], place: int, count: int) -> str | list[str]:
    """One class's file, or its files where a list holds several a class, all as many.

    A file that all classes share is no list, and without files the list is empty.

    Parameters
    ----------
    value : str or list of str
        A file, or some a class.
    place : int
        Of the class, from 0.
    count : int
        Number of classes.

    Returns
    -------
    str or list of str
        A list of one file is that file.

    Raises
    ------
    ValueError
        Classes have not as many files each.
    """
    if isinstance(value, str):
        return value
    each, left = divmod(len(value), count)
    if left:
        raise ValueError(f"{len(value)} files of {count} classes; expected as many of each")
    own = value[place * each : (place + 1) * each]
    return own[0] if each == 1 else own


def named(files: Any) -> dict[str, str | list[str]]:
    """Files by name: one, or a list.

    Parameters
    ----------
    files : Namedlist
        Inputs or outputs as Snakemake hands them to a script.

    Returns
    -------
    dict of str to str or list of str
    """
    return {
        name: str(value) if isinstance(value, str) else [str(path) for path in value]
        for name, value in files.items()
    }


def paths_of(files: Iterable[str | list[str]]) -> list[str]:
    """List all paths.

    Parameters
    ----------
    files : iterable of str or list of str
        Inputs or outputs.

    Returns
    -------
    list of str
    """
    return [path for one in files for path in ([one] if isinstance(one, str) else one)]


def remove(files: Iterable[str | list[str]]) -> None:
    """Remove what a job made: files, and folders of them; those that are not there are passed over.

    Parameters
    ----------
    files : iterable of str or list of str
        Outputs.
    """
    for path in paths_of(files):
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(path)


def write_log(path: str, ended: Mapping[str, str]) -> None:
    """Say in the log of a chunk how each class ended, and where its own log is.

    Parameters
    ----------
    path : str
        Of the log.
    ended : mapping of str to str
        By class.
    """
    log = Log(Path(path))
    log.write("".join(f"{name}: {how}, see {name}.log\n" for name, how in ended.items()))
    log.close()
