"""Image folders: all files in the folder of a class, and whether each is an image.

Nothing is dropped silently: everything found gets a row with a status, "ok" or the reason why it is no
image. File names are bytes; those that are no UTF-8 pass as surrogate escapes.
"""

import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from unhans.errors import InputError
from unhans.images import decoding
from unhans.images.depth import AUTO, Levels
from unhans.images.suffixes import SUFFIXES

_IN_FLIGHT = 8
"""Files queued for each worker, so that a dataset of millions is not queued at once."""


class Entry(NamedTuple):
    """A file or folder in the folder of a class.

    Parameters
    ----------
    path : str
        Relative to that folder, with ``/`` between its parts.
    reason : str
        Why it is no image; empty where this does not show without opening it.

    """

    path: str
    reason: str


class Row(NamedTuple):
    """A file that was read.

    Parameters
    ----------
    path : str
        As it was asked for.
    sha256 : str
        Of the file's bytes; empty unless it is an image.
    width, height : int
        Pixels of the decoded image, after it was turned upright; 0 unless it is an image.
    status : str
        "ok", or the reason why it is no image.
    guessed : int
        Bits of a sample that were guessed; see `decoding.Decoded`.
    remark : str
        On a few pixels; see `decoding.Decoded`.

    """

    path: str
    sha256: str
    width: int
    height: int
    status: str
    guessed: int = 0
    remark: str = ""


def walk(folder: str | os.PathLike[str], suffixes: Collection[str] = SUFFIXES) -> list[Entry]:
    """List all files in a folder and in those below it.

    Links are followed. Each folder is listed once, under its own name rather than a link's where
    both lie within. A folder met again, as in a loop of links, is one entry with that reason; so is a
    folder that is hidden, empty or unreadable.

    Parameters
    ----------
    folder : str or path
        Of a class.
    suffixes : collection of str
        Of images, in lower case and with their dots.

    Returns
    -------
    list of Entry
        Ordered by the bytes of the paths.

    Raises
    ------
    InputError
        The folder itself cannot be read.

    """
    entries: list[Entry] = []
    # A link to a folder above would bring the other classes into this one.
    listed = {str(above) for above in Path(os.path.realpath(folder)).parents}
    pending = deque([""])  # links at the end, so that each folder is met under its own name first
    while pending:
        at = pending.popleft()
        try:
            children = _children(os.path.join(folder, at), listed)
        except InputError as error:
            if not at:
                raise InputError(f"{os.fspath(folder)}: {error}") from error
            entries.append(Entry(at, str(error)))
            continue
        if at and not children:
            entries.append(Entry(at, "empty folder"))
        for child in children:
            path = f"{at}/{child.name}" if at else child.name
            if not _is_folder(child):
                entries.append(Entry(path, _foreign(child.name, suffixes)))
            elif child.name.startswith("."):
                entries.append(Entry(path, "hidden folder"))
            elif child.is_symlink():
                pending.append(path)
            else:
                pending.appendleft(path)
    return sorted(entries, key=lambda entry: _bytes(entry.path))


def examine(
    root: str | os.PathLike[str],
    paths: Sequence[str],
    upright: bool = True,
    max_pixels: int = decoding.MAX_PIXELS,
    workers: int = 1,
    levels: Levels = AUTO,
) -> Iterator[Row]:
    """Decode files.

    Parameters
    ----------
    root : str or path
        Folder that the paths start from.
    paths : sequence of str
        Relative to it. One that leads out of it by its own name is not opened.
    upright, max_pixels : bool, int
        As in `decoding.read`.
    workers : int
        Threads; each holds one image in memory at a time.
    levels : Levels
        As in `decoding.read`.

    Yields
    ------
    Row
        One for each path, in their order.

    """
    look = partial(_row, root, upright=upright, max_pixels=max_pixels, levels=levels)
    rows = map(look, paths) if workers == 1 else _in_threads(look, paths, workers)
    return iter(tqdm(rows, "images", len(paths), unit="image", delay=5, mininterval=5))


def inside(root: str | os.PathLike[str], relative: str) -> Path:
    """Join a relative path to a folder; links on the way may lead anywhere.

    Parameters
    ----------
    root : str or path
        The folder.
    relative : str
        Path within it.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        The path is absolute or climbs with "..".

    """
    path = Path(relative)
    if path.anchor or ".." in path.parts:
        raise InputError(f"leads out of {os.fspath(root)}")
    return root / path


def excluded(path: str, patterns: Sequence[str]) -> str:
    """Say which pattern excludes a file.

    Parameters
    ----------
    path : str
        Of the file within the root of its corpus.
    patterns : sequence of str
        Such as ``*_mask.png``, for names of files, or ``train/*/masks/*``, for paths.

    Returns
    -------
    str
        The reason to set it aside; empty where no pattern matches.

    """
    name = path.rpartition("/")[2]
    for pattern in patterns:
        if fnmatchcase(name, pattern) or fnmatchcase(path, pattern):
            return f"excluded by '{pattern}'"
    return ""


def _children(folder: str, listed: set[str]) -> list["os.DirEntry[str]"]:
    """List a folder in the order of its names' bytes, and mark it as listed."""
    place = os.path.realpath(folder)
    if place in listed:
        raise InputError("link to a folder above it or one listed before")
    listed.add(place)
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda child: _bytes(child.name))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"folder cannot be read ({reason})") from error


def _is_folder(child: "os.DirEntry[str]") -> bool:
    try:
        return child.is_dir()
    except OSError:  # a loop of links, or one into a folder that is closed to us
        return False


def _foreign(name: str, suffixes: Collection[str]) -> str:
    """Say why a file is no image by its name; empty for one that may be an image."""
    if name.startswith("."):
        return "hidden file"
    suffix = os.path.splitext(name)[1]
    if suffix.lower() in suffixes:
        return ""
    return f"no image: suffix {suffix!r}" if suffix else "no image: no suffix"


def _row(
    root: str | os.PathLike[str], path: str, *, upright: bool, max_pixels: int, levels: Levels
) -> Row:
    try:
        decoded = decoding.read(inside(root, path), upright, max_pixels, levels=levels)
    except InputError as error:
        return Row(path, "", 0, 0, str(error))
    return Row(path, decoded.sha256, *decoded.image.size, "ok", decoded.guessed, decoded.remark)


def _in_threads(look: "partial[Row]", paths: Iterable[str], workers: int) -> Iterator[Row]:
    """Compute ``map(look, paths)`` in threads: Pillow decodes outside of Python's lock."""
    waiting: deque[Future[Row]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for path in paths:
            waiting.append(pool.submit(look, path))
            if len(waiting) >= workers * _IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
