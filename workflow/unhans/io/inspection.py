"""Inspection: everything that a result or table can be held against without making it again."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unhans.errors import StoreError, one_line
from unhans.io import provenance, result_attributes, tsv, zarr_zip
from unhans.io.zarr_zip import Streamed
from unhans.types import Array

Dimension = str | int

SHAPES: Mapping[str, Mapping[str, tuple[Dimension, ...]]] = {
    "attribution": {
        "heatmap": ("n", "height", "width"),
        **dict.fromkeys(("image", "prediction", "rank", "split"), ("n",)),
    },
    "concepts": dict.fromkeys(("image", "split", "artefact"), ("n",)),
    "activations": {
        "level": ("n", "d", "k", "l"),
        **dict.fromkeys(("activation", "least", "greatest"), ("n", "d")),
        **dict.fromkeys(("image", "logit", "prediction"), ("n",)),
    },
    "class_sample": {"heatmap": ("m", "k", "c"), "row": ("m",), "origin": ("m",)},
    "preprocessing": {"heatmap": ("n", "height", "width")},
    "affinity": {"affinity": ("n", "n")},
    "embedding": {"embedding": ("n", "q"), "eigenvalue": ("q",)},
    "clustering": {"k": ("ks",), "labels": ("ks", "n")},
    "separability": {"k": ("ks",), "fisher": ("ks",), "tau": (1,)},
    "interval": {"tau": ("subsets",)},
}
"""Arrays that a stage writes, by stage: a number, or a name that has one value in all of a result."""


def result(path: str | os.PathLike[str], stage: str | None = None) -> dict[str, Any]:
    """Read all of a result, and hold it against what it says of itself and of its sources.

    Parameters
    ----------
    path : str or path
        Of the result.
    stage : str, optional
        Name of the stage that it must be of.

    Returns
    -------
    dict
        Its attributes, and its ``shapes`` by array.

    Raises
    ------
    StoreError
        The file is damaged, its arrays are not those of its fingerprint, an array is missing or has
        another shape, or it was made from other results than those that are there.

    """
    path = Path(path)
    with zarr_zip.opened(path) as group:
        attributes = group.attrs.asdict()
        result_attributes.check(path, attributes)
        if stage not in (None, attributes["stage"]):
            raise StoreError(f"{path}: is of stage '{attributes['stage']}'; expected '{stage}'")
        members = dict(group.arrays())
        if attributes["status"] == "ok":
            found = zarr_zip.fingerprint({name: _streamed(one) for name, one in members.items()})
            if found != attributes["fingerprint"]:
                raise StoreError(
                    f"{path}: damaged (its arrays have fingerprint {found}, expected "
                    f"{attributes['fingerprint']})"
                )
    shapes = _shapes(members)
    if attributes["status"] == "ok":
        check_shapes(path, str(attributes["stage"]), shapes)
    provenance.check_sources(path)
    return {**attributes, "shapes": shapes}


def _streamed(member: Any) -> Streamed:
    """Read an array in pieces when its digest is taken."""

    def blocks() -> Iterable[Array]:
        if not member.shape:
            return [np.asarray(member[...])]
        # As it was stored: a piece of a chunk costs as much as the whole of it.
        step = max(1, (member.shards or member.chunks)[0])
        starts = range(0, member.shape[0], step)
        return (np.asarray(member[start : start + step]) for start in starts)

    return Streamed(member.dtype, member.shape, blocks)


def _shapes(members: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes by array; a sparse one has that of the array that it stands for."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, member in members.items():
        base, _, part = name.rpartition(".")
        if base and part == "shape":
            shapes[base] = tuple(int(side) for side in np.asarray(member[...]))
        elif not base:
            shapes[name] = tuple(member.shape)
    return shapes


def check_shapes(path: Path, stage: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a result whose arrays are not those of its stage, or do not fit each other.

    Parameters
    ----------
    path : Path
        Of the result, for the message.
    stage : str
        Name of its stage. Of one without a row in `SHAPES` nothing is expected.
    shapes : mapping of str to tuple of int
        By array.

    Raises
    ------
    StoreError
        The message names the array.

    """
    sizes: dict[str, int] = {}
    for name, expected in SHAPES.get(stage, {}).items():
        found = shapes.get(name)
        if found is None:
            raise StoreError(f"{path}: holds no array '{name}'")
        for side, length in zip(expected, found, strict=False):
            if isinstance(side, str):
                sizes.setdefault(side, length)
        wanted = tuple(
            sizes.get(side, side) if isinstance(side, str) else side for side in expected
        )
        if wanted != found:
            named = ", ".join(map(str, expected))
            raise StoreError(
                f"{path}: array '{name}' has shape {found}; expected ({named}), {wanted}"
            )


def table(path: str | os.PathLike[str], columns: Iterable[str] = ()) -> None:
    """Read a table, and hold it against its digest and the columns that its readers need.

    Parameters
    ----------
    path : str or path
        Of the table.
    columns : iterable of str
        Names that it must have.

    Raises
    ------
    StoreError
        It is not as it was written, or lacks a column.

    """
    found = tsv.read_tsv(path)
    missing = [name for name in columns if name not in found]
    if missing:
        raise StoreError(f"{path}: has no column '{missing[0]}'")


def hdf5(path: str | os.PathLike[str]) -> None:
    """Read all of an HDF5 file, a chunk at a time: each has a check sum.

    Parameters
    ----------
    path : str or path
        Of the file.

    Raises
    ------
    StoreError
        The file is missing or damaged.

    """
    import h5py

    def read(_: str, member: Any) -> None:
        if isinstance(member, h5py.Dataset):
            for chunk in member.iter_chunks() if member.chunks else [()]:
                member[chunk]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(read)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise StoreError(f"{path}: damaged HDF5 file ({one_line(error)})") from error


def json_file(path: str | os.PathLike[str]) -> None:
    """Read a JSON file.

    Parameters
    ----------
    path : str or path
        Of the file.

    Raises
    ------
    StoreError
        The file is missing or holds no JSON value.

    """
    try:
        json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read as JSON ({one_line(error)})") from error
