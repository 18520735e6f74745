"""Resumable: a result whose rows are written as they come, and kept when their job is killed.

A stage that works through its rows batch by batch appends each batch here. The batch is written to a
file of its own (a *part*, see `part_folder`) while the next one is computed. At the end the parts are
joined into the result, which is the same to the byte as if `store.write` had been given all rows at
once, and are removed. A job that was stopped goes on after the rows that it finds there.
"""

import json
import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from unhans.errors import InputError, StoreError
from unhans.io import store
from unhans.io.part_folder import Kind, Part, PartFolder, kinds_of
from unhans.io.store import Recipe, Result
from unhans.io.versions import loaded_versions
from unhans.io.zarr_zip import Streamed
from unhans.types import STORE_FORMAT, Array

AHEAD = 2
"""Parts waiting to be written: `ResumableWriter.append` blocks while there are as many."""


class ResumableWriter:
    """Appends rows of a result: ``with ResumableWriter(path, recipe, inputs) as writer:``.

    Parts that were made from anything else (parameters, code, inputs, library versions) are thrown
    away, and so is a damaged part with all that follow it. An error leaves the folder for the next
    job. Only one process at a time may write a result.

    Parameters
    ----------
    path : str or path
        The result, ``<class>.zarr.zip``.
    recipe : Recipe
        Settings and code of the stage.
    inputs : mapping of str to Result, optional
        Results that this one is made from, by role; their arrays are not kept.

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
        origin = _origin(recipe, self.inputs)
        self._folder = PartFolder(self.path.with_name(f".{self.path.name}.parts"), origin)
        self._pending: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, "parts")
        self._parts, self._kinds = self._folder.take_over()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._thread.shutdown()  # after an error too: computed rows are kept
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
        arrays : mapping of str to ndarray, shape (n, ...)
            By name; names, types and shapes of a row must be those of the parts before.
        keep : ndarray of bool, shape (n,), optional
            Rows that go into the result, all by default; the others count as done.
        notes : mapping of str to JSON values, optional
            Of this part.

        Raises
        ------
        InputError
            The arrays do not fit each other, ``keep`` or the parts before.
        StoreError
            A part, this one or one before, cannot be written (no space, no permission).

        """
        start, stop = self.done, self.done + _length(arrays)
        keep = _mask(keep, stop - start)
        kinds = kinds_of(arrays)
        if kinds != (self._kinds or kinds):
            raise InputError(
                f"rows {start} to {stop} hold {_described(kinds)}; "
                f"the rows before hold {_described(self._kinds)}"
            )
        plain = json.loads(json.dumps(dict(notes or {})))  # as a job that goes on would read them
        self._settle(AHEAD - 1)
        rows = {name: np.compress(keep, array, axis=0) for name, array in arrays.items()}
        part = Part(start, stop, int(keep.sum()), plain)
        self._pending.append(self._thread.submit(self._folder.write, part, rows))
        self._parts.append(part)
        self._kinds = kinds

    def finish(self, notes: Mapping[str, Any] | None = None) -> None:
        """Join the parts into the result, atomically, and remove them.

        Parameters
        ----------
        notes : mapping of str to JSON values, optional
            Further attributes of the result.

        Raises
        ------
        InputError
            There are no rows, not even rows that are set aside.
        StoreError
            A part or the result cannot be written, or a part was damaged meanwhile.

        """
        self._settle()
        if not self._parts:
            raise InputError(f"{self.path.name}: no rows; expected at least one")
        arrays = {
            name: _streamed(self._folder, self._parts, name, kind)
            for name, kind in self._kinds.items()
        }
        store.write(self.path, arrays, self.recipe, self.inputs, notes)
        with suppress(StoreError):  # the result is whole, whatever stays beside it
            self.discard()

    def discard(self) -> None:
        """Remove the parts: for a class that is set aside, which no job will go on with.

        Raises
        ------
        StoreError
            The folder cannot be removed.

        """
        wait(self._pending)
        self._pending.clear()
        self._parts, self._kinds = [], {}
        self._folder.remove()

    def _settle(self, most: int = 0) -> None:
        """Wait until at most so many parts are unwritten; raise the error of one that failed.

        A failed part stays the first in the queue: nothing can be added after a gap.
        """
        while self._pending and (len(self._pending) > most or self._pending[0].done()):
            self._pending[0].result()
            self._pending.popleft()


def set_aside(writer: ResumableWriter, reason: str) -> None:
    """Write in the place of a result why there is none, and remove its parts.

    Parameters
    ----------
    writer : ResumableWriter
        Of the result.
    reason : str
        For people.

    Raises
    ------
    StoreError
        The file cannot be written, or the parts cannot be removed.

    """
    writer.discard()
    sources = [one.path for one in writer.inputs.values()]
    store.write_set_aside(writer.path, writer.recipe, reason, sources)


def _streamed(folder: PartFolder, parts: list[Part], name: str, kind: Kind) -> Streamed:
    """Join an array of all parts, without reading it yet."""
    rows = sum(part.kept for part in parts)
    return Streamed(kind.dtype, (rows, *kind.row), partial(folder.blocks, parts, name, kind))


def _origin(recipe: Recipe, inputs: Mapping[str, Result]) -> dict[str, Any]:
    """Describe what rows are made from, in plain JSON values."""
    origin = {
        "format": STORE_FORMAT,
        "stage": recipe.stage,
        "parameters": recipe.parameters,
        "code": recipe.code,
        "inputs": {role: one.attributes.get("fingerprint") for role, one in inputs.items()},
        "versions": loaded_versions(),
    }
    return dict(json.loads(json.dumps(origin)))


def _length(arrays: Mapping[str, Array]) -> int:
    """Rows that all arrays have."""
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    lengths = {shape[:1] for shape in shapes.values()}
    if len(lengths) != 1 or () in lengths or (0,) in lengths:
        raise InputError(f"arrays of shapes {shapes}; expected the same number of rows, at least 1")
    return int(lengths.pop()[0])


def _mask(keep: NDArray[np.bool_] | None, rows: int) -> NDArray[np.bool_]:
    """Return which rows to keep, all by default."""
    keep = np.ones(rows, dtype=bool) if keep is None else np.asarray(keep)
    if keep.dtype != np.bool_ or keep.shape != (rows,):
        raise InputError(
            f"'keep' of type {keep.dtype} and shape {keep.shape} with {rows} rows; "
            f"expected bool and ({rows},)"
        )
    return keep


def _described(kinds: Mapping[str, Kind]) -> str:
    return ", ".join(f"{name} of {kind.dtype} {kind.row}" for name, kind in kinds.items())
