"""Class index: the classes of a corpus, with their folders, readable names, indices and ids.

It is read when the workflow starts. Therefore it looks at the folders of classes and at tables of labels,
never at images, and uses only the standard library.
"""

import difflib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from unhans.errors import ConfigError
from unhans.images import class_folders, label_table, output_index, spelling
from unhans.images.label_table import BYTES, listed
from unhans.images.output_index import INTEGER

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}(?<!\.)")
"""Id of a class in our paths."""

SYNSET = re.compile(r"n\d{8}")
"""A WordNet id, the name of a class folder of ImageNet."""

NEGATIVE = re.compile(r"[-\u2212]\d*[1-9]\d*(\.0+)?", re.ASCII)
"""A number below 0, by which programs mark what has no class."""


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
    rows : str
        Digest of its rows in a table of labels; "" for a folder.

    """

    id: str
    label: str
    name: str
    index: int
    rows: str = ""


class Catalogue(NamedTuple):
    """All classes of a corpus, and the name of every logit.

    Parameters
    ----------
    entries : tuple of Entry
        In the order of their indices.
    names : tuple of str
        By index; "" for a logit without a known class.
    complete : bool
        Each logit of a network must have its name here; False where there may be more of them.
    notes : tuple of str
        What a person should know of how the classes were found and numbered, a line each.
    rows : mapping of str to int
        Rows of a table of labels, by label.

    """

    entries: tuple[Entry, ...]
    names: tuple[str, ...]
    complete: bool = True
    notes: tuple[str, ...] = ()
    rows: Mapping[str, int] = {}

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
        File with the index of each class; by default integers from 0 on are the index, and others
        are numbered in the order of their names.

    Returns
    -------
    Catalogue

    Raises
    ------
    ConfigError
        The root is missing, holds no class, or a table cannot be read.

    """
    if source == "digits":
        return _in_order(map(str, range(10)))
    folder = root_of(root, key)
    found: class_folders.Folders | label_table.Labels
    if table is not None:
        found = label_table.read(folder, table, splits, key)
        labels, digests, rows = found.known, found.digests(), found.counts()
    else:
        found = class_folders.find(folder, splits, key)
        labels, digests, rows = found.labels, {}, {}
    if source == "imagenet":
        made = _imagenet(labels, key)
    elif class_index is not None:
        made = _indexed(labels, Path(os.path.expanduser(class_index)), f"{key}.class_index")
    else:
        _refuse_negative(found, key)
        made = _numbered(labels, key)
    entries = [replace(entry, rows=digests.get(entry.label, "")) for entry in made.entries]
    if table is not None:  # a class of other splits has its index, and no image here
        entries = [entry for entry in entries if entry.rows]
    return made._replace(entries=tuple(entries), notes=(*found.notes, *made.notes), rows=rows)


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
    rows = label_table.read_table(path, ("class", "index", "name"), "imagenet")
    return {row["class"]: (int(row["index"]), row["name"]) for row in rows}


def _matches(entry: Entry, pattern: str) -> bool:
    # A label may itself hold the characters of a pattern.
    wanted, texts = spelling.plain(pattern), [*map(spelling.plain, (entry.label, entry.name))]
    return wanted in (*texts, entry.id) or any(fnmatchcase(text, wanted) for text in texts)


def _imagenet(labels: Collection[str], key: str) -> Catalogue:
    known = imagenet()
    others = sorted(set(labels) - set(known))
    unknown = [label for label in others if SYNSET.fullmatch(label)]
    if unknown or len(others) == len(labels):
        what = f"folder '{unknown[0]}' is no" if unknown else f"none of {len(labels)} folders is a"
        raise ConfigError(
            f"{key}.root: {what} class of ImageNet-1k; expected folders such as n03417042 "
            "(for classes of your own: source: folder)"
        )
    entries = [
        Entry(label, label, known[label][1], known[label][0]) for label in set(labels) & set(known)
    ]
    names = tuple(name for _, name in sorted(known.values()))
    skipped = f"{key}: {len(others)} folders are no classes of ImageNet: {listed(others, 5)}"
    return Catalogue(_by_index(entries), names, notes=(skipped,) if others else ())


def _refuse_negative(found: class_folders.Folders | label_table.Labels, key: str) -> None:
    """Refuse numbers below 0 as classes: they are no outputs, and would shift those of the others."""
    if isinstance(found, label_table.Labels):
        lines = [(line, label) for label, own in found.lines.items() for line in own]
        shown = [f"row {line} ({label!r})" for line, label in sorted(lines) if _is_negative(label)]
        where, what = f"{key}.table", "rows"
    else:
        shown = [repr(label) for label in sorted(found.labels) if _is_negative(label)]
        where, what = f"{key}.splits", "folders"
    if shown:
        raise ConfigError(
            f"{where}: {len(shown)} {what} have a number below 0 as class: {listed(shown)}; "
            f"expected none (leave out what has no class, or give {key}.class_index, the output of each)"
        )


def _is_negative(label: str) -> bool:
    return bool(NEGATIVE.fullmatch(label.replace(" ", "")))


def _numbered(labels: Collection[str], key: str) -> Catalogue:
    """Number classes: integers from 0 on are their own index, others count in the order of text."""
    ordered = sorted(labels)
    notes = [
        f"{key}: classes {listed(map(repr, group))} differ in capitals or spaces alone"
        for group in spelling.alike(ordered)
    ]
    if all(map(INTEGER.fullmatch, ordered)):
        return _of_integers(ordered, notes, key)
    natural = sorted(ordered, key=_natural)
    first = next((pair for pair in zip(ordered, natural, strict=True) if pair[0] != pair[1]), None)
    if first:
        notes.append(
            f"{key}: classes are numbered in the order of text, where {first[0]!r} comes before "
            f"{first[1]!r}; give {key}.class_index if the network's outputs stand in another order"
        )
    return _in_order(ordered)._replace(notes=tuple(notes))


def _of_integers(ordered: list[str], notes: list[str], key: str) -> Catalogue:
    """Number classes that are called by integers, given in the order of text."""
    value = {label: int(label.partition(".")[0]) for label in ordered}
    by_value = sorted(ordered, key=lambda label: value[label])
    least, most = value[by_value[0]], value[by_value[-1]]
    same = [pair for pair in pairwise(by_value) if value[pair[0]] == value[pair[1]]]
    if same:
        raise ConfigError(
            f"{key}: classes {same[0][0]!r} and {same[0][1]!r} are the same number; expected one "
            f"spelling of each class, or {key}.class_index"
        )
    if (least, most) != (0, len(ordered) - 1):
        found = f"{key}: classes are {len(ordered)} numbers from {least} to {most}"
        if by_value != ordered:
            raise ConfigError(
                f"{found}, and their order as text ({listed(ordered)}) is another one; expected 0 to "
                f"{len(ordered) - 1}, or {key}.class_index, a table with the columns class and index"
            )
        notes.append(
            f"{found}, and stand for the outputs 0 to {len(ordered) - 1} in this order; give "
            f"{key}.class_index if they are the network's outputs themselves"
        )
    elif by_value != ordered:
        place = next(
            at for at, pair in enumerate(zip(ordered, by_value, strict=True)) if pair[0] != pair[1]
        )
        notes.append(
            f"{key}: classes are the numbers 0 to {most}, and stand for the outputs of these numbers; "
            f"in the order of text, as torchvision's ImageFolder numbers them, {ordered[place]!r} would "
            f"be output {place}: give {key}.class_index if the network was trained so"
        )
    return _in_order(by_value)._replace(notes=tuple(notes))


def _natural(label: str) -> list[tuple[int, str]]:
    """Key of an order in which numbers within a text count as numbers."""
    parts = re.split(r"(\d{1,300})", label)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _in_order(labels: Iterable[str]) -> Catalogue:
    entries = [Entry(safe_id(label), label, label, place) for place, label in enumerate(labels)]
    return Catalogue(tuple(entries), tuple(entry.name for entry in entries))


def _by_index(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.index))


def _indexed(labels: Collection[str], path: Path, key: str) -> Catalogue:
    rows = label_table.read_lines(path, ("class", "index"), key, ("name",))
    by_label = output_index.of_rows(rows, f"{key}: {path}")
    form = {label: spelling.plain(label).strip() for label in labels}
    # Spaces around a cell do not count, but a folder may have them, and another one none.
    shared = Counter(form.values())
    index = {
        label: by_label[own]
        for label, own in form.items()
        if own in by_label and (shared[own] == 1 or spelling.plain(label) == own)
    }
    missing = sorted(set(labels) - set(index))
    if missing:
        raise ConfigError(
            f"{key}: {path}: has no row for class {listed(map(repr, missing))}; expected one for each "
            f"of {len(labels)} classes (it has {listed(map(repr, by_label))})"
        )
    names = [""] * (max(by_label.values()) + 1)
    for _, row in rows:
        label = spelling.plain(row["class"]).strip()
        names[by_label[label]] = row.get("name") or label
    entries = [Entry(safe_id(label), label, names[index[label]], index[label]) for label in labels]
    return Catalogue(_by_index(entries), tuple(names), complete=False)
