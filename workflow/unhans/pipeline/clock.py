"""Clock: results whose times lie ahead of it, as after a clock that was wrong is set back.

Snakemake ends each job whose result is older than what it was made from. All results that a job makes
then are older than those of before, until the clock has caught up.
"""

import os
import time
from collections.abc import Iterator

from unhans.errors import ConfigError

TOLERANCE = 60.0
"""Seconds that the clocks of a file server and of this host may differ by."""

LONG_AGO = 1.0
"""Time of a partial ranking, in seconds since 1970, which says that it is none. 0 Snakemake ignores."""

PASSED_OVER = ("logs", "benchmarks")
"""Folders within the results whose times say nothing."""


def check(results: str | os.PathLike[str]) -> None:
    """Refuse a folder of results with a file whose time lies ahead of the clock.

    Parameters
    ----------
    results : str or path
        The folder. It may be missing.

    Raises
    ------
    ConfigError
        The message names the file that is furthest ahead, and the remedy.

    """
    newest, path = _newest(results)
    ahead = newest - time.time()
    if ahead > TOLERANCE:
        raise ConfigError(
            f"{path}: its time is {_duration(ahead)} ahead of the clock; expected none in the future. "
            f"Is the clock right? If it was set back, run: unhans set-times {results}"
        )


def set_back(results: str | os.PathLike[str]) -> int:
    """Move the times of all results back, so that none lies ahead; their order stays.

    Parameters
    ----------
    results : str or path
        The folder.

    Returns
    -------
    int
        Files whose time was changed; 0 where none lies ahead.

    Raises
    ------
    ConfigError
        The time of a file cannot be changed.

    """
    newest, _ = _newest(results)
    ahead = newest - time.time()
    if ahead <= 0:
        return 0
    moved = 0
    for entry in _files(results):
        found = entry.stat(follow_symlinks=False).st_mtime_ns
        if found > LONG_AGO * 10**9:
            # At least as far as the next second: file systems round times.
            there = found - (int(ahead) + 1) * 10**9
            try:
                os.utime(entry.path, ns=(there, there), follow_symlinks=False)
            except OSError as error:
                raise ConfigError(
                    f"{entry.path}: its time cannot be changed ({error.strerror})"
                ) from None
            moved += 1
    return moved


def _newest(results: str | os.PathLike[str]) -> tuple[float, str]:
    times = ((entry.stat(follow_symlinks=False).st_mtime, entry.path) for entry in _files(results))
    return max(times, default=(0.0, ""))


def _files(folder: str | os.PathLike[str], top: bool = True) -> Iterator["os.DirEntry[str]"]:
    """Files of the results, and folders of pictures with them: a rule may make a folder."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if top and entry.name in PASSED_OVER:
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, top=False)


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{seconds / 60:.0f} minutes"
