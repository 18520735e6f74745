"""Written path: the path of an image as a person or a program wrote it in a table."""

import os
import re
from functools import cache
from pathlib import Path

_UNUSUAL = re.compile(r"\\|/[/.]|/$")
"""What paths hold that can be written in another way."""


def within(root: Path, written: str) -> str:
    """Write a path as that within the root, whichever way it was written.

    Parameters
    ----------
    root : Path
        Folder of the images.
    written : str
        By a person or a program.

    Returns
    -------
    str
        With ``/`` between its parts; one that leads out of the root stays as it is.

    """
    path = written
    if path[:1] not in "./" and not _UNUSUAL.search(path):
        return path
    if "\\" in path and not os.path.lexists(os.path.join(root, path)):
        path = path.replace("\\", "/")
    if path.startswith("/") and "\0" not in path:
        path = _absolute(root, path)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def _absolute(root: Path, path: str) -> str:
    """Path within the root of an absolute one; the same if it leads elsewhere."""
    folder, name = os.path.split(path)
    for base, place in ((str(root), folder), (_real(str(root)), folder), (None, _real(folder))):
        top = base or _real(str(root))
        if place == top or place.startswith(top.rstrip("/") + "/"):
            return f"{place[len(top) :]}/{name}".lstrip("/")
    return path


@cache
def _real(folder: str) -> str:
    return os.path.realpath(folder)
