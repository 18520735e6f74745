"""Store: one Zarr file a result, whole or not there at all, that says what it is made of.

A result is a Zarr (version 3) group in a zip, ``<class>.zarr.zip``. Its attributes state the stage,
the stage's parameters and code, those of every stage above it (``lineage``), the fingerprint of its
inputs and its own. Equal content gives equal bytes.

A result whose class cannot be analysed is *set aside*: it holds no arrays, its attributes say why, and
reading it raises that reason again, so that it travels down to the ranking.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from scipy import sparse

from unhans.errors import SetAsideError, StoreError
from unhans.io import zarr_zip
from unhans.io.zarr_zip import Streamed
from unhans.paths import name_of
from unhans.types import STORE_FORMAT, Array, Parameters


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
    flat = zarr_zip.flatten(arrays)
    attributes = _attributes(recipe, inputs or {}, dict(notes or {}))
    attributes |= {"status": "ok", "fingerprint": zarr_zip.fingerprint(flat)}
    zarr_zip.write(Path(path), flat, attributes)


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
    zarr_zip.write(Path(path), {}, attributes)


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
    with zarr_zip.opened(path) as group:
        attributes = group.attrs.asdict()
        _check_format(path, attributes)
        if attributes["status"] != "ok":
            raise SetAsideError(attributes["reason"])
        arrays = zarr_zip.read_arrays(path, group, names)
    return Result(path, attributes, arrays)


def read_all(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Result]:
    """Read the results of several classes, by the name of each file; see `read`."""
    return {name_of(str(path)): read(path) for path in paths}


def classes(paths: Iterable[str | os.PathLike[str]]) -> Mapping[str, Result]:
    """Give the results of several classes, each read when it is asked for.

    Indexing opens a result and reads its attributes, also those of a class that was set aside. Its
    arrays are read one by one when they are asked for, and kept while the `Result` is. Nothing of a
    result is kept by the mapping: a thousand classes need the memory of one.

    Parameters
    ----------
    paths : iterable of str
        Results of one stage, ``<class>.zarr.zip``.

    Returns
    -------
    mapping of str to Result
        By class, in the order of ``paths``. Asking it for a class raises `StoreError` if the file
        is missing, damaged or of another format; asking a result that was set aside for an array
        raises `SetAsideError` with the reason.

    """
    return _Classes({name_of(str(path)): Path(path) for path in paths})


class _Classes(Mapping[str, Result]):
    """Results by class; see `classes`."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, class_id: str) -> Result:
        path = self._paths[class_id]
        attributes = read_attributes(path)
        return Result(path, attributes, _Arrays(path, attributes))

    def __contains__(self, class_id: object) -> bool:
        return class_id in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class _Arrays(Mapping[str, Array]):
    """Arrays of a result by name, each read when it is first asked for."""

    def __init__(self, path: Path, attributes: Mapping[str, Any]) -> None:
        self._path, self._attributes = path, attributes
        self._held: dict[str, Array] = {}

    @cached_property
    def _names(self) -> list[str]:
        with zarr_zip.opened(self._path) as group:
            return zarr_zip.names(group)

    def __getitem__(self, name: str) -> Array:
        if self._attributes["status"] != "ok":
            raise SetAsideError(self._attributes["reason"])
        if name not in self._held:
            if name not in self._names:
                raise KeyError(name)
            with zarr_zip.opened(self._path) as group:
                self._held |= zarr_zip.read_arrays(self._path, group, [name])
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def read_attributes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a result's attributes alone, also of one set aside."""
    path = Path(path)
    with zarr_zip.opened(path) as group:
        attributes = group.attrs.asdict()
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
    return {name_of(path): path for path in paths}


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
