"""Arrays in one zip, ``<class>.zarr.zip``: a Zarr (version 3) group, written atomically.

Equal arrays and attributes give equal bytes: entries carry a fixed time stamp, chunks are written in
order, and a sparse array is kept as its CSR parts.
"""

import errno
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from scipy import sparse
from zarr.codecs import BloscCodec
from zarr.storage import ZipStore

from unhans.errors import InputError, SetAsideError, StoreError, one_line
from unhans.io import pinned_zip, zip_directory
from unhans.io.atomic import replacing
from unhans.types import Array

CHUNK = 32
"""Rows a chunk: 32 heatmaps of 224 x 224 are 6.4 MB."""

SERIAL = {"async.concurrency": 1, "threading.max_workers": 1}
"""Settings of Zarr while a result is open: chunks in order, so that threads never change a byte."""


DAMAGE = {errno.EINVAL, errno.EISDIR, None}
"""Numbers of system errors that a damaged file raises (a place before its start); others may pass."""


@dataclass(frozen=True)
class Streamed:
    """An array that is written from blocks of its rows, so that it need not be in memory.

    The blocks are asked for twice: for the fingerprint, which stands at the front of a result, and
    to be written.

    Parameters
    ----------
    dtype : dtype
        Of the array.
    shape : tuple of int
        Of the whole array.
    blocks : callable
        Takes nothing and gives the array from its first row to its last, any number of rows at a
        time.

    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    blocks: Callable[[], Iterable[Array]] = field(repr=False)


@contextmanager
def opened(path: Path) -> Iterator[zarr.Group]:
    """Open the group of a zip for reading.

    Parameters
    ----------
    path : Path
        Of the file.

    Yields
    ------
    zarr.Group
        Open until the block ends.

    Raises
    ------
    StoreError
        The file is missing or cannot be read, or an error in the block shows that it is damaged.

    """
    with _faults_named(path):
        store = ZipStore(path, mode="r")
        store._sync_open()
        try:
            zip_directory.check(store._zf)
            with zarr.config.set(SERIAL):
                yield zarr.open_group(store, mode="r")
        finally:
            store.close()


def read_attributes(path: Path) -> dict[str, Any]:
    """Read the attributes of a group without opening it as one, which takes ten times as long.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    dict of str to JSON values

    Raises
    ------
    StoreError
        The file is missing, damaged or cannot be read.

    """
    with _faults_named(path), zipfile.ZipFile(path) as archive:
        zip_directory.check(archive)
        return dict(json.loads(archive.read("zarr.json"))["attributes"])


@contextmanager
def _faults_named(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into a `StoreError` that names it."""
    try:
        yield
    except FileNotFoundError:
        raise StoreError(f"{path}: no such result") from None
    except (StoreError, InputError, MemoryError):
        raise
    except Exception as error:  # a damaged zip raises more kinds of errors than can be listed
        if isinstance(error, OSError) and error.errno not in DAMAGE:
            raise StoreError(f"{path}: cannot be read ({error.strerror or error})") from error
        raise _damaged(path, error) from error


def names(group: zarr.Group) -> list[str]:
    """Names of a group's arrays, a sparse one under the name that it was given.

    Parameters
    ----------
    group : zarr.Group
        Of an open result.

    Returns
    -------
    list of str
        Sorted.

    """
    return sorted({_base(name) for name, _ in group.arrays()})


def read_arrays(
    path: Path, group: zarr.Group, wanted: Iterable[str] | None = None
) -> dict[str, Any]:
    """Read arrays of a group.

    Parameters
    ----------
    path : Path
        Of the file, for messages.
    group : zarr.Group
        Of an open result.
    wanted : iterable of str, optional
        Names of the arrays to read, all by default.

    Returns
    -------
    dict of str to ndarray or csr_array
        By name.

    Raises
    ------
    StoreError
        The group lacks an array of ``wanted``.

    """
    if wanted is None:
        return _unflatten({name: np.asarray(member[...]) for name, member in group.arrays()})
    members: dict[str, Any] = {}
    for name in wanted:  # a list of all arrays would read the metadata of each
        keys = [name] if name in group else [key for key in _parts(name) if key in group]
        if not keys:
            held = ", ".join(sorted(key for key, _ in group.arrays()))
            raise StoreError(f"{path}: holds no array '{name}'; it has {held}")
        members |= {key: group[key] for key in keys}
    return _unflatten({name: np.asarray(member[...]) for name, member in members.items()})


def _damaged(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{path}: damaged ({one_line(error)}); expected a whole Zarr zip. "
        "Delete the file and run again: it will be computed anew"
    )


class LazyArrays(Mapping[str, Array]):
    """Arrays of a file by name, each read when it is first asked for.

    Parameters
    ----------
    path : Path
        Of the file.
    set_aside : str or None
        Reason to raise as `SetAsideError` when an array is asked for.

    """

    def __init__(self, path: Path, set_aside: str | None = None) -> None:
        self._path, self._set_aside = path, set_aside
        self._held: dict[str, Array] = {}

    @cached_property
    def _names(self) -> list[str]:
        with opened(self._path) as group:
            return names(group)

    def __getitem__(self, name: str) -> Array:
        if self._set_aside is not None:
            raise SetAsideError(self._set_aside)
        if name not in self._held:
            if name not in self._names:
                raise KeyError(name)
            with opened(self._path) as group:
                self._held |= read_arrays(self._path, group, [name])
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def write(
    path: Path, arrays: Mapping[str, Array | Streamed], attributes: Mapping[str, Any]
) -> None:
    """Write arrays and attributes atomically.

    Parameters
    ----------
    path : Path
        Of the file.
    arrays : mapping of str to ndarray or Streamed
        By name, as `flatten` gives them.
    attributes : mapping of str to JSON values
        Of the group.

    Raises
    ------
    StoreError
        The file cannot be written (no space, no permission); what was there before stays.

    """
    with (
        zarr.config.set(SERIAL),
        replacing(path) as partial,
        pinned_zip.writing(partial) as store,
    ):
        group = zarr.create_group(store, attributes=dict(sorted(attributes.items())))
        for name in sorted(arrays):
            _create(group, name, arrays[name])
            store.check()
        zip_directory.seal(store._zf)


def _create(group: zarr.Group, name: str, array: Array | Streamed) -> None:
    array = _streamed(array)
    codec = BloscCodec(
        cname="zstd", clevel=3, shuffle="bitshuffle" if array.dtype.itemsize > 1 else "noshuffle"
    )
    rows, *sides = array.shape
    chunks = (min(CHUNK, rows) or 1, *(max(1, side) for side in sides))
    if not sides:
        chunks = (max(1, rows),)
    created = group.create_array(
        name, shape=array.shape, dtype=array.dtype, chunks=chunks, compressors=codec
    )
    start = 0
    for block in _in_chunks(array.blocks(), chunks[0]):
        created[start : start + len(block)] = block
        start += len(block)


def _streamed(array: Array | Streamed) -> Streamed:
    if isinstance(array, Streamed):
        return array
    whole = np.asarray(array, order="C")
    return Streamed(whole.dtype, whole.shape, lambda: (whole,))


def _in_chunks(blocks: Iterable[Array], rows: int) -> Iterator[Array]:
    """Cut blocks where chunks end: a chunk written in two goes would be twice in the zip."""
    held: list[Array] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        whole = count // rows * rows
        if whole:
            joined = held[0] if len(held) == 1 else np.concatenate(held)
            yield joined[:whole]
            held = [joined[whole:]] if whole < count else []
            count -= whole
    if count:
        yield np.concatenate(held)


def fingerprint(arrays: Mapping[str, Array | Streamed]) -> str:
    """Digest of arrays by name, type, shape and content.

    Parameters
    ----------
    arrays : mapping of str to ndarray or Streamed
        By name.

    Returns
    -------
    str
        32 hexadecimal digits of a SHA-256.

    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = _streamed(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        for block in array.blocks():
            digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:32]


def _parts(name: str) -> tuple[str, str, str, str]:
    return (f"{name}.data", f"{name}.indices", f"{name}.indptr", f"{name}.shape")


def flatten(
    arrays: Mapping[str, Array | Streamed | sparse.sparray],
) -> dict[str, Array | Streamed]:
    """Split sparse arrays into the parts that are kept of them.

    Parameters
    ----------
    arrays : mapping of str to ndarray, Streamed or sparse array
        By name.

    Returns
    -------
    dict of str to ndarray or Streamed
        A sparse array ``x`` as ``x.data``, ``x.indices``, ``x.indptr`` and ``x.shape`` (CSR).

    """
    flat: dict[str, Array | Streamed] = {}
    for name, array in arrays.items():
        if sparse.issparse(array):
            csr = sparse.csr_array(array)
            values = (csr.data, csr.indices, csr.indptr, np.array(csr.shape))
            flat |= dict(zip(_parts(name), values, strict=True))
        else:
            flat[name] = array if isinstance(array, Streamed) else np.asarray(array)
    return flat


def _unflatten(flat: dict[str, Array]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name, array in flat.items():
        base, _, part = name.rpartition(".")
        if not base:
            arrays[name] = array
        elif part == "data":
            data, indices, indptr, shape = (flat[key] for key in _parts(base))
            arrays[base] = sparse.csr_array((data, indices, indptr), shape=tuple(shape))
    return arrays


def _base(name: str) -> str:
    """Name of the array that a member is, or is a part of."""
    base = name.rpartition(".")[0]
    return base if base and name in _parts(base) else name
