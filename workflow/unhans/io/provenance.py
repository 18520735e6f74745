"""Provenance: whether results are made from the results that are there, up to the images.

A result says which files it was made from, and the fingerprint that each had. Time stamps cannot say it:
a file that is restored or copied is new and holds old numbers.
"""

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from unhans.errors import StoreError
from unhans.io import result_attributes, zarr_zip

MADE_FROM = "made_from"
"""Attribute of a result: by the path of a source, seen from the result's folder, its fingerprint."""


GIVER = "giver_"
"""Starts the role of the images of another class among those that a result was made from."""


def described(
    path: str | os.PathLike[str], sources: Iterable[tuple[Path, Mapping[str, Any]]]
) -> dict[str, str | None]:
    """Describe what a result is made from.

    Parameters
    ----------
    path : str or path
        Of the result.
    sources : iterable of (Path, dict)
        Path and attributes of each source.

    Returns
    -------
    dict of str to str or None
        Fingerprint by path, which is relative: equal results are equal files wherever they lie. A class
        that was set aside has no fingerprint.

    """
    folder = Path(path).parent
    found = {
        os.path.relpath(source, folder): attributes.get("fingerprint")
        for source, attributes in sources
    }
    return dict(sorted(found.items()))


def check(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse results that were made from other results than those that are there.

    Every source of a source is held against its file too. Each file's attributes are read once, and
    again only where its number, time or size is another one. A
    source that is not there says nothing: heatmaps may be deleted to save space.

    Parameters
    ----------
    paths : iterable of str or path
        Results.

    Raises
    ------
    StoreError
        A result does not fit a source, or a file is missing or damaged. The message names the result
        and the source.

    """
    known: dict[Path, Mapping[str, Any]] = {}
    waiting = [Path(os.path.normpath(path)) for path in paths]
    while waiting:
        path = waiting.pop()
        for name, fingerprint in _attributes(path, known).get(MADE_FROM, {}).items():
            source = Path(os.path.normpath(path.parent / name))
            if source not in known:
                if not source.exists():
                    continue
                waiting.append(source)
            _compare(path, source, fingerprint, _attributes(source, known).get("fingerprint"))


def check_sources(path: str | os.PathLike[str]) -> None:
    """Refuse a result that was made from other results than those that are there, and look no further.

    Parameters
    ----------
    path : str or path
        Of the result. Of a source that is damaged or not there nothing is said.

    Raises
    ------
    StoreError
        It does not fit a source, or is damaged itself.

    """
    path = Path(os.path.normpath(path))
    for name, fingerprint in zarr_zip.read_attributes(path).get(MADE_FROM, {}).items():
        source = Path(os.path.normpath(path.parent / name))
        try:
            found = _attributes(source, {}).get("fingerprint")
        except StoreError:
            continue
        _compare(path, source, fingerprint, found)


def sources(path: str | os.PathLike[str], attributes: Mapping[str, Any]) -> list[Path]:
    """Results that a result was made from, and that are there.

    Parameters
    ----------
    path : str or path
        Of the result.
    attributes : mapping of str to JSON values
        Of the result.

    Returns
    -------
    list of Path

    """
    folder = Path(os.path.normpath(path)).parent
    found = [Path(os.path.normpath(folder / name)) for name in attributes.get(MADE_FROM, {})]
    return [source for source in found if source.exists()]


def check_name(path: str | os.PathLike[str], attributes: Mapping[str, Any]) -> None:
    """Refuse the result of a class that was made from those of another one, as a file copied by hand.

    Parameters
    ----------
    path : str or path
        Of the result of a class, ``<class>.zarr.zip``.
    attributes : mapping of str to JSON values
        Of the result. One that names no sources says nothing.

    Raises
    ------
    StoreError
        No source has the name of the result.

    """
    sources = _own_sources(attributes)
    if sources and Path(path).name not in map(os.path.basename, sources):
        raise StoreError(
            f"{path}: is of another class: it was made from {sources[0]}. Delete {path} and run again"
        )


def _own_sources(attributes: Mapping[str, Any]) -> list[str]:
    """Sources but for the other classes that a class was given something of."""
    roles: Mapping[str, str | None] = attributes.get("inputs", {})
    given = {known for role, known in roles.items() if role.startswith(GIVER)}
    own = {known for role, known in roles.items() if not role.startswith(GIVER)}
    sources = attributes.get(MADE_FROM, {}).items()
    return [name for name, known in sources if known in own or known not in given]


def _compare(path: Path, source: Path, fingerprint: str | None, found: str | None) -> None:
    if found != fingerprint:
        raise StoreError(
            f"{path}: stale: it was made from {source} of fingerprint {fingerprint}, and the one "
            f"that is there has {found}. Delete {path} and run again"
        )


def attributes(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """Read the attributes of a result, once a process while its file stays the same.

    Parameters
    ----------
    path : str or path
        Of the result.

    Returns
    -------
    mapping of str to JSON values

    Raises
    ------
    StoreError
        The file is missing or damaged.

    """
    return _attributes(Path(os.path.normpath(path)), {})


def fits(path: str | os.PathLike[str]) -> bool:
    """Whether a result was made from the results that are there; see `check`.

    Parameters
    ----------
    path : str or path
        Of the result.

    Returns
    -------
    bool
        False also where the result or a source is damaged.

    """
    try:
        check([path])
    except StoreError:
        return False
    return True


def _attributes(path: Path, known: dict[Path, Mapping[str, Any]]) -> Mapping[str, Any]:
    if path not in known:
        try:
            stat = path.stat()
        except OSError:
            known[path] = zarr_zip.read_attributes(path)  # says what is wrong with it
        else:
            known[path] = _of_file(path, stat.st_ino, stat.st_mtime_ns, stat.st_size)
    return known[path]


@lru_cache(maxsize=4096)
def _of_file(path: Path, *_: int) -> Mapping[str, Any]:
    """Attributes of a file with this number, time and size: a job of many classes reads it once."""
    attributes = zarr_zip.read_attributes(path)
    result_attributes.check(path, attributes)
    return attributes
