"""Parts: rows of a result that are written as they come, and kept when their job is killed.

A stage that works through its rows batch by batch appends each batch here. It lands in a file of its
own in the hidden folder ``.<class>.zarr.zip.parts`` beside the result, while the next batch is
computed. At the end the files are joined into the result, the same to the byte as if `store.write`
had been given all rows at once, and the folder goes. A job that was stopped goes on after the rows
that it finds there.
"""

import json
import os
import re
import shutil
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError, StoreError
from unhans.io import store
from unhans.io.atomic import replacing
from unhans.io.store import Recipe, Result
from unhans.io.zarr_zip import Streamed
from unhans.types import STORE_FORMAT, Array

AHEAD = 2
"""Parts on their way to the disk: `ResumableWriter.append` waits while there are as many."""

ORIGIN = "recipe.json"
"""File of the folder that says what the parts are made from."""

NOTES = "notes.json"
"""Entry of a part beside its arrays."""

NAME = re.compile(r"(\d{8,})-(\d{8,})\.npz")
"""File of a part: its first source row and the first of the next part."""


@dataclass(frozen=True)
class _Kind:
    """What the rows of an array have in common."""

    dtype: np.dtype[Any]
    row: tuple[int, ...]


@dataclass(frozen=True)
class _Part:
    """A file of rows ``start`` to ``stop`` of the source, of which ``kept`` go into the result."""

    file: Path
    start: int
    stop: int
    kept: int
    notes: dict[str, Any]


class ResumableWriter:
    """Rows of a result, appended in order: ``with ResumableWriter(path, recipe, inputs) as parts:``.

    Parts that were made from anything else (parameters, code, inputs, library versions) are thrown
    away, and so is a damaged part with all that follow it. An error leaves the folder for the next
    job; one process at a time may work on a result.

    Parameters
    ----------
    path : the result, ``<class>.zarr.zip``
    recipe : what the stage was told
    inputs : the results that this one is made from, by role; their arrays are not held

    Raises
    ------
    StoreError
        Parts of another recipe cannot be removed.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        recipe: Recipe,
        inputs: Mapping[str, Result] | None = None,
    ) -> None:
        self.path = Path(path)
        self.recipe = recipe
        self.inputs = {role: replace(one, arrays={}) for role, one in (inputs or {}).items()}
        self._folder = self.path.with_name(f".{self.path.name}.parts")
        self._origin = self._made_from()
        self._kinds: dict[str, _Kind] = {}
        self._parts: list[_Part] = []
        self._pending: deque[Future[None]] = deque()
        self._writer = ThreadPoolExecutor(1, "parts")
        self._take_over()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._writer.shutdown()  # also after an error: what was computed is kept
        if error is None:
            self._settle()

    @property
    def done(self) -> int:
        """Rows of the source that are there, from the first on: go on with this one."""
        return self._parts[-1].stop if self._parts else 0

    @property
    def notes(self) -> list[dict[str, Any]]:
        """Notes of every part in order, as JSON gives them back; empty where there were none."""
        return [part.notes for part in self._parts]

    def append(
        self,
        arrays: Mapping[str, Array],
        keep: NDArray[np.bool_] | None = None,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        """Add the next rows of the source. They are copied, and written in the background.

        Parameters
        ----------
        arrays : (n, ...) each, by name; names, types and shapes of a row as in the parts before
        keep : (n,) rows that go into the result, all by default; the others count as done
        notes : of this part, plain JSON values

        Raises
        ------
        InputError
            The arrays do not fit each other, ``keep`` or the parts before.
        StoreError
            A part, this one or one before, cannot be written (no space, no permission).

        """
        start, stop = self.done, self.done + _length(arrays)
        keep = np.ones(stop - start, dtype=bool) if keep is None else np.asarray(keep)
        if keep.dtype != np.bool_ or keep.shape != (stop - start,):
            raise InputError(
                f"'keep' of type {keep.dtype} and shape {keep.shape} with {stop - start} rows; "
                f"expected bool and ({stop - start},)"
            )
        kinds = _kinds(arrays)
        if kinds != (self._kinds or kinds):
            raise InputError(
                f"rows {start} to {stop} hold {_in_words(kinds)}; "
                f"the rows before hold {_in_words(self._kinds)}"
            )
        said = json.loads(json.dumps(dict(notes or {})))  # as a job that goes on would read them
        file = self._folder / f"{start:08d}-{stop:08d}.npz"
        self._settle(AHEAD - 1)
        rows = {name: np.compress(keep, array, axis=0) for name, array in arrays.items()}
        part = _Part(file, start, stop, int(keep.sum()), said)
        self._pending.append(self._writer.submit(self._write, part, rows))
        self._parts.append(part)
        self._kinds = kinds

    def finish(self, notes: Mapping[str, Any] | None = None) -> None:
        """Join the parts into the result, atomically, and remove them.

        Parameters
        ----------
        notes : further attributes of the result, plain JSON values

        Raises
        ------
        InputError
            There are no rows, not even such as are set aside.
        StoreError
            A part or the result cannot be written, or a part was damaged meanwhile.

        """
        self._settle()
        if not self._parts:
            raise InputError(f"{self.path.name}: no rows; expected at least one")
        rows = sum(part.kept for part in self._parts)
        arrays = {
            name: Streamed(kind.dtype, (rows, *kind.row), partial(self._blocks, name))
            for name, kind in self._kinds.items()
        }
        store.write(self.path, arrays, self.recipe, self.inputs, notes)
        with suppress(StoreError):  # the result is whole, whatever stays beside it
            self.discard()

    def discard(self) -> None:
        """Remove the parts: for a class that is set aside, which nothing will go on with.

        Raises
        ------
        StoreError
            The folder cannot be removed.

        """
        wait(self._pending)
        self._pending.clear()
        self._parts, self._kinds = [], {}
        try:
            shutil.rmtree(self._folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreError(f"{self._folder}: cannot be removed ({error.strerror})") from error

    def _made_from(self) -> dict[str, Any]:
        prints = {role: one.attributes.get("fingerprint") for role, one in self.inputs.items()}
        origin = {
            "format": STORE_FORMAT,
            "stage": self.recipe.stage,
            "parameters": self.recipe.parameters,
            "code": self.recipe.code,
            "inputs": prints,
            "versions": store.versions(),
        }
        return dict(json.loads(json.dumps(origin)))

    def _is_ours(self) -> bool:
        """Tell whether the folder's parts have our recipe."""
        try:
            found = json.loads((self._folder / ORIGIN).read_text(encoding="utf-8"))
            old, new = found.pop("versions"), self._origin["versions"]
            # Libraries that only one of the two had loaded do not count.
            agree = old | new == new | old
            return bool(agree and found | {"versions": new} == self._origin)
        except Exception:  # missing or damaged in whatever way
            return False

    def _take_over(self) -> None:
        """Find the rows that an earlier job left, and remove all that does not belong to them."""
        if self._is_ours():
            for start, stop, file in _files(self._folder):
                if start != self.done or not self._take(start, stop, file):
                    break
        if not self._parts:
            self.discard()
            return
        whole = {self._folder / ORIGIN, *(part.file for part in self._parts)}
        for file in set(self._folder.iterdir()) - whole:
            with suppress(OSError):  # in the way of nothing: parts of these rows replace them
                file.unlink()

    def _take(self, start: int, stop: int, file: Path) -> bool:
        """Add a file to the parts unless it is damaged: reading it all compares its checksums."""
        try:
            with zipfile.ZipFile(file) as archive:
                notes = json.loads(archive.read(NOTES))
                names = [name.removesuffix(".npy") for name in archive.namelist() if name != NOTES]
                kinds, kept = {}, set()
                for name in names:
                    array = _read(archive, name)
                    kinds[name] = _Kind(array.dtype, array.shape[1:])
                    kept.add(len(array))
        except Exception:  # a damaged zip raises more kinds of errors than can be listed
            return False
        if kinds != (self._kinds or kinds) or len(kept) != 1:
            return False
        self._kinds = kinds
        self._parts.append(_Part(file, start, stop, kept.pop(), notes))
        return True

    def _settle(self, most: int = 0) -> None:
        """Wait until at most so many parts are unwritten; raise what kept one from being written.

        A failed one stays the first in the queue: nothing can be added after a gap.
        """
        while self._pending and (len(self._pending) > most or self._pending[0].done()):
            self._pending[0].result()
            self._pending.popleft()

    def _write(self, part: _Part, arrays: Mapping[str, Array]) -> None:
        """Write a part, in the thread of the writer."""
        if part.start == 0:
            with replacing(self._folder / ORIGIN) as written:
                written.write_text(json.dumps(self._origin, indent=1), encoding="utf-8")
        with replacing(part.file) as written, zipfile.ZipFile(written, "w") as archive:
            archive.writestr(NOTES, json.dumps(part.notes))
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array)

    def _blocks(self, name: str) -> Iterator[Array]:
        """Rows of an array that go into the result, a part at a time."""
        kind = self._kinds[name]
        for part in self._parts:
            try:
                with zipfile.ZipFile(part.file) as archive:
                    rows = _read(archive, name)
            except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
                raise StoreError(f"{part.file}: damaged ({error}); run again") from error
            if _Kind(rows.dtype, rows.shape[1:]) != kind or len(rows) != part.kept:
                raise StoreError(f"{part.file}: damaged ({name} is another one); run again")
            yield rows


def _length(arrays: Mapping[str, Array]) -> int:
    """Rows that all arrays have."""
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    lengths = {shape[:1] for shape in shapes.values()}
    if len(lengths) != 1 or () in lengths or (0,) in lengths:
        raise InputError(f"arrays of shapes {shapes}; expected the same number of rows, at least 1")
    return int(lengths.pop()[0])


def _kinds(arrays: Mapping[str, Array]) -> dict[str, _Kind]:
    kinds = {name: _Kind(array.dtype, array.shape[1:]) for name, array in arrays.items()}
    for name, kind in kinds.items():
        if kind.dtype.hasobject:
            raise InputError(f"array '{name}' holds Python objects; expected numbers")
    return kinds


def _in_words(kinds: Mapping[str, _Kind]) -> str:
    return ", ".join(f"{name} of {kind.dtype} {kind.row}" for name, kind in kinds.items())


def _files(folder: Path) -> list[tuple[int, int, Path]]:
    """First row, end and file of each part of a folder, in order."""
    found = [(NAME.fullmatch(file.name), file) for file in folder.iterdir()]
    return sorted((int(match[1]), int(match[2]), file) for match, file in found if match)


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as entry:
        array: Array = np.lib.format.read_array(entry)
        return array
