"""Class files: the files of a class before any is opened, and which of them are taken."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class File(NamedTuple):
    """A file of a class, and why it is no image if this shows without opening it.

    Parameters
    ----------
    split, path, reason : str
        Split that it belongs to, place within the root, and the reason; empty for most.

    """

    split: str
    path: str
    reason: str


def first(files: Sequence[File], most: int | None) -> list[File]:
    """Take the first images of a class by name, its splits in turn, and what lies between them.

    Parameters
    ----------
    files : sequence of File
        Of the class, sorted within each split.
    most : int or None
        Images to take; None for all.

    Returns
    -------
    list of File
        In the same order; files that are no images are not counted.

    """
    before: Counter[str] = Counter()
    turns = []  # of each file, the images of its split up to it
    for file in files:
        before[file.split] += not file.reason
        turns.append(before[file.split])
    own = [(turn, file.split) for turn, file in zip(turns, files, strict=True) if not file.reason]
    # Sorting is stable: of the same turn, splits stand in their order.
    taken = Counter(split for _, split in sorted(own, key=lambda image: image[0])[:most])
    if most is None or sum(taken.values()) == len(own):
        return list(files)
    return [file for turn, file in zip(turns, files, strict=True) if turn <= taken[file.split]]
