"""Tables: results as TSV, written atomically.

Columns keep their type: class "007" stays text and a class called "NA" is not missing, while tau stays a
number, infinite values included.

Beside ``ranking.tsv`` stands ``.ranking.tsv.sha256``, a line as ``sha256sum`` writes it, and a table that
does not fit it is refused: a table that is cut between two rows, or in a number, is a table all the same.
The digest stands beside the table and not in it, since anything more in the file (a comment, a last line,
a column) would be data for other readers, as ``pd.read_csv`` and R's ``read.delim``. The digest is no
output of a rule: what writes a table writes both, so that no rule can name one and forget the other.
Results lie in a file system that all jobs share, as stores do. A table that is copied alone is a plain
TSV; to read it with `read_tsv`, copy both.
"""

import csv
import io
import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from unhans.errors import StoreError, one_line
from unhans.io import digests
from unhans.io.atomic import write_files
from unhans.io.digests import BYTES

# fmt: off
TEXT = frozenset({
    "artefact", "class", "composite", "confusion", "corpus", "estimator", "image", "kind",
    "label", "layer", "mask", "method", "metric", "model", "name", "path", "planted",
    "predicted_name", "ranked_by", "reason", "remark", "representation", "sha256", "split",
    "status", "unit", "used_too",
})
# fmt: on
"""Columns of text, whatever it looks like; others hold numbers if all their values are numbers."""

COUNTS = frozenset({"n", "rank", "components", "rank_low", "rank_high", "q_used", "k_used"})
"""Columns of integers that may be missing: read as ``Int64``, so that a gap makes no floats."""


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
        The file is missing or no table, or is not as it was written.

    """
    content = _checked(path)
    source = io.BytesIO(content)
    try:
        table = pd.read_csv(
            source, sep="\t", dtype=str, keep_default_na=False, encoding_errors=BYTES
        )
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise StoreError(f"{path}: cannot be read as a table ({one_line(error)})") from error
    if not isinstance(table.index, pd.RangeIndex) or table.isna().to_numpy().any():
        raise StoreError(f"{path}: damaged; expected the same number of cells in every row")
    for column in table.columns.difference(list(text), sort=False):
        table[column] = _as_numbers(table[column])
    whole = [name for name in table.columns.intersection(list(COUNTS)) if _is_whole(table[name])]
    return table.astype(dict.fromkeys(whole, "Int64"))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file (UTF-8) atomically, with its digest beside it.

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
    write_files({os.fspath(path): text.encode("utf-8", BYTES)})


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


def _checked(path: str | os.PathLike[str]) -> bytes:
    """Read a table's bytes, and hold them against the digest beside it."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{path}: no such table") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror or error})") from error
    beside = digests.beside(path)
    try:
        expected = beside.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path}: without its digest, {beside.name} ({error.strerror or error}); expected both "
            "in one folder. Copy both, or delete the table and run again"
        ) from error
    if expected != digests.line(Path(path).name, content).encode("utf-8", BYTES):
        raise StoreError(
            f"{path}: damaged or edited: its digest is not that of {beside.name}. "
            "Delete the table and run again: it will be made anew"
        )
    return content


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
