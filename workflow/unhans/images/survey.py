"""Survey: what lies in a folder of images before anything is computed of it.

All files are counted by their names. Some are read whole, evenly spread over the folder, by the readers
that a run uses.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from unhans.errors import ConfigError, InputError, printed
from unhans.images import class_folders, decoding, image_folder
from unhans.images.suffixes import may_be_image

LOOKED_AT = 400
"""Most files that are read."""

TRAINED_ON = ("train", "training")
TESTED_ON = ("test", "testing", "dev")
TABLES = (".csv", ".tsv")


class ClassFiles(NamedTuple):
    """The files of a class.

    Parameters
    ----------
    label : str
        Name of its folder.
    images : tuple of int
        Files that may be images by their names, of each split.
    aside : int
        Other files and folders in it.
    """

    label: str
    images: tuple[int, ...]
    aside: int


class Seen(NamedTuple):
    """What was seen of the files that were read.

    Parameters
    ----------
    files : int
        That were read.
    formats, kinds : mapping of str to int
        Images by format, and by what their pixels are.
    sides : tuple of int
        Pixels of their shorter sides, from the smallest on.
    """

    files: int
    formats: Counter[str]
    kinds: Counter[str]
    sides: tuple[int, ...]


@dataclass(frozen=True)
class Survey:
    """What lies in a folder of images.

    Parameters
    ----------
    root : Path
        The folder.
    splits : tuple of str
        Folders in it that hold those of classes, or ``.`` alone.
    left : tuple of str
        Splits that are not explained: those to test on, where there are some to train on.
    classes : tuple of ClassFiles
        In the order of their names.
    aside : mapping of str to (int, str)
        Files that are set aside, by the reason: how many, and one of them. Those of unreadable files
        count the files that were read alone.
    beside : tuple of str
        What lies in the root and belongs to no class.
    seen : Seen
        What was seen of the files that were read.
    """

    root: Path
    splits: tuple[str, ...]
    left: tuple[str, ...]
    classes: tuple[ClassFiles, ...]
    aside: dict[str, tuple[int, str]]
    beside: tuple[str, ...]
    seen: Seen

    @property
    def images(self) -> int:
        """Files that may be images by their names."""
        return sum(sum(one.images) for one in self.classes)


def survey(folder: str | os.PathLike[str], most: int = LOOKED_AT, workers: int = 1) -> Survey:
    """Look at a folder of images.

    Parameters
    ----------
    folder : str or path
        Holds a folder for each class, or one for each split, with those of the classes in it.
    most : int
        Files that are read, evenly spread.
    workers : int
        Threads that read them.

    Returns
    -------
    Survey

    Raises
    ------
    ConfigError
        There is no such folder, it holds no image, or no folders of classes.
    """
    root = Path(os.path.abspath(os.path.expanduser(folder)))
    if not root.is_dir():
        what = "is no folder" if root.exists() else "no such folder"
        raise ConfigError(f"{printed(str(root))}: {what}; expected that of the images")
    splits, left = _splits(root)
    labels = sorted(class_folders.find(root, splits, printed(str(root))).labels)
    classes, candidates, aside = [], [], Aside()
    for label in labels:
        images = [0] * len(splits)
        others = 0
        for place, path, reason in files(root, splits, label):
            if reason:
                others += 1
                _add(aside, reason, path)
            else:
                images[place] += 1
                candidates.append(path)
        classes.append(ClassFiles(label, tuple(images), others))
    chosen = candidates[:: max(1, -(-len(candidates) // most))]
    seen = _look(root, chosen, workers, aside)
    beside = _beside(root, {*labels} if splits == (".",) else {*splits, *left})
    return Survey(root, splits, left, tuple(classes), aside, beside, seen)


Aside = dict[str, tuple[int, str]]
"""How many files are set aside by each reason, and one of them."""


def _add(aside: Aside, reason: str, path: str) -> None:
    count, first = aside.get(reason, (0, path))
    aside[reason] = (count + 1, first)


def _splits(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which folders are splits, and which are left out; ``.`` where the root holds the classes."""
    filled = [name for name in _folders(root) if class_folders.count_images(str(root / name), 1)]
    if not filled:
        _refuse(root)
    nested = {name: _filled(root / name) for name in filled}
    named = [name for name in filled if name.lower() in class_folders.SPLITS and nested[name]]
    trained = [name for name in named if name.lower() in TRAINED_ON]
    if named and (trained or len(named) == len(filled)):
        left = [name for name in named if name.lower() in TESTED_ON and trained]
        kept = [name for name in named if name not in left]
        return tuple(sorted(kept, key=lambda name: (name not in trained, name))), tuple(left)
    if len(filled) == 1 and len(nested[filled[0]]) > 1 and not _has_image(root / filled[0]):
        inner = root / filled[0]
        raise ConfigError(
            f"{printed(str(root))}: all images lie in its folder '{printed(filled[0])}', which has "
            f"folders of its own; expected a folder for each class (give {printed(str(inner))})"
        )
    return (".",), ()


def _refuse(root: Path) -> None:
    """Say why a folder without folders of images is no folder of classes."""
    files = sorted(one.name for one in os.scandir(root) if one.is_file())
    tables = [printed(name) for name in files if name.lower().endswith(TABLES)]
    expected = "expected a folder for each class, or train and val with these in them"
    if tables:
        expected += f" (for a table of labels such as {tables[0]} see docs/how-to/images.md)"
    what = "images, but no folder with images" if _has_image(root) else "no image"
    raise ConfigError(f"{printed(str(root))}: holds {what}; {expected}")


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            names = sorted(one.name for one in found if one.is_dir())
    except OSError as error:
        raise ConfigError(f"{printed(str(folder))}: cannot be read ({error.strerror})") from None
    return [name for name in names if not class_folders.is_stray(name)]


def _filled(folder: Path) -> list[str]:
    """Folders within a folder that hold an image."""
    return [name for name in _folders(folder) if class_folders.count_images(str(folder / name), 1)]


def _has_image(folder: Path) -> bool:
    with os.scandir(folder) as found:
        return any(may_be_image(one.name) and one.is_file() for one in found)


def files(root: Path, splits: Sequence[str], label: str) -> Iterator[tuple[int, str, str]]:
    """List the files of a class.

    Parameters
    ----------
    root : Path
        Of the images.
    splits : sequence of str
        Folders within it; ``.`` for itself.
    label : str
        Folder of the class.

    Yields
    ------
    split : int
        Its place.
    path : str
        Within the root.
    reason : str
        Why it is no image; empty where it may be one.

    """
    for place, split in enumerate(splits):
        folder = root / split / label
        if not folder.is_dir():
            continue
        try:
            entries = image_folder.walk(folder)
        except InputError as error:
            entries = [image_folder.Entry("", str(error).removeprefix(f"{folder}: "))]
        for entry in entries:
            path = f"{split}/{label}/{entry.path}".removeprefix("./").rstrip("/")
            yield place, path, entry.reason


def _look(root: Path, paths: Sequence[str], workers: int, aside: Aside) -> Seen:
    """Read files, and note those that give no image."""
    formats, kinds, sides = Counter[str](), Counter[str](), []
    for row in image_folder.examine(root, paths, workers=workers):
        if row.status != "ok":
            _add(aside, row.status, row.path)
            continue
        form, mode = decoding.look(
            image_folder.inside(root, row.path),
            lambda image: (str(image.format), image.mode),
            decoding.MAX_PIXELS,
        ) or ("DICOM", "I")
        formats["JPEG" if form == "MPO" else form] += 1
        kinds[_kind(mode, row.guessed > 0)] += 1
        sides.append(min(row.width, row.height))
    return Seen(len(paths), formats, kinds, tuple(sorted(sides)))


def _kind(mode: str, is_deep: bool) -> str:
    if is_deep or mode[0] in "IF":
        return "more than 8 bits"
    if "A" in mode or "a" in mode:
        return "with opacity"
    return "grey" if mode in ("1", "L") else "colour"


def _beside(root: Path, known: set[str]) -> tuple[str, ...]:
    with os.scandir(root) as found:
        return tuple(sorted(one.name for one in found if one.name not in known))
