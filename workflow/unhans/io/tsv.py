"""Tables: results as TSV, written atomically.

Columns keep their type: class "007" stays text and a class called "NA" is not missing, while tau stays a
number, infinite values included.
"""

import csv
import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from unhans.errors import StoreError
from unhans.io.atomic import replacing

# fmt: off
TEXT = frozenset({
    "artefact", "class", "composite", "confusion", "corpus", "estimator", "image", "kind",
    "label", "layer", "mask", "method", "metric", "model", "name", "path", "planted",
    "predicted_name", "ranked_by", "reason", "remark", "representation", "sha256", "split",
    "status",
})
# fmt: on
"""Columns of text, whatever it looks like; others hold numbers if all their values are numbers."""

COUNTS = frozenset({"n", "rank", "components", "rank_low", "rank_high", "q_used", "k_used"})
"""Columns of integers that may be missing: read as ``Int64``, so that a gap makes no floats."""

BYTES = "surrogateescape"
"""Error handler that writes and reads bytes of file names that are no UTF-8 unchanged."""


def write_tsv(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as tab-separated text: floats with 10 digits, missing values empty.

    Parameters
    ----------
    table : DataFrame
        Its index is not written.
    path : str or path
        Of the file.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    form: dict[str, Any] = {"sep": "\t", "index": False, "lineterminator": "\n"}
    text = table.to_csv(**form, float_format="%.10g")
    if "\r" in text:  # which the writer does not quote, and readers take for the end of a line
        text = table.to_csv(**form, float_format="%.10g", quoting=csv.QUOTE_ALL)
    write_text(path, text)


def read_tsv(path: str | os.PathLike[str], text: Collection[str] = TEXT) -> pd.DataFrame:
    """Read a table that `write_tsv` wrote.

    Parameters
    ----------
    path : str or path
        Of the file.
    text : collection of str
        Columns to leave as text. Of the others, a column becomes numeric if all its values are
        numbers (or empty, for NaN), one of `COUNTS` becomes integers that may be missing, and one of
        only True and False becomes boolean.

    Returns
    -------
    DataFrame

    Raises
    ------
    StoreError
        The file is missing or no table.

    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding_errors=BYTES)
    except FileNotFoundError:
        raise StoreError(f"{path}: no such table") from None
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise StoreError(f"{path}: cannot be read as a table ({error})") from error
    if not isinstance(table.index, pd.RangeIndex) or table.isna().to_numpy().any():
        raise StoreError(f"{path}: damaged; expected the same number of cells in every row")
    for column in table.columns.difference(list(text), sort=False):
        table[column] = _as_numbers(table[column])
    whole = [name for name in table.columns.intersection(list(COUNTS)) if _is_whole(table[name])]
    return table.astype(dict.fromkeys(whole, "Int64"))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file (UTF-8) atomically.

    Parameters
    ----------
    path : str or path
        Of the file.
    text : str
        Its content.

    Raises
    ------
    StoreError
        The file cannot be written; what was there before stays.

    """
    with replacing(path) as partial:
        partial.write_bytes(text.encode("utf-8", BYTES))


def write_each(
    contents: Mapping[str, pd.DataFrame | str], paths: Iterable[str | os.PathLike[str]]
) -> None:
    """Write tables and texts, each to the path whose file name is its key.

    Parameters
    ----------
    contents : mapping of str to DataFrame or str
        By file name.
    paths : iterable of str
        Of the files; one for which there is no content is a `KeyError`.

    Raises
    ------
    StoreError
        A file cannot be written.

    """
    for path in map(Path, paths):
        content = contents[path.name]
        if isinstance(content, str):
            write_text(path, content)
        else:
            write_tsv(content, path)


def _as_numbers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if len(column) and column.isin(["True", "False"]).all():
        return column == "True"
    try:
        numbers = [_number(text) for text in column]
    except ValueError:
        return column
    return pd.Series(numbers, index=column.index, name=column.name)


def _number(text: str) -> float:
    if text == "":
        return math.nan
    if "_" in text:  # a name, though Python would read 1_000 as a number
        raise ValueError(text)
    try:
        return int(text)
    except ValueError:
        return float(text)


def _is_whole(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and bool((column.dropna() % 1 == 0).all())
