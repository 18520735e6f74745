"""Store: one Zarr file a result, whole or not there at all, that says what it is made of.

A result is a Zarr (version 3) group in a zip, ``<class>.zarr.zip``. Its attributes state the stage,
the stage's parameters and code, those of every stage above it (``lineage``), the fingerprint of its
inputs and its own. Equal content gives equal bytes.

A result whose class cannot be analysed is *set aside*: it holds no arrays, its attributes say why, and
reading it raises that reason again, so that it travels down to the ranking.
"""

import hashlib
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from scipy import sparse
from zarr.codecs import BloscCodec
from zarr.storage import ZipStore

from unhans.errors import InputError, SetAsideError, StoreError
from unhans.io.atomic import replacing
from unhans.types import STORE_FORMAT, Array, Parameters

CHUNK = 32
"""Rows a chunk: 32 heatmaps of 224 x 224 are 6.4 MB."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp inside every zip: equal results are equal files."""

# One writer, chunks in order; numbers of threads never change a byte.
zarr.config.set({"async.concurrency": 1, "threading.max_workers": 1})


@dataclass(frozen=True)
class Recipe:
    """What a stage was told: it goes into the attributes of what the stage writes."""

    stage: str
    parameters: Parameters
    code: str


@dataclass(frozen=True)
class Result:
    """What a stage wrote: named arrays, and the attributes that tell where they come from."""

    path: Path
    attributes: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        """Return an array by its name."""
        try:
            return self.arrays[name]
        except KeyError:
            raise StoreError(
                f"{self.path}: holds no array '{name}'; expected one of {', '.join(self.arrays)}"
            ) from None


@dataclass(frozen=True)
class Streamed:
    """An array that need not be in memory: it is written from blocks of its rows.

    They are asked for twice: for the fingerprint, which stands at the front of a result, and to be
    written.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    blocks: Callable[[], Iterable[Array]] = field(repr=False)
    """Gives the array from its first row to its last, any number of rows at a time"""


def write(
    path: str | os.PathLike[str],
    arrays: Mapping[str, Array | Streamed | sparse.sparray],
    recipe: Recipe,
    inputs: Mapping[str, Result] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a result: first beside its place, then moved there, so that no half of it is ever seen.

    Parameters
    ----------
    path : ends in ``.zarr.zip``
    arrays : by name; a sparse array is kept as its CSR parts; one that is streamed gives the same
        bytes as the same array in memory
    recipe : what the stage was told
    inputs : the results it was made from, by role
    notes : further attributes, plain JSON values

    Raises
    ------
    StoreError
        The file cannot be written (no space, no permission); what was there before stays.

    """
    flat = _flatten(arrays)
    attributes = _attributes(recipe, inputs or {}, dict(notes or {}))
    attributes |= {"status": "ok", "fingerprint": fingerprint(flat)}
    _write(Path(path), flat, attributes)


def write_set_aside(
    path: str | os.PathLike[str],
    recipe: Recipe,
    reason: str,
    inputs: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Write in a result's place why its class cannot be analysed.

    Parameters
    ----------
    path : ends in ``.zarr.zip``
    recipe : what the stage was told
    reason : for people
    inputs : files that it would have been made from; results among them give their lineage

    """
    sources = {
        str(source): Result(Path(source), read_attributes(source), {})
        for source in inputs
        if str(source).endswith(".zarr.zip")
    }
    attributes = _attributes(recipe, sources, {}) | {"status": "set aside", "reason": reason}
    attributes["inputs"] = {}
    _write(Path(path), {}, attributes)


def read(path: str | os.PathLike[str], names: Iterable[str] | None = None) -> Result:
    """Read a result, all its arrays or those named.

    Raises
    ------
    SetAsideError
        The class was set aside; the message is the reason.
    StoreError
        The file is missing, damaged, of another format, or lacks an array.

    """
    path = Path(path)
    with _opened(path) as store:
        group = zarr.open_group(store, mode="r")
        attributes = group.attrs.asdict()
        _check_format(path, attributes)
        if attributes["status"] != "ok":
            raise SetAsideError(attributes["reason"])
        flat = {name: np.asarray(array[...]) for name, array in _selected(path, group, names)}
    return Result(path, attributes, _unflatten(flat))


def read_all(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Result]:
    """Read the results of several classes, by the name of each file; see `read`."""
    return {Path(path).name.removesuffix(".zarr.zip"): read(path) for path in paths}


def read_attributes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a result's attributes alone, also of one set aside."""
    path = Path(path)
    with _opened(path) as store:
        attributes = zarr.open_group(store, mode="r").attrs.asdict()
    _check_format(path, attributes)
    return attributes


def is_current(
    path: str | os.PathLike[str], recipe: Recipe, inputs: Iterable[str | os.PathLike[str]]
) -> bool:
    """Whether a result is there, made as the recipe says from inputs of this very content.

    Parameters
    ----------
    path : of the result
    recipe : what its stage is told now
    inputs : files that it would be made from; results among them must be the ones it names

    """
    try:
        attributes = read_attributes(path)
        sources = [read_attributes(name) for name in inputs if str(name).endswith(".zarr.zip")]
    except StoreError:
        return False
    lineage: dict[str, Any] = {}
    for source in sources:
        lineage |= source["lineage"]
    lineage[recipe.stage] = {"parameters": recipe.parameters, "code": recipe.code}
    return (
        attributes["status"] == "ok"
        and attributes["lineage"] == lineage
        and set(attributes["inputs"].values()) == {source.get("fingerprint") for source in sources}
    )


def by_class(paths: Iterable[str]) -> dict[str, str]:
    """Results of one stage by the class that each is of."""
    return {Path(path).name.removesuffix(".zarr.zip"): path for path in paths}


def check_lineage(path: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse a stale result: Snakemake overlooks changed parameters once its own records are lost."""
    for stage in (*expected, *(stage for stage in found if stage not in expected)):
        recipe, wanted = found.get(stage, {}), expected.get(stage, {})
        if recipe != wanted:
            key = "code" if recipe.get("parameters") == wanted.get("parameters") else "parameters"
            raise StoreError(
                f"{path}: stale: its stage '{stage}' was made with {key} {recipe.get(key)}, "
                f"expected {wanted.get(key)}. Delete it and what lies above it, and run again"
            )


def fingerprint(arrays: Mapping[str, Array | Streamed]) -> str:
    """Digest of arrays by name, type, shape and content; 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = _streamed(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        for block in array.blocks():
            digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:32]


class _opened:  # noqa: N801 - used as a function, `with _opened(path) as store`
    """Open a result's zip for reading; turn what can go wrong into a `StoreError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> ZipStore:
        try:
            self.store = ZipStore(self.path, mode="r")
            self.store._sync_open()
        except FileNotFoundError:
            raise StoreError(f"{self.path}: no such result") from None
        except (IsADirectoryError, zipfile.BadZipFile) as error:
            raise self._damaged(error) from error
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read ({error.strerror})") from error
        return self.store

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.store.close()
        passing = StoreError | InputError | MemoryError
        if isinstance(error, Exception) and not isinstance(error, passing):
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StoreError:
        return StoreError(
            f"{self.path}: damaged ({error}); expected a whole Zarr zip. "
            "Delete the file and run again: it will be computed anew"
        )


class _PinnedZipStore(ZipStore):
    """A ZipStore whose entries all carry the same time stamp."""

    def _set(self, key: str, value: Any) -> None:
        if not self._is_open:
            self._sync_open()
        entry = zipfile.ZipInfo(key, date_time=EPOCH)
        entry.external_attr = 0o644 << 16
        self._zf.writestr(entry, value.to_bytes())


def _write(
    path: Path, arrays: Mapping[str, Array | Streamed], attributes: Mapping[str, Any]
) -> None:
    with replacing(path) as partial, _PinnedZipStore(partial, mode="w") as store:
        group = zarr.create_group(store, attributes=dict(sorted(attributes.items())))
        for name in sorted(arrays):
            _create(group, name, arrays[name])


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


def _attributes(
    recipe: Recipe, inputs: Mapping[str, Result], notes: dict[str, Any]
) -> dict[str, Any]:
    lineage: dict[str, Any] = {}
    for source in inputs.values():
        lineage |= source.attributes["lineage"]
    lineage[recipe.stage] = {"parameters": recipe.parameters, "code": recipe.code}
    return notes | {
        "format": STORE_FORMAT,
        "stage": recipe.stage,
        "lineage": dict(sorted(lineage.items())),
        "inputs": {role: source.attributes.get("fingerprint") for role, source in inputs.items()},
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of the libraries that this process has loaded, ours first of all."""
    known = ("unhans", "numpy", "scipy", "sklearn", "torch", "umap", "zarr", "zennit")
    return {
        name: str(getattr(sys.modules[name], "__version__", "unknown"))
        for name in known
        if name in sys.modules
    }


def _check_format(path: Path, attributes: Mapping[str, Any]) -> None:
    found = attributes.get("format")
    if found != STORE_FORMAT:
        raise StoreError(
            f"{path}: has result format {found}, this version reads {STORE_FORMAT}; "
            "delete the file and run again"
        )


def _selected(
    path: Path, group: zarr.Group, names: Iterable[str] | None
) -> list[tuple[str, zarr.Array[Any]]]:
    members = {name: member for name, member in group.arrays()}  # noqa: C416 - a generator
    if names is None:
        return list(members.items())
    wanted = [key for name in names for key in (name, *_parts(name)) if key in members]
    missing = [name for name in names if name not in members and _parts(name)[0] not in members]
    if missing:
        raise StoreError(
            f"{path}: holds no array '{missing[0]}'; it has {', '.join(sorted(members))}"
        )
    return [(name, members[name]) for name in wanted]


def _parts(name: str) -> tuple[str, str, str, str]:
    return (f"{name}.data", f"{name}.indices", f"{name}.indptr", f"{name}.shape")


def _flatten(
    arrays: Mapping[str, Array | Streamed | sparse.sparray],
) -> dict[str, Array | Streamed]:
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
