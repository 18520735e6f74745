"""Store: results, one Zarr file each, written atomically, with the lineage that they are made from.

A result is a Zarr (version 3) group in a zip, ``<class>.zarr.zip``. Its attributes state the stage,
the stage's parameters and code, those of every stage above it (``lineage``), the fingerprint of its
inputs and its own. Equal content gives equal bytes.

The result of a class that cannot be analysed is *set aside*: it holds no arrays, its attributes hold the
reason, and reading it raises that reason again. In this way the reason reaches the ranking.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scipy import sparse

from unhans.errors import SetAsideError, StoreError
from unhans.io import provenance, result_attributes, zarr_zip
from unhans.io.lineage import differing
from unhans.io.versions import loaded_versions
from unhans.io.zarr_zip import LazyArrays, Streamed
from unhans.paths import RESULT, name_of
from unhans.types import STORE_FORMAT, Array, Parameters


@dataclass(frozen=True)
class Recipe:
    """Settings and code of a stage, which become attributes of its results.

    Parameters
    ----------
    stage : str
        Its name.
    parameters : dict
        Its settings, plain JSON values with sorted keys.
    code : str
        Digest of the code that it runs.
    """

    stage: str
    parameters: Parameters
    code: str


@dataclass(frozen=True)
class Result:
    """Arrays that a stage wrote, and the attributes that state what they are made from.

    Parameters
    ----------
    path : Path
        Of the file.
    attributes : mapping of str to JSON values
        ``stage``, ``status``, ``lineage``, ``fingerprint``, and those that the stage added.
    arrays : mapping of str to ndarray or csr_array
        By name.

    """

    path: Path
    attributes: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        """Return an array by its name; a `StoreError` names the arrays that there are."""
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
    """Write a result, first beside its place and then moved there, so that no half is ever seen.

    Parameters
    ----------
    path : str or path
        Ends in ``.zarr.zip``.
    arrays : mapping of str to ndarray, Streamed or sparse array
        By name. A sparse array is kept as its CSR parts. A streamed array gives the same bytes as
        the same array in memory.
    recipe : Recipe
        Settings and code of the stage.
    inputs : mapping of str to Result, optional
        Results that it was made from, by role.
    notes : mapping of str to JSON values, optional
        Further attributes.

    Raises
    ------
    StoreError
        The file cannot be written (no space, no permission); what was there before stays.

    """
    flat = zarr_zip.flatten(arrays)
    attributes = _attributes(path, recipe, inputs or {}, dict(notes or {}))
    attributes |= {"status": "ok", "fingerprint": zarr_zip.fingerprint(flat)}
    zarr_zip.write(Path(path), flat, attributes)


def write_set_aside(
    path: str | os.PathLike[str],
    recipe: Recipe,
    reason: str,
    inputs: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Write in a result's place the reason why its class cannot be analysed.

    Parameters
    ----------
    path : str or path
        Ends in ``.zarr.zip``.
    recipe : Recipe
        Settings and code of the stage.
    reason : str
        For people.
    inputs : iterable of str
        Files that it would have been made from; results among them give their lineage.

    Raises
    ------
    StoreError
        The file cannot be written, or an input is damaged.

    """
    sources = {
        str(source): Result(Path(source), read_attributes(source), {})
        for source in inputs
        if str(source).endswith(RESULT)
    }
    attributes = _attributes(path, recipe, sources, {}) | {"status": "set aside", "reason": reason}
    attributes["inputs"] = {}
    zarr_zip.write(Path(path), {}, attributes)


def read(path: str | os.PathLike[str], names: Iterable[str] | None = None) -> Result:
    """Read a result.

    Parameters
    ----------
    path : str or path
        Of the file.
    names : iterable of str, optional
        Arrays to read, all by default.

    Returns
    -------
    Result
        In memory.

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
        result_attributes.check(path, attributes)
        if attributes["status"] != "ok":
            raise SetAsideError(attributes["reason"])
        arrays = zarr_zip.read_arrays(path, group, names)
    return Result(path, attributes, arrays)


def read_all(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Result]:
    """Read the results of several classes at once; `classes` reads them when they are asked for.

    Parameters
    ----------
    paths : iterable of str
        Results of one stage.

    Returns
    -------
    dict of str to Result
        By class.

    Raises
    ------
    SetAsideError, StoreError
        As `read` raises them.

    """
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


def opened(files: Mapping[str, object]) -> dict[str, Result]:
    """Open the results among the files of a job; their arrays are read when they are asked for.

    Parameters
    ----------
    files : mapping of str to object
        Files by the names that they have in the rule. Lists of files, and files that are no results,
        are left out.

    Returns
    -------
    dict of str to Result
        See `classes`.

    """
    paths = {
        name: Path(path)
        for name, path in files.items()
        if isinstance(path, str) and path.endswith(RESULT)
    }
    results = _Classes(paths)
    return {name: results[name] for name in results}


def by_path(paths: Iterable[str | os.PathLike[str]]) -> Mapping[str, Result]:
    """Give results of several analyses, each read when it is asked for; see `classes`.

    Parameters
    ----------
    paths : iterable of str
        Results, ``<class>.zarr.zip``.

    Returns
    -------
    mapping of str to Result
        By path, in the order of ``paths``; it raises as that of `classes` does.
    """
    return _Classes({str(path): Path(path) for path in paths})


def in_order(paths: Collection[str]) -> Iterator[Result]:
    """Give results as `by_path` does, those of a path that is named again once more.

    Parameters
    ----------
    paths : collection of str

    Yields
    ------
    Result
    """
    yield from map(by_path(paths).__getitem__, paths)


class _Classes(Mapping[str, Result]):
    """Results by class, or by path; see `classes`."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths

    def __getitem__(self, class_id: str) -> Result:
        path = self._paths[class_id]
        attributes = read_attributes(path)
        reason = None if attributes["status"] == "ok" else attributes["reason"]
        return Result(path, attributes, LazyArrays(path, reason))

    def __contains__(self, class_id: object) -> bool:
        return class_id in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def read_attributes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the attributes of a result, also of one that was set aside.

    Parameters
    ----------
    path : str or path
        Of the file.

    Returns
    -------
    dict of str to JSON values

    Raises
    ------
    StoreError
        The file is missing, damaged or of another format.

    """
    attributes = zarr_zip.read_attributes(Path(path))
    result_attributes.check(Path(path), attributes)
    return attributes


def is_current(
    path: str | os.PathLike[str],
    recipe: Recipe,
    inputs: Iterable[str | os.PathLike[str]],
    notes: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a result is there and was made by a recipe from inputs of the present content.

    Parameters
    ----------
    path : str or path
        Of the result.
    recipe : Recipe
        Settings and code of its stage now.
    inputs : iterable of str
        Files that it would be made from; results among them must be those that it names.
    notes : mapping of str to JSON values, optional
        Attributes that it must have.

    Returns
    -------
    bool

    """
    try:
        attributes = read_attributes(path)
        sources = [read_attributes(name) for name in inputs if str(name).endswith(RESULT)]
    except StoreError:
        return False
    return (
        attributes["status"] == "ok"
        and differing(attributes["lineage"], _lineage(recipe, sources)) is None
        and all(attributes.get(name) == value for name, value in (notes or {}).items())
        and set(attributes["inputs"].values()) == {source.get("fingerprint") for source in sources}
    )


def by_class(paths: Iterable[str]) -> dict[str, str]:
    """Sort the paths of one stage's results by class.

    Parameters
    ----------
    paths : iterable of str
        Results of one stage.

    Returns
    -------
    dict of str to str
        Path by class.

    """
    return {name_of(path): path for path in paths}


def _attributes(
    path: str | os.PathLike[str],
    recipe: Recipe,
    inputs: Mapping[str, Result],
    notes: dict[str, Any],
) -> dict[str, Any]:
    sources = ((source.path, source.attributes) for source in inputs.values())
    return notes | {
        "format": STORE_FORMAT,
        "stage": recipe.stage,
        "lineage": _lineage(recipe, (source.attributes for source in inputs.values())),
        "inputs": {role: source.attributes.get("fingerprint") for role, source in inputs.items()},
        provenance.MADE_FROM: provenance.described(path, sources),
        "versions": loaded_versions(),
    }


def _lineage(recipe: Recipe, sources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the lineage of what a result is made from, by the attributes of each, with its own."""
    lineage: dict[str, Any] = {}
    for source in sources:
        lineage |= source["lineage"]
    lineage[recipe.stage] = {"parameters": recipe.parameters, "code": recipe.code}
    return dict(sorted(lineage.items()))
