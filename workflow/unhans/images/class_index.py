"""Class index: the classes of a corpus, with their folders, readable names, indices and ids.

It is read when the workflow starts. Therefore it looks at the folders of classes and at tables of labels,
never at images, and uses only the standard library.
"""

import csv
import difflib
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from unhans.errors import ConfigError

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}(?<!\.)")
"""Id of a class in our paths."""

SYNSET = re.compile(r"n\d{8}")
"""A WordNet id, the name of a class folder of ImageNet."""

BYTES = "surrogateescape"
"""Error handler that reads and writes bytes that are no UTF-8 unchanged."""


@dataclass(frozen=True)
class Entry:
    """A class.

    Parameters
    ----------
    id : str
        Its name in our paths: safe on any file system, and as a wildcard.
    label : str
        Name of its folder, or its label in the table.
    name : str
        Readable name.
    index : int
        Of its logit.

    """

    id: str
    label: str
    name: str
    index: int


class Catalogue(NamedTuple):
    """All classes of a corpus, and the name of every logit.

    Parameters
    ----------
    entries : tuple of Entry
        In the order of their indices.
    names : tuple of str
        By index; "" for a logit without a known class.

    """

    entries: tuple[Entry, ...]
    names: tuple[str, ...]

    def choose(self, asked: Literal["all"] | int | Sequence[str], key: str) -> tuple[Entry, ...]:
        """Choose classes.

        Parameters
        ----------
        asked : "all", int or sequence of str
            All of them, how many, or labels, ids, readable names and patterns of labels and names.
        key : str
            Of the config, for the message.

        Returns
        -------
        tuple of Entry
            In the order of their indices.

        Raises
        ------
        ConfigError
            A name or pattern matches no class.

        """
        if asked == "all":
            return self.entries
        if isinstance(asked, int):
            return self.entries[:asked]
        chosen: set[Entry] = set()
        for pattern in asked:
            found = [entry for entry in self.entries if _matches(entry, str(pattern))]
            if not found:
                raise ConfigError(self._unmatched(key, str(pattern)))
            chosen.update(found)
        return tuple(entry for entry in self.entries if entry in chosen)

    def _unmatched(self, key: str, pattern: str) -> str:
        known = [name for entry in self.entries for name in (entry.label, entry.name)]
        near = difflib.get_close_matches(pattern, known, n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else "."
        few = ", ".join(entry.label for entry in self.entries[:3])
        return f"{key}: no class matches '{pattern}'{hint} It has {len(self.entries)}: {few}, ..."


def read(
    key: str,
    source: str,
    root: str = "",
    splits: Sequence[str] = (),
    table: str | None = None,
    class_index: str | None = None,
) -> Catalogue:
    """Read the classes of a corpus.

    Parameters
    ----------
    key : str
        Of the corpus in the config, for messages.
    source : {"digits", "folder", "imagenet", "table"}
        Kind of the corpus; digits need no further argument.
    root : str
        Folder of the images; ``~`` and variables are filled in.
    splits : sequence of str
        Folders within the root, or values of the table's column ``split``.
    table : str, optional
        File of labels within the root, for the source ``table``.
    class_index : str, optional
        File with the index of each class; by default they are numbered in the order of their names.

    Returns
    -------
    Catalogue

    Raises
    ------
    ConfigError
        The root is missing, holds no class, or a table cannot be read.

    """
    if source == "digits":
        return _numbered(map(str, range(10)))
    folder = root_of(root, key)
    if table is not None:
        labels = {row["class"] for row in table_rows(folder, table, splits, key)}
    else:
        labels = _folders(folder, splits, key)
    if source == "imagenet":
        return _imagenet(labels, key)
    if class_index is not None:
        return _indexed(labels, Path(class_index), f"{key}.class_index")
    return _numbered(sorted(labels))


def root_of(root: str, key: str) -> Path:
    """Fill ``~`` and variables into the root of a corpus.

    Parameters
    ----------
    root : str
        As the config names it.
    key : str
        Of the corpus in the config, for messages.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    ConfigError
        A variable is not set, or there is no such folder.

    """
    filled = os.path.expandvars(os.path.expanduser(root))
    missing = re.search(r"\$\{?(\w+)", filled)
    if missing:
        raise ConfigError(
            f"{key}.root: {root}: the environment variable {missing[1]} is not set; expected the "
            "folder of the images"
        )
    if not Path(filled).is_dir():
        raise ConfigError(f"{key}.root: {filled}: no such folder; expected that of the images")
    return Path(filled).absolute()


def table_rows(root: Path, table: str, splits: Sequence[str], key: str) -> list[dict[str, str]]:
    """Read the rows of a table of labels.

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
    list of dict of str to str
        With the keys ``image``, ``class``, and ``split`` ("" if the table has none).

    Raises
    ------
    ConfigError
        The table cannot be read, lacks a column, or has no row of the splits.

    """
    rows = read_table(root / table, ("image", "class"), f"{key}.table")
    wanted = set(splits) if rows and "split" in rows[0] else set()
    chosen = [row for row in rows if not wanted or row["split"] in wanted]
    if not chosen:
        raise ConfigError(
            f"{key}.table: {root / table}: no row"
            + (f" of the splits {', '.join(splits)}; check '{key}.splits'" if wanted else "")
        )
    return [{"split": "", **row} for row in chosen]


def read_table(path: Path, columns: Iterable[str], key: str) -> list[dict[str, str]]:
    """Read a table of text with a header.

    Parameters
    ----------
    path : Path
        Tab-separated if its name ends in ``.tsv``, else comma-separated.
    columns : iterable of str
        That it must have.
    key : str
        Of the config, for messages.

    Returns
    -------
    list of dict of str to str
        A row each.

    Raises
    ------
    ConfigError
        The file cannot be read, or lacks a column.

    """
    separator = "\t" if path.suffix == ".tsv" else ","
    try:
        with path.open(newline="", encoding="utf-8-sig", errors=BYTES) as file:
            rows = list(csv.DictReader(file, delimiter=separator, restval=""))
    except (OSError, csv.Error) as error:
        raise ConfigError(f"{key}: {path}: cannot be read as a table ({error})") from None
    lacking = [name for name in columns if not rows or name not in rows[0]]
    if lacking:
        found = ", ".join(map(str, rows[0])) if rows else "nothing"
        raise ConfigError(f"{key}: {path}: lacks the column '{lacking[0]}'; it has {found}")
    return rows


def safe_id(name: str) -> str:
    """Make the id of a class from its name.

    A name that is safe in paths stays. From any other, unsafe characters (``..``, ``/``, a newline, a
    brace) are replaced, and eight digits of its SHA-256 are appended: "great white shark" becomes
    "great_white_shark-" and the digits.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str
        Matches `ID`.

    """
    if ID.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", BYTES)).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("_.-")[:60]
    return f"{readable or 'class'}-{digest}"


@cache
def imagenet() -> dict[str, tuple[int, str]]:
    """Return the index and name of each of ImageNet-1k's 1,000 classes.

    Returns
    -------
    dict of str to (int, str)
        By WordNet id.

    Raises
    ------
    ConfigError
        The table, which is part of unhans, cannot be read.

    """
    path = Path(__file__).parents[1] / "data" / "imagenet.tsv"
    rows = read_table(path, ("class", "index", "name"), "imagenet")
    return {row["class"]: (int(row["index"]), row["name"]) for row in rows}


def _matches(entry: Entry, pattern: str) -> bool:
    # A label may itself hold the characters of a pattern.
    return pattern in (entry.label, entry.name, entry.id) or any(
        fnmatchcase(text, pattern) for text in (entry.label, entry.name)
    )


def _folders(root: Path, splits: Sequence[str], key: str) -> set[str]:
    labels: set[str] = set()
    for split in splits:
        folder = root / split
        try:
            with os.scandir(folder) as found:
                own = {entry.name for entry in found if _is_folder(entry)}
        except OSError as error:
            raise ConfigError(
                f"{key}.splits: {folder}: {error.strerror}; expected a folder for each class in it"
            ) from None
        own = {name for name in own if not re.match(r"\.[^.]", name)}  # .ipynb_checkpoints, .git
        if not own:
            raise ConfigError(
                f"{key}.splits: {folder}: holds no folder; expected one for each class "
                "(for flat folders: source: table)"
            )
        labels |= own
    return labels


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _imagenet(labels: set[str], key: str) -> Catalogue:
    known = imagenet()
    unknown = sorted(label for label in labels - set(known) if SYNSET.fullmatch(label))
    if unknown or not labels & set(known):
        what = f"folder '{unknown[0]}' is no" if unknown else f"none of {len(labels)} folders is a"
        raise ConfigError(
            f"{key}.root: {what} class of ImageNet-1k; expected folders such as n03417042 "
            "(for classes of your own: source: folder)"
        )
    entries = [
        Entry(label, label, known[label][1], known[label][0]) for label in labels & set(known)
    ]
    names = tuple(name for _, name in sorted(known.values()))
    return Catalogue(tuple(sorted(entries, key=lambda entry: entry.index)), names)


def _numbered(labels: Iterable[str]) -> Catalogue:
    entries = [Entry(safe_id(label), label, label, place) for place, label in enumerate(labels)]
    return Catalogue(tuple(entries), tuple(entry.name for entry in entries))


def _indexed(labels: set[str], path: Path, key: str) -> Catalogue:
    rows = {row["class"]: row for row in read_table(path, ("class", "index"), key)}
    missing = sorted(labels - set(rows))
    if missing:
        raise ConfigError(f"{key}: {path}: has no row for class '{missing[0]}'")
    wrong = [row["class"] for row in rows.values() if not row["index"].isdecimal()]
    if wrong:
        raise ConfigError(f"{key}: {path}: the index of '{wrong[0]}' is not an integer from 0 on")
    index = {label: int(row["index"]) for label, row in rows.items()}
    if len(set(index.values())) < len(index):
        raise ConfigError(f"{key}: {path}: two classes have the same index")
    names = [""] * (max(index.values()) + 1)
    for label, row in rows.items():
        names[index[label]] = row.get("name") or label
    entries = [Entry(safe_id(label), label, names[index[label]], index[label]) for label in labels]
    return Catalogue(tuple(sorted(entries, key=lambda entry: entry.index)), tuple(names))
