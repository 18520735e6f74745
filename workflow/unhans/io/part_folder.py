"""Part folder: rows of a result that is not finished, one file a batch, in a hidden folder beside it.

The folder ``.<class>.zarr.zip.parts`` holds a file for each batch, named by its first source row and the
first row of the next batch, and a file that says what the rows are made from. Rows that were made from
anything else are never taken over, nor is a damaged file with those that follow it.
"""

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unhans.errors import InputError, StoreError, one_line
from unhans.io.atomic import replacing
from unhans.types import Array

ORIGIN = "recipe.json"
"""File of the folder that says what the parts are made from."""

NOTES = "notes.json"
"""Entry of a part beside its arrays."""

NAME = re.compile(r"(\d{8,})-(\d{8,})\.npz")
"""File of a part: its first source row and the first row of the next part."""


@dataclass(frozen=True)
class Kind:
    """Type and shape that the rows of an array have in common.

    Parameters
    ----------
    dtype : dtype
        Of the array.
    row : tuple of int
        Shape of a row.

    """

    dtype: np.dtype[Any]
    row: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """Rows ``start`` to ``stop`` of the source, of which ``kept`` go into the result.

    Parameters
    ----------
    start, stop, kept : int
        Numbers of rows.
    notes : dict
        Plain JSON values.

    """

    start: int
    stop: int
    kept: int
    notes: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"{self.start:08d}-{self.stop:08d}.npz"


class PartFolder:
    """The folder of a result's parts.

    Parameters
    ----------
    path : Path
        Of the folder.
    origin : dict
        What the rows are made from, plain JSON values; ``versions`` among them.

    """

    def __init__(self, path: Path, origin: dict[str, Any]) -> None:
        self.path, self._origin = path, origin

    def take_over(self) -> tuple[list[Part], dict[str, Kind]]:
        """Find the rows that an earlier job left, and remove everything else.

        Returns
        -------
        parts : list of Part
            In order, from the first row on.
        kinds : dict of str to Kind
            Of their arrays, by name.

        Raises
        ------
        StoreError
            The folder cannot be removed.

        """
        parts: list[Part] = []
        kinds: dict[str, Kind] = {}
        for start, stop in self._files() if self._is_ours() else ():
            found = _read_part(self.path, start, stop)
            if start != (parts[-1].stop if parts else 0) or found is None:
                break
            part, own = found
            if own != (kinds or own):
                break
            parts.append(part)
            kinds = own
        if not parts:
            self.remove()
            return [], {}
        whole = {ORIGIN, *(part.name for part in parts)}
        for file in self.path.iterdir():
            if file.name not in whole:
                with suppress(OSError):  # what stays is overwritten by parts of these rows
                    file.unlink()
        return parts, kinds

    def write(self, part: Part, arrays: Mapping[str, Array]) -> None:
        """Write a part.

        Parameters
        ----------
        part : Part
            Its place.
        arrays : mapping of str to ndarray, shape (kept, ...)
            Its rows, by name.

        Raises
        ------
        StoreError
            It cannot be written (no space, no permission).

        """
        if part.start == 0:
            with replacing(self.path / ORIGIN) as written:
                written.write_text(json.dumps(self._origin, indent=1), encoding="utf-8")
        with (
            replacing(self.path / part.name) as written,
            zipfile.ZipFile(written, "w") as archive,
        ):
            archive.writestr(NOTES, json.dumps(part.notes))
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array)

    def blocks(self, parts: Sequence[Part], name: str, kind: Kind) -> Iterator[Array]:
        """Read the rows of an array, a part at a time.

        Parameters
        ----------
        parts : sequence of Part
            In order.
        name : str
            Of the array.
        kind : Kind
            That it must have.

        Yields
        ------
        ndarray, shape (kept, ...)
            Rows of a part.

        Raises
        ------
        StoreError
            A part was damaged meanwhile.

        """
        for part in parts:
            file = self.path / part.name
            try:
                with zipfile.ZipFile(file) as archive:
                    rows = _read(archive, name)
            except (
                Exception
            ) as error:  # a damaged zip raises more kinds of errors than can be listed
                raise StoreError(f"{file}: damaged ({one_line(error)}); run again") from error
            if Kind(rows.dtype, rows.shape[1:]) != kind or len(rows) != part.kept:
                raise StoreError(
                    f"{file}: damaged ({name} has another type, shape or length); run again"
                )
            yield rows

    def remove(self) -> None:
        """Remove the folder, if it is there.

        Raises
        ------
        StoreError
            It cannot be removed.

        """
        try:
            shutil.rmtree(self.path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be removed ({error.strerror})") from error

    def _is_ours(self) -> bool:
        """Whether the parts were made from our origin."""
        try:
            found = json.loads((self.path / ORIGIN).read_text(encoding="utf-8"))
            old, new = found.pop("versions"), self._origin["versions"]
            # Libraries that only one of the two had loaded do not count.
            agree = old | new == new | old
            return bool(agree and found | {"versions": new} == self._origin)
        except Exception:  # missing or damaged in any way
            return False

    def _files(self) -> list[tuple[int, int]]:
        """First row and end of each part's file, in order."""
        found = (NAME.fullmatch(file.name) for file in self.path.iterdir())
        return sorted((int(match[1]), int(match[2])) for match in found if match)


def kinds_of(arrays: Mapping[str, Array]) -> dict[str, Kind]:
    """Return the kinds of arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By name.

    Returns
    -------
    dict of str to Kind
        By name.

    Raises
    ------
    InputError
        An array holds Python objects.

    """
    kinds = {name: Kind(array.dtype, array.shape[1:]) for name, array in arrays.items()}
    for name, kind in kinds.items():
        if kind.dtype.hasobject:
            raise InputError(f"array '{name}' holds Python objects; expected numbers")
    return kinds


def _read_part(folder: Path, start: int, stop: int) -> tuple[Part, dict[str, Kind]] | None:
    """Read a part in full, which compares its checksums; None for a damaged one."""
    try:
        with zipfile.ZipFile(folder / Part(start, stop, 0, {}).name) as archive:
            notes = json.loads(archive.read(NOTES))
            names = [name.removesuffix(".npy") for name in archive.namelist() if name != NOTES]
            kinds, kept = {}, set()
            for name in names:
                array = _read(archive, name)
                kinds[name] = Kind(array.dtype, array.shape[1:])
                kept.add(len(array))
    except Exception:  # a damaged zip raises more kinds of errors than can be listed
        return None
    return (Part(start, stop, kept.pop(), notes), kinds) if len(kept) == 1 else None


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    # In full first, which compares the checksum: a damaged header may ask for any amount of memory.
    array: Array = np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")))
    return array
