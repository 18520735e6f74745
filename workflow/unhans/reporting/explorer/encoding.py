"""Encoding: data as scripts that a page loads from a file, and arrays in them to the last bit.

A page that is opened from disk may load no JSON, but it may load scripts. A script calls one function
with one JSON value. Names come from datasets: what could end the script or open markup is escaped.
"""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unhans.errors import InputError
from unhans.types import Array

KINDS = {"i1": "<i1", "u1": "<u1", "u2": "<u2", "f4": "<f4", "f8": "<f8"}
"""Types of arrays that the page reads: integers and floats by their bytes, least byte first."""

ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""Characters that could end a script or begin markup, as JSON may write them; all others beyond ASCII,
the line separators of Unicode among them, are escaped by `json` itself."""


def script(function: str, *values: Any) -> bytes:
    """Write a script that calls a function of the page with values.

    Parameters
    ----------
    function : str
        Name of the function, such as ``unhans.addClass``.
    *values : JSON values
        NaN and infinities become null; numbers keep all their digits.

    Returns
    -------
    bytes
        ASCII.

    """
    texts = (json.dumps(plain(value), allow_nan=False, separators=(",", ":")) for value in values)
    text = ",".join(texts)
    for character, written in ESCAPED.items():
        text = text.replace(character, written)
    return f"{function}({text});\n".encode("ascii")


def packed(array: Array, kind: str) -> dict[str, Any]:
    """Write an array as text.

    Parameters
    ----------
    array : ndarray
        Of any shape.
    kind : str
        One of `KINDS`. Floats are rounded to it; integers must fit.

    Returns
    -------
    dict
        ``kind``, ``shape`` and ``data``, the bytes in base 64.

    Raises
    ------
    InputError
        A value does not fit the kind.

    """
    written = np.ascontiguousarray(array).astype(KINDS[kind])
    if kind[0] != "f" and not np.array_equal(written, array):
        raise InputError(f"values from {array.min()} to {array.max()}; expected those of '{kind}'")
    data = base64.b64encode(written.tobytes()).decode("ascii")
    return {"kind": kind, "shape": list(written.shape), "data": data}


def unpacked(value: Mapping[str, Any]) -> Array:
    """Read an array that `packed` wrote.

    Parameters
    ----------
    value : mapping
        From `packed`.

    Returns
    -------
    ndarray

    """
    data = base64.b64decode(value["data"])
    return np.frombuffer(data, KINDS[value["kind"]]).reshape(value["shape"])


def flags(members: Array) -> dict[str, Any]:
    """Write which of n images are meant: eight images a byte, the first in the highest bit.

    Parameters
    ----------
    members : ndarray of bool, shape (n,)

    Returns
    -------
    dict
        As of `packed`.

    """
    return packed(np.packbits(members), "u1")


def categories(values: list[str]) -> dict[str, Any]:
    """Write a column of text that repeats.

    Parameters
    ----------
    values : list of str
        One an image.

    Returns
    -------
    dict
        ``values``, each once in the order of its frequency (ties: of the text), and ``codes``, the place
        of each image's value among them.

    """
    counts = pd.Series(values, dtype=object).value_counts()
    order = sorted(counts.index, key=lambda value: (-counts[value], value))
    place = {value: at for at, value in enumerate(order)}
    codes = np.array([place[value] for value in values], dtype=np.int64)
    return {"values": order, "codes": packed(codes, "u1" if len(order) <= 256 else "u2")}


def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Write a table by its columns.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    dict of str to list
        Missing values and infinities are None.

    """
    return {str(name): [plain(value) for value in table[name]] for name in table.columns}


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows.

    Parameters
    ----------
    value : any
        NumPy's and pandas' scalars, and mappings and lists of them.

    Returns
    -------
    JSON value

    """
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return str(value)
