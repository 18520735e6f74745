"""Atomic: a file is written beside its place, and moved there once it is whole."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from unhans.errors import StoreError
from unhans.io import digests


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path to write to, ``.<name>.part`` beside the file, which replaces the file at the end.

    A job that is killed in between leaves the file as it was; the next one overwrites the part.

    Parameters
    ----------
    path : str or path
        Of the file. Its folder is made.

    Yields
    ------
    Path
        To write to.

    Raises
    ------
    StoreError
        The file cannot be written (no space, no permission, no such folder).

    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise StoreError(f"{path}: cannot be written ({reason})") from error
        raise


def copy(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Copy a file, whole or not at all.

    Parameters
    ----------
    source : str or path
        To read.
    path : str or path
        Of the copy.

    Raises
    ------
    StoreError
        The file cannot be read, or the copy not written.

    """
    with replacing(path) as partial:
        shutil.copyfile(source, partial)


def write_files(files: Mapping[str, bytes]) -> None:
    """Write files, each whole or not at all, with their digests beside them.

    Parameters
    ----------
    files : mapping of str to bytes
        Content by path.

    Raises
    ------
    StoreError
        A file cannot be written.

    """
    for path, content in files.items():
        with replacing(path) as partial:
            partial.write_bytes(content)
            # A job killed after this line leaves a file that does not fit, and is unfinished.
            _write_plain(digests.beside(path), digests.line(Path(path).name, content))


def _write_plain(path: Path, text: str) -> None:
    """Write a text that has no digest."""
    with replacing(path) as partial:
        partial.write_bytes(text.encode("utf-8", digests.BYTES))


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> None:
    """Make a folder and write files into it, each whole or not at all, and a list of their digests.

    Parameters
    ----------
    folder : str or path
        It is made also where there are no files.
    files : mapping of str to bytes
        Content of each file, by its name.

    Raises
    ------
    StoreError
        A file cannot be written.

    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with replacing(place / name) as partial:
            partial.write_bytes(content)
    lines = [digests.line(name, content) for name, content in sorted(files.items())]
    _write_plain(place / digests.LIST, "".join(lines))


def write_tree(
    folder: str | os.PathLike[str],
    files: Iterable[tuple[str, bytes | Callable[[Path], None]]],
) -> None:
    """Make a folder anew and write files into it and folders of it, each as it comes, and their digests.

    Parameters
    ----------
    folder : str or path
        What it held before is removed.
    files : iterable of (str, bytes or function)
        Path of each file within the folder, and its content; or a function that writes it to a path,
        for content that need not be in memory at once.

    Raises
    ------
    StoreError
        A file cannot be written, or its path leads out of the folder.

    """
    place = Path(folder)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    lines = {}
    for name, content in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise StoreError(f"{name}: leads out of {place}; expected a path within it")
        with replacing(place / name) as partial:
            if isinstance(content, bytes):
                partial.write_bytes(content)
            else:
                content(partial)
            lines[name] = digests.line(name, partial)
    _write_plain(place / digests.LIST, "".join(lines[name] for name in sorted(lines)))
