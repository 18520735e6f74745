"""Label table: which class and split each image has, read from a file that a person or program wrote.

What can be read in one way alone is read: other separators, spaces around labels, ``./x`` for ``x``,
absolute paths within the root. What cannot is refused in a line that names the rows. It is read when the
workflow starts, and uses only the standard library.
"""

import codecs
import csv
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError, printed
from unhans.images import spelling, written_path

BYTES = "surrogateescape"
"""Error handler that reads and writes bytes that are no UTF-8 unchanged."""

SEPARATORS = (",", "\t", ";", "|")
"""Separators of cells, of which the one is taken whose header has the columns that are needed."""

SHOWN = 3
"""Rows that a message names."""

LONGEST = 300
"""Letters of a text that a message shows."""

_ALIKE = "are left out: only capitals tell their split from a wanted one"


class Labelled(NamedTuple):
    """A row of a table of labels.

    Parameters
    ----------
    line : int
        Of the file, from 1 for the header.
    image : str
        Path within the root, with ``/`` between its parts; one that leads out of it is as written.
    label : str
        Class, as `spelling.plain` writes it.
    split : str
        "" if the table has none.

    """

    line: int
    image: str
    label: str
    split: str


class Labels(NamedTuple):
    """A table of labels.

    Parameters
    ----------
    rows : list of Labelled
        Those of the splits that were asked for, each image once.
    lines : mapping of str to list of int
        Lines of each label, of all rows, whatever their split.
    notes : tuple of str
        What a person should know of the table, a line each.

    """

    rows: list[Labelled]
    lines: Mapping[str, list[int]]
    notes: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        """Labels of all rows, whatever their split."""
        return frozenset(self.lines)

    def counts(self) -> dict[str, int]:
        """Count the rows of each class.

        Returns
        -------
        dict of str to int
            By label.

        """
        return Counter(row.label for row in self.rows)

    def digests(self) -> dict[str, str]:
        """Digest of the rows of each class, so that another class's rows do not matter to it.

        Returns
        -------
        dict of str to str
            16 hexadecimal digits by label.

        """
        own: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in self.rows:
            own[row.label].append((row.split, row.image))
        return {
            label: hashlib.sha256(json.dumps(sorted(images)).encode()).hexdigest()[:16]
            for label, images in own.items()
        }


def read(root: Path, table: str, splits: Sequence[str], key: str) -> Labels:
    """Read a table of labels.

    Parameters
    ----------
    root : Path
        Folder of the images.
    table : str
        File within the root.
    splits : sequence of str
        Values of the column ``split`` to keep; none for all.
    key : str
        Of the corpus in the config, for messages.

    Returns
    -------
    Labels

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, has no row of a split, or a row has no class, or an
        image two classes or two splits.

    """
    path, where = root / table, f"{key}.table: {root / table}"
    every = _every(root, path, f"{key}.table")
    has_splits = any(row.split for row in every)
    wanted = set(splits) if has_splits else set()
    known = {row.split for row in every if row.split}
    if wanted - known:
        raise ConfigError(
            f"{where}: no row of the splits {', '.join(sorted(wanted - known))}; check '{key}.splits' "
            f"(the table has {listed(sorted(known), 20)})"
        )
    chosen = [row for row in every if not wanted or row.split in wanted]
    _refuse_missing(chosen, where)
    rows, repeated = _each_once(chosen, where)
    labels: dict[str, list[int]] = defaultdict(list)
    for row in every:
        if not spelling.is_missing(row.label):
            labels[row.label].append(row.line)
    unsplit = [row for row in every if wanted and not row.split]
    absent = sorted(set(labels) - {row.label for row in rows})
    notes = [
        *_counted(repeated, "repeat another row"),
        *_counted(unsplit, "have no split and are left out"),
        *_counted(_nearly(every, wanted), _ALIKE),
        *([f"no row of the splits has class {listed(map(repr, absent))}"] if absent else []),
    ]
    # Without the root, which differs between machines.
    return Labels(rows, labels, tuple(f"{key}.table: {table}: {note}" for note in notes))


def _nearly(rows: Iterable[Labelled], wanted: Collection[str]) -> list[Labelled]:
    """Rows of splits that differ from one that is wanted in capitals alone."""
    alike = {one.casefold() for one in wanted}
    return [row for row in rows if row.split not in wanted and row.split.casefold() in alike]


def _every(root: Path, path: Path, key: str) -> list[Labelled]:
    """All rows of a table of labels, whatever their split."""
    header, lines = _table(path, ("image", "class"), key, ("split",))
    image, label = header.index("image"), header.index("class")
    split = header.index("split") if "split" in header else None
    return [
        Labelled(
            line,
            written_path.within(root, cells[image]),
            spelling.plain(cells[label]).strip(),
            "" if split is None else spelling.plain(cells[split]).strip(),
        )
        for line, cells in lines
    ]


def read_table(
    path: Path, columns: Iterable[str], key: str, *, may_be_empty: bool = False
) -> list[dict[str, str]]:
    """Read a table of text with a header.

    Parameters
    ----------
    path, columns, key, may_be_empty : Path, iterable of str, str, bool
        See `read_lines`.

    Returns
    -------
    list of dict of str to str
        A row each.

    Raises
    ------
    ConfigError
        See `read_lines`.

    """
    return [row for _, row in read_lines(path, columns, key, may_be_empty=may_be_empty)]


def read_lines(
    path: Path,
    columns: Iterable[str],
    key: str,
    optional: Iterable[str] = (),
    *,
    may_be_empty: bool = False,
) -> list[tuple[int, dict[str, str]]]:
    """Read a table of text with a header, and the line of each row.

    Cells are separated by commas, or tabs if the file's name ends in ``.tsv``, or by whichever of
    `SEPARATORS` gives a header with the columns. Spaces around a cell do not count, nor do lines of
    empty cells.

    Parameters
    ----------
    path : Path
        Of the file: UTF-8, or UTF-16 with its mark.
    columns : iterable of str
        That it must have.
    key : str
        Of the config, for messages.
    optional : iterable of str
        Further columns, of which, as of ``columns``, there must not be two.
    may_be_empty : bool
        Whether a header alone is a table.

    Returns
    -------
    list of (int, dict of str to str)
        A row each, with the line of the file that it ends in.

    Raises
    ------
    ConfigError
        The file cannot be read, lacks a column or has it twice, or a row has more cells than the
        header.

    """
    header, rows = _table(path, columns, key, optional, may_be_empty)
    return [(line, dict(zip(header, cells, strict=False))) for line, cells in rows]


def _table(
    path: Path,
    columns: Iterable[str],
    key: str,
    optional: Iterable[str],
    may_be_empty: bool = False,
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header of a table, and its rows with as many cells; see `read_lines`."""
    needed = list(columns)
    text = _text(path, key)
    usual = "\t" if path.suffix == ".tsv" else ","
    separators = [usual, *(other for other in SEPARATORS if other != usual)]
    try:
        headers = {separator: _header(text, separator) for separator in separators}
        separator = next((one for one in separators if set(needed) <= set(headers[one])), usual)
        rows = _rows(text, separator)
    except csv.Error as error:
        said = printed(str(error))
        raise ConfigError(f"{key}: {path}: cannot be read as a table ({said})") from None
    header = headers[separator]
    known = header if rows or may_be_empty else []
    lacking = [name for name in needed if name not in known]
    if lacking:
        found = listed(known, 20) if known else "nothing"
        raise ConfigError(f"{key}: {path}: lacks the column '{lacking[0]}'; it has {found}")
    twice = [name for name in (*needed, *optional) if header.count(name) > 1]
    if twice:
        raise ConfigError(f"{key}: {path}: has the column '{twice[0]}' twice; expected it once")
    width = len(header)
    for line, cells in rows:
        if len(cells) != width:
            if any(cells[width:]):
                raise ConfigError(
                    f"{key}: {path}: row {line} has {len(cells)} cells; expected {width}, as the "
                    "header (quote a cell that holds the separator)"
                )
            cells += [""] * (width - len(cells))
    return header, rows


def _text(path: Path, key: str) -> str:
    try:
        content = path.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{key}: {path}: cannot be read as a table ({error})") from None
    return content.decode("utf-8-sig", BYTES)


def _header(text: str, separator: str) -> list[str]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [cell.strip() for cell in next(lines, [])]


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    # An open quote would swallow all rows below it: strict, it is an error.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    next(lines, None)
    stripped = ((lines.line_num, list(map(str.strip, cells))) for cells in lines)
    return [(line, cells) for line, cells in stripped if any(cells)]


def _refuse_missing(rows: Sequence[Labelled], where: str) -> None:
    missing = [row for row in rows if spelling.is_missing(row.label)]
    if missing:
        shown = [
            f"row {row.line} ('{row.image}'" + (f": '{row.label}')" if row.label else ")")
            for row in missing
        ]
        raise ConfigError(
            f"{where}: {len(missing)} of {len(rows)} rows have no class: {listed(shown)}; expected a "
            "class in each (leave out rows that are not to be explained; a class of this name needs "
            "another one)"
        )


def _each_once(rows: Sequence[Labelled], where: str) -> tuple[list[Labelled], list[Labelled]]:
    """Rows of each image once, and those that repeat one; an image must have one class and split."""
    first: dict[object, Labelled] = {}
    # Without an image there is nothing to compare: such a row is set aside when images are read.
    repeated = [row for row in rows if first.setdefault(row.image or row[2:], row) is not row]
    for what, of in (("class", "label"), ("split", "split")):
        pairs = [(first[row.image], row) for row in repeated if row.image]
        shown = [
            f"'{row.image}' is {getattr(one, of)!r} in row {one.line} and {getattr(row, of)!r} in row "
            f"{row.line}"
            for one, row in pairs
            if getattr(row, of) != getattr(one, of)
        ]
        if shown:
            raise ConfigError(
                f"{where}: {len(shown)} rows name another {what} for an image: {listed(shown)}; "
                f"expected one {what} for each image"
            )
    return list(first.values()), repeated


def _counted(rows: Sequence[Labelled], what: str) -> list[str]:
    shown = [f"row {row.line} ('{row.image}')" for row in rows]
    return [f"{len(rows)} rows {what}: {listed(shown)}"] if rows else []


def listed(texts: Iterable[str], most: int = SHOWN) -> str:
    """List texts, the first few of many.

    Parameters
    ----------
    texts : iterable of str
        To list.
    most : int
        How many are shown.

    Returns
    -------
    str
        With commas between them, and the number of those that are not shown.

    """
    every = [printed(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...") for text in texts]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
