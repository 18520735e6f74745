"""Read files: what the code of a user's own network reads, so that an edit of it is noticed.

Which files a function reads is known when it has run. The job of the network keeps them in a file beside
its result, with the digest of each when it was first read. Those that differ from it later enter the
settings of the network's stage: an edit makes it, and what hangs on it, anew; an edit that is taken back
does so as well. Nothing is written while a run is planned.

A file whose size, times and inode are those that were noted is not read. Its content may change without
them within the resolution of the clock: such times are not noted (as in Git's index).
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from unhans import paths
from unhans.io import atomic
from unhans.pipeline import own_code

NAME = ".read_files.json"
"""Name of the file, in the folder of a network."""

SETTLED = 3_000_000_000
"""Nanoseconds since the last change of a file after which another change gives it other times."""

Stat = tuple[int, int, int, int]


class Entry(NamedTuple):
    """A file that was read.

    Parameters
    ----------
    first : str
        SHA-256 when it was first read.
    sha256 : str
        When it was last read.
    stat : tuple of int, or None
        Size, time of modification, time of change and inode of a file of this digest.
    is_read : bool
        Whether the last run of the function read it; if not, its last digest counts.

    """

    first: str
    sha256: str
    stat: Stat | None
    is_read: bool


def own(architecture: str, results: str, fields: Any) -> dict[str, str]:
    """Settings of a network of a user's own: what its code is, and what of the files that it reads.

    Parameters
    ----------
    architecture : str
        ``package.module:function``.
    results : str
        Folder of all results.
    fields : Analysis or any object with the attributes of one
        The point of the grid; ``corpus`` and ``model`` are read.

    Returns
    -------
    dict of str to str
        ``source``, and ``read`` where a file differs from what it was when it was first read.

    Raises
    ------
    ConfigError
        The source is not found.

    """
    found = {"source": own_code.source_digest(architecture, "model: architecture")}
    edited = changed(Path(paths.beside(results, 2, fields, NAME)))
    return {**found, "read": edited} if edited else found


def digests(files: Iterable[str]) -> dict[str, tuple[str, Stat | None]]:
    """Take the digests of files that were just read.

    Parameters
    ----------
    files : iterable of str
        Their paths.

    Returns
    -------
    dict of str to (str, tuple or None)
        SHA-256, and the stat of a file that has not changed for a while, by path: within the folder of
        the run where it lies there.

    """
    found = {}
    for file in files:
        stat = _stat(file)
        settled = stat is not None and time.time_ns() - max(stat[1:3]) > SETTLED
        found[_short(file)] = _sha256(file, stat), stat if settled else None
    return found


def note(record: str, found: Mapping[str, tuple[str, Stat | None]]) -> list[dict[str, str]]:
    """Keep what a function read.

    Parameters
    ----------
    record : str
        Path of the network's result. The file beside it is not written where there is nothing to keep.
    found : mapping of str to (str, tuple or None)
        As `digests` gives it.

    Returns
    -------
    list of dict of str to str
        ``name`` and ``sha256`` of each, for the network's record; of files outside the folder of the run
        the name alone.

    """
    path = Path(record).with_name(NAME)
    before = _entries(path)
    kept = {
        name: Entry(before[name].first if name in before else sha256, sha256, stat, True)
        for name, (sha256, stat) in found.items()
    }
    # What no longer is read counts on where it made the settings what they are.
    gone = {name: _now(name, one) for name, one in before.items() if name not in found}
    for name, sha256 in gone.items():
        if sha256 != before[name].first:
            kept[name] = Entry(before[name].first, sha256, None, False)
    if kept or before:
        lines = {name: one._asdict() for name, one in sorted(kept.items())}
        with atomic.replacing(path) as temporary:
            temporary.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    names = {name: name if not os.path.isabs(name) else os.path.basename(name) for name in found}
    return [{"name": names[name], "sha256": sha256} for name, (sha256, _) in sorted(found.items())]


def changed(path: Path) -> str:
    """Digest of the files that differ from what they were when they were first read.

    Parameters
    ----------
    path : Path
        Of the file beside the network's result.

    Returns
    -------
    str
        16 hexadecimal digits; empty where none differs, and where no network is there yet.

    """
    now = {name: _now(name, one) for name, one in _entries(path).items()}
    first = {name: one.first for name, one in _entries(path).items()}
    differing = sorted((name, now[name]) for name in now if now[name] != first[name])
    if not differing:
        return ""
    return hashlib.sha256(json.dumps(differing).encode()).hexdigest()[:16]


def _now(name: str, one: Entry) -> str:
    if not one.is_read:
        return one.sha256
    stat = _stat(name)
    return one.sha256 if stat is not None and stat == one.stat else _sha256(name, stat)


def _entries(path: Path) -> dict[str, Entry]:
    try:
        lines: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Entry(**{**one, "stat": tuple(one["stat"]) if one["stat"] else None})
            for name, one in lines.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # damaged: the network is made anew where files had been edited


def _short(file: str) -> str:
    """Path within the folder of the run, where the file lies there."""
    whole, here = Path(file).resolve(), Path.cwd().resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def _stat(file: str) -> Stat | None:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


@lru_cache(maxsize=1000)
def _sha256(file: str, stat: Stat | None) -> str:
    """Digest of a file of this stat; empty where it cannot be read."""
    try:
        with open(file, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() if stat else ""
    except OSError:
        return ""
