"""Class folders: which folders below the splits of a corpus are classes, and which are there by accident.

It is read when the workflow starts. Therefore it opens no image, and uses only the standard library.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError
from unhans.images import spelling
from unhans.images.label_table import listed
from unhans.images.suffixes import may_be_image

HIDDEN = re.compile(r"\.[^.]")
"""Start of the name of a folder that programs keep for themselves: ``.ipynb_checkpoints``, ``.git``."""

STRAY = frozenset({
    *("__MACOSX", "__pycache__", "@eaDir", "#recycle", "$RECYCLE.BIN", "RECYCLER"),
    *("System Volume Information", "lost+found"),
})  # fmt: skip
"""Folders that archives, systems and programs leave behind."""

SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing", "dev"))
"""Names of splits, in small letters."""

SHOWN = 5
"""Folders that a line names."""


class Folders(NamedTuple):
    """The folders of classes.

    Parameters
    ----------
    labels : frozenset of str
        Their names.
    notes : tuple of str
        What was skipped and what is missing, a line each.

    """

    labels: frozenset[str]
    notes: tuple[str, ...]


def find(root: Path, splits: Sequence[str], key: str) -> Folders:
    """Find the classes of a corpus of folders.

    A folder is a class if a file in it, or below it, may be an image. Where this holds of no folder,
    each is a class, and is set aside later with the reason.

    Parameters
    ----------
    root : Path
        Folder of the images.
    splits : sequence of str
        Folders within the root.
    key : str
        Of the corpus in the config, for messages.

    Returns
    -------
    Folders

    Raises
    ------
    ConfigError
        A split cannot be read, or holds no folder or those of splits alone, or the names of two
        folders read the same.

    """
    found = {split: _folders(root / split, f"{key}.splits") for split in splits}
    named = {split: [name for name in own if not is_stray(name)] for split, own in found.items()}
    for split, own in named.items():
        if not own:
            skipped = f" but {listed(found[split], SHOWN)}" if found[split] else ""
            raise ConfigError(
                f"{key}.splits: {root / split}: holds no folder{skipped}; expected one for each class "
                "(for flat folders: source: table)"
            )
    filled = {
        split: {name for name in own if count_images(os.path.join(root, split, name), 1)}
        for split, own in named.items()
    }
    if not any(filled.values()):
        filled = {split: set(own) for split, own in named.items()}
    labels = frozenset[str]().union(*filled.values())
    _refuse_same(filled, labels, f"{key}.splits: {root}")
    if len(labels) > 1 and {label.lower() for label in labels} <= SPLITS:
        raise ConfigError(
            f"{key}.splits: {root}: folders {listed(sorted(labels), SHOWN)} are called as splits are; "
            "expected one folder for each class (name these folders as the splits)"
        )
    unnamed = sorted(label for label in labels if spelling.is_missing(label))
    called = f"folders are classes, though called as a missing label is: {listed(unnamed, SHOWN)}"
    notes = [*_skipped(found, labels), *_missing(filled, labels)]
    notes += [f"{len(unnamed)} {called}"] if unnamed else []
    return Folders(labels, tuple(f"{key}: {note}" for note in notes))


def count_images(top: str, most: int) -> int:
    """Count the files of a folder, and of those below it, that may be images.

    The search ends at ``most``: a class of a thousand images costs no more than one of so many. What is
    closed to us may be an image, which is set aside later.

    Parameters
    ----------
    top : str
        The folder.
    most : int
        How many are counted.

    Returns
    -------
    int
        ``most`` where there are as many or more, and where a folder is closed.

    """
    pending, seen, count = [top], {os.path.realpath(top)}, 0
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    if _is_folder(entry):
                        real = os.path.realpath(entry.path)
                        if not HIDDEN.match(entry.name) and real not in seen:
                            pending.append(entry.path)
                            seen.add(real)
                    elif may_be_image(entry.name):
                        count += 1
                        if count >= most:
                            return most
        except OSError:
            return most
    return count


def is_stray(name: str) -> bool:
    """Whether a folder is hidden, or one that archives, systems and programs leave behind.

    Parameters
    ----------
    name : str
        Of the folder.

    Returns
    -------
    bool
    """
    return bool(HIDDEN.match(name)) or name in STRAY


def _refuse_same(filled: dict[str, set[str]], labels: frozenset[str], where: str) -> None:
    for first, second, *_ in spelling.same(labels):
        shown = [
            ascii(next(f"{split}/{name}" for split, own in filled.items() if name in own))
            for name in (first, second)
        ]
        raise ConfigError(
            f"{where}: the folders {' and '.join(shown)} have names that read the same (they differ in "
            "how accents are written, or in characters that do not show); expected one folder a class"
        )


def _folders(folder: Path, key: str) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found if _is_folder(entry))
    except OSError as error:
        raise ConfigError(
            f"{key}: {folder}: {error.strerror}; expected a folder for each class in it"
        ) from None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _skipped(found: dict[str, list[str]], labels: frozenset[str]) -> list[str]:
    paths = [
        f"{split}/{name}".removeprefix("./")
        for split, own in found.items()
        for name in own
        if name not in labels
    ]
    what = "folders without an image, or of programs, are no classes"
    return [f"{len(paths)} {what}: {listed(paths, SHOWN)}"] if paths else []


def _missing(filled: dict[str, set[str]], labels: frozenset[str]) -> list[str]:
    return [
        f"{len(absent)} of {len(labels)} classes have no image in {split}: {listed(absent, SHOWN)}"
        for split, own in filled.items()
        if (absent := sorted(labels - own))
    ]
