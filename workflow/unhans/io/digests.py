"""Digests: what a file held when it was written, in a file beside it, so that damage is found.

A file of its own has ``.<name>.sha256`` beside it. A folder that is written as a whole has one list of
all its files, ``.sha256``. Both are lines as ``sha256sum`` writes them.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from unhans.errors import StoreError

LIST = ".sha256"
"""Name of the list within a folder."""

BYTES = "surrogateescape"
"""Error handler that writes and reads bytes of file names that are no UTF-8 unchanged."""


def beside(path: str | os.PathLike[str]) -> Path:
    """Path of the digest of a file.

    Parameters
    ----------
    path : str or path
        Of the file.

    Returns
    -------
    Path

    """
    return Path(path).with_name(f".{Path(path).name}.sha256")


def of(path: str | os.PathLike[str]) -> Path:
    """Path of the file of a digest; see `beside`.

    Parameters
    ----------
    path : str or path
        Of the digest.

    Returns
    -------
    Path

    """
    return Path(path).with_name(Path(path).name.removeprefix(".").removesuffix(".sha256"))


def line(name: str, content: bytes | Path) -> str:
    """Write what a digest holds of a file.

    Parameters
    ----------
    name : str
        Of the file, or its path within the folder of a list.
    content : bytes or Path
        Of the file, or where it can be read, a piece at a time.

    Returns
    -------
    str
        With its end.

    """
    if isinstance(content, bytes):
        digest = hashlib.sha256(content)
    else:
        with content.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    return f"{digest.hexdigest()}  {name}\n"


def listed(folder: str | os.PathLike[str]) -> dict[str, str] | None:
    """Read the list of a folder.

    Parameters
    ----------
    folder : str or path
        Which may have one.

    Returns
    -------
    dict of str to str, or None
        Line by path within the folder; None where the folder has no list.

    """
    try:
        content = Path(folder, LIST).read_bytes()
    except OSError:
        return None
    lines = content.decode("utf-8", BYTES).splitlines(keepends=True)
    return {one[66:].removesuffix("\n"): one for one in lines}


def check(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> None:
    """Hold a file against its digest, or the list of the folder that it lies in.

    Parameters
    ----------
    path : str or path
        Of the file. Of one that has neither, as results of before have it, nothing is said.
    root : str or path
        Folder of all results: lists are looked for up to there.

    Raises
    ------
    StoreError
        The file is not as it was written, or is in no place of its folder's list.

    """
    path = Path(path)
    own = beside(path)
    if own.exists():
        if own.read_bytes() != line(path.name, path).encode("utf-8", BYTES):
            raise StoreError(f"{path}: damaged or edited: its digest is not that of {own.name}")
        return
    for folder in path.parents:
        lines = listed(folder)
        if lines is not None:
            _compare(path, path.relative_to(folder).as_posix(), lines)
            return
        if folder == Path(root):
            return


def _compare(path: Path, name: str, lines: Mapping[str, str]) -> None:
    if name not in lines:
        raise StoreError(f"{path}: not in the list of its folder, {LIST}")
    if lines[name] != line(name, path):
        raise StoreError(f"{path}: damaged or edited: its digest is not that of its folder's list")
