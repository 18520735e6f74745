"""Opened: which files the code of a user's own network reads while it is built."""

import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CODE = frozenset((".py", ".pyc", ".pyi", ".so", ".pyd", ".dll"))
"""Suffixes of code, which is followed by its imports."""

SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr")
"""Folders of the machine."""

CACHES = frozenset((".cache", "__pycache__", ".snakemake"))
"""Folders of files that programs write for themselves and may throw away."""

_WATCHING: list[dict[str, None]] = []
_INSTALLED: list[bool] = []


@contextmanager
def files() -> Iterator[dict[str, None]]:
    """Note the files that are opened to be read, by Python's own means (`open`, `torch.load`).

    Yields
    ------
    dict of str to None
        Paths in their order, complete when the ``with`` ends. Libraries that read files by other means
        are not seen.

    """
    if not _INSTALLED:
        sys.addaudithook(_hook)  # there is no way to remove one
        _INSTALLED.append(True)
    seen: dict[str, None] = {}
    kept: dict[str, None] = {}
    _WATCHING.append(seen)
    try:
        yield kept
    finally:
        _WATCHING.remove(seen)
        kept |= dict.fromkeys(one for one in seen if _is_data(Path(one)))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _WATCHING or not isinstance(arguments[0], str):
        return
    mode, flags = arguments[1:3]
    written = flags & (os.O_WRONLY | os.O_RDWR) if mode is None else set("wax+") & set(mode)
    if not written:
        for seen in _WATCHING:
            seen[arguments[0]] = None


def _is_data(path: Path) -> bool:
    """Whether a file is neither code nor a part of Python, of a package or of the machine."""
    try:
        whole = path.resolve()
        if path.suffix in CODE or not whole.is_file():
            return False
    except (OSError, ValueError):
        return False
    if CACHES & set(whole.parts):
        return False
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [*(sysconfig.get_paths()[name] for name in names), site.getusersitepackages()]
    foreign = (*SYSTEM, sys.prefix, sys.base_prefix, *folders)
    packages = {"site-packages", "dist-packages"} & set(whole.parts)
    return not packages and not any(whole.is_relative_to(Path(one).resolve()) for one in foreign)
